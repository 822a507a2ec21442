// Elements from JavaScript. Strings become text nodes, never markup.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "multiple", "open", "required"]);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function toast(text) {
  const place = document.getElementById("toasts");
  const shown = h("p", { class: "toast" }, text);
  place.append(shown);
  setTimeout(() => shown.remove(), 6000);
}

// A small menu below a button: arrow keys move, Escape closes, a click elsewhere closes.
export function menu(button, items, label) {
  document.querySelectorAll(".menu").forEach((open) => open.remove());
  const close = () => {
    list.remove();
    document.removeEventListener("pointerdown", outside, true);
    button.setAttribute("aria-expanded", "false");
  };
  const outside = (event) => {
    if (!list.contains(event.target) && event.target !== button) close();
  };
  const list = h("div", { class: "menu", role: "menu", "aria-label": label },
    items.map((item) => h("button", {
      type: "button", role: "menuitem", class: item.danger ? "danger" : null,
      onclick: () => { close(); button.focus(); item.run(); },
    }, item.label, item.hint ? h("small", {}, item.hint) : null)));
  list.addEventListener("keydown", (event) => {
    const all = [...list.children];
    const at = all.indexOf(document.activeElement);
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); close(); button.focus(); }
    else if (event.key === "ArrowDown") { event.preventDefault(); all[(at + 1) % all.length].focus(); }
    else if (event.key === "ArrowUp") { event.preventDefault(); all[(at - 1 + all.length) % all.length].focus(); }
  });
  // inside an open <dialog> only its own descendants are in the top layer
  (button.closest("dialog") || document.body).append(list);
  const box = button.getBoundingClientRect();
  const width = list.offsetWidth;
  const height = list.offsetHeight;
  const below = box.bottom + height + 8 < innerHeight;
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  list.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`;
  button.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  list.firstElementChild?.focus();
}

// Ask before something that cannot be taken back; the promise gives true or false.
export function confirmed({ title, text, confirm, deny, style }) {
  return new Promise((resolve) => {
    const done = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const dialog = h("dialog", { class: "confirm", "aria-label": "Confirm" },
      h("h2", {}, title), h("div", { class: "body" }, text),
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "button", onclick: () => done(false) }, deny),
        h("button", { type: "button", class: `button ${style === "danger" ? "danger" : "primary"}`, onclick: () => done(true) },
          confirm)));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); done(false); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
