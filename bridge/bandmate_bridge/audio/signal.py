"""Sound as arrays: two channels of 32-bit floats, full scale at 1; levels in decibels."""

from __future__ import annotations

from math import inf, log10

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
"""[2, frames]: left and right."""


def amplitude(decibels: float) -> float:
    """What to multiply a signal by: 0 dB is 1, -6 dB about a half."""
    return float(10 ** (decibels / 20))


def decibels(amplitude: float) -> float:
    """20 log10 of an amplitude; minus infinity for silence."""
    return 20 * log10(amplitude) if amplitude > 0 else -inf


def peak(audio: Audio) -> float:
    """The largest sample, without its sign; 0 for no sound at all."""
    return max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))


def padded(audio: Audio, frames: int) -> Audio:
    """The sound with silence after it, where it is shorter than `frames`."""
    if audio.shape[1] >= frames:
        return audio
    longer = np.zeros((audio.shape[0], frames), np.float32)
    longer[:, : audio.shape[1]] = audio
    return longer


def cut(audio: Audio, frames: int, fade: int) -> Audio:
    """The first `frames` of a sound, and a straight fade of `fade` more."""
    if frames + fade >= audio.shape[1]:
        return audio
    short: Audio = audio[:, : frames + fade].copy()
    short[:, frames:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return short
