// What the page knows: loaded once per person, then kept up by server-sent events.

export const state = {
  me: "", users: new Map(), channels: new Map(), messages: new Map(), home: null, modals: [],
  commands: [], shortcuts: [], app: "", homeTab: false, connected: false, emoji: {}, read: {},
};
const listeners = new Set();
let stream = null;

export const PEOPLE = ["U0ADA", "U0BEN", "U0CLEO"];
export const BOT = "U0LOCALBOT";

export function listen(listener) { listeners.add(listener); }
function tell(change) { for (const listener of listeners) listener(change); }

export async function load(user) {
  const [answer, emoji] = await Promise.all([
    fetch(`/_page/state?user=${user}`).then((r) => r.json()),
    Object.keys(state.emoji).length ? state.emoji : fetch("/page/emoji.json").then((r) => r.json()),
  ]);
  state.me = user;
  state.emoji = emoji;
  state.users = new Map(answer.users.map((each) => [each.id, each]));
  state.channels = new Map(answer.channels.map((each) => [each.id, each]));
  state.messages = new Map(answer.channels.map((each) =>
    [each.id, new Map((answer.messages[each.id] || []).map((message) => [message.ts, message]))]));
  Object.assign(state, {
    home: answer.home, modals: answer.modals, commands: answer.commands, shortcuts: answer.shortcuts,
    app: answer.app, homeTab: answer.home_tab, connected: answer.connected,
    read: JSON.parse(localStorage.getItem(`read:${user}`) || "{}"),
  });
  localStorage.setItem("me", user);
}

export function follow() {
  stream?.close();
  let seen = false;
  stream = new EventSource(`/_page/stream?user=${state.me}`);
  // A stream that comes back may have missed something: load all anew.
  stream.onopen = () => { if (seen) reload(); seen = true; };
  stream.onmessage = (event) => apply(JSON.parse(event.data));
}

async function reload() {
  await load(state.me);
  tell({ kind: "reload" });
}

function apply(change) {
  if (change.kind === "message") {
    if (!state.messages.has(change.channel)) return;
    change.fresh = !state.messages.get(change.channel).has(change.message.ts);
    state.messages.get(change.channel).set(change.message.ts, change.message);
  } else if (change.kind === "message_deleted") {
    state.messages.get(change.channel)?.delete(change.ts);
  } else if (change.kind === "channel") {
    const mine = change.channel.members.includes(state.me);
    if (mine) {
      state.channels.set(change.channel.id, change.channel);
      if (!state.messages.has(change.channel.id)) reload();
    } else state.channels.delete(change.channel.id);
  } else if (change.kind === "home") state.home = change.view;
  else if (change.kind === "modals") state.modals = change.views;
  else if (change.kind === "connected") state.connected = change.connected;
  tell(change);
}

export function markRead(channel) {
  const newest = sorted(channel).at(-1)?.ts;
  if (!newest || state.read[channel] === newest) return;
  state.read[channel] = newest;
  localStorage.setItem(`read:${state.me}`, JSON.stringify(state.read));
}

export function unread(channel) {
  const read = state.read[channel] || "0";
  return sorted(channel).filter((m) => m.ts > read && m.user !== state.me && !inThread(m)).length;
}

export function sorted(channel) {
  return [...(state.messages.get(channel)?.values() || [])].sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

// Only in its thread; a reply that was sent to the channel too stands in both.
export const inThread = (message) => Boolean(
  message.thread_ts && message.thread_ts !== message.ts && message.subtype !== "thread_broadcast");

export function channelName(channel) {
  if (!channel) return "";
  return channel.is_im ? nameOf(BOT) : channel.name;
}

export function nameOf(user) {
  const known = state.users.get(user);
  return known ? known.real_name || known.name : user;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return answer.json();
}

export const act = (name, said) => post(`/_control/act/${name}`, said);
export const turn = (switches) => post("/_control/switch", switches);
export const told = () => fetch("/_control/state").then((answer) => answer.json());
