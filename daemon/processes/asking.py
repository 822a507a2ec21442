"""A program that answers at once and does nothing: its version. No shim, no output file, a short patience."""

import subprocess
from collections.abc import Mapping

ANSWER_MAX = 2_000  # characters


def ask(argv: tuple[str, ...], environment: Mapping[str, str], *, timeout_s: float) -> str:
    """Return what the program says on standard output; '' where it says nothing, fails or takes too long."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")[:ANSWER_MAX] if done.returncode == 0 else ""
