"""jackd for tests, and a musician: another process that plays into Bandmate and records it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import pytest

IN_PORT, OUT_PORT = "Bandmate In:Bandmate In", "Bandmate Out:Bandmate Out"

PATIENT, BRISK = 500, 100
"""Milliseconds that jackd waits for a client: its default, which loses nothing on a busy machine, and a short
one for tests that kill a client: synchronous jackd stands still ten times as long for each that died."""


def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Waits for `condition`; fails the test with `what` if it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.005)


class JackServer:
    """jackd on the dummy driver, 128 frames at 48 kHz; synchronous, as asynchronous it reorders MIDI."""

    def __init__(self, name: str, client_timeout_ms: int = PATIENT, mode: str = "-S") -> None:
        self.name = name
        self._mode = mode
        self._client_timeout_ms = client_timeout_ms
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = f"-r {self._mode} -t {self._client_timeout_ms} -n {self.name} -d dummy -r 48000 -p 128"
        self._process = subprocess.Popen(
            ["jackd", *options.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        waiting = ["jack_wait", "-s", self.name, "-w", "-t", "10"]
        if subprocess.run(waiting, capture_output=True, check=False).returncode != 0:
            pytest.fail("jackd did not come up")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


brisk = pytest.mark.parametrize("jack", [BRISK], indirect=True, ids=["brisk"])


class Recorded(NamedTuple):
    """What the musician heard: seconds of `time.perf_counter()` and MIDI bytes."""

    time: float
    data: tuple[int, ...]


class Musician:
    """Another process, on mido, connected to the ports of a running Bandmate, or to others."""

    def __init__(self, into: str = IN_PORT, out_of: str = OUT_PORT) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("jack_musician.py")), into, out_of],
            env={**os.environ, "MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.heard: list[Recorded] = []
        first = self._process.stdout.readline()
        if first.strip() != b"connected":
            pytest.fail(f"the musician could not connect: {first!r}")
        self._thread = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._thread.start()

    def play(self, *messages: tuple[float, tuple[int, ...]]) -> None:
        """Plays MIDI bytes, each so many seconds after the one before it; returns before they are played."""
        assert self._process.stdin is not None
        for wait, data in messages:
            self._process.stdin.write(json.dumps([wait, data]).encode() + b"\n")
        self._process.stdin.flush()

    def leave(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def notes_on(self) -> list[tuple[int, int, int]]:
        """(channel, pitch, velocity) in the order heard."""
        return [(d[0] & 15, d[1], d[2]) for _, d in self.heard if d[0] & 0xF0 == 0x90 and d[2] > 0]

    def still_sounding(self) -> set[tuple[int, int]]:
        """(channel, pitch) of notes without a note-off."""
        sounding: set[tuple[int, int]] = set()
        for _, data in self.heard:
            key = (data[0] & 15, data[1])
            if data[0] & 0xF0 == 0x90 and data[2] > 0:
                sounding.add(key)
            elif data[0] & 0xF0 in (0x80, 0x90):
                sounding.discard(key)
        return sounding

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            moment, data = json.loads(line)
            self.heard.append(Recorded(moment, tuple(data)))
