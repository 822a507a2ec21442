// The modals that the app has opened for this person: the highest as a dialog, what is filled in kept over updates.
import { h, toast } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { plain } from "./mrkdwn.js";
import { act, state } from "./state.js";

let shown = null;
const filled = new Map();

export function showModals() {
  const view = state.modals.at(-1);
  for (const id of filled.keys()) if (!state.modals.some((each) => each.id === id)) filled.delete(id);
  if (shown && view && shown.id === view.id && shown.hash === view.hash) return;
  const opener = shown ? shown.opener : document.activeElement;
  shown?.dialog.close();
  shown?.dialog.remove();
  shown = null;
  if (!view) { opener?.focus?.(); return; }
  const dialog = build(view);
  document.getElementById("modals").append(dialog);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") || dialog.querySelector(".body input, .body textarea, .body select"))?.focus();
  shown = { id: view.id, hash: view.hash, dialog, opener };
}

export function viewContext(view) {
  const values = filled.get(view.id) || {};
  filled.set(view.id, values);
  // An update brings the server's state of what is new; what was typed here since stays.
  for (const [block, actions] of Object.entries(view.state?.values || {}))
    for (const [action, value] of Object.entries(actions)) ((values[block] ||= {})[action] ||= structuredClone(value));
  return {
    key: view.id, view: view.id, state: values,
    run: async (element, block, value) => {
      const answer = await act("press", {
        user: state.me, view_id: view.id, action_id: element.action_id, block_id: block.block_id, value, state: values,
      });
      if (!answer.ok || !answer.acknowledged) toast(`The app answered with an error: ${answer.error}`);
    },
  };
}

function build(view) {
  const context = viewContext(view);
  const submit = view.submit
    ? h("button", { type: "submit", class: "button primary" }, plain(view.submit.text)) : null;
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); send(view, form, context, submit); } },
    h("header", {},
      h("h2", { id: `title-${view.id}` }, plain(view.title.text)),
      h("button", { type: "button", class: "button icon", "aria-label": "Close", onclick: () => close(state.modals.length > 1) }, "✕")),
    h("div", { class: "body" }, renderBlocks(view.blocks, context)),
    h("p", { class: "error form-error", role: "alert", hidden: true }),
    h("footer", {},
      h("button", { type: "button", class: "button", onclick: () => close(false) },
        view.close ? plain(view.close.text) : state.modals.length > 1 ? "Back" : "Cancel"), submit));
  const dialog = h("dialog", { class: "modal", "aria-labelledby": `title-${view.id}` }, form);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(false); });
  return dialog;
}

const close = (all) => act("close", { user: state.me, all_of_them: all });

async function send(view, form, context, submit) {
  form.querySelectorAll(".error").forEach((each) => { each.hidden = true; });
  if (submit) submit.disabled = true;
  const answer = await act("submit", { user: state.me, view_id: view.id, state: context.state });
  if (submit) submit.disabled = false;
  const errors = answer.errors && !Array.isArray(answer.errors) ? answer.errors : {};
  let first = null;
  for (const [block, text] of Object.entries(errors)) {
    const place = [...form.querySelectorAll("[data-block]")].find((each) => each.dataset.block === block);
    const error = place?.querySelector(".error");
    if (!error) continue;
    error.textContent = text;
    error.hidden = false;
    first ||= place.querySelector("input, textarea, select");
  }
  first?.focus();
  if (!answer.ok || answer.acknowledged === false || answer.error) {
    const whole = form.querySelector(".form-error");
    whole.textContent = `We had some trouble connecting. Try again? (${answer.error})`;
    whole.hidden = false;
  }
}
