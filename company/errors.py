"""Everything that can go wrong and has a name, ordered by who must act.

::

    AgentServiceError
    ├── ConfigError                 the operator mends config.yaml
    ├── PriorityFileError           the author mends the file
    ├── OrderRefused                the person may not, or it makes no sense now
    │   └── NotPermitted
    ├── StoreError
    │   ├── SchemaDrift             the operator: the database is not what schema.sql says
    │   ├── UnknownColumn           a developer's slip
    │   ├── NotFound                (also a LookupError)
    │   ├── IllegalTransition
    │   ├── NewerDatabase           the operator: this database belongs to a later version
    │   ├── StoreUnavailable        the operator: locked, full, read-only, unreachable or damaged
    │   ├── ConstraintViolated      a developer's slip, or a row that may not be there
    │   └── NestedTransaction       a developer's slip
    ├── RunError
    │   └── RunnerNotFound          the operator installs or configures a runner
    └── GitError

Exceptions hold facts as attributes; the wording people read is made at the edges from those facts. An
expected outcome (an agent that failed, a lost race) is a value, never an exception.
"""

from collections.abc import Sequence
from pathlib import Path


class AgentServiceError(Exception):
    """Base of all errors with a name. ``mend`` says what to do next, in one line; may be empty."""

    mend: str = ""


class ConfigError(AgentServiceError):
    """config.yaml or the environment cannot be used. ``line`` is 1-based; None when no line is to blame."""

    def __init__(self, path: Path, key: str, reason: str, *, line: int | None = None, mend: str = "") -> None:
        self.path, self.key, self.reason, self.line, self.mend = path, key, reason, line, mend
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {key}: {reason}" if key else f"{where}: {reason}")


class PriorityFileError(AgentServiceError):
    """A priority file cannot be read. ``line`` is 1-based; None when no line is to blame."""

    def __init__(self, name: str, reason: str, *, line: int | None = None, mend: str = "") -> None:
        self.name, self.reason, self.line, self.mend = name, reason, line, mend
        super().__init__(f"{name}:{line}: {reason}" if line else f"{name}: {reason}")


class OrderRefused(AgentServiceError):
    """An order was understood and is not carried out. ``code`` is stable, for callers that branch."""

    def __init__(self, code: str, reason: str, *, mend: str = "") -> None:
        self.code, self.reason, self.mend = code, reason, mend
        super().__init__(reason)


class NotPermitted(OrderRefused):
    """The actor's role does not allow the order."""

    def __init__(self, actor_id: str, role: str, needed: str, action: str) -> None:
        self.actor_id, self.role, self.needed, self.action = actor_id, role, needed, action
        super().__init__(
            "not_permitted",
            f"{actor_id} is {role}; {action} needs {needed}",
            mend=f"ask a {needed} to do it",
        )


class StoreError(AgentServiceError):
    """The store refused."""


class SchemaDrift(StoreError):
    """The database differs from schema.sql. ``differences`` holds one line a difference."""

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        self.mend = (
            "nothing was changed; restore a backup, or bring the named tables back to schema.sql by hand"
        )
        super().__init__("the database differs from schema.sql: " + "; ".join(self.differences))


class UnknownColumn(StoreError):
    """A row names a column its table does not have (dataset would drop it without a word)."""

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column
        super().__init__(f"table {table} has no column {column}")


class NotFound(StoreError, LookupError):
    """No such row."""

    def __init__(self, table: str, key: str) -> None:
        self.table, self.key = table, key
        super().__init__(f"no row {key!r} in {table}")


class IllegalTransition(StoreError):
    """A status may not follow the one the row has."""

    def __init__(self, table: str, key: str, current: str, wanted: str) -> None:
        self.table, self.key, self.current, self.wanted = table, key, current, wanted
        super().__init__(f"{table} {key}: {wanted} may not follow {current}")


class NewerDatabase(StoreError):
    """A later version of the service has migrated this database. Versions are numbers of migrations."""

    def __init__(self, found: int, known: int) -> None:
        self.found, self.known = found, known
        self.mend = "nothing was changed; start the version that migrated it, or restore a backup made before"
        super().__init__(
            f"the database has had migration {found}; this version of the service knows up to {known}"
        )


class StoreUnavailable(StoreError):
    """The database cannot be used now. ``reason``: locked, full, read_only, unreachable or damaged."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        self.mend = {
            "locked": "another process writes; try again",
            "full": "nothing was written; free space on its disk and try again",
            "read_only": "nothing was written; make its disk or file writable and try again",
            "damaged": "nothing was written; keep the file, and start with a backup in its place",
        }.get(reason, "nothing was written; see that the database runs and can be reached, and try again")
        super().__init__(f"the database is {reason.replace('_', '-')}" + (f": {detail}" if detail else ""))


class ConstraintViolated(StoreError):
    """A row breaks a rule of schema.sql: a key twice, a reference to nothing, a value outside its list."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"refused by the database: {detail}")


class NestedTransaction(StoreError):
    """A transaction was opened inside another one of the same thread."""

    def __init__(self) -> None:
        super().__init__("this thread has a transaction open; pass it on instead of opening another")


class RunError(AgentServiceError):
    """An agent's run has no result at all."""


class RunnerNotFound(RunError):
    """What should run the agent is not there. ``reason`` names what is missing."""

    def __init__(self, runner: str, reason: str, *, mend: str = "") -> None:
        self.runner, self.reason, self.mend = runner, reason, mend
        super().__init__(f"runner {runner}: {reason}")


class GitError(AgentServiceError):
    """A git command failed. ``stderr`` is bounded and holds no credentials.

    ``code`` is stable, for callers that branch (``daemon/git/complaint.py`` has the list); empty when git's own words
    are all there is. ``exit_code`` None: git was ended for taking too long (``code`` says so), or never asked.
    """

    def __init__(
        self, argv: Sequence[str], exit_code: int | None, stderr: str, *, mend: str = "", code: str = ""
    ) -> None:
        self.argv, self.exit_code, self.stderr, self.mend = tuple(argv), exit_code, stderr, mend
        self.code = code
        words = stderr.strip()
        was_asked = exit_code is not None or code == "timed_out"
        ended = "timed out" if exit_code is None else f"exit {exit_code}"
        super().__init__(f"git {' '.join(self.argv)} ({ended}): {words}" if was_asked else words)
