"""A recording and an answer to it, as one sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bandmate_bridge.audio.listen.sound_file import read_stereo
from bandmate_bridge.audio.signal import Audio, amplitude

UNDER = -2.0
"""Decibels by which the answer is softer than the recording, where both sound."""

_FRAME = 0.05  # seconds
_SOFT = 0.1  # of the loudest frame: softer ones do not count as sounding


def together(recording: Path, answer: Audio, start: float, rate: int) -> Audio:
    """The recording [2, frames] from its beginning, and under it the answer from `start` seconds on.

    What the answer has before the recording begins comes before it. Raises BandmateError as `listen` does.
    """
    played = read_stereo(recording, rate).audio
    level = loudness(played, rate)
    own = loudness(answer, rate)
    gain = np.float32(level / own * amplitude(UNDER)) if level > 0 and own > 0 else np.float32(1)
    offset = round(start * rate)
    lead = max(0, -offset)
    frames = max(lead + played.shape[1], lead + offset + answer.shape[1])
    mix = np.zeros((2, frames), np.float32)
    mix[:, lead : lead + played.shape[1]] = played
    mix[:, lead + offset : lead + offset + answer.shape[1]] += gain * answer
    return mix


def loudness(audio: Audio, rate: int) -> float:
    """Root mean square where it sounds; 0 for silence."""
    size = max(1, round(_FRAME * rate))
    whole = audio[:, : audio.shape[1] // size * size]
    power = (whole.reshape(audio.shape[0], -1, size).astype(np.float64) ** 2).mean(axis=(0, 2))
    if not power.any():
        return 0.0
    return float(np.sqrt(power[power >= _SOFT**2 * power.max()].mean()))
