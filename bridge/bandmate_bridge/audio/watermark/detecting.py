"""Finding a mark in a sound, whatever has become of it since, and how sure that is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.watermark.code import BITS, HIGH, KEY, LOW, PERIOD, STEP, noises
from bandmate_bridge.audio.watermark.masking import FRAME, HOP, RATE, WINDOW

Audio = npt.NDArray[np.float32]
Signal = npt.NDArray[np.float64]
Folded = npt.NDArray[np.complex128]

THRESHOLD = 6.0
"""Standard deviations from which a mark counts as found: by chance in one sound of 8,000 without any."""

SHORTEST, LONGEST = 2.0, 180.0
"""Seconds below which nothing can be said, and after which no more is heard."""

_BANDS = ((LOW, HIGH), (LOW, 3_000.0))  # Hz; noise drowns the upper part of a sound first
_FLOOR, _ABOVE = 10.0, 1.5  # percentile over time that is taken for noise, and how much of it is taken away
_LEAST = 0.05  # of a bin's power that is thought to be music, whatever the floor says
_PEAK = 1.5  # times its surroundings that a bin may stand out
_NEAR = 16  # bins that surround one
_LINE = 2.0  # times the median that a line of the folded spectrum may stand out
_SILENT = 1e-4  # power of a frame


class Finding(NamedTuple):
    """`score` in standard deviations of chance; the number is worth reading where `found`."""

    score: float
    number: int

    @property
    def found(self) -> bool:
        return self.score >= THRESHOLD


def search(audio: Audio, key: bytes = KEY) -> Finding:
    """The likeliest mark in the first LONGEST seconds of `audio` [channels, frames] at 44.1 kHz.

    The sound is whitened, folded by the mark's period and correlated with it at every offset, so a mark is
    found from wherever the sound was cut. What was played faster or slower than it was marked hides it.
    """
    return likeliest(folded(audio), key)


def folded(audio: Audio) -> Folded:
    """What a sound leaves of any mark in it: the same for every key."""
    sound = audio[:, : int(LONGEST * RATE)].mean(axis=0, dtype=np.float64)
    level = float(np.abs(sound).max(initial=0.0))
    return _folded(_whitened(sound / level if level > 0 else sound))


def likeliest(spectrum: Folded, key: bytes) -> Finding:
    """The likeliest mark of a key in what `folded` gives."""
    hertz = np.fft.rfftfreq(PERIOD, 1 / RATE)
    return max(_compared(np.where((hertz >= low) & (hertz < high), spectrum, 0), key) for low, high in _BANDS)


def _whitened(sound: Signal) -> Signal:
    """The sound with all bins equally strong, but for those that hold steady noise, which weigh less."""
    count = -(-len(sound) // HOP)
    padded = np.pad(sound, (0, count * HOP + FRAME - len(sound)))
    places = np.arange(count)[:, None] * HOP + np.arange(FRAME)
    spectra = np.fft.rfft(padded[places] * WINDOW).astype(np.complex64)
    power = spectra.real**2 + spectra.imag**2
    loud = power.sum(axis=1) > _SILENT
    if not loud.any():
        return np.zeros(PERIOD)
    near = _surroundings(power)
    music = np.maximum(near - _ABOVE * np.percentile(near[loud], _FLOOR, axis=0), _LEAST * near) / near
    weight = np.minimum(1 / np.sqrt(near), _PEAK / np.sqrt(power + 1e-20)) * np.sqrt(music)
    hertz = np.fft.rfftfreq(FRAME, 1 / RATE)
    weight *= loud[:, None] & ((hertz >= LOW) & (hertz <= HIGH))
    pieces = np.fft.irfft(spectra * weight, FRAME) * WINDOW
    white = np.zeros((count + 1) * HOP)
    white[: count * HOP] += pieces[:, :HOP].ravel()
    white[HOP:] += pieces[:, HOP:].ravel()
    return white


def _surroundings(power: Audio) -> Audio:
    """The mean power of the bins around each."""
    padded = np.pad(power, ((0, 0), (_NEAR // 2 + 1, _NEAR // 2 - 1)), mode="reflect")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    means = (sums[:, _NEAR:] - sums[:, :-_NEAR]) / _NEAR
    return np.asarray(np.maximum(means, 1e-10), np.float32)


def _folded(white: Signal) -> Folded:
    """The spectrum of all periods on top of each other; lines that stand out, steady tones, are cut down."""
    periods = -(-len(white) // PERIOD)
    folded = np.pad(white, (0, periods * PERIOD - len(white))).reshape(periods, PERIOD).sum(axis=0)
    spectrum = np.fft.rfft(folded)
    size = np.abs(spectrum)
    usual = np.median(size[size > 0]) if size.any() else 1.0
    return np.asarray(spectrum * np.minimum(1.0, _LINE * usual / (size + 1e-20)))


def _compared(spectrum: Folded, key: bytes) -> Finding:
    """Where the mark begins, at all offsets, and from there the distances that tell its number."""
    begin, high, low = (np.fft.irfft(spectrum * noise.conj(), PERIOD) for noise in noises(key))
    chance = float(begin.std())
    if chance == 0.0:
        return Finding(0.0, 0)
    place = int(begin.argmax())
    halves = [int(np.roll(likeness, -place)[::STEP].argmax()) for likeness in (high, low)]
    return Finding(float(begin[place]) / chance, halves[0] << BITS // 2 | halves[1])
