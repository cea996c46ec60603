"""The beat that a listener taps: its tempo, and whether it falls into twos or threes.

Which periods there are is told by the autocorrelation of the onsets and by their spectrum: the one is high at
a period's multiples, the other at its parts (Peeters, 2006). Which of them is the beat is a habit of notation
that no formula knows: a small network has learnt it from music whose tempo is written down
(benchmarks/learn_levels.py).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.onsets import FRAME_RATE, Onsets

Floats = npt.NDArray[np.float64]

SLOWEST, FASTEST = 38.0, 230.0  # beats a minute
MOST = 18  # candidates

_LEVELS = Path(__file__).with_name("levels.npz")
_MULTIPLES = np.array([1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8])
_PARTS = np.array([1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 4, 6, 8])
_BASS_MULTIPLES, _BASS_PARTS = _MULTIPLES[6:], _PARTS[2:]
_KIN = (1.0, 2.0, 1 / 2, 3.0, 1 / 3, 3 / 2, 2 / 3)  # periods that a strong one may stand for
_USUAL = 110.0
_SAME = 0.02  # two periods this near are one
_SHORTEST = 2.0  # seconds in which a beat can be heard
_LEAST_ONSETS = 4


class Pulse(NamedTuple):
    """`bpm` beats a minute; a beat is a quarter, or where `compound` a dotted one, of three parts."""

    bpm: float
    compound: bool
    certainty: float  # 0 to 1

    @property
    def quarters(self) -> float:
        """Quarter notes a minute."""
        return self.bpm * self.quarters_per_beat

    @property
    def quarters_per_beat(self) -> float:
        return 1.5 if self.compound else 1.0


def find_pulse(onsets: Onsets) -> Pulse | None:
    """The beat of a recording; None where nothing repeats."""
    if len(onsets.all) < _SHORTEST * FRAME_RATE or _onset_count(_smooth(onsets.all)) < _LEAST_ONSETS:
        return None
    periods, features = describe(onsets)
    if not len(periods):
        return None
    weights = _levels()
    hidden = np.tanh((features - weights["mean"]) / weights["spread"] @ weights["w1"] + weights["b1"])
    logits = hidden @ weights["w2"] + weights["b2"]
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    best, compound = np.unravel_index(int(shares.argmax()), shares.shape)
    return Pulse(60.0 / float(periods[best]), bool(compound), float(shares.max()))


def describe(onsets: Onsets) -> tuple[Floats, Floats]:
    """Candidates for the beat's period in seconds [n], and what is known of each [n, features]."""
    whole, bass = (_Rhythm(strength) for strength in onsets)
    periods = _candidates(whole)
    frames, hertz = periods[:, None] * FRAME_RATE, 1.0 / periods[:, None]
    octave = np.log2(60.0 / _USUAL / periods)
    busy = np.log2(np.maximum(whole.onsets_per_second, 0.2) * periods)
    features = (
        whole.repeats(frames * _MULTIPLES),
        bass.repeats(frames * _BASS_MULTIPLES),
        whole.swings(hertz * _PARTS),
        bass.swings(hertz * _BASS_PARTS),
        np.stack([octave, octave**2, busy, busy**2], axis=1),
    )
    return periods, np.concatenate(features, axis=1)


class _Rhythm:
    """The periods in a strength of onsets: its autocorrelation by lag, its spectrum by frequency."""

    def __init__(self, strength: npt.NDArray[np.float32]) -> None:
        smooth = _smooth(strength)
        self.onsets_per_second = _onset_count(smooth) / (len(smooth) / FRAME_RATE)
        self.lags = _autocorrelation(smooth)
        self._size = 1 << (8 * len(smooth) - 1).bit_length()
        self._spectrum = np.abs(np.fft.rfft(smooth, self._size)) / max(float(smooth.sum()), 1e-9)

    def repeats(self, frames: Floats) -> Floats:
        """How like itself it is after so many frames, 1 for just like."""
        return np.interp(frames, np.arange(len(self.lags)), self.lags, right=0.0)

    def swings(self, hertz: Floats) -> Floats:
        """How much of it is a regular coming and going at a frequency, 0 to 1."""
        place = hertz * self._size / FRAME_RATE
        return np.interp(place, np.arange(len(self._spectrum)), self._spectrum, right=0.0)


def _candidates(rhythm: _Rhythm) -> Floats:
    """Periods at which the rhythm repeats or swings, and the kin of the strongest."""
    periods = 60.0 / np.geomspace(FASTEST, SLOWEST, 360)
    frames = periods * FRAME_RATE
    merit = rhythm.repeats(frames) + 0.7 * rhythm.repeats(2 * frames) + 0.3 * rhythm.repeats(3 * frames)
    merit += 0.5 * rhythm.repeats(4 * frames)
    merit += 0.6 * rhythm.swings(1 / periods) + 0.4 * rhythm.swings(2 / periods)
    peaks = np.flatnonzero((merit[1:-1] >= merit[:-2]) & (merit[1:-1] > merit[2:])) + 1
    ranked = periods[peaks[np.argsort(-merit[peaks])]][:14]
    found: list[float] = []
    for period in [*ranked, *(period * ratio for period in ranked[:3] for ratio in _KIN[1:])]:
        if 60.0 / FASTEST <= period <= 60.0 / SLOWEST:
            sharp = _sharpened(float(period), rhythm.lags)
            if all(abs(sharp / known - 1) > _SAME for known in found):
                found.append(sharp)
    return np.array(found[:MOST])


def _sharpened(period: float, lags: Floats) -> float:
    """The period, more exactly, from the peaks of the autocorrelation at its multiples."""
    for times in (1, 2, 4, 8, 16):
        lag = period * times * FRAME_RATE
        if not 3 <= lag <= 0.7 * len(lags):
            break
        reach = max(2, int(min(0.04 * lag, 0.3 * period * FRAME_RATE)))
        first = max(1, round(lag) - reach)
        near = lags[first : min(len(lags) - 1, round(lag) + reach + 1)]
        top = int(near.argmax()) if len(near) > 2 else 0
        if 0 < top < len(near) - 1:
            before, here, after = near[top - 1 : top + 2]
            bend = before - 2 * here + after
            period = (first + top + (0.5 * (before - after) / bend if bend < 0 else 0.0)) / FRAME_RATE / times
    return period


def _autocorrelation(strength: Floats) -> Floats:
    """By lag in frames; 1 at lag 0, and not less for long lags because fewer frames overlap."""
    centred = strength - strength.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    raw = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: len(centred)]
    overlap = np.maximum(len(centred) - np.arange(len(centred)), 0.25 * len(centred))
    even = raw * len(centred) / overlap
    return np.asarray(even / max(float(even[0]), 1e-9))


def _smooth(strength: npt.NDArray[np.float32]) -> Floats:
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / 1.2) ** 2)
    return np.convolve(strength.astype(np.float64), kernel / kernel.sum(), "same")


def _onset_count(smooth: Floats) -> int:
    inner = smooth[1:-1]
    peaks = (inner > smooth[:-2]) & (inner >= smooth[2:]) & (inner > 0.35 * np.percentile(smooth, 98))
    return int(peaks.sum())


@lru_cache(maxsize=1)
def _levels() -> dict[str, Floats]:
    with np.load(_LEVELS) as file:
        return {name: file[name].astype(np.float64) for name in file.files}
