"""Keeps a process of many threads small: they share one arena of the C library's allocator.

glibc gives up to eight arenas a core to threads that allocate at the same time, and an arena keeps what its thread
once needed: 4 to 5 MB of the idle daemon (benchmarks/idle.py). Threads that hold Python's one lock gain nothing by
allocating side by side.
"""

import ctypes
import sys

_M_ARENA_MAX = -8  # malloc.h; mallopt(3)


def share_one_arena() -> bool:
    """Ask for one arena, before the first thread begins. False where the C library is not glibc."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, 1))
