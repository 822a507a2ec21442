"""What doctor looks at of the runners: which are here, which version, with which key; and which are in use."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config
    from daemon.runners.protocol import Probe


def runner_findings(config: "Config") -> Iterator[Finding]:
    """Look at every runner. One that is in use and cannot work is broken; another that is missing is only a note."""
    from company.errors import RunnerNotFound
    from company.work.staff import AUTO
    from daemon.processes.spawn import Processes
    from daemon.runners import RUNNERS, first_usable, runner_for

    used = dict.fromkeys([config.work.runner, *(one.runner for one in config.agents if one.runner)])
    service = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            for name in [*used, *(name for name in RUNNERS if name not in used)]:
                try:
                    if name == AUTO:
                        chosen = first_usable(config, processes, service)
                        yield Finding(f"runner {name}", "ok", f"takes {chosen.name}")
                    else:
                        probe = runner_for(name, config, processes, service).probe()
                        yield _finding(name, probe, is_used=name in used)
                except RunnerNotFound as error:
                    yield Finding(f"runner {name}", "broken", error.reason, error.mend)
        finally:
            processes.close()


def _finding(name: str, probe: "Probe", *, is_used: bool) -> Finding:
    if probe.version is None:
        reason = probe.reason or "it cannot work here"
        return Finding(f"runner {name}", "broken" if is_used else "note", reason, probe.mend)
    if probe.note:
        return Finding(f"runner {name}", "note", f"{probe.version}: {probe.note}", "")
    return Finding(f"runner {name}", "ok", probe.version)
