"""What every voice is built from: one sound and its loop, envelopes, filters and the level it is heard at."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]
Random = np.random.RandomState  # its stream is frozen, so the same bank comes out of every numpy

_FULL = 0.97


class Sound(NamedTuple):
    """A signal [frames] at `rate` Hz, whose frames from `loop` to the end repeat while a key is held.

    `rate` need not be whole: it is what makes the pitch exact.
    """

    signal: Signal
    rate: float
    loop: int | None = None


Voice = Callable[[float, Random], Sound]
"""A sound of the frequency asked for, in Hz."""


def time(seconds: float, rate: float) -> Signal:
    return np.arange(int(seconds * rate)) / rate


def noise(frames: int, random: Random) -> Signal:
    return np.asarray(random.standard_normal(frames))


def band(signal: Signal, rate: float, low: float = 0.0, high: float = np.inf, slope: float = 4.0) -> Signal:
    """The signal between two frequencies, with Butterworth-like edges of the given order and no delay."""
    frames = len(signal)
    padded = 2 * frames
    frequency = np.fft.rfftfreq(padded, 1 / rate)
    gain = 1 / np.sqrt(1 + (frequency / high) ** (2 * slope))
    if low > 0:
        gain *= 1 / np.sqrt(1 + (low / np.maximum(frequency, 1e-9)) ** (2 * slope))
    return np.fft.irfft(np.fft.rfft(signal, padded) * gain, padded)[:frames]


def faded(signal: Signal, rate: float, rise: float = 0.001, fall: float = 0.02) -> Signal:
    """The signal from silence and back to it, `rise` and `fall` in seconds."""
    shaped = np.array(signal)
    head, tail = max(1, int(rise * rate)), max(1, int(fall * rate))
    shaped[:head] *= np.linspace(0, 1, head)
    shaped[-tail:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, tail))
    return shaped


def levelled(sound: Sound, loudness: float) -> Sound:
    """The sound at a loudness (root mean square of its loudest quarter second), rounded off at full scale."""
    heard = band(sound.signal, sound.rate, low=80.0, slope=1.0)
    window = max(1, int(0.25 * sound.rate))
    energy = np.convolve(heard**2, np.ones(window) / window)
    signal = sound.signal * loudness / np.sqrt(energy.max())
    if np.abs(signal).max() > _FULL:
        signal = _FULL * np.tanh(signal / _FULL)
    return sound._replace(signal=signal)


def turned_to_rest(sound: Sound) -> Sound:
    """The same loop from a frame where the wave stands still, so that half a frame's error makes no click."""
    assert sound.loop is not None
    lead, cycle = sound.signal[: sound.loop], sound.signal[sound.loop :]
    before, after = np.roll(cycle, 1), np.roll(cycle, -1)
    motion = np.abs(after - before) + np.abs(after - 2 * cycle + before)
    shift = int(np.argmin(motion[: len(cycle) // 4]))
    signal = np.concatenate([lead, cycle[:shift], np.roll(cycle, -shift)])
    return sound._replace(signal=signal, loop=len(lead) + shift)
