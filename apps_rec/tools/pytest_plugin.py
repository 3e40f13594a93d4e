"""Lets pytest run configs as regression tests: `pytest samples/appstore --regress` or `--regress=quick`.

Every `<name>.expected.json` under the given paths becomes a test, see `apps_rec.tools.regress`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest._code.code import TerminalRepr


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --regress."""
    parser.addoption(
        "--regress",
        nargs="?",
        const="full",
        choices=["full", "quick"],
        default=None,
        help="apps-rec: run *.expected.json as regression tests of the configs beside them",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Makes a test of every expected.json if --regress is given."""
    mode = parent.config.getoption("--regress")
    if mode and file_path.name.endswith(".expected.json"):
        return ConfigFile.from_parent(parent, path=file_path)
    return None


class ConfigFile(pytest.File):
    """An expected.json."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yields one test."""
        yield ConfigTest.from_parent(self, name=self.config.getoption("--regress"))


class ConfigTest(pytest.Item):
    """A test that trains, evaluates, exports and compares."""

    def runtest(self) -> None:
        """Fails with a line for each thing that does not hold."""
        from apps_rec.tools.regress import regress_one

        result = regress_one(self.path, quick=self.name == "quick")
        if not result.passed:
            raise ConfigRegressedError(str(result))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None
    ) -> str | TerminalRepr:
        """Returns the lines alone if the config regressed, the traceback if something else went wrong."""
        if isinstance(excinfo.value, ConfigRegressedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Returns its place and name for pytest."""
        return self.path, 0, f"{self.path.name} ({self.name})"


class ConfigRegressedError(AssertionError):
    """The results of a config are not those of its expected.json."""
