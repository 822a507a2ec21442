// For developers: what goes wrong by switch. The same switches as tests use.
import { h, toast } from "./dom.js";
import { told, turn } from "./state.js";

const FAULTS = [
  ["ratelimited", "429 with Retry-After"], ["http_500", "500, nothing done"], ["http_500_after", "500, but done"],
  ["reset_before", "reset, nothing done"], ["reset_after", "reset, but done"], ["slow", "done, answered 5 s later"],
];
const BREAKS = [
  ["refresh_requested", "Refresh"], ["warning", "Warn"], ["close", "Close"], ["abort", "Break"], ["silence", "Fall silent"],
  ["link_disabled", "Disable link"],
];
const METHODS = ["*", "chat.postMessage", "chat.update", "conversations.history", "views.open", "reactions.add", "response_url"];

export async function openDrawer() {
  const facts = h("dl");
  const dialog = h("dialog", { class: "drawer", "aria-labelledby": "drawer-title" });
  const turned = async (switches, text) => {
    const answer = await turn(switches);
    toast(answer.ok ? text : `${answer.error}: ${answer.detail}`);
    await refresh();
  };
  const refresh = async () => {
    const now = await told();
    const shown = {
      "Connections of the app": now.sockets, "Connections since the start": now.sockets_opened,
      "Events under way or waiting to come again": now.events_pending, "Calls of the Web API": Object.values(now.calls).reduce((a, b) => a + b, 0),
      "Time": new Date(now.now * 1000).toLocaleString(),
    };
    facts.replaceChildren(...Object.entries(shown).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
  };
  const method = h("select", { class: "select", "aria-label": "Method" }, METHODS.map((each) => h("option", { value: each }, each === "*" ? "any method" : each)));
  const kind = h("select", { class: "select", "aria-label": "Fault" }, FAULTS.map(([value, label]) => h("option", { value }, label)));
  const times = h("input", { type: "number", class: "field", min: 1, max: 100, "aria-label": "Times" });
  times.value = "1";
  const button = (label, run) => h("button", { type: "button", class: "button", onclick: run }, label);
  dialog.append(
    h("header", {}, h("h2", { id: "drawer-title" }, "Switches for developers"),
      h("button", { type: "button", class: "button icon", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    h("div", { class: "body" },
      facts, button("Look again", refresh),
      h("h3", {}, "The app's connection"),
      h("div", { class: "row" }, BREAKS.map(([value, label]) => button(label, () => turned({ disconnect: value }, `${label}: done`))),
        button("Speak again", () => turned({ speak: true }, "The silence is over"))),
      h("h3", {}, "The app's next calls"),
      h("div", { class: "row" }, method, kind, times, button("Let it fail", () => turned({
        fault: { method: method.value, kind: kind.value, times: Number(times.value), seconds: kind.value === "slow" ? 5 : 2 },
      }, "Waiting for the call")), button("Let nothing fail", () => turned({ clear_faults: true }, "All faults are off"))),
      h("h3", {}, "Rate limits"),
      h("div", { class: "row" }, button("As Slack's tiers", () => turned({ rate_limits: true }, "Rate limits are on")),
        button("Off", () => turned({ rate_limits: false }, "Rate limits are off"))),
      h("h3", {}, "Time"),
      h("div", { class: "row" }, button("3 seconds later", () => turned({ advance_s: 3.1 }, "Triggers have expired")),
        button("31 minutes later", () => turned({ advance_s: 1860 }, "Response URLs have expired")))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  await refresh();
}
