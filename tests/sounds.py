"""Sounds made for tests: tones, clicks, files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Audio = npt.NDArray[np.float32]

RATE = 22_050


def tone(hertz: float, seconds: float, rate: int = RATE, level: float = 0.5) -> Audio:
    """A sine with soft edges, [samples]."""
    time = np.arange(round(seconds * rate)) / rate
    edges = np.minimum(1, np.minimum(time, seconds - time) / 0.01)
    return (level * np.sin(2 * np.pi * hertz * time) * edges).astype(np.float32)


def plucked(notes: Sequence[tuple[float, int]], seconds: float, rate: int = RATE) -> Audio:
    """Notes (start in seconds, MIDI pitch) with six partials that die away, [samples]."""
    sound = np.zeros(round(seconds * rate), np.float32)
    time = np.arange(round(0.9 * rate)) / rate
    for start, pitch in notes:
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        partials = sum(np.sin(2 * np.pi * hertz * n * time) / n**1.5 for n in range(1, 7))
        note = (0.2 * partials * np.exp(-4 * time) * np.minimum(1, time / 0.003)).astype(np.float32)
        begin = round(start * rate)
        piece = sound[begin : begin + len(note)]
        piece += note[: len(piece)]
    return sound


def clicks(times: Sequence[float], seconds: float, rate: int = RATE, level: float = 0.8) -> Audio:
    """Short bursts of noise, [samples]."""
    chance = np.random.RandomState(1)
    sound = np.zeros(round(seconds * rate), np.float32)
    burst = chance.standard_normal(round(0.03 * rate)) * np.exp(
        -np.arange(round(0.03 * rate)) / (0.005 * rate)
    )
    for start in times:
        begin = round(start * rate)
        piece = sound[begin : begin + len(burst)]
        piece += (level / 3 * burst[: len(piece)]).astype(np.float32)
    return sound


def write(path: Path | str, audio: Audio, rate: int = RATE, **format: str) -> Path:
    """The file, of the format that its name says; [samples] or [channels, samples]."""
    soundfile.write(str(path), audio.T, rate, **format)
    return Path(path)
