"""The commands up, bot and once: the service in the foreground. What they run is imported when they run."""

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from daemon.cli.desk import config_path
from daemon.cli.output import print_line, print_note

if TYPE_CHECKING:
    from company.config import Config
    from company.orders.office import Office
    from daemon.app import Daemon
    from daemon.cli.narrating import Narrator
    from daemon.sample import Sample
    from daemon.supervising import Program

PAGE_KEY_S = 15.0  # how long the local Slack may take to start
SAMPLE_TAKEN_S = 30.0  # how long the sample's file may take to be noticed
LOOK_S = 0.05
#: where people find the local Slack: set for the daemon, which greets
PAGE_VARIABLE = "AGENT_SERVICE_LOCAL_SLACK_PAGE"
API_VARIABLE = "AGENT_SERVICE_LOCAL_SLACK_URL"


def up(
    context: typer.Context,
    no_bot: Annotated[bool, typer.Option("--no-bot", help="Run the daemon alone, in this process.")] = False,
) -> None:
    """Run the company in the foreground: daemon and bot.

    It takes the files dropped into its inbox, does the work and keeps the schedules; its bot listens in Slack. Without
    Slack's tokens in the environment a local Slack, a chat in the browser for this machine alone, is started with it.
    The first start makes a small sample repository and shows a job in it from beginning to end. Ctrl-C stops the
    service; what is under way goes on at the next start.
    """
    path = config_path(context)
    if no_bot:
        _run_daemon(path)
    from company.config import load_config

    config = load_config(path, os.environ)
    if not config.slack.enabled:
        _run_daemon(path)
    from daemon.supervising import Supervisor

    raise typer.Exit(Supervisor(_programs(config), os.environ).run())


def bot(context: typer.Context) -> None:
    """Run the bot alone, in the foreground.

    It needs Slack's tokens in the environment: SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET in http
    mode.
    """
    # Another program: daemon and bot never import each other.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "bot", str(config_path(context))])  # noqa: S606 - our own


def once(context: typer.Context) -> None:
    """Do what waits, then leave.

    For scripts: exit code 0 when every job was completed, 4 when one ended failed, blocked or stopped.
    """

    _run(config_path(context), once=True)


def _run_daemon(path: Path) -> None:
    from company.leash import hold_leash

    hold_leash(os.environ)
    _run(path, once=False)


def _run(path: Path, *, once: bool) -> NoReturn:
    from daemon.running import run

    terminal = _Terminal()
    on_ready = terminal.begin if once else terminal.welcome
    run(path, once=once, on_open=terminal.open, on_ready=on_ready, on_leave=terminal.say_goodbye)


def _programs(config: "Config") -> "list[Program]":
    """Return what runs: the daemon, the bot, and the local Slack where there is no token of a real one."""
    from company.config import secret
    from daemon.supervising import Program

    path = str(config.path)
    local: dict[str, str] = {}
    programs: list[Program] = []
    if secret(os.environ, "SLACK_BOT_TOKEN") is None and not config.slack.base_url:
        port = _free_port(config.slack.local_port)
        page = f"http://127.0.0.1:{port}/"
        local = {API_VARIABLE: f"{page}api/", PAGE_VARIABLE: page}
        state = str(config.folders.state / "local-slack")
        argv = [sys.executable, "-P", "-m", "bot.local_slack", "--port", str(port), "--state", state]
        programs.append(Program(name="local Slack", argv=argv, is_quiet=True))
    daemon = [sys.executable, "-P", "-m", "daemon.cli.main", "--config", path, "up", "--no-bot"]
    programs.append(Program(name="daemon", argv=daemon, environment=local, is_vital=True))
    bot_argv = [sys.executable, "-P", "-m", "bot", path]
    programs.append(Program(name="bot", argv=bot_argv, environment=local))
    return programs


def _free_port(wanted: int) -> int:
    """Return ``wanted``, or any that is free where it is taken or 0."""
    import socket

    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def _page_key(config: "Config") -> str:
    """Return what the page's address ends with: the key that it asks for once; '' where it cannot be read."""
    path = config.folders.state / "local-slack" / "credentials.json"
    deadline = time.monotonic() + PAGE_KEY_S
    while time.monotonic() < deadline:
        try:
            return f"?key={json.loads(path.read_text(encoding='utf-8'))['page_key']}"
        except (OSError, ValueError, KeyError):  # it is being started
            time.sleep(LOOK_S)
    return ""


class _Terminal:
    """What the service says to whoever started it: the sample, then a line for each job taken and ended."""

    def __init__(self) -> None:
        self._narrator: Narrator | None = None

    def open(self, daemon: "Daemon") -> None:
        """Note how things stand before any work: what comes after that is told."""
        from daemon.cli.narrating import Narrator

        self._narrator = Narrator(daemon.office)
        self._narrator.begin()

    def begin(self, daemon: "Daemon", sample: "Sample | None") -> None:
        """Show the sample where there is one, then tell what happens."""
        shown = _show_sample(daemon, sample)
        if self._narrator is not None:
            self._narrator.keep_looking(but_not_of=shown)

    def welcome(self, daemon: "Daemon", sample: "Sample | None") -> None:
        """Begin, and say that the service is up."""
        config = daemon.office().config
        self.begin(daemon, sample)
        print_note(
            f"{config.company.name} is up: drop priority files into {config.folders.priorities}. Ctrl-C stops it."
        )
        page = os.environ.get(PAGE_VARIABLE)
        if page:
            print_note(f"Talk to it in the local Slack, on this machine alone: {page}{_page_key(config)}")

    def say_goodbye(self, daemon: "Daemon") -> None:
        """Tell what was not told yet, and what goes on without the service."""
        from daemon.cli.narrating import farewell

        if self._narrator is not None:
            self._narrator.look()
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # the terminal has put its ^C there
        farewell(daemon.office())


def _show_sample(daemon: "Daemon", sample: "Sample | None") -> str | None:
    """Show the first job live, and where what it made can be looked at; return its id."""
    if sample is None or sample.priority_file is None:
        return None
    from daemon.cli.following import follow

    office = daemon.office()
    print_note("First start: a sample repository was made, and a priority file dropped for it.")
    print_note("No model is involved: the sample's agents are small scripts of the repository itself.")
    job_id = _job_of(office, sample.priority_file.stem)
    if job_id is None:
        print_note("the sample's file was not taken; see logs/service.log")
        return None
    story = follow(office, job_id)
    print_line(f"read the report:  reports/{job_id}/report.md")
    if story.branch:
        remote = os.path.relpath(sample.remote, office.config.root)
        print_line(f"see the change:   git --git-dir {remote} show {story.branch}")
    return job_id


def _job_of(office: "Office", stem: str) -> str | None:
    from company.store import lookups

    deadline = time.monotonic() + SAMPLE_TAKEN_S
    while time.monotonic() < deadline:
        with office.store.reading() as tx:
            job_id = lookups.job_of_file(tx, stem)
        if job_id is not None:
            return job_id
        time.sleep(LOOK_S)
    return None
