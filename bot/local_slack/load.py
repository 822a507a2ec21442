"""Commands at a steady rate, and how long each took from its envelope to its acknowledgement."""

import asyncio
from typing import Final

from .acting import Acting
from .workspace import Json

MOST_S: Final = 600


async def load(acting: Acting, said: Json) -> Json:
    """Type commands ``per_second`` for ``seconds``; ``{n}`` in the text is the number of each.

    The clock gives the pace, not the answers: a slow app gets as many commands as a fast one.
    """
    per_second, seconds = float(said["per_second"]), min(float(said["seconds"]), MOST_S)
    loop = asyncio.get_running_loop()
    start = loop.time()
    typed: list[asyncio.Task[Json]] = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, start + number / per_second - loop.time()))
        text = str(said["text"]).replace("{n}", str(number))
        typed.append(asyncio.create_task(acting.command(said["user"], said["channel"], text)))
    answers = await asyncio.gather(*typed)
    took_ms = sorted(answer["took_ms"] for answer in answers if answer["acknowledged"])
    return {
        "typed": len(answers), "acknowledged": len(took_ms), "seconds": loop.time() - start,
        "p50_ms": _share(took_ms, 0.5), "p99_ms": _share(took_ms, 0.99), "most_ms": took_ms[-1] if took_ms else None,
    }  # fmt: skip


def _share(ordered: list[float], part: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None
