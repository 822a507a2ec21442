"""A record of a service, as installing would make it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.service.record import Scope, ServiceRecord

MakeRecord = Callable[..., ServiceRecord]


@pytest.fixture
def make_record() -> MakeRecord:
    """Make a record; ``fields`` replace its values."""

    def make(**fields: object) -> ServiceRecord:
        values: dict[str, object] = {
            "program": "daemon",
            "company": "Shop & Sons",
            "root": Path("/srv/shop"),
            "argv": (
                "/opt/agents/bin/python",
                "-P",
                "-m",
                "daemon.cli.main",
                "--config",
                "/srv/shop/config.yaml",
            ),
            "environment": (("PATH", "/opt/node/bin:/usr/bin:/bin"), ("LANG", "en_GB.UTF-8")),
            "scope": Scope.USER,
            "errors_path": Path("/srv/shop/logs/service.stderr.log"),
        }
        return ServiceRecord(**{**values, **fields})  # type: ignore[arg-type]  # fields are a test's own

    return make


@pytest.fixture
def real_record(make_record: MakeRecord, tmp_path: Path) -> MakeRecord:
    """Make a record whose folder and program are there, for programs that look."""

    def make(folder: str = "shop", **fields: object) -> ServiceRecord:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        python = root / "python"
        if not python.exists():
            python.symlink_to(sys.executable)
        return make_record(
            **{
                "root": root,
                "argv": (
                    str(python),
                    "-P",
                    "-m",
                    "daemon.cli.main",
                    "--config",
                    str(root / "config.yaml"),
                    "daemon",
                ),
                **fields,
            }
        )

    return make
