"""The product as its newcomer meets it: ``agent-service up`` with no tokens, and the CEO in a browser."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from company.clock import SystemClock
from company.config import load_config
from company.orders import commands, patterns
from company.orders.commands import Said
from company.orders.office import Actor, Office, Role
from company.store.opening import open_store
from tests.bot.browser import Tab
from tests.bot.slack_stand_in import ADA, CLEO

AGENT_SERVICE = [sys.executable, "-m", "daemon.cli.main"]
#: what a job of the sample may take on a loaded machine
JOB_MS = 90_000
ANSWER_MS = 30_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new company whose news stand in #company."""
    folder = tmp_path / "company"
    subprocess.run([*AGENT_SERVICE, "init", folder], check=True, capture_output=True)
    config = folder / "config.yaml"
    text = config.read_text(encoding="utf-8")
    for before, after in [("local_port: 3032", "local_port: 0"), ('  channel: ""', '  channel: "#company"')]:
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def page_url(folder: Path) -> Iterator[str]:
    """The address that ``agent-service up`` prints when all of it runs."""
    with subprocess.Popen(
        [*AGENT_SERVICE, "up"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        assert service.stdout is not None
        said: list[str] = []
        for line in service.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", line):
                break
        else:
            pytest.fail("no address was printed:\n" + "".join(said))
        yield found.group()
        service.send_signal(signal.SIGINT)
        service.stdout.read()


def propose(folder: Path) -> None:
    """Let three wishes of one kind be seen, as another process of the company would."""
    config = load_config(folder / "config.yaml", {})
    clock = SystemClock()
    with closing(open_store("", sqlite_path=config.folders.state / "agent-service.db", clock=clock)) as store:
        office = Office(store, config, clock)
        ceo = Actor(ADA, Role.CEO, "slack")
        for number in range(3):
            commands.record(office, ceo, Said(text=f"write a post about {number}", intent="write blog-post"))
        assert patterns.detect(office, ceo).proposed


def become(page: Page, user: str) -> None:
    page.get_by_label("You are").select_option(user)
    expect(page.locator("#side footer .avatar")).to_have_text({ADA: "A", CLEO: "C"}[user])


def write(page: Page, text: str) -> None:
    field = page.locator("#main .composer textarea")
    field.fill(text)
    field.press("Enter")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_work_is_watched_to_its_end_and_a_proposal_is_decided_by_the_ceo_alone(
    page_url: str, folder: Path, desktop: Tab
) -> None:
    page = desktop.page
    page.goto(page_url)
    messages = page.locator("#main .message")
    # the first start's sample job is told already
    expect(messages.filter(has_text="Exact prices").first).to_contain_text("completed", timeout=JOB_MS)

    write(page, "/work write a changelog entry repo:sample")
    card = messages.filter(has_text="write a changelog entry").first
    expect(card).to_contain_text("completed", timeout=JOB_MS)
    card.locator(".replies").click()
    expect(page.locator("#thread")).to_contain_text("nothing to mend", timeout=ANSWER_MS)
    page.keyboard.press("Escape")
    expect(page.locator("#thread")).to_be_hidden()

    propose(folder)
    hire = page.get_by_role("button", name=re.compile("^Hire")).first
    expect(hire).to_be_visible(timeout=ANSWER_MS)
    become(page, CLEO)
    hire.click()
    expect(messages.filter(has_text="Only visible to you").last).to_contain_text("CEO", timeout=ANSWER_MS)
    expect(hire).to_be_visible()
    become(page, ADA)
    hire.click()
    expect(messages.filter(has_text="is hired").first).to_be_visible(timeout=ANSWER_MS)
    expect(hire).to_have_count(0)
