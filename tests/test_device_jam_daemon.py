"""The device's patch and a real `bandmate serve` jam over UDP.

The daemon follows the patch's transport, and each note that it tells sounds on its beat. The patch runs in
the simulated Max, here in real time.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate_bridge.osc_packet import Atom, decode, encode
from device_kit import device, patch_of
from max_graph import Graph

ROOT = Path(__file__).resolve().parent.parent
BEAT = 500.0  # ms: at the transport's 120 quarter notes a minute
AHEAD = 30.0  # ms before its beat that a note must have come, if it is to sound
LATE = 150.0  # ms behind the playhead: a note may sound at once, or in the loop's next pass


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a `bandmate serve` with a small model of random weights."""
    pytest.importorskip("onnx")
    from random_weights import random_weights

    folder, port = tmp_path_factory.mktemp("daemon"), free_port()
    random_weights(folder / "model")
    (folder / "none.toml").write_text("", encoding="utf-8")
    roots = os.pathsep.join(str(ROOT / name) for name in ("daemon", "bridge", "models"))
    process = subprocess.Popen(
        [
            sys.executable, "-m", "bandmate", "serve", "--osc-port", str(port),
            "--library", str(folder / "library"), "--weights", str(folder / "model"),
        ],
        env={**os.environ, "PYTHONPATH": roots, "BANDMATE_CONFIG": str(folder / "none.toml")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield port
    process.terminate()
    try:
        process.wait(20)
    finally:
        process.kill()


class Live:
    """A patch in a set that runs in real time, joined to the daemon by a socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.daemon = ("127.0.0.1", port)
        self.graph = Graph(patch_of(device("main")))
        self.graph.start()
        self.begun = time.perf_counter() - self.graph.now / 1000
        self.sent = 0
        self.heard: list[tuple[float, str, tuple[Atom, ...]]] = []  # time in ms, address, arguments

    def run(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.graph.run((time.perf_counter() - self.begun) * 1000)
            for _, message in self.graph.sent[self.sent :]:
                self.socket.sendto(encode(str(message[0]), *message[1:]), self.daemon)
            self.sent = len(self.graph.sent)
            try:
                datagram = self.socket.recv(65536)
            except (BlockingIOError, ConnectionError):
                time.sleep(0.001)
                continue
            for address, atoms in decode(datagram):
                self.heard.append((self.graph.now, address, atoms))
                self.graph.osc(address, *atoms)

    def ask(self, name: str, *atoms: Atom) -> None:
        """What the script would: a request, and its answer."""
        request = len(self.heard) + 1
        for _ in range(60):
            self.graph.from_script(0, f"/bandmate/{name}", request, *atoms)
            self.run(0.5)
            for _, address, answer in self.heard:
                if answer[:1] == (request,):
                    assert address != "/bandmate/refused", answer
                    return
        pytest.fail(f"no answer to {name}")

    def told(self) -> Iterator[tuple[float, float, int]]:
        """Of each note that the daemon told: when it came, its beat, its pitch."""
        for when, address, atoms in self.heard:
            if address == "/bandmate/band_notes":
                for place in range(2, len(atoms), 4):
                    beat, _, pitch, _ = atoms[place : place + 4]
                    yield when, float(beat), int(pitch)


def sorted_out(
    live: Live, begun: float, loop: float, stopped: float = float("inf")
) -> tuple[list[tuple[float, int]], set[int]]:
    """When which pitch has to sound, of what the daemon told in time; and pitches that may sound or not."""
    cancels = [(when, atoms) for when, address, atoms in live.heard if address == "/bandmate/band_cancel"]
    void = [(when, float(atoms[2])) for when, atoms in cancels]
    expected, unsure = [], set()
    for when, beat, pitch in live.told():
        time_of = begun + beat * BEAT
        if loop:  # the next time that the playhead is there
            time_of = when + (time_of - when) % (loop * BEAT)
        behind = loop and time_of - when > loop * BEAT - LATE
        in_time = when + AHEAD < time_of < stopped - AHEAD and not behind
        if not in_time or any(when <= told < time_of + 1 and beat >= first - 0.01 for told, first in void):
            unsure.add(pitch)
        else:
            expected.append((time_of, pitch))
    return expected, unsure


@pytest.mark.parametrize("loop", [0.0, 6.0], ids=["straight on", "in a loop"])
def test_every_note_of_the_band_sounds_on_its_beat_and_none_hangs(daemon: int, loop: float) -> None:
    live = Live(daemon)
    graph, transport = live.graph, live.graph.transport
    live.ask("hello", 1, live.socket.getsockname()[1], "Live")
    live.ask("clock", "host")
    graph.from_script(2, "plays", "all")
    graph.from_script(2, "jam", 1)
    if loop:
        graph.from_script(2, "loop", 1, 0.0, loop)
    live.ask("band", "roles", "drums,bass", "play", 1, "listen", 1)
    live.run(0.1)
    transport.jump(graph.now, 0.0)
    transport.change(graph.now, playing=True, loop=(loop > 0, 0.0, loop or 4.0))
    begun = graph.now
    for _ in range(90):
        live.run(1.0)
        if graph.now - begun > 8000 and len(sorted_out(live, begun, loop)[0]) > 20:
            break
    stopped = graph.now
    transport.change(stopped, playing=False)
    live.run(0.3)
    expected, unsure = sorted_out(live, begun, loop, stopped)
    assert len(expected) > 10
    onsets = [(time, pitch) for time, pitch, velocity in graph.notes() if velocity]
    unmatched = list(onsets)
    for time_of, pitch in expected:
        near = [onset for onset in unmatched if onset[1] == pitch and abs(onset[0] - time_of) < 1e-3]
        assert near, f"pitch {pitch} was to sound at {time_of - begun:.1f} ms"
        unmatched.remove(near[0])
    assert {pitch for _, pitch in unmatched} <= unsure
    held: dict[int, int] = {}
    for _, pitch, velocity in graph.notes():
        held[pitch] = held.get(pitch, 0) + 1 if velocity else 0
    assert not any(held.values())
    live.ask("band", "play", 0, "listen", 0)
    live.socket.close()
