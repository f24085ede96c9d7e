"""A skipped test fails the run, unless it is listed here: a test that did not run proves nothing."""

import re
from collections.abc import Iterator

import pytest

ALLOWED_SKIPS = {
    "tests/e2e/test_provider6.py": r"no AWS provider 6 here: .* does not answer, or a mirror comes before it",
}
"""A regular expression for the reasons with which the tests of a file may skip. Other Airflow releases and provider 6
are no skips in `make test`: their markers deselect them."""


class SkipsFail:
    """Collects the skips that are not allowed. Under pytest-xdist it runs where the workers' reports arrive."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._collect(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._collect(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("skips that are not allowed", red=True)
            for line in self._lines():
                terminalreporter.line(line, red=True)

    def _collect(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        allowed = ALLOWED_SKIPS.get(report.nodeid.partition("::")[0])
        if allowed is None or not re.fullmatch(allowed, reason):
            self.found[report.nodeid] = reason

    def _lines(self) -> Iterator[str]:
        for node, reason in sorted(self.found.items()):
            yield f"{node}: {reason}"
        yield f"{len(self.found)} skipped: install what is missing, or add the reason to tests/allowed_skips.py"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipsFail())
