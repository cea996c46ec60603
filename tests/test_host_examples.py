"""The OSC examples in Pure Data and plain Python, as a user would run them, with the real daemon."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bandmate.library import Library
from stand_in import StandIn

sys.path.insert(0, str(Path(__file__).parent / "hosts"))
from engines import daemon, free_port

HOSTS = Path(__file__).parents[1] / "examples" / "hosts"


def test_the_plain_client_prints_every_note_of_its_takes(tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path / "library", port, StandIn(per_beat=6)):
        script = HOSTS / "python" / "plain_client.py"
        done = subprocess.run(
            [sys.executable, "-I", str(script), str(port)], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    told = re.findall(r"beat +([\d.]+)  pitch (\d+)  ([\d.]+) long  velocity (\d+)", done.stdout)
    library = Library(tmp_path / "library")
    notes = [
        (f"{note.start:.2f}", str(note.pitch), f"{note.duration:.2f}", str(note.velocity))
        for card in reversed(library.list())
        for note in library.get(card.id).score.parts[0].notes
    ]
    assert len(notes) == 2 * 48
    assert told == notes


def test_the_plain_client_says_that_nobody_is_there() -> None:
    script = HOSTS / "python" / "plain_client.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(free_port())], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "bandmate serve" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("pd") is None, reason="Pure Data (pd) is not installed")
def test_the_patch_plays_the_notes_in_order_and_in_time(tmp_path: Path) -> None:
    port = free_port()
    flags = ["-nogui", "-noaudio", "-nomidi", "-sleepgrain", "1"]
    patch = HOSTS / "puredata" / "bandmate.pd"
    with daemon(tmp_path / "library", port, StandIn()):
        pd = subprocess.Popen(
            ["pd", *flags, "-open", str(patch), "-send", f"daemon {port}"], stderr=subprocess.PIPE, text=True
        )
        assert pd.stderr is not None
        said: list[str] = []
        patience = threading.Timer(60, pd.kill)
        patience.start()
        try:
            for line in pd.stderr:
                said.append(line.strip())
                if len([words for words in said if words.startswith("note:")]) == 8:
                    break
        finally:
            patience.cancel()
            pd.kill()
            pd.wait()
    library = Library(tmp_path / "library")
    [card] = library.list()
    score = library.get(card.id).score
    played = [tuple(float(word) for word in line.split()[1:]) for line in said if line.startswith("note:")]
    assert played == [(note.pitch, note.velocity, note.duration * 625) for note in score.parts[0].notes]
    assert not [line for line in said if "error" in line or "couldn't create" in line or "refused" in line]
