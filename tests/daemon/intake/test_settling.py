"""When a file is complete, told without files: examples, and a machine that writes, closes and renames at random."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from daemon.intake.settling import CLOSED_S, EMPTY_FACTOR, FileStability, Fingerprint, Sight

SETTLE_S = 0.5


def look(size: int, changed: int = 0, inode: int = 1) -> Fingerprint:
    return Fingerprint(size, changed, inode)


def test_a_renamed_file_is_settled_at_once() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5), 10.0, Sight.RENAMED)

    assert stability.settled() == ["a.md"]


def test_a_closed_file_is_settled_soon() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(0), 10.0)
    stability.note("a.md", look(5, 1), 10.1, Sight.CLOSED)
    assert stability.settled() == []
    assert stability.next_due() == 10.1 + CLOSED_S

    stability.note("a.md", look(5, 1), 10.1 + CLOSED_S)
    assert stability.settled() == ["a.md"]


def test_a_file_whose_times_are_set_after_its_closing_has_to_rest() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5, 1), 10.0, Sight.CLOSED)
    stability.note("a.md", look(5, 0), 10.0 + CLOSED_S)

    assert stability.settled() == []
    assert stability.next_due() == 10.0 + CLOSED_S + SETTLE_S


def test_a_file_that_changed_after_its_closing_has_to_rest() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5, 1), 10.0, Sight.CLOSED)
    stability.note("a.md", look(9, 2), 10.1)

    assert stability.settled() == []
    stability.note("a.md", look(9, 2), 10.6)
    assert stability.settled() == ["a.md"]


def test_an_empty_file_that_was_closed_gets_longer() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(0), 10.0, Sight.CLOSED)
    stability.note("a.md", look(0), 10.0 + SETTLE_S)

    assert stability.settled() == []
    stability.note("a.md", look(0), 10.0 + SETTLE_S * EMPTY_FACTOR)
    assert stability.settled() == ["a.md"]


def test_a_growing_file_never_settles() -> None:
    stability = FileStability(SETTLE_S)
    for tenth in range(100):
        stability.note("a.md", look(tenth, tenth), tenth / 10)
        assert stability.settled() == []


def test_the_same_size_under_another_inode_is_another_file() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5, 1, inode=1), 10.0)
    stability.note("a.md", look(5, 1, inode=2), 10.5)

    assert stability.settled() == []


def test_a_file_is_given_out_once_and_settles_again_when_seen_again() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5), 10.0, Sight.RENAMED)
    assert stability.settled() == ["a.md"]

    assert stability.settled() == []
    stability.note("a.md", look(5), 11.0)
    assert stability.settled() == []
    assert stability.next_due() == 11.5


def test_a_forgotten_file_is_never_given_out() -> None:
    stability = FileStability(SETTLE_S)
    stability.note("a.md", look(5), 10.0)
    stability.forget("a.md")

    assert (stability.due(99.0), stability.settled(), stability.next_due()) == ([], [], None)


def test_what_came_first_is_given_out_first() -> None:
    stability = FileStability(SETTLE_S)
    for at, name in enumerate(["c.md", "a.md", "b.md"]):
        stability.note(name, look(5), float(at), Sight.RENAMED)

    assert stability.settled() == ["c.md", "a.md", "b.md"]


NAMES = st.sampled_from(["a", "b"])


class Writers(RuleBasedStateMachine):
    """Files that are written, closed, renamed and removed, and a watcher that looks when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.writes = 0
        self.stability = FileStability(SETTLE_S)
        self.files: dict[str, Fingerprint] = {}
        self.changed_at: dict[str, float] = {}
        self.complete_at: dict[str, float] = {}  # renamed, or closed for long enough, since the last change
        self.noted: set[str] = set()

    @rule(seconds=st.floats(0, 2))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(name=NAMES, grown=st.integers(0, 3))
    def write(self, name: str, grown: int) -> None:
        self.writes += 1
        size = self.files[name].size + grown if name in self.files else grown
        self.files[name] = Fingerprint(size, self.writes, 1)
        self.changed_at[name] = self.now
        self.complete_at.pop(name, None)

    @rule(name=NAMES, sight=st.sampled_from([Sight.CLOSED, Sight.RENAMED]))
    def finish(self, name: str, sight: Sight) -> None:
        if name not in self.files:
            return
        if sight is Sight.RENAMED:
            self.complete_at[name] = self.now
        elif self.files[name].size:
            self.complete_at[name] = min(self.now + CLOSED_S, self.complete_at.get(name, self.now + CLOSED_S))
        self.noted.add(name)
        self.stability.note(name, self.files[name], self.now, sight)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.files.pop(name, None)
        self.complete_at.pop(name, None)

    @rule()
    def scan(self) -> None:
        for name, fingerprint in self.files.items():
            self.noted.add(name)
            self.stability.note(name, fingerprint, self.now)

    @rule()
    def look_at_what_is_due(self) -> None:
        for name in self.stability.due(self.now):
            if name in self.files:
                self.stability.note(name, self.files[name], self.now)
            else:
                self.stability.forget(name)
        for name in self.stability.settled():
            assert name in self.noted
            is_complete = self.complete_at.get(name, self.now + 1) <= self.now
            assert is_complete or self.now - self.changed_at[name] >= SETTLE_S
            self.noted.discard(name)
            self.complete_at.pop(name, None)

    @precondition(lambda self: self.files)
    @rule()
    def everything_settles_when_left_alone(self) -> None:
        self.scan()
        self.now += SETTLE_S * EMPTY_FACTOR
        self.look_at_what_is_due()
        assert not self.noted & set(self.files)

    @invariant()
    def something_due_is_announced(self) -> None:
        next_due = self.stability.next_due()
        assert (next_due is None) == (len(self.stability) == 0)
        assert bool(self.stability.due(self.now)) == (next_due is not None and next_due <= self.now)


Writers.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestWriters = Writers.TestCase
