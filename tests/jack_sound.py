"""Another program with sound: `record FILE`, `play FILE` or `delay FRAMES`, until its standard input ends."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import sounddevice

RATE, FRAMES = 48_000, 128


def main(what: str, argument: str) -> None:
    heard: list[Any] = []
    place = 0
    sound = np.load(argument) if what == "play" else np.zeros(0, np.float32)
    line = np.zeros(int(argument) if what == "delay" else 0, np.float32)

    def record(inward: Any, frames: int, at: Any, status: Any) -> None:
        heard.append(inward[:, 0].copy())

    def play(outward: Any, frames: int, at: Any, status: Any) -> None:
        nonlocal place
        outward.fill(0.0)
        piece = sound[max(place - RATE, 0) : max(place - RATE + frames, 0)]  # a second's time to connect
        outward[: len(piece), 0] = piece
        place += frames

    def delay(inward: Any, outward: Any, frames: int, at: Any, status: Any) -> None:
        nonlocal line
        line = np.concatenate([line, inward[:, 0]])
        outward[:, 0], line = line[:frames], line[frames:]

    kinds: dict[str, tuple[Any, Any]] = {
        "record": (sounddevice.InputStream, record),
        "play": (sounddevice.OutputStream, play),
        "delay": (sounddevice.Stream, delay),
    }
    stream, callback = kinds[what]
    with stream(RATE, FRAMES, channels=1, dtype="float32", latency="low", callback=callback):
        print("ready", flush=True)
        sys.stdin.read()
    if what == "record":
        np.save(argument, np.concatenate(heard))


if __name__ == "__main__":
    main(*sys.argv[1:])
