// What a person can act on: native buttons, selects, inputs. Their values are kept in `context.state`, as Slack names them.
import { confirmed, h, menu, toast } from "./dom.js";
import { plain, textObject } from "./mrkdwn.js";
import { act, BOT, PEOPLE, nameOf, state } from "./state.js";

export function control(said, block, context, id) {
  const make = CONTROLS[said.type];
  if (!make) return h("span", { class: "unknown" }, `${said.type} is not drawn here`);
  const node = make(said, block, context, id);
  node.dataset.action = said.action_id;
  return node;
}

function entry(said, block, context) {
  const actions = (context.state[block.block_id] ||= {});
  return (actions[said.action_id] ||= { type: said.type });
}

async function go(said, block, context, value, source) {
  if (said.confirm) {
    const { title, text, confirm, deny, style } = said.confirm;
    const sure = await confirmed({
      title: plain(title.text), text: textObject(text), confirm: plain(confirm.text), deny: plain(deny.text), style,
    });
    if (!sure) return;
  }
  source?.classList.add("waiting");
  try {
    await context.run(said, block, value);
  } finally {
    source?.classList.remove("waiting");
  }
}

// In an input block a change waits for the submission, unless the block says otherwise.
const acts = (block) => block.type !== "input" || block.dispatch_action;

const optionsOf = (said) => [...(said.options || []), ...(said.option_groups || []).flatMap((group) => group.options)];
const initial = (said, field, otherwise) => (said[field] === undefined ? otherwise : said[field]);

function button(said, block, context) {
  const style = said.style ? ` ${said.style}` : "";
  const shown = h("button", {
    type: "button", class: `button${style}`, "aria-label": said.accessibility_label,
    onclick: () => {
      if (said.url) window.open(said.url, "_blank", "noopener");
      go(said, block, context, said.value, shown);
    },
  }, plain(said.text.text), said.url ? h("span", { class: "out", "aria-hidden": "true" }, "↗") : null);
  return shown;
}

function overflow(said, block, context) {
  const shown = h("button", { type: "button", class: "button icon", "aria-label": "More", "aria-haspopup": "menu" }, "⋯");
  shown.addEventListener("click", () => menu(shown, said.options.map((option) => ({
    label: plain(option.text.text), hint: option.description ? plain(option.description.text) : null,
    run: () => {
      if (option.url) window.open(option.url, "_blank", "noopener");
      go(said, block, context, option.value, shown);
    },
  })), "More"));
  return shown;
}

function nativeOption(option, chosen) {
  return h("option", { value: option.value, selected: chosen.includes(option.value) }, option.text.text);
}

function select(said, block, context, id) {
  const kept = entry(said, block, context);
  const many = said.type === "multi_static_select";
  const field = many ? "selected_options" : "selected_option";
  kept[field] ??= initial(said, many ? "initial_options" : "initial_option", many ? [] : null);
  const chosen = [kept[field]].flat().filter(Boolean).map((option) => option.value);
  const shown = h("select", {
    id, multiple: many, class: "select", "aria-label": id ? null : said.placeholder?.text || "Choose",
    onchange: () => {
      const values = [...shown.selectedOptions].map((option) => option.value);
      const options = optionsOf(said).filter((option) => values.includes(option.value));
      kept[field] = many ? options : options[0] || null;
      if (acts(block) && (many || options.length)) go(said, block, context, many ? values : values[0], shown);
    },
  },
  many ? null : h("option", { value: "", selected: !chosen.length }, said.placeholder?.text || "Choose an option"),
  (said.options || []).map((option) => nativeOption(option, chosen)),
  (said.option_groups || []).map((group) => h("optgroup", { label: group.label.text },
    group.options.map((option) => nativeOption(option, chosen)))));
  return shown;
}

function entitySelect(field, startField, list) {
  return (said, block, context, id) => {
    const kept = entry(said, block, context);
    kept[field] ??= initial(said, startField, null);
    const shown = h("select", {
      id, class: "select", "aria-label": id ? null : said.placeholder?.text || "Choose",
      onchange: () => {
        kept[field] = shown.value || null;
        if (acts(block) && shown.value) go(said, block, context, shown.value, shown);
      },
    }, h("option", { value: "" }, said.placeholder?.text || "Choose"),
    list().map(([value, label]) => h("option", { value, selected: value === kept[field] }, label)));
    return shown;
  };
}

