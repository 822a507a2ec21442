"""The page in headless Chromium, with the real Bolt client behind it: what people see and can do, by mouse and keys."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.bot.browser import Tab
from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import ADA, BEN, COMPANY, SlackStandIn

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def card(*elements: Json, text: str = "*Exact prices* · 3/5") -> list[Json]:
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "actions", "elements": list(elements)},
    ]


@pytest.fixture
def page(desktop: Tab, local_slack: SlackStandIn) -> Page:
    desktop.page.goto(local_slack.page_url)
    expect(desktop.page.get_by_role("heading", name="# company")).to_be_visible()
    return desktop.page


def write(page: Page, text: str, place: str = "#main") -> None:
    field = page.locator(f"{place} .composer textarea")
    field.fill(text)
    field.press("Enter")


def test_a_command_completes_and_its_answer_is_seen_by_its_author_only(
    page: Page, bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.command("/jobs")
    async def jobs(ack: Any, command: Json) -> None:
        await ack(f"Nothing runs in *{command['channel_name']}*")

    expect(page.get_by_text("No app is connected")).to_be_visible()
    bolt.connect()
    expect(page.get_by_text("No app is connected")).to_be_hidden()
    field = page.get_by_label("Message #company")
    field.press_sequentially("/jo")
    expect(page.get_by_role("option").filter(has_text="/jobs")).to_be_visible()
    field.press("Tab")
    expect(field).to_have_value("/jobs ")
    field.press("Enter")
    expect(page.get_by_text("Only visible to you")).to_be_visible()
    expect(page.locator(".ephemeral strong", has_text="company")).to_be_visible()
    page.get_by_label("You are").select_option(BEN)
    expect(page.get_by_text("Only visible to you")).to_be_hidden()


def test_a_press_asks_first_then_changes_the_message_for_everybody(
    page: Page, bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.action("stop")
    async def stop(ack: Any, body: Json, client: Any) -> None:
        await ack()
        bolt.heard.append(body)
        await client.chat_update(
            channel=body["channel"]["id"],
            ts=body["message"]["ts"],
            text="Stopped",
            blocks=card(button("Retry", "r")),
        )

    bolt.connect()
    sure = {"title": plain("Stop this job?"), "text": plain("Its work is lost."), "confirm": plain("Stop it"),
            "deny": plain("Go on")}  # fmt: skip
    local_slack.api(
        "chat.postMessage", channel=COMPANY, text="x", blocks=card(button("Stop", "stop", confirm=sure))
    )
    stop_button = page.get_by_role("button", name="Stop", exact=True)
    stop_button.click()
    page.get_by_role("button", name="Go on").click()
    assert bolt.heard == []
    stop_button.click()
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(stop_button).to_have_count(0)
    assert bolt.heard[0]["user"]["id"] == ADA


def test_menus_and_selects_reach_the_app(page: Page, bolt: BoltApp, local_slack: SlackStandIn) -> None:
    @bolt.app.action(re.compile("model|more"))
    async def chosen(ack: Any, action: Json) -> None:
        await ack()
        bolt.heard.append({"chosen": action["selected_option"]["value"]})

    bolt.connect()
    options = [{"text": plain(name), "value": name.lower()} for name in ("Opus", "Haiku")]
    local_slack.api("chat.postMessage", channel=COMPANY, text="x", blocks=card(
        {"type": "static_select", "action_id": "model", "placeholder": plain("Which model"), "options": options},
        {"type": "overflow", "action_id": "more", "options": [{"text": plain("Never"), "value": "never"}]},
    ))  # fmt: skip
    page.get_by_label("Which model").select_option("haiku")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Never").click()
    expect(page.locator(".menu")).to_have_count(0)
    local_slack.wait_until(lambda _state: bolt.heard == [{"chosen": "haiku"}, {"chosen": "never"}])


def test_a_modal_shows_its_errors_and_closes_when_taken(
    page: Page, bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.shortcut("start_work")
    async def start(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view={
            "type": "modal", "callback_id": "work", "title": plain("Start work"), "submit": plain("Start"),
            "blocks": [{"type": "input", "block_id": "what", "label": plain("What is to be done?"),
                        "element": {"type": "plain_text_input", "action_id": "text", "multiline": True}}],
        })  # fmt: skip

    @bolt.app.view("work")
    async def work(ack: Any, view: Json) -> None:
        said = view["state"]["values"]["what"]["text"]["value"]
        bolt.heard.append({"said": said})
        if len(said) < 5:
            await ack(response_action="errors", errors={"what": "Say a little more"})
        else:
            await ack()

    bolt.connect()
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name=re.compile("Start work")).click()
    field = page.get_by_label("What is to be done?")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Please complete this required field.")).to_be_visible()
    field.fill("x")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Say a little more")).to_be_visible()
    field.fill("round prices half up")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)
    assert bolt.heard == [{"said": "x"}, {"said": "round prices half up"}]


def test_a_thread_opens_beside_and_closes_by_escape(
    page: Page, bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.event("message")
    async def message(event: Json, say: Any) -> None:
        if event.get("thread_ts"):
            await say(f"about that: {event['text']}", thread_ts=event["thread_ts"])

    bolt.connect()
    local_slack.api("chat.postMessage", channel=COMPANY, text="The job")
    page.get_by_text("The job").hover()
    page.get_by_role("link", name="Reply in thread").click()
    write(page, "why did that fail?", "#thread")
    expect(page.locator("#thread").get_by_text("about that: why did that fail?")).to_be_visible()
    expect(page.get_by_text("2 replies")).to_be_visible()
    write(page, "/jobs", "#thread")
    expect(page.locator("#thread").get_by_text("is not supported in threads")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#thread")).to_be_hidden()


def test_home_shows_what_the_app_published_and_its_buttons_work(
    page: Page, bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.event("app_home_opened")
    async def opened(event: Json, client: Any) -> None:
        view = {"type": "home", "blocks": card(button("Pause the company", "pause"), text="2 jobs run")}
        await client.views_publish(user_id=event["user"], view=view)

    @bolt.app.action("pause")
    async def pause(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_publish(
            user_id=body["user"]["id"],
            view={"type": "home", "blocks": card(button("Go on", "go"), text="It rests")},
        )

    bolt.connect()
    page.get_by_role("link", name=re.compile("Home")).first.click()
    page.get_by_role("button", name="Pause the company").click()
    expect(page.get_by_text("It rests")).to_be_visible()


def test_reactions_and_files_go_both_ways(page: Page, local_slack: SlackStandIn) -> None:
    write(page, "look at this")
    page.get_by_text("look at this").hover()
    page.get_by_role("button", name="Add reaction").first.click()
    page.get_by_role("menuitem", name=re.compile(":x:")).click()
    expect(page.locator(".reactions button")).to_have_attribute("aria-pressed", "true")
    assert local_slack.messages(COMPANY)[0]["reactions"] == [{"name": "x", "users": [ADA], "count": 1}]
    page.locator("#main input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"round half up"}
    )
    expect(page.get_by_text("notes.txt")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download notes.txt").click()
    assert download.value.path().read_bytes() == b"round half up"


def test_what_the_app_says_is_text_never_markup(page: Page, local_slack: SlackStandIn) -> None:
    said = "<script>alert(1)</script> <https://example.com|a *link*> `a < b` <javascript:alert(1)|no>"
    said += " :tada: *a*b _c_ ~d~"
    escaped = said.replace("<script>", "&lt;script&gt;").replace("</script>", "&lt;/script&gt;")
    local_slack.api("chat.postMessage", channel=COMPANY, text=escaped)
    words = page.locator(".message .words")
    expect(words).to_contain_text("<script>alert(1)</script>")
    assert words.locator("script").count() == 0
    assert [link.get_attribute("href") for link in words.locator("a").all()] == ["https://example.com"]
    expect(words.locator("code")).to_have_text("a < b")
    expect(words.locator(".emoji")).to_have_text("🎉")
    expect(words.locator("em")).to_have_text("c")
    expect(words.locator("s")).to_have_text("d")


def test_a_phone_shows_one_thing_at_a_time_and_nothing_is_cut(phone: Tab, local_slack: SlackStandIn) -> None:
    page = phone.page
    buttons = [button("Hire Blog Writer", "a"), button("Hire, weekdays 09:00", "b"), button("Edit", "c")]
    root = local_slack.api("chat.postMessage", channel=COMPANY, text="x", blocks=card(*buttons))
    local_slack.api("chat.postMessage", channel=COMPANY, text="w" * 3000)
    local_slack.say(BEN, COMPANY, "a reply", root["ts"])
    page.goto(local_slack.page_url)
    page.get_by_role("link", name=re.compile("company")).tap()
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_role("button", name="Hire Blog Writer")).to_be_visible()
    assert wider_than_the_screen(page) == []
    page.get_by_role("link", name=re.compile("1 reply")).tap()
    expect(page.locator("#main")).to_be_hidden()
    write(page, "from the phone", "#thread")
    expect(page.locator("#thread").get_by_text("from the phone")).to_be_visible()
    assert wider_than_the_screen(page) == []
    page.get_by_role("link", name="Back to channel", exact=True).tap()
    expect(page.locator("#thread")).to_be_hidden()


def wider_than_the_screen(page: Page) -> list[str]:
    """Name visible elements that stick out to the right."""
    found: list[str] = page.evaluate(
        "[...document.body.querySelectorAll('*')].filter((each) => each.offsetParent && !each.closest('.table-scroll')"
        " && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 80))"
    )
    return found


def test_what_is_said_to_one_reaches_no_other(page: Page, local_slack: SlackStandIn) -> None:
    page.get_by_label("You are").select_option(BEN)
    expect(page.locator("#side footer .avatar")).to_have_text("B")
    page.evaluate("""() => new Promise((opened) => {
        window.seen = [];
        const stream = new EventSource("/_page/stream?user=U0BEN");
        stream.onmessage = (event) => window.seen.push(event.data);
        stream.onopen = opened;
    })""")
    local_slack.api("chat.postMessage", channel=ADA, text="for Ada alone")
    local_slack.api("chat.postEphemeral", channel=COMPANY, user=ADA, text="for Ada alone")
    local_slack.api("chat.postMessage", channel=COMPANY, text="for everybody")
    expect(page.get_by_text("for everybody")).to_be_visible()
    page.wait_for_function("window.seen.length > 0")
    assert "for Ada alone" not in str(page.evaluate("window.seen"))


def test_a_long_history_is_drawn_from_its_end(page: Page, local_slack: SlackStandIn) -> None:
    for number in range(120):
        local_slack.api("chat.postMessage", channel=COMPANY, text=f"message {number}.")
    expect(page.get_by_text("message 119.")).to_be_in_viewport()
    expect(page.locator("#main .message")).to_have_count(100)
    page.get_by_role("button", name="Show earlier messages (20)").click()
    expect(page.locator("#main .message")).to_have_count(120)


def test_switches_are_in_the_drawer(page: Page, bolt: BoltApp, local_slack: SlackStandIn) -> None:
    bolt.connect()
    page.get_by_label("Switches for developers").click()
    page.get_by_label("Method").select_option("chat.postMessage")
    page.get_by_label("Fault").select_option("ratelimited")
    page.get_by_role("button", name="Let it fail").click()
    expect(page.get_by_text("Waiting for the call")).to_be_visible()
    assert local_slack.api("chat.postMessage", channel=COMPANY, text="x")["status"] == 429
    assert local_slack.api("chat.postMessage", channel=COMPANY, text="x")["ok"]


def test_everything_can_be_reached_by_keys(page: Page, local_slack: SlackStandIn) -> None:
    local_slack.api("chat.postMessage", channel=COMPANY, text="x", blocks=card(button("Logs", "logs")))
    expect(page.get_by_role("button", name="Logs")).to_be_visible()
    page.locator("body").press("Tab")
    focused = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
    reached = set()
    for _ in range(40):
        reached.add(page.evaluate(focused))
        page.keyboard.press("Tab")
    assert {
        "Skip to messages",
        "Logs",
        "Message #company",
        "You are",
        "Add reaction",
        "Reply in thread",
    } <= reached
