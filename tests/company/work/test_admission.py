"""Which jobs may start: examples, and properties over any set of waiting and running jobs."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from company.work.admission import RISE_AFTER, Admission, Limits, Waiting, next_jobs
from company.work.job import JobStatus

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WIDE = Limits(jobs_at_once=100, jobs_per_repository=100)


def job(
    name: str, *, priority: int = 2, waited_s: float = 0, repo: str | None = None, **more: Any
) -> Waiting:
    return Waiting(
        job_id=name,
        priority=priority,
        created_at=NOW - timedelta(seconds=waited_s),
        team_id=more.pop("team", "team-engineering"),
        repository=repo,
        **more,
    )


def decide(pending: list[Waiting], running: list[str | None] | None = None, **more: Any) -> Admission:
    statuses = {one.job_id: JobStatus.PENDING for one in pending} | more.pop("statuses", {})
    return next_jobs(pending, running or [], more.pop("limits", WIDE), statuses=statuses, now=NOW, **more)


def test_priority_comes_before_age_and_age_before_the_id() -> None:
    jobs = [
        job("job-d", waited_s=10),
        job("job-c", waited_s=60),
        job("job-b", waited_s=60),
        job("job-a", priority=3, waited_s=900),
        job("job-e", priority=0),
    ]

    assert decide(jobs).admitted == ("job-e", "job-b", "job-c", "job-d", "job-a")


def test_a_job_rises_by_one_priority_for_each_six_hours() -> None:
    risen = job("job-old", priority=3, waited_s=RISE_AFTER.total_seconds())
    jobs = [job("job-new", priority=2), risen, job("job-high", priority=1)]

    assert decide(jobs).admitted == ("job-high", "job-old", "job-new")


def test_a_full_repository_lets_others_pass() -> None:
    jobs = [job("job-a", repo="web", waited_s=9), job("job-b", repo="api")]

    decided = decide(jobs, ["web", "web"], limits=Limits(jobs_at_once=3, jobs_per_repository=2))

    assert decided.admitted == ("job-b",)
    assert decided.held == {"job-a": "web has its 2 jobs"}


def test_jobs_without_a_repository_share_nothing() -> None:
    decided = decide(
        [job("job-a"), job("job-b")], [None], limits=Limits(jobs_at_once=9, jobs_per_repository=1)
    )

    assert decided.admitted == ("job-a", "job-b")


def test_a_dependency_waits_until_it_has_completed() -> None:
    jobs = [job("job-b", priority=0, depends_on=("job-a",)), job("job-a", priority=3)]

    assert decide(jobs).admitted == ("job-a",)
    assert decide(jobs).held == {"job-b": "waits for job-a, which is pending"}
    done = decide(jobs[:1], statuses={"job-a": JobStatus.COMPLETED})
    assert done.admitted == ("job-b",)
    blocked = decide(jobs[:1], statuses={"job-a": JobStatus.BLOCKED})
    assert blocked.held == {"job-b": "waits for job-a, which is blocked"}


def test_what_can_never_start_is_named() -> None:
    jobs = [
        job("job-a", waited_s=60, depends_on=("job-z",)),
        job("job-b", depends_on=("job-f",)),
        job("job-c", depends_on=("job-s",)),
        job("job-d", depends_on=("job-d",)),
        job("job-e", depends_on=("job-g",)),
        job("job-g", depends_on=("job-h", "job-b")),
        job("job-h", depends_on=("job-e",)),
        job("job-i", depends_on=("job-e",)),
    ]

    decided = decide(jobs, statuses={"job-f": JobStatus.FAILED, "job-s": JobStatus.STOPPED})

    assert decided.refused == {
        "job-a": "depends on job-z, and there is no such job",
        "job-b": "depends on job-f, which failed",
        "job-c": "depends on job-s, which was stopped",
        "job-d": "depends on itself: job-d -> job-d",
        "job-e": "depends on itself: job-e -> job-g -> job-h -> job-e",
        "job-g": "depends on itself: job-g -> job-h -> job-e -> job-g",
        "job-h": "depends on itself: job-h -> job-e -> job-g -> job-h",
    }
    assert decided.held == {"job-i": "waits for job-e, which is pending"}


def test_a_circle_is_told_in_the_names_people_know() -> None:
    jobs = [replace(job("job-a", depends_on=("job-b",)), name="hen"), job("job-b", depends_on=("job-a",))]

    assert decide(jobs).refused["job-a"] == "depends on itself: hen -> job-b -> hen"


def test_a_named_file_is_waited_for_and_an_unknown_job_is_not() -> None:
    jobs = [
        job("job-a", waited_s=59, depends_on=("first.md",)),
        job("job-b", waited_s=60, depends_on=("first.md",)),
        job("job-c", depends_on=("job-1764061200000-abcdefg",)),
    ]

    decided = decide(jobs)

    assert decided.held == {"job-a": "waits for first.md, which has not come"}
    assert decided.refused["job-b"] == "depends on first.md, and there is no such job"
    assert decided.refused["job-c"] == "depends on job-1764061200000-abcdefg, and there is no such job"


def test_pauses_hold_their_scope_only() -> None:
    jobs = [
        job("job-a", repo="web"),
        job("job-b", repo="api"),
        job("job-c", team="team-marketing"),
    ]

    assert decide(jobs, paused=["repository:web"]).admitted == ("job-b", "job-c")
    assert decide(jobs, paused=["team:team-engineering"]).admitted == ("job-c",)
    assert decide(jobs, paused=["all"]).admitted == ()
    assert decide(jobs, paused=["repository:web"]).held == {"job-a": "repository:web is paused"}


def test_a_spent_budget_stops_new_work_and_still_refuses_what_can_never_start() -> None:
    jobs = [job("job-a"), job("job-b", waited_s=60, depends_on=("job-z",))]
    limits = Limits(jobs_at_once=9, jobs_per_repository=9, budget_usd_per_day=5)

    assert decide(jobs, limits=limits, spent_today_usd=4.99).admitted == ("job-a",)
    spent = decide(jobs, limits=limits, spent_today_usd=5)
    assert (spent.admitted, spent.held) == ((), {"job-a": "today's budget of $5.00 is spent"})
    assert set(spent.refused) == {"job-b"}
    assert (
        decide(jobs, limits=Limits(jobs_at_once=9, jobs_per_repository=9, budget_usd_per_day=0)).admitted
        == ()
    )


def test_a_low_job_starts_although_urgent_ones_keep_coming() -> None:
    limits = Limits(jobs_at_once=1, jobs_per_repository=1)
    low = Waiting(job_id="job-low", priority=3, created_at=NOW, team_id="t", repository="web")
    for hour in range(48):
        now = NOW + timedelta(hours=hour)
        urgent = Waiting(job_id=f"job-{hour:02d}", priority=0, created_at=now, team_id="t", repository="web")
        if next_jobs([low, urgent], [], limits, statuses={}, now=now).admitted == ("job-low",):
            break
    assert hour == 3 * RISE_AFTER // timedelta(hours=1)


# ── properties ──

NAMES = [f"job-{letter}" for letter in "abcdefgh"]
REPOSITORIES = st.sampled_from([None, "web", "api"])
JOBS = st.lists(
    st.builds(
        Waiting,
        job_id=st.sampled_from(NAMES),
        priority=st.integers(0, 3),
        created_at=st.integers(-3600, 100 * 3600).map(lambda waited_s: NOW - timedelta(seconds=waited_s)),
        team_id=st.sampled_from(["team-a", "team-b"]),
        repository=REPOSITORIES,
        depends_on=st.lists(st.sampled_from([*NAMES, "job-x", "job-y", "job-z"]), max_size=2).map(tuple),
    ),
    unique_by=lambda one: one.job_id,
)
RUNNING = st.lists(REPOSITORIES, max_size=4)
LIMITS = st.builds(
    Limits,
    jobs_at_once=st.integers(1, 5),
    jobs_per_repository=st.integers(1, 3),
    budget_usd_per_day=st.none() | st.just(5.0),
)
PAUSED = st.sets(st.sampled_from(["all", "team:team-a", "repository:web", "repository:other"]))
OTHERS = st.fixed_dictionaries({"job-x": st.sampled_from(JobStatus), "job-y": st.just(JobStatus.COMPLETED)})
SPENT = st.sampled_from([0.0, 4.0, 6.0])


@given(JOBS, RUNNING, LIMITS, PAUSED, OTHERS, SPENT, st.randoms())
def test_admission_keeps_its_promises(
    jobs: list[Waiting],
    running: list[str | None],
    limits: Limits,
    paused: set[str],
    others: dict[str, JobStatus],
    spent: float,
    random: Random,
) -> None:
    statuses = {one.job_id: JobStatus.PENDING for one in jobs} | others
    by_id = {one.job_id: one for one in jobs}

    def decided(order: list[Waiting]) -> Admission:
        return next_jobs(
            order, running, limits, paused=paused, statuses=statuses, spent_today_usd=spent, now=NOW
        )

    answer = decided(jobs)

    # each job has exactly one answer, and the order of the question does not matter
    answers = [*answer.admitted, *answer.refused, *answer.held]
    assert sorted(answers) == sorted(by_id)
    assert decided(random.sample(jobs, len(jobs))) == answer

    # limits, counting what runs already
    started = [by_id[job_id] for job_id in answer.admitted]
    assert not started or len(running) + len(started) <= limits.jobs_at_once
    per_repository = Counter(one.repository for one in started if one.repository)
    for repository in per_repository:
        assert running.count(repository) + per_repository[repository] <= limits.jobs_per_repository

    # dependencies, pauses, budget
    for one in started:
        assert all(statuses[needed] is JobStatus.COMPLETED for needed in one.depends_on)
        assert not {"all", f"team:{one.team_id}", f"repository:{one.repository}"} & paused
    assert not started or limits.budget_usd_per_day is None or spent < limits.budget_usd_per_day

    # nobody is passed by a job that is as free to start and comes later in the order
    if answer.admitted and len(running) + len(started) < limits.jobs_at_once:
        assert all("at once" not in reason for reason in answer.held.values())
    for first, second in pairwise(started):
        assert _rank(first) < _rank(second)
    for job_id, reason in answer.held.items():
        if "at once" in reason:
            assert all(_rank(one) < _rank(by_id[job_id]) for one in started)
        if "has its" in reason:
            mine = [one for one in started if one.repository == by_id[job_id].repository]
            assert all(_rank(one) < _rank(by_id[job_id]) for one in mine)


def _rank(one: Waiting) -> tuple[int, datetime, str]:
    hours = max(0.0, (NOW - one.created_at).total_seconds() / 3600)
    return max(0, one.priority - int(hours / 6)), one.created_at, one.job_id
