"""Slack's rates are kept: never more in a minute than it takes, and nothing while it says wait."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pace import UPDATES_A_MINUTE, UPDATES_AT_ONCE, Bucket


class Seconds:
    """A clock that is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(steps=st.lists(st.floats(0, 20), max_size=200))
def test_in_no_minute_there_are_more_edits_than_slack_takes(steps: list[float]) -> None:
    clock = Seconds()
    bucket = Bucket(UPDATES_AT_ONCE, UPDATES_A_MINUTE / 60, clock)
    taken: list[float] = []
    for step in steps:
        clock.now += step
        for _ in range(bucket.room):
            assert bucket.take() == 0.0
            taken.append(clock.now)
    for at in taken:
        assert sum(at - 60 < one <= at for one in taken) <= 45


def test_a_pause_is_kept() -> None:
    clock = Seconds()
    bucket = Bucket(5, 1.0, clock)
    bucket.pause(30)
    clock.now = 29.0
    assert bucket.room == 0
    clock.now = 30.5
    assert bucket.room == 1


def test_who_comes_too_often_is_told_how_long_to_wait() -> None:
    bucket = Bucket(2, 0.5, Seconds())
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 2.0, 4.0]
