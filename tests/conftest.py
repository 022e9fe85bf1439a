"""What every test stands on: no telemetry, no skipped test, one set of shared fixtures."""

import atexit
import gc
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from primum.settings import quiet_telemetry

quiet_telemetry()

# pytest rewrites every assert of seven hundred files, for twenty seconds; it may keep that, whatever the machine says.
sys.dont_write_bytecode = False

# Everybody tries the same examples; `--hypothesis-profile=explore` looks for others. Two slow cores
# share the work: a deadline would measure them, not us.
hypothesis_settings.register_profile("house", deadline=None, derandomize=True)
hypothesis_settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis_settings.load_profile("house")

SHARED = ("databases", "network", "commands")
pytest_plugins = [f"tests.{name}" for name in SHARED if (Path(__file__).parent / f"{name}.py").is_file()]

# Some libraries complain at the end of what was never collected.
atexit.register(gc.unfreeze)

NO_SKIPS = "A test that is skipped or expected to fail does not exist here; make it run or remove it."


@pytest.fixture(autouse=True, scope="module")
def _what_is_loaded_stays():
    """
    Set aside what the tests of one file left, as a serving process does with what it has loaded.

    One process runs thousands of tests here. A look through all that they loaded lasts three seconds on a busy
    machine, in which no server in it answers; after this it looks only through what is new.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test, or one that was expected to fail, into a failure."""
    report = yield
    if report.skipped or hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into a failure."""
    report = yield
    if report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    vars(report).pop("wasxfail", None)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: {NO_SKIPS}"
