"""Listening to a program while it works, and ending it where that must be.

What it has used is told to whoever watches the money; a program that tries again for ever, or asks its model too often,
is ended; one that stays after its last word is ended too, and the word counts; what it asks leave for is decided.
All of it follows from the lines alone, so that a daemon that comes back comes to the same.
"""

import threading
from types import TracebackType

from company.config.runners import Runners
from daemon.processes.record import Stream
from daemon.processes.spawn import Processes
from daemon.runners.account import Account
from daemon.runners.protocol import Approval, Event, EventKind, OnEvent, RunTask
from daemon.runners.stream import Translator, translated

GRACE_S = 1.2  # from SIGTERM to SIGKILL, for a program that we end


class Listener:
    """Hears the lines of one run. Use as a context manager: no timer outlives it."""

    def __init__(
        self,
        task: RunTask,
        limits: Runners,
        translator: Translator,
        processes: Processes,
        on_event: OnEvent,
    ) -> None:
        self._task, self._limits = task, limits
        self._translator, self._processes, self._on_event = translator, processes, on_event
        self._timer: threading.Timer | None = None
        self.account = Account()
        self.ended_because = ""  #: why we ended it, where that is a failure
        self.is_over_budget = False

    def __enter__(self) -> "Listener":
        """Begin."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Forget the timer."""
        self._rest()

    def hear(self, stream: str, line: str) -> None:
        """Take a new line."""
        for event in self._events(stream, line):
            self._on_event(event)
            self._act(event)

    def hear_again(self, stream: str, line: str) -> None:
        """Take a line that was told before a restart: it counts, and is not told twice."""
        for event in self._events(stream, line):
            self._act(event)

    def _events(self, stream: str, line: str) -> list[Event]:
        if stream == Stream.ATTEMPT:
            self._rest()
            self.account.begin_again()
            return [Event(EventKind.RETRY, line)]
        events = translated(self._translator, stream, line)
        for event in events:
            self.account.take(event)
        return events

    def _act(self, event: Event) -> None:
        match event.kind:
            case EventKind.RESULT:
                self._concluded()
            case EventKind.RETRY:
                if self.account.outcome is None:
                    self._rest()
                if self.account.retries > self._limits.retries_max:
                    self._end(f"it tried again {self.account.retries} times in a row: {event.text}")
            case EventKind.USAGE:
                self._spent(
                    goes_on=bool(event.data.get("goes_on")), is_total=bool(event.data.get("is_total"))
                )
            case EventKind.TOOL if event.data.get("request_id"):
                self._decide(event)

    def _concluded(self) -> None:
        """The last word is said: the program may leave by itself for a while."""
        self._processes.hang_up(self._task.key)
        if self._timer is None:
            self._timer = threading.Timer(self._limits.result_grace_s, self._end_process)
            self._timer.daemon = True
            self._timer.start()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _spent(self, *, goes_on: bool, is_total: bool) -> None:
        if reason := self._task.may_spend(self.account.usage(), goes_on and not is_total):
            self.is_over_budget = True
            self._end(reason)
        elif goes_on and self.account.turns >= self._limits.turns_max:
            self._end(f"it asked its model {self.account.turns} times (runners.turns_max)")

    def _decide(self, event: Event) -> None:
        request_id = str(event.data["request_id"])
        if self._processes.has_said(self._task.key, request_id):
            return
        asked = Approval(request_id=request_id, tool=str(event.data["name"]), what=event.text)
        decision = self._task.decide(asked)
        self._processes.say(self._task.key, request_id, self._translator.answer(event, decision))

    def _end(self, reason: str) -> None:
        self.ended_because = self.ended_because or reason
        self._end_process()

    def _end_process(self) -> None:
        self._processes.stop_one(self._task.key, GRACE_S)
