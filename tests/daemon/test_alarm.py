"""The alarm: how soon it rings, and how often."""

import threading
import time

from daemon.alarm import Alarm


def test_it_rings_at_once_when_told_so_even_after_being_told_to_ring_later() -> None:
    alarm = Alarm()
    alarm.set(within_s=3600)
    alarm.set()
    assert alarm.wait(60)


def test_what_is_asked_for_in_a_burst_is_one_ringing() -> None:
    alarm = Alarm()
    for _ in range(10):
        alarm.set(within_s=0.02)
    assert alarm.wait(60)
    assert not alarm.wait(0.04)


def test_it_does_not_ring_before_its_time_and_waiting_again_hears_it() -> None:
    alarm = Alarm()
    began = time.monotonic()
    alarm.set(within_s=0.05)
    assert not alarm.wait(0.01)
    assert alarm.wait(60)
    assert time.monotonic() - began >= 0.05


def test_a_later_wish_does_not_put_off_an_earlier_one() -> None:
    alarm = Alarm()
    alarm.set(within_s=0.01)
    alarm.set(within_s=3600)
    assert alarm.wait(60)


def test_another_thread_cuts_a_wait_short() -> None:
    alarm = Alarm()
    ringing = threading.Timer(0.02, alarm.set)
    ringing.start()
    assert alarm.wait(60)
    ringing.join()
