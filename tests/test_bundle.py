"""The bundle's one entry: what the program starts as children comes in through it, too.

A stand-in for the bundle runs the same entry by an executable of its own; the bundle itself is built and
tried by `packaging/build_bundle.py` and `packaging/try_bundle.py`.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.service.answering import answers
from bandmate_bridge import children

ENTRY = Path(__file__).parents[1] / "packaging" / "bundle_main.py"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for a bundle is a shell script")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """An executable that runs the entry as a bundle does: its children are to be started through itself."""
    program, begin = tmp_path / "band mate", tmp_path / "begin.py"
    begin.write_text(
        "import runpy, sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        f"sys.frozen, sys.executable, sys.argv = True, {str(program)!r}, sys.argv\n"
        f"runpy.run_path({str(ENTRY)!r}, run_name='__main__')\n"
    )
    log = tmp_path / "started"
    python, script = shlex.quote(sys.executable), shlex.quote(str(begin))
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {shlex.quote(str(log))}\nunset PYTHONPATH\nexec {python} -I {script} "$@"\n'
    )
    program.chmod(0o755)
    return program


def test_it_is_the_command_line(bundle: Path) -> None:
    done = subprocess.run([bundle, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "bandmate")
    done = subprocess.run([bundle, "-m", "http.server"], capture_output=True, text=True, check=False)
    assert done.returncode == 2, "modules of ours alone are run"


def test_the_daemon_and_its_conductor_run_through_it(bundle: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    settings = ["--osc-port", str(port), "--library", str(tmp_path / "library"), "--midi-in", "No such port"]
    daemon = subprocess.Popen([bundle, "serve", *settings], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert answers("127.0.0.1", port, 60)
    finally:
        daemon.send_signal(signal.SIGTERM)
        said = daemon.communicate(timeout=20)[0]
    assert daemon.returncode == 0, said
    started = (tmp_path / "started").read_text().splitlines()
    assert started[0].startswith("serve ")
    assert started[1] == "-m bandmate_bridge.conductor"


def test_programs_that_are_not_ours_get_their_own_libraries_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/tmp/_MEI")
    assert children.foreign_environment()["LD_LIBRARY_PATH"] == "/tmp/_MEI"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "LD_LIBRARY_PATH" not in children.foreign_environment()
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/opt/lib")
    assert children.foreign_environment()["LD_LIBRARY_PATH"] == "/opt/lib"
