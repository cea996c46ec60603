"""Ableton Link, in a network namespace that has nothing but loopback: nobody else's session is joined."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bandmate_bridge.clocks.ableton_link import require_link
from bandmate_models.errors import BandmateError

ALONE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def test_without_the_extra_it_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandmate_bridge.clocks.ableton_link.find_spec", lambda name: None)
    with pytest.raises(BandmateError, match=r"pip install 'bandmate\[link\]'") as refused:
        require_link()
    assert refused.value.code == "no_link"


@pytest.fixture(scope="module")
def session() -> dict[str, Any]:
    if find_spec("_link") is None:
        pytest.skip("the extra link is not installed")
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("there is no unshare or no ip, so no network namespace of loopback alone")
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system allows no network namespace")
    script = Path(__file__).with_name("link_session.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*ALONE, sys.executable, str(script)], capture_output=True, env=environment, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_session_is_joined_and_its_tempo_left_alone(session: dict[str, Any]) -> None:
    assert session["met"] and session["source"] == "link"
    assert session["takes the tempo"]
    assert session["tempo of the session"] == pytest.approx(97.0, abs=0.01)


def test_bar_lines_are_the_sessions(session: dict[str, Any]) -> None:
    assert session["apart after joining"] < 0.02
    assert session["apart after a change"] < 0.02


def test_tempo_start_and_stop_of_the_others_are_followed(session: dict[str, Any]) -> None:
    for what in ("follows a tempo", "plays", "runs on when started", "stops", "starts", "runs on alone"):
        assert session[what], what