const people = () => [...PEOPLE, BOT].map((user) => [user, nameOf(user)]);
const channels = () => [...state.channels.values()].filter((each) => each.name).map((each) => [each.id, `#${each.name}`]);

function choices(kind) {
  return (said, block, context) => {
    const kept = entry(said, block, context);
    const many = kind === "checkbox";
    const field = many ? "selected_options" : "selected_option";
    kept[field] ??= initial(said, many ? "initial_options" : "initial_option", many ? [] : null);
    const name = `choice-${context.key}-${block.block_id}-${said.action_id}`;
    const chosen = () => [kept[field]].flat().filter(Boolean).map((option) => option.value);
    return h("div", { class: "choices", role: many ? "group" : "radiogroup" }, said.options.map((option) => h("label", {},
      h("input", {
        type: kind, name, checked: chosen().includes(option.value),
        onchange: (event) => {
          const others = many ? kept[field].filter((each) => each.value !== option.value) : [];
          if (many) kept[field] = event.target.checked ? [...others, option] : others;
          else kept[field] = option;
          if (acts(block)) go(said, block, context, many ? chosen() : option.value);
        },
      }),
      h("span", {}, textObject(option.text), option.description ? h("small", {}, textObject(option.description)) : null))));
  };
}

function typed(type, field = "value", startField = "initial_value") {
  return (said, block, context, id) => {
    const kept = entry(said, block, context);
    kept[field] ??= initial(said, startField, null);
    const shown = h(said.multiline ? "textarea" : "input", {
      id, type: said.multiline ? null : type, class: "field", placeholder: said.placeholder?.text, rows: said.multiline ? 4 : null,
      maxlength: said.max_length, minlength: said.min_length, min: said.min_value, max: said.max_value,
      step: said.is_decimal_allowed ? "any" : null, autofocus: said.focus_on_load, "aria-label": id ? null : said.placeholder?.text || "Value",
      oninput: () => { kept[field] = shown.value || null; },
      onchange: () => { if (acts(block) && field !== "value") go(said, block, context, shown.value, shown); },
      onkeydown: (event) => {
        if (event.key === "Enter" && !said.multiline && field === "value" && acts(block)) {
          event.preventDefault();
          go(said, block, context, shown.value, shown);
        }
      },
    });
    shown.value = kept[field] ?? "";
    return shown;
  };
}

function external(said, block, context, id) {
  const kept = entry(said, block, context);
  kept.selected_option ??= initial(said, "initial_option", null);
  const found = h("select", { id, class: "select", "aria-label": "Results", onchange: () => {
    kept.selected_option = options.find((option) => option.value === found.value) || null;
  } }, h("option", { value: "" }, kept.selected_option?.text.text || "Type to search"));
  let options = [];
  const search = h("input", { type: "search", class: "field", placeholder: said.placeholder?.text || "Search", oninput: async () => {
    if (search.value.length < (said.min_query_length ?? 3)) return;
    const answer = await act("suggest", { user: state.me, view_id: context.view, action_id: said.action_id, value: search.value });
    if (!answer.ok || !answer.acknowledged) return toast("The app gave no options.");
    options = answer.options;
    found.replaceChildren(h("option", { value: "" }, `${options.length} found`), ...options.map((option) => nativeOption(option, [])));
    return undefined;
  } });
  return h("div", { class: "external" }, search, found);
}

const CONTROLS = {
  button, overflow, static_select: select, multi_static_select: select, external_select: external,
  icon_button: (said, block, context) => button({ ...said, text: said.text }, block, context),
  users_select: entitySelect("selected_user", "initial_user", people),
  channels_select: entitySelect("selected_channel", "initial_channel", channels),
  conversations_select: entitySelect("selected_conversation", "initial_conversation", channels),
  checkboxes: choices("checkbox"), radio_buttons: choices("radio"),
  plain_text_input: typed("text"), email_text_input: typed("email"), url_text_input: typed("url"), number_input: typed("number"),
  datepicker: typed("date", "selected_date", "initial_date"), timepicker: typed("time", "selected_time", "initial_time"),
};
