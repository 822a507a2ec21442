"""config.yaml followed while the service runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from company.config import Config, ConfigWatch
from company.errors import ConfigError

Load = Callable[..., Config]


@pytest.fixture
def path(load: Load) -> Path:
    return load("limits: {jobs_at_once: 2}\n").path


def test_nothing_is_read_while_nothing_changed(path: Path) -> None:
    watch = ConfigWatch(path, {})
    before = watch.current()
    assert watch.refresh() is None
    assert watch.current() is before


def test_what_is_safe_is_taken_at_once(path: Path) -> None:
    watch = ConfigWatch(path, {})
    path.write_text("limits: {jobs_at_once: 7}\nroles: {ceo: [U1]}\n", encoding="utf-8")
    assert watch.refresh() == []
    assert (watch.current().limits.jobs_at_once, watch.current().roles.ceo) == (7, ("U1",))


def test_what_needs_a_restart_is_named_and_keeps_its_value(path: Path) -> None:
    watch = ConfigWatch(path, {})
    old = watch.current()
    path.write_text(
        "limits: {jobs_at_once: 7}\nfolders: {logs: elsewhere}\ncompany: {name: New, time_zone: Asia/Tokyo}\n"
        "intake: {settle_s: 3, max_file_bytes: 2048}\ndatabase: {url: postgresql://h/d}\n",
        encoding="utf-8",
    )
    assert watch.refresh() == ["company.time_zone", "database", "folders", "intake.settle_s"]
    new = watch.current()
    assert (new.folders, new.database, new.company.time_zone, new.intake.settle_s) == (
        old.folders, old.database, old.company.time_zone, old.intake.settle_s,
    )  # fmt: skip
    assert (new.limits.jobs_at_once, new.company.name, new.intake.max_file_bytes) == (7, "New", 2048)


def test_a_broken_file_is_told_once_and_what_was_in_force_stays(path: Path) -> None:
    watch = ConfigWatch(path, {})
    before = watch.current()
    path.write_text("limits: {jobs_at_once: none}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="whole number"):
        watch.refresh()
    assert watch.refresh() is None
    assert watch.current() is before
    path.write_text("limits: {jobs_at_once: 5}\n", encoding="utf-8")
    assert watch.refresh() == []
    assert watch.current().limits.jobs_at_once == 5


def test_a_file_that_vanished_is_told_once_and_its_return_is_seen(path: Path) -> None:
    watch = ConfigWatch(path, {})
    text = path.read_text(encoding="utf-8")
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        watch.refresh()
    assert watch.refresh() is None
    path.write_text(text, encoding="utf-8")
    assert watch.refresh() == []


def test_an_atomic_save_of_the_same_size_is_seen(path: Path) -> None:
    watch = ConfigWatch(path, {})
    saved = path.with_suffix(".new")
    saved.write_text(path.read_text(encoding="utf-8").replace("2", "3"), encoding="utf-8")
    saved.replace(path)
    assert watch.refresh() == []
    assert watch.current().limits.jobs_at_once == 3


def test_why_the_file_on_the_disk_is_not_in_use_is_known_until_it_is(path: Path) -> None:
    watch = ConfigWatch(path, {})
    assert watch.problem == ""
    path.write_text("limts: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        watch.refresh()
    assert watch.refresh() is None
    assert "limts" in watch.problem
    path.write_text("limits: {jobs_at_once: 3}\n", encoding="utf-8")
    assert watch.refresh() == []
    assert watch.problem == ""
