"""Makes the source roots importable without an install; where BANDMATE_CI is set, a skipped test fails."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_ROOT = Path(__file__).resolve().parent.parent
for _folder in ("daemon", "bridge", "models", "max_for_live", "tests"):
    sys.path.insert(0, str(_ROOT / _folder))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background job; children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

_COMPLETE = bool(os.environ.get("BANDMATE_CI"))
"""Whether every program and package that a test may need is there, so that a skipped test is a failed one."""

settings.register_profile(  # a busy machine breaks no property, and a check gives the same verdict twice
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_COMPLETE
)
settings.load_profile("house")


def _fail_where_skipped(report: pytest.CollectReport | pytest.TestReport) -> None:
    if _COMPLETE and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: nothing may be skipped where BANDMATE_CI is set. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_where_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_where_skipped(report)
    return report
