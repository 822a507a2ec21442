"""Step 8: one commit on the base as it is now, the patch file, and the branch pushed to the remote."""

import time
from collections.abc import Sequence

from company.errors import GitError
from company.store import pull_requests, sessions
from company.work.job import JobStatus
from daemon.git.clone import resolve
from daemon.git.delivery import changed_files, push, squash, write_patch
from daemon.git.merge import Conflict, integrate_base
from daemon.job.deliverables import hand_over
from daemon.job.facts import BaseFacts, DeliveredFacts, Ends, StoryFacts
from daemon.job.preparing import open_target
from daemon.job.proposing import propose, write_description
from daemon.job.workplace import Workplace, names
from daemon.storage import NoRoom


def take_in_base(place: Workplace, job_id: str, iteration: int, story: StoryFacts) -> BaseFacts:
    """Look at the base branch again; merge it where it moved. On a conflict the work starts again from there."""
    session = place.session(job_id)
    ready = story["ready"]
    clone = open_target(place, session, fresh=True)
    base_commit = resolve(clone, ready["base_branch"])
    if base_commit is None or base_commit == ready["base_commit"]:
        return {
            "state": "unchanged",
            "head": story["head"],
            "base_commit": ready["base_commit"],
            "conflicts": [],
        }
    place.log(job_id).say(
        "base", f"{ready['base_branch']} moved to {base_commit[:12]} (iteration {iteration + 1})"
    )
    outcome = integrate_base(
        clone,
        story["head"],
        base_commit,
        message=f"Take in {ready['base_branch']}",
        name=place.config.work.commit_name,
        email=place.config.work.commit_email,
    )
    if isinstance(outcome, Conflict):
        return {
            "state": "conflict",
            "head": base_commit,
            "base_commit": base_commit,
            "conflicts": list(outcome.files),
        }
    return {"state": "merged", "head": outcome.commit, "base_commit": base_commit, "conflicts": []}


def deliver(place: Workplace, job_id: str, story: StoryFacts) -> DeliveredFacts | Ends:
    """Make the job's one commit, write the patch, push the branch.

    The commit's dates are the job's own, so that a repeated step makes the same commit and pushes nothing new.
    A push that is refused blocks the job: the work is kept, as branch in the service's clone and as patch.
    """
    session = place.session(job_id)
    place.enter_phase(job_id, "delivering")
    ready, log = story["ready"], place.log(job_id)
    clone = open_target(place, session)
    commit = squash(
        clone,
        ready["branch"],
        base=ready["base_commit"],
        tree_of=story["head"],
        message=_message(job_id, session.title, story),
        name=place.config.work.commit_name,
        email=place.config.work.commit_email,
        at=session.started_at or session.created_at,
    )
    files = list(changed_files(clone, ready["base_commit"], commit))
    folder = place.reports(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    patch = folder / "changes.patch"
    write_patch(clone, ready["base_commit"], commit, patch)
    hand_over(place, session, clone, ready["base_commit"], commit, story)
    write_description(place, session, story)
    with place.store.transaction() as tx:
        sessions.set_phase(tx, job_id, "delivering", head_commit=commit)
        if session.follows is not None:
            pull_requests.note_head(tx, session.follows, commit)
    delivered_to = None
    if place.config.work.push and session.target_repo is not None:
        began = time.monotonic()
        try:
            delivered_to = push(
                clone, ready["branch"], commit, timeout_s=place.config.limits.setup_timeout_s
            ).remote
        except GitError as error:
            if error.code in ("disk_full", "remote_read_only") and place.disks.was_full_since(began):
                raise NoRoom(str(error)) from error  # the remote is a folder on the disk that is full here
            log.say("push", str(error))
            kept = f"the work is kept in {place.relative(patch)}"
            return {
                "ends": JobStatus.BLOCKED.value,
                "outcome": f"the remote did not take the branch: {error.stderr.strip() or error}; {kept}",
            }
    log.say("delivery", f"{commit[:12]} on {ready['branch']}, {delivered_to or 'not pushed'}")
    pull = propose(place, session, ready["branch"], ready["base_branch"], commit) if delivered_to else None
    return {
        "commit": commit,
        "branch": ready["branch"],
        "delivered_to": delivered_to,
        "patch": place.relative(patch),
        "pr_url": pull.url if pull else None,
        "files": files,
    }


def _message(job_id: str, title: str, story: StoryFacts) -> str:
    workers: Sequence[str] = list(
        dict.fromkeys(run["agent_id"] for run in story["runs"] if run["ended_well"])
    )
    lines = [
        f"- {agent_id.removeprefix('agent-')}: {story['plan']['descriptions'][agent_id]}"
        for agent_id in workers
    ]
    body = "\n".join(lines)
    return f"{title}\n\n{body}\n\nJob: {job_id}\nAgents: {names(workers)}\n"
