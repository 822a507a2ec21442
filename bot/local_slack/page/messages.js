// One message, and lists of them.
import { confirmed, h, menu, toast } from "./dom.js";
import { fallback, renderBlocks } from "./blocks.js";
import { emojiOf, mrkdwn } from "./mrkdwn.js";
import { act, BOT, nameOf, state } from "./state.js";

const QUICK = ["+1", "-1", "eyes", "white_check_mark", "x", "heart", "tada", "mute"];

const at = (ts) => new Date(Number(ts) * 1000);
const timeOf = (ts) => at(ts).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

// Tells whether a message drawn before still is the same; what its buttons carry is not in its elements.
function sum(text) {
  let total = 0;
  for (let at = 0; at < text.length; at += 1) total = (total * 31 + text.charCodeAt(at)) | 0;
  return String(total);
}

export function dayOf(ts) {
  const day = at(ts);
  const today = new Date();
  const days = Math.round((new Date(today.toDateString()) - new Date(day.toDateString())) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return day.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
}

export function avatar(user) {
  const known = state.users.get(user);
  const bot = user === BOT;
  const picture = h("span", { class: bot ? "avatar app" : "avatar", "aria-hidden": "true" }, bot ? h("img", { src: "/page/icon.svg", alt: "" }) : nameOf(user)[0]);
  picture.style.setProperty("--tint", `#${known?.color || "64748b"}`);
  return picture;
}

export function message(said, channel, { threaded = false, follows = false } = {}) {
  const mine = said.user === state.me;
  const classes = ["message", said.is_ephemeral && "ephemeral", follows && "follows", said.subtype === "tombstone" && "tombstone"];
  const node = h("article", {
    tabindex: "-1",
    class: classes.filter(Boolean).join(" "), "data-ts": said.ts, "data-sum": sum(JSON.stringify(said)), "aria-label": `${nameOf(said.user)}, ${timeOf(said.ts)}`,
  },
  follows ? h("time", { class: "aside-time", datetime: at(said.ts).toISOString() }, at(said.ts).toTimeString().slice(0, 5)) : avatar(said.user),
  h("div", { class: "content" },
    said.is_ephemeral ? h("p", { class: "private" }, "👁 Only visible to you",
      h("button", { type: "button", class: "plain", onclick: () => dismiss(said, channel) }, "Dismiss")) : null,
    follows ? null : h("p", { class: "who" }, h("strong", {}, nameOf(said.user)),
      said.bot_id ? h("span", { class: "badge" }, "APP") : null,
      h("time", { datetime: at(said.ts).toISOString(), title: at(said.ts).toLocaleString() }, timeOf(said.ts))),
    body(said, channel),
    (said.files || []).map(file),
    reactions(said, channel),
    !threaded && said.reply_count ? threadLink(said, channel) : null),
  said.is_ephemeral || said.subtype === "tombstone" ? null : tools(said, channel, threaded, mine));
  return node;
}

const threadLink = (said, channel) => h("a", { class: "replies", href: `#/${channel}/${said.ts}` },
  h("span", { class: "faces" }, (said.reply_users || []).slice(0, 3).map(avatar)),
  h("b", {}, said.reply_count === 1 ? "1 reply" : `${said.reply_count} replies`),
  h("small", {}, `last ${timeOf(said.latest_reply)}`));

function body(said, channel) {
  const edited = said.edited ? h("span", { class: "edited" }, "(edited)") : null;
  if (!said.blocks?.length) return h("div", { class: "words" }, said.text ? fallback(said.text) : null, edited, attachments(said));
  const values = {};
  const context = {
    key: said.ts, state: values,
    run: async (element, block, value) => {
      const answer = await act("press", {
        user: state.me, channel, ts: said.ts, action_id: element.action_id, block_id: block.block_id, value, state: values,
      });
      if (!answer.ok) toast(`That did not work: ${answer.error}`);
    },
  };
  return h("div", { class: "words" }, renderBlocks(said.blocks, context), attachments(said));
}

function attachments(said) {
  return (said.attachments || []).map((each) => {
    const node = h("div", { class: "attachment" }, each.pretext ? mrkdwn(each.pretext) : null,
      each.title ? h("b", {}, each.title) : null, each.text ? fallback(each.text) : null,
      each.blocks ? renderBlocks(each.blocks, { key: said.ts, state: {}, run: async () => toast("Attachments are only shown here.") }) : null,
      each.fallback && !each.text && !each.blocks ? each.fallback : null);
    if (/^#?[0-9a-f]{6}$/i.test(each.color || "")) node.style.setProperty("--bar", `#${each.color.replace("#", "")}`);
    return node;
  });
}

function file(said) {
  const path = new URL(said.url_private, location.href).pathname;
  const size = said.size < 1024 ? `${said.size} B` : said.size < 1048576 ? `${(said.size / 1024).toFixed(1)} kB` : `${(said.size / 1048576).toFixed(1)} MB`;
  const picture = /^image\/(png|jpeg|gif|webp)$/.test(said.mimetype);
  return h("div", { class: "file" },
    picture ? h("a", { href: path, target: "_blank" }, h("img", { src: path, alt: said.alt_txt || said.title })) : h("span", { class: "file-icon", "aria-hidden": "true" }, "📄"),
    h("div", {}, h("b", {}, said.title || said.name), h("small", {}, `${said.filetype.toUpperCase()} · ${size}`)),
    h("span", { class: "file-acts" },
      said.is_text ? h("a", { class: "button", href: path, target: "_blank" }, "View") : null,
      h("a", { class: "button", href: `${path}?download=1`, download: said.name, "aria-label": `Download ${said.name}` }, "Download")));
}

function reactions(said, channel) {
  if (!said.reactions?.length) return null;
  return h("div", { class: "reactions" }, said.reactions.map((each) => {
    const mine = each.users.includes(state.me);
    return h("button", {
      type: "button", class: mine ? "mine" : null, "aria-pressed": String(mine), title: `${each.users.map(nameOf).join(", ")} · :${each.name}:`,
      onclick: () => act(mine ? "unreact" : "react", { user: state.me, channel, ts: said.ts, name: each.name }),
    }, emojiOf(each.name) || `:${each.name}:`, h("b", {}, each.count));
  }));
}

function tools(said, channel, threaded, mine) {
  const react = h("button", { type: "button", "aria-label": "Add reaction", title: "Add reaction", "aria-haspopup": "menu" }, "☺");
  react.addEventListener("click", () => menu(react, QUICK.map((name) => ({
    label: `${emojiOf(name) || ""} :${name}:`, run: () => toggle(said, channel, name),
  })), "Reactions"));
  const more = h("button", { type: "button", "aria-label": "More actions", title: "More actions", "aria-haspopup": "menu" }, "⋯");
  more.addEventListener("click", () => menu(more, choices(said, channel, mine), "More actions"));
  return h("div", { class: "tools", role: "toolbar", "aria-label": "Message actions" }, react,
    threaded ? null : h("a", { href: `#/${channel}/${said.thread_ts || said.ts}`, "aria-label": "Reply in thread", title: "Reply in thread" }, "💬"),
    more);
}

function choices(said, channel, mine) {
  const shortcuts = state.shortcuts.filter((each) => each.type === "message").map((each) => ({
    label: each.name, hint: state.app, run: () => act("shortcut", { user: state.me, callback_id: each.callback_id, channel, ts: said.ts }),
  }));
  const copy = { label: "Copy text", run: () => navigator.clipboard?.writeText(said.text) };
  const own = mine ? [
    { label: "Edit message", run: () => edit(said, channel) },
    { label: "Delete message", danger: true, run: () => remove(said, channel) },
  ] : [];
  return [...shortcuts, copy, ...own];
}

async function toggle(said, channel, name) {
  const mine = said.reactions?.find((each) => each.name === name)?.users.includes(state.me);
  await act(mine ? "unreact" : "react", { user: state.me, channel, ts: said.ts, name });
}

function edit(said, channel) {
  const place = document.querySelector(`[data-ts="${said.ts}"] .words`);
  const field = h("textarea", { class: "field", rows: 3, "aria-label": "Edit message" });
  const plain = said.text.replace(/<@(\w+)>/g, (_, user) => `@${state.users.get(user)?.name || user}`)
    .replace(/<#(\w+)(?:\|[^>]*)?>/g, (_, id) => `#${state.channels.get(id)?.name || id}`).replace(/<(https?:[^|>]+)>/g, "$1")
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  field.value = plain;
  field.addEventListener("keydown", async (event) => {
    if (event.key === "Escape") place.replaceChildren(fallback(said.text));
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    await act("edit", { user: state.me, channel, ts: said.ts, text: field.value });
  });
  place.replaceChildren(field, h("small", {}, "Enter saves, Escape cancels"));
  field.focus();
}

async function remove(said, channel) {
  const sure = await confirmed({ title: "Delete message", text: "It is gone for everybody.", confirm: "Delete", deny: "Cancel", style: "danger" });
  if (sure) await act("delete", { user: state.me, channel, ts: said.ts });
}

const dismiss = (said, channel) => act("delete", { user: state.me, channel, ts: said.ts });

// A list with days between and messages of one author in a row drawn together.
export function messages(list, channel, options = {}) {
  const nodes = [];
  let before = null;
  for (const said of list) {
    const newDay = !before || dayOf(before.ts) !== dayOf(said.ts);
    if (newDay && !options.threaded) nodes.push(h("div", { class: "day", role: "separator" }, h("span", {}, dayOf(said.ts))));
    const follows = Boolean(before && !newDay && before.user === said.user && said.ts - before.ts < 300 && !said.is_ephemeral
      && !before.is_ephemeral && !said.blocks && !before.blocks && before.subtype !== "tombstone");
    nodes.push(message(said, channel, { ...options, follows }));
    before = said;
  }
  return nodes;
}
