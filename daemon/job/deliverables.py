"""What a job without a repository hands over: its files in ``reports/<job id>/`` and, for marketing, their rows."""

import shutil
from pathlib import Path

from company.ids import new_id
from company.store import marketing, teams
from company.store.sessions import Session
from daemon.git.clone import Clone
from daemon.git.delivery import changed_files
from daemon.job.facts import StoryFacts
from daemon.job.preparing import integration
from daemon.job.workplace import Workplace

#: folder or word in a file's name -> type of content (schema.sql, table content)
_TYPES = {
    "blog": ("blog", "article", "post"),
    "email": ("email", "newsletter", "sequence"),
    "social": ("social", "tweet", "linkedin"),
    "landing-page": ("landing",),
}
_TEXT = {".md", ".txt", ".html", ".rst"}


def hand_over(
    place: Workplace, session: Session, clone: Clone, base: str, commit: str, story: StoryFacts
) -> None:
    """Copy the files of a workspace job to its report folder; write the content rows of a marketing job."""
    if session.target_repo is not None:
        return
    worktree = integration(place, session.id, clone, commit)
    authors = {path: run["agent_id"] for run in story["runs"] for path in run["files"]}
    for name in changed_files(clone, base, commit):
        source = worktree.path / name
        if not source.is_file() or source.is_symlink():
            continue
        target = place.reports(session.id) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        _write_row(place, session, target, authors.get(name, session.requested_by))


def _write_row(place: Workplace, session: Session, file: Path, author: str) -> None:
    """Record a text that a marketing team wrote, with the words counted."""
    if file.suffix not in _TEXT:
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    with place.store.transaction() as tx:
        if teams.get(tx, session.team_id).domain != "marketing":
            return
        marketing.insert_content(
            tx,
            {
                "id": new_id("content"),
                "title": _title(text) or file.stem,
                "type": _type(file),
                "status": "draft",
                "author": author,
                "word_count": len(text.split()),
                "file_path": place.relative(file),
                "session_id": session.id,
            },
        )


def _title(text: str) -> str:
    return next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")), "")


def _type(file: Path) -> str:
    words = f"{file.parent.name} {file.stem}".lower()
    return next((kind for kind, signs in _TYPES.items() if any(sign in words for sign in signs)), "docs")
