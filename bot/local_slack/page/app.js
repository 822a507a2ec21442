// The page: sidebar, channel or app home, thread; kept in step with the address and with what the server tells.
import { confirmed, h, toast } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { composer } from "./composer.js";
import { openDrawer } from "./drawer.js";
import { avatar, messages } from "./messages.js";
import { showModals, viewContext } from "./modals.js";
import {
  act, BOT, channelName, follow, inThread, listen, load, markRead, nameOf, PEOPLE, sorted, state, unread,
} from "./state.js";

const shell = document.getElementById("shell");
const side = document.getElementById("side");
const main = document.getElementById("main");
const thread = document.getElementById("thread");
// Messages of a channel that are drawn; more on demand.
const AT_FIRST = 100;
let most = AT_FIRST;
let place = { channel: "", thread: "", home: false };

function readAddress() {
  const [channel = "", ts = ""] = location.hash.replace(/^#\/?/, "").split("/");
  if (channel === "home") return { channel: directId(), thread: "", home: true };
  return { channel: state.channels.has(channel) ? channel : "", thread: channel ? ts : "", home: false };
}

// Where something was said last; at first the company's own channel.
function liveliest() {
  const newest = (id) => sorted(id).at(-1)?.ts || "";
  return [...state.channels.keys()].reduce((best, id) => (newest(id) > newest(best) ? id : best), "C0COMPANY");
}

const directId = () => [...state.channels.values()].find((each) => each.is_im)?.id || "";

async function go() {
  const before = place;
  place = readAddress();
  if (!place.channel && !matchMedia("(max-width: 700px)").matches) place.channel = liveliest();
  shell.dataset.pane = place.thread ? "thread" : place.channel ? "main" : "list";
  drawSide();
  drawMain(before.channel === place.channel && before.home === place.home);
  drawThread();
  if (place.home) await act("open_home", { user: state.me });
  else if (place.channel === directId() && before.channel !== place.channel) await act("open_home", { user: state.me, tab: "messages" });
}

// -- sidebar --

function drawSide() {
  const channels = [...state.channels.values()].filter((each) => !each.is_im).sort((a, b) => (a.name < b.name ? -1 : 1));
  side.replaceChildren(
    h("header", { class: "workspace" }, h("h1", {}, "Local Slack"),
      h("button", { type: "button", class: "plain-icon", "aria-label": "Switches for developers", title: "Switches for developers", onclick: openDrawer }, "⚙")),
    h("p", { class: "not-slack" }, "Not Slack. This machine only."),
    h("div", { class: "rooms" },
      h("h2", {}, "Channels"), h("ul", {}, channels.map((each) => h("li", {}, room(each.id, "#", each.name)))),
      h("button", { type: "button", class: "add", onclick: newChannel }, "+ Add a channel"),
      h("h2", {}, "Direct messages"), h("ul", {}, h("li", {}, room(directId(), avatar(BOT), channelName({ is_im: true })))),
      state.homeTab ? [h("h2", {}, "Apps"), h("ul", {}, h("li", {}, h("a", {
        href: "#/home", class: "room", "aria-current": place.home ? "page" : null,
      }, h("span", { class: "sign" }, "⌂"), h("span", { class: "name" }, `${state.app}: Home`))))] : null),
    h("footer", {}, avatar(state.me), h("label", {}, h("span", { class: "visually-hidden" }, "You are"),
      h("select", { "aria-label": "You are", onchange: (event) => become(event.target.value) },
        PEOPLE.map((user) => h("option", { value: user, selected: user === state.me }, nameOf(user)))))));
}

function room(id, sign, name) {
  const count = place.channel === id && !place.home ? 0 : unread(id);
  return h("a", {
    href: `#/${id}`, class: count ? "room unread" : "room", "aria-current": place.channel === id && !place.home ? "page" : null,
  }, h("span", { class: "sign" }, sign), h("span", { class: "name" }, name),
  count ? h("span", { class: "count", "aria-label": `${count} unread` }, count) : null);
}

async function become(user) {
  await load(user);
  follow();
  showModals();
  if (place.channel && !state.channels.has(place.channel)) location.hash = place.home ? "#/home" : `#/${directId()}`;
  await go();
  drawMain(false);
}

async function newChannel() {
  const name = h("input", { class: "field", placeholder: "name", "aria-label": "Name of the channel" });
  if (!(await confirmed({ title: "Add a channel", text: name, confirm: "Create", deny: "Cancel" }))) return;
  const clean = name.value.trim().toLowerCase().replace(/[^a-z0-9_-]+/g, "-");
  if (!clean) return;
  const answer = await act("create_channel", { user: state.me, name: clean });
  if (!answer.ok) { toast(`No channel was made: ${answer.error}`); return; }
  for (const user of PEOPLE) if (user !== state.me) await act("invite", { user: state.me, channel: answer.channel.id, whom: user });
  location.hash = `#/${answer.channel.id}`;
}

// -- channel or home --

function drawMain(same) {
  if (!place.channel) { main.replaceChildren(); return; }
  const channel = state.channels.get(place.channel);
  document.title = `${channel.is_im ? "" : "#"}${channelName(channel)} · Local Slack`;
  if (place.home) { drawHome(channel); return; }
  markRead(place.channel);
  const keepsComposer = same && main.querySelector(".composer");
  if (!keepsComposer) {
    main.replaceChildren(heading(channel), banner(),
      h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Messages", tabindex: "0" }), composer(place.channel, ""));
  }
  if (!same) most = AT_FIRST;
  const all = sorted(place.channel).filter((each) => !inThread(each));
  fill(main.querySelector(".log"), all.slice(-most), { hidden: Math.max(0, all.length - most) });
}

function heading(channel) {
  const back = h("a", { class: "back", href: "#/", "aria-label": "Back to channels" }, "‹");
  const tabs = channel.is_im && state.homeTab ? h("nav", { class: "tabs", "aria-label": "App" },
    h("a", { href: "#/home", "aria-current": place.home ? "page" : null }, "Home"),
    h("a", { href: `#/${channel.id}`, "aria-current": place.home ? null : "page" }, "Messages")) : null;
  const outside = !channel.members.includes(BOT) ? h("button", {
    type: "button", class: "button", onclick: () => act("invite", { user: state.me, channel: channel.id, whom: BOT }),
  }, `Invite ${nameOf(BOT)}`) : null;
  return h("header", { class: "heading" }, back,
    h("div", {}, h("h2", {}, channel.is_im ? [avatar(BOT), channelName(channel)] : `# ${channel.name}`),
      h("p", {}, channel.is_im ? "App" : `${channel.purpose?.value || ""}`)), outside, tabs);
}

const banner = () => h("p", { class: "banner", role: "status", hidden: state.connected }, "No app is connected: nobody hears commands and buttons.");

function drawHome(channel) {
  const view = state.home;
  const content = view ? renderBlocks(view.blocks, viewContext(view)) : [h("p", { class: "empty" }, "The app has shown nothing here yet.")];
  main.replaceChildren(heading(channel), banner(), h("div", { class: "log home" }, content));
}

// Put messages in place, changing only what changed, staying at the end where one was at the end.
function fill(log, list, options) {
  const channel = place.channel;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || !log.childElementCount;
  const focused = document.activeElement?.dataset?.action;
  const focusedIn = document.activeElement?.closest?.("[data-ts]")?.dataset.ts;
  const old = new Map([...log.querySelectorAll("[data-ts]")].map((node) => [node.dataset.ts, node]));
  const fresh = list.length || options.threaded ? messages(list, channel, options) : [emptyPlace()];
  if (options.hidden) fresh.unshift(earlier(log, options.hidden));
  log.replaceChildren(...fresh.map((node) => {
    const before = old.get(node.dataset?.ts);
    return before && before.isEqualNode(node) ? before : node;
  }));
  if (focused && focusedIn) log.querySelector(`[data-ts="${focusedIn}"] [data-action="${CSS.escape(focused)}"]`)?.focus();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function earlier(log, count) {
  return h("button", { type: "button", class: "earlier", onclick: () => {
    const below = log.scrollHeight - log.scrollTop;
    most += AT_FIRST;
    drawMain(true);
    log.scrollTop = log.scrollHeight - below;
  } }, `Show earlier messages (${count})`);
}

function emptyPlace() {
  return h("div", { class: "empty" }, h("p", {}, "Nothing has been said here yet."),
    state.commands.length ? h("p", {}, "Type ", h("kbd", {}, "/"), " to see what the app understands.") : null);
}

// -- thread --

function drawThread() {
  const root = state.messages.get(place.channel)?.get(place.thread);
  thread.hidden = !root;
  if (!root) { thread.replaceChildren(); thread.dataset.key = ""; return; }
  const key = `${state.me}/${place.channel}/${place.thread}`;
  if (thread.dataset.key !== key) {
    thread.dataset.key = key;
    thread.replaceChildren(
      h("header", { class: "heading" }, h("a", { class: "back", href: `#/${place.channel}`, "aria-label": "Back to channel" }, "‹"),
        h("div", {}, h("h2", {}, "Thread"), h("p", {}, state.channels.get(place.channel).is_im ? nameOf(BOT) : `# ${state.channels.get(place.channel).name}`)),
        h("a", { class: "button icon close", href: `#/${place.channel}`, "aria-label": "Close thread" }, "✕")),
      h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Thread", tabindex: "0" }),
      composer(place.channel, place.thread));
  }
  const replies = sorted(place.channel).filter((each) => each.thread_ts === place.thread && each.ts !== place.thread);
  fill(thread.querySelector(".log"), [root, ...replies], { threaded: true });
}

function changed(change) {
  if (change.kind === "modals") { showModals(); return; }
  if (change.kind === "connected") main.querySelector(".banner")?.toggleAttribute("hidden", state.connected);
  if (change.kind === "home" && !place.home) return;
  if (change.kind === "reload") { showModals(); drawMain(false); }
  drawSide();
  if (change.kind === "channel") drawMain(change.channel.id !== place.channel);
  else if (change.kind !== "connected") drawMain(true);
  drawThread();
}

addEventListener("hashchange", go);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && place.thread && !document.querySelector("dialog[open], .menu")) location.hash = `#/${place.channel}`;
});
listen(changed);
const kept = localStorage.getItem("me");
await load(PEOPLE.includes(kept) ? kept : PEOPLE[0]);
follow();
await go();
showModals();
