"""Starts processes that outlive the daemon, and finds them again."""

import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from company.clock import to_iso
from company.redaction import Redactor
from daemon.processes.record import Detached, EndReason, ProcessEnd, ProcessSpec, Stream

__all__ = ["Detached", "EndReason", "OnLine", "ProcessEnd", "ProcessSpec", "Processes", "Stream"]

OnLine = Callable[[str, str], None]
"""Called with (stream, line without its end), in order, from the thread that called run()."""


class Processes:
    """First cut: runs in the foreground and remembers nothing. The signatures stand."""

    def __init__(self, runs_dir: Path, *, redactor: Redactor | None = None) -> None:
        self._runs_dir, self.redactor = runs_dir, redactor or Redactor()
        self._live: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def run(self, spec: ProcessSpec, on_line: OnLine, on_replay: OnLine | None = None) -> ProcessEnd:
        """Start it, or find it again. ``on_replay`` hears the lines that were heard before a restart."""
        began = datetime.now(UTC)
        spec.output_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            process = subprocess.Popen(
                spec.argv,
                cwd=spec.cwd,
                env=dict(spec.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return self._end(began, EndReason.NOT_STARTED, None, str(error))
        with self._lock:
            self._live[spec.key] = process
        assert process.stdout is not None
        with process.stdout, spec.output_path.open("a", encoding="utf-8") as output:
            for raw in process.stdout:
                line = self.redactor.text(raw.decode("utf-8", "replace").rstrip("\n"))
                output.write(f"{line}\n")
                on_line(Stream.STDOUT, line)
        code = process.wait()
        with self._lock:
            was_stopped = self._live.pop(spec.key, None) is None
        return self._end(began, EndReason.STOPPED if was_stopped else EndReason.EXITED, code, "")

    def _end(self, began: datetime, reason: EndReason, code: int | None, error: str) -> ProcessEnd:
        now = datetime.now(UTC)
        return ProcessEnd(
            reason=reason,
            exit_code=code if code is not None and code >= 0 else None,
            signal=-code if code is not None and code < 0 else None,
            started_at=to_iso(began),
            ended_at=to_iso(now),
            duration_s=(now - began).total_seconds(),
            error=error,
        )

    def stop(self, key_prefix: str, grace_s: float = 1.5) -> int:
        """End every process whose key starts with ``key_prefix``; return how many there were."""
        with self._lock:
            keys = [key for key in self._live if key.startswith(key_prefix)]
            processes = [self._live.pop(key) for key in keys]
        for process in processes:
            process.kill()
        return len(processes)

    def forget(self, key_prefix: str) -> None:
        """Remove what is known of ended processes whose key starts with ``key_prefix``."""

    def sweep(self, is_wanted: Callable[[str], bool]) -> list[str]:
        """End what nobody wants any more; return a line for each."""
        return []

    def close(self) -> None:
        """Make every run() raise Detached. The processes run on."""
