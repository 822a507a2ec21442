"""Where ``CI`` is set, a test that is skipped fails the run: a machine that lacks something must not look green."""

import os

import pytest

# Read when the suite starts, as everything of the environment is.
_IS_CI = bool(os.environ.get("CI"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run fails; ``-ra`` lists the skipped tests and their reasons below."""
    if _IS_CI and terminalreporter.stats.get("skipped"):
        terminalreporter.section("in CI nothing may be skipped", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn the run's exit code. With xdist, only the process that hears from all workers has the reports."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _IS_CI and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
