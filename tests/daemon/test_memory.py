"""One arena for all threads: asked of the C library itself, in a process of its own."""

import subprocess
import sys

COUNT_ARENAS = """
import ctypes, sys, threading
from daemon.memory import share_one_arena

if sys.argv[1] == "shared":
    assert share_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
both = threading.Barrier(8)

def allocate():
    both.wait()
    for _ in range(200):
        libc.malloc(4096)  # ctypes lets the interpreter's lock go: they meet in the allocator
    both.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.malloc_stats()
"""


def arenas(mode: str) -> int:
    ended = subprocess.run(
        [sys.executable, "-c", COUNT_ARENAS, mode], capture_output=True, text=True, check=True
    )
    return ended.stderr.count("Arena ")


def test_threads_share_one_arena_where_they_had_many() -> None:
    assert arenas("shared") == 1
    assert arenas("as it is") > 1
