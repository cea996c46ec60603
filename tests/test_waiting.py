"""Short slices are asked for where the system knows them, and never fail where it does not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bandmate_bridge import waiting
from bandmate_bridge.waiting import ask_for_short_slices


def test_asking_keeps_priority_and_niceness() -> None:
    code = (
        "import os; from bandmate_bridge.waiting import ask_for_short_slices as ask; os.nice(3); ask();"
        "print(os.nice(0))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str(os.nice(0) + 3), done.stderr


def test_a_machine_without_it_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SCHED_SETATTR", {})
    assert ask_for_short_slices() is False
