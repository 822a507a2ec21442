// Where one writes: Enter sends, Shift+Enter breaks the line; /commands, @people, #channels and :emoji: complete.
import { h, menu, toast } from "./dom.js";
import { act, nameOf, state } from "./state.js";

const drafts = new Map();
const MOST = 8;

export function composer(channel, thread) {
  const key = `${channel}/${thread || ""}`;
  const listId = `completion-${thread || "main"}`;
  const list = h("div", { class: "completion", role: "listbox", id: listId, hidden: true });
  const name = thread ? "Reply…" : `Message ${placeName(channel)}`;
  const field = h("textarea", {
    rows: 1, placeholder: name, "aria-label": name, "aria-controls": listId, "aria-autocomplete": "list", autocomplete: "off", enterkeyhint: "send",
  });
  field.value = drafts.get(key) || "";
  const picked = h("input", { type: "file", hidden: true, "aria-label": "Attach a file" });
  const send = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" }, "➤");
  const form = h("form", { class: "composer" }, list,
    h("div", { class: "box" }, field,
      h("div", { class: "bar" },
        h("button", { type: "button", class: "plain-icon", "aria-label": "Attach a file", title: "Attach a file", onclick: () => picked.click() }, "+"),
        shortcutsButton(), picked, h("span", { class: "grow" }), send)));
  const completion = completing(field, list);
  const grow = () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight, 200)}px`; };
  const submit = async () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    drafts.delete(key);
    grow();
    completion.close();
    await say(channel, thread, text);
  };
  field.addEventListener("input", () => { drafts.set(key, field.value); grow(); completion.look(); });
  field.addEventListener("keydown", (event) => {
    if (completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
  field.addEventListener("blur", () => setTimeout(completion.close, 150));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); field.focus(); });
  picked.addEventListener("change", async () => {
    for (const each of picked.files) await upload(channel, thread, each, field);
    picked.value = "";
  });
  requestAnimationFrame(grow);
  return form;
}

function placeName(id) {
  const channel = state.channels.get(id);
  return channel.is_im ? nameOf("U0LOCALBOT") : `#${channel.name}`;
}

function shortcutsButton() {
  const global = state.shortcuts.filter((each) => each.type === "global");
  if (!global.length) return null;
  const shown = h("button", { type: "button", class: "plain-icon", "aria-label": "Shortcuts", title: "Shortcuts", "aria-haspopup": "menu" }, "⚡");
  shown.addEventListener("click", () => menu(shown, global.map((each) => ({
    label: each.name, hint: each.description, run: async () => {
      const answer = await act("shortcut", { user: state.me, callback_id: each.callback_id });
      if (!answer.acknowledged) toast(`${each.name} failed: ${answer.error}`);
    },
  })), "Shortcuts"));
  return shown;
}

async function say(channel, thread, text) {
  const place = { user: state.me, channel, text, thread_ts: thread || undefined };
  const command = /^\/\w/.test(text);
  const answer = await act(command ? "command" : "say", place);
  if (!answer.ok) toast(`That was not sent: ${answer.error}`);
}

async function upload(channel, thread, file, field) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let start = 0; start < bytes.length; start += 32768) binary += String.fromCharCode(...bytes.subarray(start, start + 32768));
  const text = field.value;
  field.value = "";
  const answer = await act("upload", {
    user: state.me, channel, filename: file.name, content: btoa(binary), text, thread_ts: thread || undefined,
  });
  if (!answer.ok) { field.value = text; toast(`${file.name} was not sent: ${answer.error}`); }
}

function completing(field, list) {
  let found = [];
  let at = 0;
  let from = 0;
  const close = () => { list.hidden = true; found = []; field.removeAttribute("aria-activedescendant"); };
  const draw = () => {
    list.replaceChildren(...found.map((each, number) => h("div", {
      role: "option", id: `${list.id}-${number}`, "aria-selected": String(number === at), class: number === at ? "on" : null,
      onpointerdown: (event) => { event.preventDefault(); take(number); },
    }, h("b", {}, each.label), each.usage ? h("code", {}, each.usage) : null, each.hint ? h("small", {}, each.hint) : null)));
    field.setAttribute("aria-activedescendant", `${list.id}-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
    list.hidden = false;
  };
  const take = (number) => {
    const end = field.selectionStart;
    field.setRangeText(`${found[number].text} `, from, end, "end");
    field.dispatchEvent(new Event("input"));
    close();
    field.focus();
  };
  const look = () => {
    const before = field.value.slice(0, field.selectionStart);
    const word = /(?:^|\s)([/@#:][^\s]*)$/.exec(before);
    if (!word) return close();
    from = before.length - word[1].length;
    found = candidates(word[1], from).slice(0, MOST);
    at = 0;
    return found.length ? draw() : close();
  };
  const key = (event) => {
    if (list.hidden || !found.length) return false;
    if (event.key === "ArrowDown") at = (at + 1) % found.length;
    else if (event.key === "ArrowUp") at = (at - 1 + found.length) % found.length;
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) {
      // a command that is typed out already is sent by Enter, not completed
      if (event.key === "Enter" && field.value === found[at].text) { close(); return false; }
      event.preventDefault(); take(at); return true;
    } else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); return true; }
    else return false;
    event.preventDefault();
    draw();
    return true;
  };
  return { look, close, key };
}

function candidates(word, from) {
  const asked = word.slice(1).toLowerCase();
  if (word[0] === "/") {
    if (from) return [];
    return state.commands.filter((each) => each.command.slice(1).startsWith(asked)).map((each) => ({
      label: each.command, text: each.command, usage: each.usage_hint, hint: each.description,
    }));
  }
  if (word[0] === "@") {
    return [...state.users.values()].filter((each) => each.id !== "USLACKBOT" && `${each.name} ${each.real_name}`.toLowerCase().includes(asked))
      .map((each) => ({ label: each.real_name, text: `@${each.name}`, hint: `@${each.name}` }));
  }
  if (word[0] === "#") {
    return [...state.channels.values()].filter((each) => each.name?.includes(asked))
      .map((each) => ({ label: `#${each.name}`, text: `#${each.name}` }));
  }
  if (asked.length < 2) return [];
  const names = Object.keys(state.emoji);
  return [...names.filter((each) => each.startsWith(asked)), ...names.filter((each) => !each.startsWith(asked) && each.includes(asked))]
    .map((each) => ({ label: `${state.emoji[each]} :${each}:`, text: `:${each}:` }));
}
