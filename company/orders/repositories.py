"""Which repositories the company may work on, beside those of config.yaml, which always win."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.config.records import RepositoryConfig, absolute
from company.errors import OrderRefused
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_repository, find_team
from company.store import repositories
from company.work.target import safe_branch, safe_target

if TYPE_CHECKING:
    from company.store.gate import Transaction


@dataclass(frozen=True, kw_only=True)
class RepositoryRequest:
    """A repository to add: exactly one of ``path`` and ``url``."""

    name: str
    path: str | None = None
    url: str | None = None
    team: str | None = None  #: id, name or domain
    default_branch: str | None = None  #: None: what the repository says itself


@dataclass(frozen=True, kw_only=True)
class RepositoryChange:
    """What became of a repository."""

    repository_id: str
    name: str
    is_changed: bool  #: False: it was so already


def add(office: Office, actor: Actor, request: RepositoryRequest) -> RepositoryChange:
    """Add a repository, or bring one back that was removed. Raises OrderRefused for a name or place not fit."""
    with order(office, actor, Action.ADD_REPOSITORY, "repository", request.name) as taken:
        name, path = _checked(office, request)
        row = {
            "name": name,
            "path": path,
            "github_url": request.url,
            "team_id": find_team(taken.tx, request.team).id if request.team else None,
            "default_branch": request.default_branch,
            "is_active": 1,
        }
        taken.entity_id = repository_id = f"repo-{name}"
        if not repositories.insert_new(taken.tx, {"id": repository_id, **row}):
            _bring_back(taken.tx, repository_id, name, row)
        return RepositoryChange(repository_id=repository_id, name=name, is_changed=True)


def remove(office: Office, actor: Actor, repository: str) -> RepositoryChange:
    """Take a repository off the list: nothing new starts on it by its name. One of config.yaml goes there."""
    with order(office, actor, Action.REMOVE_REPOSITORY, "repository", repository) as taken:
        known = find_repository(taken.tx, repository)
        taken.entity_id = known.id
        if office.config.repository(known.name) is not None:
            raise OrderRefused(
                "in_config",
                f"{known.name} stands in config.yaml",
                mend="take it out there",
            )
        repositories.edit(taken.tx, known.id, is_active=0)
        return RepositoryChange(repository_id=known.id, name=known.name, is_changed=True)


def _checked(office: Office, request: RepositoryRequest) -> tuple[str, str | None]:
    """Return name and absolute path. Raises OrderRefused for what config.yaml would refuse, too."""
    try:
        entry = RepositoryConfig(name=request.name, path=request.path, url=request.url)
        safe_target(entry.source(office.config.root))
        if request.default_branch is not None:
            safe_branch(request.default_branch)
    except ValueError as error:
        raise OrderRefused(
            "bad_repository",
            _first_reason(error),
            mend="a short name, and either a folder or an https:// or ssh:// address",
        ) from error
    return entry.name, str(absolute(office.config.root, entry.path)) if entry.path is not None else None


def _first_reason(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]).removeprefix("Value error, ") if callable(errors) else str(error)


def _bring_back(tx: "Transaction", repository_id: str, name: str, row: Mapping[str, object]) -> None:
    known = next(
        one
        for one in repositories.list_repositories(tx, include_inactive=True)
        if repository_id == one.id or name == one.name
    )
    if known.is_active:
        raise OrderRefused(
            "name_taken", f"there is a repository {known.name!r} already", mend="take another name"
        )
    repositories.edit(tx, known.id, **row)
