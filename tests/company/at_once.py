"""Doing the same thing at the same time, from many threads."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Run ``calls`` in a thread each, let go together; return their results. A failure is raised."""
    together = threading.Barrier(len(calls))
    results: list[Result] = []
    failures: list[BaseException] = []

    def run(call: Callable[[], Result]) -> None:
        together.wait()
        try:
            results.append(call())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
