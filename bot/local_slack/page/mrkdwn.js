// Slack's mrkdwn as DOM nodes. Every piece of text goes in by text nodes; a link is made only of http, https and mailto.
import { h } from "./dom.js";
import { nameOf, state } from "./state.js";

const UNESCAPED = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
export const unescaped = (text) => text.replace(/&(?:lt|gt|amp);/g, (found) => UNESCAPED[found]);

export const emojiOf = (name) => state.emoji[name.replace(/::skin-tone-\d$/, "")] || null;

export function plain(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(/:([a-z0-9_+'-]+):/g)) {
    const emoji = emojiOf(found[1]);
    if (!emoji) continue;
    parts.push(text.slice(last, found.index), emojiNode(found[1], emoji));
    last = found.index + found[0].length;
  }
  parts.push(text.slice(last));
  return parts.filter((part) => part !== "");
}

const emojiNode = (name, emoji) => h("span", { class: "emoji", title: `:${name}:`, role: "img", "aria-label": name }, emoji);

export function link(url, label) {
  const safe = /^(https?:|mailto:)/i.test(url);
  const shown = label === undefined || label === "" ? url.replace(/^mailto:/, "") : label;
  return safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shown) : h("span", {}, shown);
}

export const mention = (user) => h("span", { class: user === state.me ? "mention me" : "mention" }, `@${nameOf(user)}`);
const channelLink = (id, label) => h("a", { class: "mention", href: `#/${id}` },
  `#${state.channels.get(id)?.name || label || id}`);

// Whole text: code blocks, quotes, then lines.
export function mrkdwn(text) {
  const nodes = [];
  text.split(/```/).forEach((part, number, all) => {
    if (number % 2 && number < all.length - 1) nodes.push(h("pre", {}, unescaped(part.replace(/^\n|\n$/g, ""))));
    else nodes.push(...quoted(number % 2 ? "```" + part : part.replace(/^\n(?=.)/, number ? "" : "\n")));
  });
  return nodes;
}

function quoted(text) {
  const nodes = [];
  let quote = null;
  text.split("\n").forEach((line, number, all) => {
    const found = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (found) {
      if (!quote) nodes.push((quote = h("blockquote")));
      else quote.append(h("br"));
      quote.append(...inline(found[1]));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (number && !afterQuote) nodes.push(h("br"));
    nodes.push(...inline(line));
    if (afterQuote && line === "" && number === all.length - 1) return;
  });
  return nodes;
}

const MARKS = { "*": "strong", "_": "em", "~": "s" };

function inline(text) {
  const nodes = [];
  let rest = text;
  let before = "";
  const flush = (upTo) => { nodes.push(...plain(unescaped(upTo))); };
  let run = "";
  while (rest) {
    const angled = /^<([^<>]+)>/.exec(rest);
    const code = /^`([^`\n]+)`/.exec(rest);
    const mark = !/[\w]/.test(before) && /^([*_~])(?=\S)(.*?\S)\1(?![\w])/.exec(rest);
    const found = angled || code || mark;
    if (!found) {
      before = rest[0];
      run += rest[0];
      rest = rest.slice(1);
      continue;
    }
    flush(run);
    run = "";
    if (angled) nodes.push(special(angled[1]));
    else if (code) nodes.push(h("code", {}, unescaped(code[1])));
    else nodes.push(h(MARKS[mark[1]], {}, inline(mark[2])));
    before = found[0].at(-1);
    rest = rest.slice(found[0].length);
  }
  flush(run);
  return nodes;
}

function special(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : unescaped(inner.slice(bar + 1));
  if (target[0] === "@") return mention(target.slice(1));
  if (target[0] === "#") return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label || `@${target.slice(9)}`);
  if (target[0] === "!") return h("span", { class: "mention ping" }, `@${label || target.slice(1)}`);
  return link(unescaped(target), label);
}

export function date(target, fallback) {
  const [, seconds, format = "", address] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return h("span", {}, fallback || target);
  const day = at.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
  const time = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const said = format.replace(/\{date_num\}/g, at.toISOString().slice(0, 10)).replace(/\{date[a-z_]*\}/g, day)
    .replace(/\{time_secs\}|\{time\}/g, time).replace(/\{ago\}/g, day);
  return address ? link(address, said) : h("time", { datetime: at.toISOString() }, said);
}

// The little Markdown of a markdown block: headings, lists, fences, bold, italics, code, links.
export function markdown(text) {
  const nodes = [];
  let list = null;
  text.split(/```[a-z]*/).forEach((part, number) => {
    if (number % 2) { nodes.push(h("pre", {}, part.replace(/^\n|\n$/g, ""))); list = null; return; }
    for (const line of part.split("\n")) {
      const item = /^\s*(?:[-*]|(\d+)[.)])\s+(.*)$/.exec(line);
      const heading = /^(#{1,6})\s+(.*)$/.exec(line);
      if (item) {
        const tag = item[1] ? "ol" : "ul";
        if (list?.localName !== tag) nodes.push((list = h(tag)));
        list.append(h("li", {}, markdownInline(item[2])));
        continue;
      }
      list = null;
      if (heading) nodes.push(h("p", { class: `heading h${heading[1].length}` }, markdownInline(heading[2])));
      else if (/^>\s?/.test(line)) nodes.push(h("blockquote", {}, markdownInline(line.replace(/^>\s?/, ""))));
      else if (line.trim()) nodes.push(h("p", {}, markdownInline(line)));
    }
  });
  return nodes;
}

function markdownInline(text) {
  const pattern = /`([^`]+)`|\*\*(.+?)\*\*|~~(.+?)~~|(?<!\w)[*_](\S.*?)[*_](?!\w)|\[([^\]]+)\]\(([^)\s]+)\)/;
  const found = pattern.exec(text);
  if (!found) return plain(text);
  const [whole, code, bold, struck, slanted, label, url] = found;
  const node = code !== undefined ? h("code", {}, code)
    : bold !== undefined ? h("strong", {}, markdownInline(bold))
      : struck !== undefined ? h("s", {}, markdownInline(struck))
        : slanted !== undefined ? h("em", {}, markdownInline(slanted)) : link(url, label);
  return [...plain(text.slice(0, found.index)), node, ...markdownInline(text.slice(found.index + whole.length))];
}

export const textObject = (said) => (said.type === "plain_text" ? plain(said.text) : mrkdwn(said.text));
