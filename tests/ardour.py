"""Ardour without its window records a JACK port on a MIDI track; a JACK server that both can rely on."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple, NoReturn
from xml.etree import ElementTree

import mido
import pytest

from jack_helpers import PATIENT, JackServer, until

PROGRAM = "ardour7-lua"
TRACK_PORT = "band/midi_in"
"""A part of the name that the track's input has in JACK."""
THROWN_OUT = "JACK server has been closed"
"""What Ardour says when jackd ends with it: two of its threads asked at once, which breaks their words."""
STARTS = 4
SCRIPT = Path(__file__).parent / "data" / "ardour" / "record.lua"
SECONDS_A_BEAT = 0.5
"""Of a new session: 120 beats a minute."""


class Recorded(NamedTuple):
    """A note of a region: seconds from where the region begins."""

    start: float
    end: float
    channel: int
    pitch: int
    velocity: int


class StudioServer(JackServer):
    """jackd that goes before all other work, where that is permitted: what it does not get done in time, its
    clock loses, and a recording with it."""

    FRAMES, RATE = 256, 48000
    PERIOD = FRAMES / RATE

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(name, PATIENT)
        self._log = log
        self.real_time = _is_real_time_permitted()

    def start(self) -> None:
        priority = "-R" if self.real_time else "-r"
        options = f"{priority} -S -t {PATIENT} -n {self.name} -d dummy -r {self.RATE} -p {self.FRAMES}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(["jackd", *options.split()], stdout=log, stderr=log)
        waiting = ["jack_wait", "-s", self.name, "-w", "-t", "20"]
        if subprocess.run(waiting, capture_output=True, check=False).returncode != 0:
            pytest.fail(f"jackd did not come up: {self._log.read_text(errors='replace')}")

    def lost(self) -> float:
        """Seconds by which its clock has fallen behind so far."""
        lines = re.findall(r"XRun = (\d+) usec", self._log.read_text(errors="replace"))
        return sum(map(int, lines)) * 1e-6


class Ardour:
    """A session of its own in `folder`, which records `source` from when `record` returns."""

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source
        self._starts = 0
        self._start()

    def _start(self) -> None:
        self._starts += 1
        self._session = self._folder / f"session-{self._starts}"
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [PROGRAM, str(SCRIPT)],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
                "HOME": str(home),
                "RECORD_FOLDER": str(self._session),
                "RECORD_SOURCE": self._source,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def record(self) -> None:
        """Waits until it records; starts it anew where jackd has thrown it out before."""
        while not self._is_said("recording"):
            if self._starts == STARTS or not any(THROWN_OUT in line for line in self._said):
                self._fail()
            self.leave()
            self._start()

    def stop(self) -> list[Recorded]:
        """Ends and saves the recording; the notes of its region, in their order."""
        assert self._process.stdin is not None
        self._process.stdin.write("stop\n")
        self._process.stdin.flush()
        if not self._is_said("saved"):
            self._fail()
        return region_notes(self._session)

    def leave(self) -> None:
        """Ends it; SIGTERM would make it hang."""
        self._process.kill()
        self._process.wait()
        self._listener.join(5)

    def _is_said(self, line: str) -> bool:
        """Waits for a line; False where Ardour ends without it."""
        until(lambda: line in self._said or not self._listener.is_alive(), f"Ardour's {line}", 60.0)
        return line in self._said

    def _fail(self) -> NoReturn:
        pytest.fail("Ardour has ended:\n" + "\n".join(self._said))

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.append(line.strip())


def region_notes(session: Path) -> list[Recorded]:
    """The notes of the only region that is on the track of a saved session."""
    [state] = session.glob("*.ardour")
    tree = ElementTree.parse(state)
    [region] = tree.findall("Playlists/Playlist[@name='band']/Region")
    [source] = tree.findall(f"Sources/Source[@id='{region.get('source-0')}']")
    assert region.get("type") == source.get("type") == "midi"
    [file] = session.glob(f"interchange/*/midifiles/{source.get('name')}")
    return _notes(mido.MidiFile(file))


def _notes(file: mido.MidiFile) -> list[Recorded]:
    [track] = file.tracks
    notes: list[Recorded] = []
    open_notes: dict[tuple[int, int], tuple[float, int]] = {}
    now = 0.0
    for message in track:
        now += message.time / file.ticks_per_beat * SECONDS_A_BEAT
        if message.type not in ("note_on", "note_off"):
            continue
        key = message.channel, message.note
        if message.type == "note_on" and message.velocity > 0:
            assert key not in open_notes, f"a second note-on before the note-off of {key}"
            open_notes[key] = now, message.velocity
        else:
            start, velocity = open_notes.pop(key)
            notes.append(Recorded(start, now, *key, velocity))
    assert not open_notes, f"no note-off for {sorted(open_notes)}"
    return sorted(notes)


def _is_real_time_permitted() -> bool:
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        return False
    os.sched_setscheduler(0, policy, priority)
    return True
