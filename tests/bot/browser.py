"""Headless Chromium, the machine's own, for tests of pages: an empty profile each time, and nothing from elsewhere."""

import shutil
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.bot.slack_stand_in import SlackStandIn

FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 375, "height": 740}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: Playwright's loop is this thread's while it lives, so no other test may want one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Tab:
    """One person's tab, and what its console complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def desktop(chromium: Browser, local_slack: SlackStandIn) -> Iterator[Tab]:
    context = chromium.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # a TypedDict of its own
    tab = Tab(context.new_page())
    yield tab
    context.close()
    assert tab.complaints == []


@pytest.fixture
def phone(chromium: Browser, local_slack: SlackStandIn) -> Iterator[Tab]:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")  # type: ignore[arg-type]
    tab = Tab(context.new_page())
    yield tab
    context.close()
    assert tab.complaints == []
