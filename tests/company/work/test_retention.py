"""What may go, and what never does, whatever there is."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from company.work.retention import REST, Kind, Rules, Thing, in_bytes, in_words, may_go

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SHARED = (Kind.CLONE, Kind.SETUP, Kind.DRAFT)
RULES = Rules(
    keep_for={Kind.STATE: timedelta(days=30), Kind.REPORT: None, Kind.CLONE: timedelta(days=30)},
    room={Kind.CLONE: 1000},
)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def clone(name: str, *, days: float, size: int = 100, kept_because: str = "") -> Thing:
    return Thing(kind=Kind.CLONE, name=name, size=size, used_at=ago(days=days), kept_because=kept_because)


def names(things: list[Thing], ended: dict[str, datetime] | None = None, rules: Rules = RULES) -> list[str]:
    return [one.thing.name for one in may_go(things, ended or {}, rules, NOW)]


def test_what_a_job_left_goes_by_the_days_since_its_end() -> None:
    states = [Thing(kind=Kind.STATE, name=f"session-{name}", job_id=name) for name in ("old", "new", "none")]
    assert names(states, {"old": ago(days=30), "new": ago(days=29.9)}) == ["session-old"]


def test_never_is_never() -> None:
    assert names([Thing(kind=Kind.REPORT, name="r", job_id="job")], {"job": ago(days=9999)}) == []


def test_what_is_shared_goes_by_its_last_use() -> None:
    assert names([clone("old", days=30), clone("new", days=29)]) == ["old"]


def test_room_is_made_from_the_longest_unused_on_and_no_further() -> None:
    things = [clone(f"c{days}", days=days, size=400) for days in (1, 2, 3, 4)]
    assert names(things) == ["c4", "c3"]


def test_what_must_stay_keeps_its_place_and_others_make_room_for_it() -> None:
    things = [
        clone("held", days=9, size=900, kept_because="a job is at work on it"),
        clone("a", days=1, size=200),
    ]
    assert names(things) == ["a"]


def test_the_reason_says_how_long() -> None:
    [removal] = may_go([clone("old", days=45)], {}, RULES, NOW)
    assert removal.reason == "last used 45 days ago"
    [removal] = may_go([clone("big", days=2, size=5000)], {}, RULES, NOW)
    assert removal.reason == "1.0 kB are for all of its kind, and it was not used for 2 days"


def test_spans_and_sizes_are_written_for_people() -> None:
    spans = [timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=3), timedelta(days=400)]
    assert [in_words(span) for span in spans] == ["5 seconds", "1 minute", "3 hours", "400 days"]
    sizes = [0, 999, 12_345, 9_000_000, 123_456_789_000]
    assert [in_bytes(size) for size in sizes] == ["0 bytes", "999 bytes", "12.3 kB", "9.0 MB", "123.5 GB"]


JOBS = [f"job-{number}" for number in range(4)]
spans = st.integers(-5_000_000, 20_000_000).map(lambda seconds: timedelta(seconds=seconds))
moments = spans.map(lambda span: NOW - span)


@st.composite
def things_of(draw: st.DrawFn) -> list[Thing]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(list(Kind)))
        owner = {"used_at": draw(moments)} if kind in SHARED else {"job_id": draw(st.sampled_from(JOBS))}
        made.append(
            Thing(
                kind=kind,
                name=f"thing-{number}",
                size=draw(st.integers(0, 1000)),
                kept_because=draw(st.sampled_from(["", "", "it is in use"])),
                **owner,
            )
        )
    return made


endings = st.dictionaries(st.sampled_from(JOBS), moments)
rules_of = st.builds(
    Rules,
    keep_for=st.dictionaries(st.sampled_from(list(Kind)), st.none() | spans),
    room=st.dictionaries(st.sampled_from(SHARED), st.none() | st.integers(0, 4000)),
)


@given(things_of(), endings, rules_of)
def test_nothing_goes_that_must_stay(things: list[Thing], ended: dict[str, datetime], rules: Rules) -> None:
    for removal in may_go(things, ended, rules, NOW):
        thing = removal.thing
        assert not thing.kept_because
        if thing.job_id is not None:
            keep_for = rules.keep_for[thing.kind]
            assert keep_for is not None
            assert NOW - ended[thing.job_id] >= keep_for
        else:
            assert thing.used_at is not None
            assert NOW - thing.used_at >= REST
            assert rules.keep_for.get(thing.kind) is not None or rules.room.get(thing.kind) is not None


@given(things_of(), endings, rules_of, st.randoms())
def test_the_order_does_not_matter_and_a_second_look_finds_nothing(
    things: list[Thing], ended: dict[str, datetime], rules: Rules, random: Random
) -> None:
    first = may_go(things, ended, rules, NOW)
    shuffled = list(things)
    random.shuffle(shuffled)
    assert may_go(shuffled, ended, rules, NOW) == first
    going = {one.thing.name for one in first}
    assert len(going) == len(first)
    assert may_go([one for one in things if one.name not in going], ended, rules, NOW) == ()


@given(things_of(), endings, rules_of)
def test_what_is_left_fits_its_room_or_could_not_go(
    things: list[Thing], ended: dict[str, datetime], rules: Rules
) -> None:
    going = {one.thing.name for one in may_go(things, ended, rules, NOW)}
    for kind, room in rules.room.items():
        left = [thing for thing in things if thing.kind is kind and thing.name not in going]
        if room is None or sum(thing.size for thing in left) <= room:
            continue
        assert all(
            thing.kept_because or not thing.size or thing.used_at is None or NOW - thing.used_at < REST
            for thing in left
        )


@given(things_of(), endings, rules_of, st.integers(0, 10_000_000))
def test_what_may_go_by_its_age_may_go_later_too(
    things: list[Thing], ended: dict[str, datetime], rules: Rules, seconds: int
) -> None:
    by_age = Rules(keep_for=rules.keep_for, room={})
    now_going = {one.thing.name for one in may_go(things, ended, by_age, NOW)}
    later = {one.thing.name for one in may_go(things, ended, by_age, NOW + timedelta(seconds=seconds))}
    assert now_going <= later
