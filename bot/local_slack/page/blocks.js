// Block Kit as elements. `context.run(element, block, value, extra)` is what a press does; inputs live in `context.state`.
import { h } from "./dom.js";
import { control } from "./controls.js";
import { date, emojiOf, link, markdown, mention, mrkdwn, plain, textObject } from "./mrkdwn.js";
import { state } from "./state.js";

export function renderBlocks(blocks, context) {
  return blocks.map((block) => {
    const render = KINDS[block.type] || unknown;
    const node = render(block, context);
    node.classList.add("block", `block-${block.type}`);
    node.dataset.block = block.block_id;
    return node;
  });
}

const KINDS = {
  section: (block, context) => h("div", {},
    h("div", { class: "section-text" },
      block.text ? h("div", { class: "mrkdwn" }, textObject(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "mrkdwn" }, textObject(field))))
        : null),
    block.accessory ? h("div", { class: "accessory" }, element(block.accessory, block, context)) : null),
  header: (block) => h("h3", {}, textObject(block.text)),
  divider: () => h("hr"),
  context: (block) => h("div", {}, block.elements.map((each) =>
    (each.type === "image" ? image(each, "tiny") : h("span", { class: "mrkdwn" }, textObject(each))))),
  actions: (block, context) => h("div", {}, block.elements.map((each) => element(each, block, context))),
  context_actions: (block, context) => h("div", {}, block.elements.flatMap((each) => feedback(each, block, context))),
  image: (block) => h("figure", {}, block.title ? h("figcaption", {}, textObject(block.title)) : null, image(block, "wide")),
  markdown: (block) => h("div", { class: "markdown" }, markdown(block.text)),
  rich_text: (block) => h("div", { class: "mrkdwn" }, block.elements.map(richPart)),
  input: (block, context) => inputBlock(block, context),
  table: (block) => h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", {}, block.rows.map((row, number) => h("tr", {}, row.map((cell) => h(number ? "td" : "th", {}, tableCell(cell))))))),
  video: (block) => h("div", {}, link(block.video_url, block.title.text)),
  file: (block) => h("div", {}, `File ${block.external_id}`),
};

const tableCell = (cell) => (cell.type === "rich_text" ? cell.elements.map(richPart) : plain(String(cell.text ?? "")));

function unknown(block) {
  const texts = [];
  (function collect(node) {
    if (Array.isArray(node)) node.forEach(collect);
    else if (node && typeof node === "object") {
      if (typeof node.text === "string") texts.push(node.text);
      else Object.values(node).forEach(collect);
    }
  })(block);
  return h("div", { class: "unknown" }, h("small", {}, `${block.type} block, shown simply`), texts.map((text) => h("p", {}, text)));
}

export function image(said, size) {
  const own = said.image_url?.startsWith(location.origin) || said.image_url?.startsWith("data:image/");
  if (own) return h("img", { src: said.image_url, alt: said.alt_text, class: size, loading: "lazy" });
  // Nothing is loaded from elsewhere: the local Slack stays on this machine.
  if (size === "tiny") return h("span", { class: "image-stub tiny", title: said.alt_text, role: "img", "aria-label": said.alt_text }, "▣");
  return h("div", { class: `image-stub ${size}` }, h("span", {}, said.alt_text),
    said.image_url ? h("small", {}, link(said.image_url, "open image")) : null);
}

function element(said, block, context) {
  if (said.type === "image") return image(said, "thumb");
  return control(said, block, context);
}

function feedback(said, block, context) {
  if (said.type !== "feedback_buttons") return [element(said, block, context)];
  return [said.positive_button, said.negative_button].map((each) =>
    h("button", { type: "button", class: "button", onclick: () => context.run(said, block, each.value) }, each.text.text));
}

function inputBlock(block, context) {
  const id = `input-${context.key}-${block.block_id}`;
  const grouped = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const node = control(block.element, block, context, id);
  return h(grouped ? "fieldset" : "div", {},
    h(grouped ? "legend" : "label", grouped ? {} : { for: id }, textObject(block.label),
      block.optional ? h("small", {}, " (optional)") : null),
    node,
    block.hint ? h("p", { class: "hint" }, textObject(block.hint)) : null,
    h("p", { class: "error", role: "alert", hidden: true }));
}

const RICH = {
  rich_text_section: (part) => h("div", {}, part.elements.map(richLeaf)),
  rich_text_preformatted: (part) => h("pre", {}, part.elements.map((leaf) => leaf.text || leaf.url || "")),
  rich_text_quote: (part) => h("blockquote", {}, part.elements.map(richLeaf)),
  rich_text_list: (part) => {
    const list = h(part.style === "ordered" ? "ol" : "ul", {}, part.elements.map((item) => h("li", {}, item.elements.map(richLeaf))));
    list.style.marginLeft = `${(part.indent || 0) * 1.5}em`;
    if (part.offset) list.start = part.offset + 1;
    return list;
  },
};
const richPart = (part) => (RICH[part.type] || ((other) => h("div", {}, other.type)))(part);

const LEAVES = {
  text: (leaf) => styled(leaf.text.split("\n").flatMap((line, number) => (number ? [h("br"), ...plain(line)] : plain(line))), leaf.style),
  link: (leaf) => styled([link(leaf.url, leaf.text)], leaf.style),
  user: (leaf) => mention(leaf.user_id),
  channel: (leaf) => h("a", { class: "mention", href: `#/${leaf.channel_id}` }, `#${state.channels.get(leaf.channel_id)?.name || leaf.channel_id}`),
  emoji: (leaf) => h("span", { class: "emoji", title: `:${leaf.name}:` }, emojiOf(leaf.name) || `:${leaf.name}:`),
  broadcast: (leaf) => h("span", { class: "mention ping" }, `@${leaf.range}`),
  usergroup: (leaf) => h("span", { class: "mention" }, `@${leaf.usergroup_id}`),
  date: (leaf) => date(`!date^${leaf.timestamp}^${leaf.format}`, leaf.fallback),
  color: (leaf) => h("code", {}, leaf.value),
};
const richLeaf = (leaf) => (LEAVES[leaf.type] || ((other) => h("span", {}, `[${other.type}]`)))(leaf);

function styled(nodes, style = {}) {
  let inner = nodes;
  if (style.code) inner = [h("code", {}, inner)];
  if (style.strike) inner = [h("s", {}, inner)];
  if (style.italic) inner = [h("em", {}, inner)];
  if (style.bold) inner = [h("strong", {}, inner)];
  return h("span", {}, inner);
}

export const fallback = (text) => h("div", { class: "mrkdwn" }, mrkdwn(text));
