"""Live sound through JACK: the band is heard, a melody on the line is a player's, trips are measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandmate.config import Config
from bandmate.live_sound import LiveSound, keep_round_trip, latency_of
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import ClockState, Configure, Cue, NoteHeard, Panic, Play, Start
from bandmate_models.errors import BandmateError
from jack_helpers import JackServer, until

pytest_plugins = ("jack",)

RATE = 48_000
HELPER = Path(__file__).with_name("jack_sound.py")


@pytest.fixture
def sound_server(jack: JackServer) -> JackServer:
    if find_spec("sounddevice") is None:  # imported here it would outlive this test's server, and abort
        pytest.skip("sounddevice is not installed")
    return jack


class Stranger:
    """Another process with a JACK client of its own: records, plays a file, or delays what it hears."""

    def __init__(self, *what: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HELPER), *map(str, what)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != b"ready":
            pytest.fail("the other program's stream did not open")

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def ports(ending: str) -> list[str]:
    listed = subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\n") if name.endswith(ending)]


def connect(out: str, into: str) -> None:
    subprocess.run(["jack_connect", out, into], check=True, capture_output=True)


def clock() -> ClockState:
    return ClockState(True, "internal", 0.0, time.perf_counter(), 120.0, 4, 4, 0.0)


@pytest.fixture
def live(sound_server: JackServer) -> Iterator[Callable[..., LiveSound]]:
    """Starts live sound with settings and someone who hears; `notices` are its last."""
    begun: list[LiveSound] = []

    def start(
        heard: Callable[[NoteHeard], None] = lambda note: None,
        notice: Callable[[str, str], None] = lambda code, text: None,
        **settings: Any,
    ) -> LiveSound:
        sound = LiveSound(Config(**settings), clock, heard, notice)
        begun.append(sound)
        assert list(sound.start())
        return sound

    yield start
    for sound in begun:
        sound.stop()


def test_the_band_is_heard_and_falls_silent(live: Callable[..., LiveSound], tmp_path: Path) -> None:
    sound = live(monitor=True)
    link = ConductorLink(Configure(monitor=sound.address), lambda message: None)
    link.start()
    recorder = Stranger("record", tmp_path / "heard.npy")
    until(lambda: ports("out_0") and ports("in_0"), "the ports of both")
    [out], [into] = ports("out_0"), ports("in_0")
    connect(out, into)
    link.send(Start())
    cues = tuple(Cue(1.0 + step, 0.5, 60 + step, 100, 0) for step in range(4))
    link.send(Play("a", (*cues, Cue(5.0, 100.0, 72, 100, 0))))
    time.sleep(3.2)
    link.send(Panic())
    time.sleep(1.5)
    recorder.end()
    link.close()
    heard = np.load(tmp_path / "heard.npy")
    loud = np.flatnonzero(np.abs(heard) > 0.003)
    assert len(loud) > 2000
    assert not heard[-1000:].any(), "a panic is silence"
    first = heard[loud[0] :][:4000]
    spectrum = np.abs(np.fft.rfft(first * np.hanning(len(first)), 1 << 17))
    assert np.fft.rfftfreq(1 << 17, 1 / RATE)[spectrum.argmax()] == pytest.approx(261.63, abs=6)


def test_a_monitor_that_is_killed_comes_back(live: Callable[..., LiveSound]) -> None:
    told: list[str] = []
    sound = live(monitor=True, notice=lambda code, text: told.append(code))
    [process] = sound._processes.values()
    before = process.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: told == ["audio_restarted"], "the notice")
    until(lambda: process.pid != before and ports("out_0"), "another monitor", seconds=40.0)


def test_a_melody_on_the_line_is_a_player_s(live: Callable[..., LiveSound], tmp_path: Path) -> None:
    from test_note_tracker import MELODY, played

    melody = played(65)
    frames = np.arange(round(len(melody) * RATE / 44_100)) * 44_100 / RATE
    np.save(tmp_path / "melody.npy", np.interp(frames, np.arange(len(melody)), melody).astype(np.float32))
    heard: list[NoteHeard] = []
    live(heard.append, listen=True)
    [line] = ports("in_0")
    player = Stranger("play", tmp_path / "melody.npy")
    [out] = ports("out_0")
    connect(out, line)
    until(lambda: len(heard) >= 2 * len(MELODY), "all notes", seconds=30.0)
    player.end()
    begun = [note for note in heard if note.velocity]
    assert [note.pitch for note in begun] == [key for _, _, key in MELODY]
    assert [note.time for note in begun] == sorted(note.time for note in begun)
    assert begun[-1].beat > begun[0].beat


def test_a_delay_line_lengthens_the_round_trip_by_itself(sound_server: JackServer, tmp_path: Path) -> None:
    direct = calibrated(tmp_path, lambda: connect("PortAudio:out_0", "PortAudio:in_0"))
    delay = Stranger("delay", 2400)
    [out], [into] = ports("out_0"), ports("in_0")

    def through_delay() -> None:
        connect("PortAudio-01:out_0", into)
        connect(out, "PortAudio-01:in_0")

    delayed = calibrated(tmp_path, through_delay, "PortAudio-01:out_0")
    delay.end()
    period = 1000 * 128 / RATE
    assert direct == pytest.approx(2 * period, abs=1.1 * period)
    rest = (delayed - direct - 1000 * 2400 / RATE) / period
    assert rest == pytest.approx(round(rest), abs=0.05), "all else is whole periods of JACK"
    assert -1 <= round(rest) <= 4


def calibrated(folder: Path, wire: Callable[[], None], port: str = "PortAudio:out_0") -> float:
    """What `bandmate ports calibrate` finds when its ports are connected so, in ms."""
    command = [sys.executable, "-m", "bandmate", "ports", "calibrate", "--audio-block", "128"]
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    asked = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: ports(port), "its ports", seconds=30.0)
    for name in ports("playback_1"):
        subprocess.run(["jack_disconnect", port, name], capture_output=True, check=False)
    wire()
    out, complaint = asked.communicate(timeout=60)
    assert asked.returncode == 0, complaint
    return float(out.split(": ")[1].split(" ms")[0])


def test_a_loop_that_is_open_is_told(sound_server: JackServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bandmate", "ports", "calibrate"]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "connect the output to the input" in done.stderr
    assert not (tmp_path / "bandmate" / "round_trip.json").exists()


def test_what_was_measured_is_taken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert latency_of(Config()) == 0.0
    keep_round_trip("Speakers", "Line in", 12.5)
    keep_round_trip("Other", "Line in", 40.0)
    assert latency_of(Config()) == 12.5
    assert latency_of(Config(monitor_device="other")) == 40.0
    assert latency_of(Config(listen_latency=3.0)) == 3.0
    (tmp_path / "bandmate" / "round_trip.json").write_text("[not json")
    assert latency_of(Config()) == 0.0


def test_without_a_sound_system_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "bandmate-none")
    sound = LiveSound(Config(monitor=True, monitor_device="no such device"), clock, print, print)
    with pytest.raises(BandmateError) as refusal:
        list(sound.start())
    assert refusal.value.code == "no_audio"
    sound.stop()
