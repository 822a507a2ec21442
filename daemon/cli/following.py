"""Watch a job until it ends: in place in a terminal, line by line everywhere else.

The store says cheaply when anything was committed, so looking ten times a second costs next to nothing; the JSON
state, which changes without a commit, is read once a second.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon.cli.output import console, print_line
from daemon.cli.story import JobStory, lines, render
from daemon.cli.story_reading import read_story

if TYPE_CHECKING:
    from company.orders.office import Office

LOOK_S = 0.1
REFRESH_S = 1.0

Pause = Callable[[float], None]


def follow(office: "Office", job_id: str, *, pause: Pause = time.sleep) -> JobStory:
    """Show the job until it is finished; return the story as it ended. Raises NotFound."""
    stories = watch(office, job_id, pause=pause)
    return _show_live(stories) if sys.stdout.isatty() else _show_lines(stories)


def await_end(office: "Office", job_id: str, *, pause: Pause = time.sleep) -> JobStory:
    """Wait until the job is finished, showing nothing; return the story as it ended."""
    *_, last = watch(office, job_id, pause=pause)
    return last


def watch(office: "Office", job_id: str, *, pause: Pause = time.sleep) -> Iterator[JobStory]:
    """Yield the job's story now and at each look that may show something new; the last one is finished."""
    while True:
        version = office.store.version()
        story = read_story(office, job_id)
        yield story
        if story.is_finished:
            return
        for _ in range(round(REFRESH_S / LOOK_S)):
            pause(LOOK_S)
            if office.store.version() != version:
                break


def _show_lines(stories: Iterator[JobStory]) -> JobStory:
    before: JobStory | None = None
    for story in stories:
        for line in lines(story, before):
            print_line(line)
        sys.stdout.flush()
        before = story
    assert before is not None, "there is always a first story"
    return before


def _show_live(stories: Iterator[JobStory]) -> JobStory:
    from rich.live import Live

    story = next(stories)
    with Live(render(story), console=console(), auto_refresh=False, vertical_overflow="crop") as live:
        for story in stories:
            live.update(render(story), refresh=True)
    return story
