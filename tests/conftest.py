"""What every test gets: reproducible property tests, PostgreSQL if it asks, and in CI no skip that nobody allowed."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.log_watch import LogWatch
from tests.postgres import Server, programs, running

SKIPS_ALLOWED_IN_CI: frozenset[str] = frozenset()
"""Node ids, or their beginnings, that may be skipped in CI; say why beside each."""

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if IN_CI else "here")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL server; in CI it must be there."""
    where = programs()
    if where is None:
        assert not IN_CI, "CI installs PostgreSQL"
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    with running(where) as server:
        yield server


def forbidden_skips(skipped: list[str]) -> list[str]:
    """The skipped tests that the allow-list does not name."""
    return sorted({node for node in skipped if not node.startswith(tuple(SKIPS_ALLOWED_IN_CI))})


class SkipWatch:
    """Has seen every skip of the run, of a test and of a whole module."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a skipped test; an expected failure is not a skip."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notes a module that was skipped as a whole."""
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Fails the run for a skip that is not allowed."""
        if forbidden_skips(self.skipped) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Names each skip that is not allowed."""
        for node in forbidden_skips(self.skipped):
            terminalreporter.write_line(f"SKIPPED IN CI, not on the allow-list in tests/conftest.py: {node}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """The logs are watched, and in CI every skip."""
    watch = LogWatch()
    watch.listen()
    config.pluginmanager.register(watch, "log-watch")
    if IN_CI:
        config.pluginmanager.register(SkipWatch(), "skip-watch")
