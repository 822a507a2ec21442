"""What a command works with: configuration, store, and who sits here. Opened late, closed for sure.

Everything heavy is imported here, inside functions: ``--help`` and shell completion never pay for it.
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from daemon.cli.output import print_note

if TYPE_CHECKING:
    from company.clock import Clock
    from company.config import Config
    from company.orders.office import Actor, Office
    from company.store.gate import Store

#: ms; a person waits for a lock this long, then reads who holds it
BUSY_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Desk:
    """An open office, and the person at this terminal."""

    office: "Office"
    actor: "Actor"

    @property
    def config(self) -> "Config":
        """The company's configuration."""
        return self.office.config


def config_path(context: typer.Context) -> Path:
    """Return the config.yaml meant: ``--config``, the environment's, or that of this folder or above.

    What the company's service.env sets is in the environment afterwards.
    """
    from company.config import find_config, take_service_env

    given = context.find_root().params.get("config")
    path = find_config(given, Path.cwd(), os.environ)
    take_service_env(path, os.environ)
    return path


def read_config(context: typer.Context) -> "Config":
    """Read the configuration. Raises ConfigError."""
    from company.config import load_config

    return load_config(config_path(context), os.environ)


def read_usable_config(context: typer.Context) -> "Config":
    """Read the configuration; where it is broken and the books can be found all the same, say so and go on with those.

    For commands that need to know nothing but where the books are. Raises ConfigError.
    """
    from company.config import load_config, salvage_config
    from company.errors import ConfigError

    path = config_path(context)
    try:
        return load_config(path, os.environ)
    except ConfigError as error:
        config = salvage_config(path, os.environ)
        if config is None or not (config.database.url or books_of(config).exists()):
            raise
        if service_pid(config) is None:
            outlook = "no service starts until it is mended"
        else:
            outlook = "the running service keeps the configuration it had"
        print_note(f"config.yaml cannot be used: {error}; {outlook}, and this is what the books say")
        return config


def books_of(config: "Config") -> Path:
    """Return where the SQLite database of a company is."""
    return config.folders.state / "agent-service.db"


@contextmanager
def open_desk(
    context: typer.Context,
    *,
    only_looks: bool = False,
    leaves_no_trace: bool = False,
    needs_config: bool | None = None,
) -> Iterator[Desk]:
    """Open the company for one command. A new database is seeded, so that there is a company to see.

    ``only_looks``: the command orders nothing, so it may read the database the quick way.
    ``leaves_no_trace``: where there is no database yet, one is made elsewhere and thrown away.
    ``needs_config``: False: a broken config.yaml does not matter. By default it matters to whoever orders something.
    """
    from company.clock import SystemClock
    from company.orders.office import Office
    from company.orders.permission import actor_for
    from company.store.glance import glance

    is_strict = not only_looks if needs_config is None else needs_config
    config = read_config(context) if is_strict else read_usable_config(context)
    clock = SystemClock()
    path = books_of(config)
    with ExitStack() as closing:
        if leaves_no_trace and not path.exists():
            path = Path(closing.enter_context(TemporaryDirectory())) / path.name
        store = None
        if only_looks and not config.database.url:
            store = glance(path, clock, busy_timeout_ms=BUSY_TIMEOUT_MS)
        if store is None:
            store = _open_store(config, path, clock)
        closing.callback(store.close)
        yield Desk(Office(store, config, clock), actor_for(config, login_name(), "terminal"))


def _open_store(config: "Config", path: Path, clock: "Clock") -> "Store":
    from company.store.opening import open_store
    from company.store.seeding import seed_if_new

    store = open_store(config.database.url, sqlite_path=path, clock=clock, busy_timeout_ms=BUSY_TIMEOUT_MS)
    try:
        seed_if_new(store, config)
    except BaseException:
        store.close()
        raise
    return store


def service_pid(config: "Config", program: str = "daemon") -> int | None:
    """Return the process of the service (or of its bot) that works in this folder; None when none seems to.

    Good for a hint only: a process may have taken the number of one that is gone. The lock itself is not tried,
    because a service that starts at that moment would find it taken.
    """
    from company.one_per_folder import holder_of

    holder = holder_of(config.folders.state, program)
    if holder is None:
        return None
    try:
        os.kill(holder.pid, 0)
    except PermissionError:
        return holder.pid
    except OSError:
        return None
    return holder.pid


def is_service_running(config: "Config") -> bool | None:
    """Say whether a service works for this company; None: on PostgreSQL one of another host may."""
    if service_pid(config) is not None:
        return True
    return None if config.database.url else False


def hint_if_not_running(config: "Config", what_waits: str) -> None:
    """Say on stderr that nobody acts on what was ordered yet. On PostgreSQL another host may: then nothing."""
    if is_service_running(config) is False:
        print_note(f"the service is not running: {what_waits} when it is → agent-service up")


def login_name() -> str:
    """Return who is logged in; a user id without a name (as in containers) is named by its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
