"""Putting a mark into a sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.resample import Resampler
from bandmate_bridge.audio.watermark.code import KEY, PERIOD, mark
from bandmate_bridge.audio.watermark.masking import FRAME, HOP, RATE, WINDOW, thresholds

Audio = npt.NDArray[np.float32]

_AT_ONCE = 1024  # frames of spectrum


def marked(audio: Audio, number: int, rate: int = RATE, key: bytes = KEY) -> Audio:
    """`audio` [channels, frames] at `rate` Hz with a mark that says `number` under it; silence stays silent.

    Every channel gets the same noise, as loud as its own sound hides it. ValueError as `code.mark` raises it.
    """
    added = hidden(_resampled(audio, rate, RATE), mark(number, key))
    return audio + _resampled(added, RATE, rate)[:, : audio.shape[1]]


def hidden(audio: Audio, noise: Audio) -> Audio:
    """A noise that repeats, [PERIOD], as loud as `audio` [channels, frames] at 44.1 kHz hides it."""
    spectra = _frames_of_mark(noise)
    added = np.zeros_like(audio)
    for channel in range(audio.shape[0]):
        padded = np.pad(audio[channel], (FRAME - HOP, FRAME))
        count = (len(padded) - FRAME) // HOP + 1
        out = np.zeros(len(padded), np.float32)
        before = np.zeros((0, FRAME // 2 + 1), np.float32)
        for first in range(0, count, _AT_ONCE):
            numbers = np.arange(first, min(first + _AT_ONCE, count))
            places = numbers[:, None] * HOP + np.arange(FRAME)
            spectrum = np.fft.rfft(padded[places] * WINDOW)
            power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
            allowed = thresholds(np.concatenate([before, power]))[len(before) :]
            before = power[-1:]
            under = np.sqrt(allowed) * spectra[numbers % len(spectra)]
            pieces = np.fft.irfft(under, FRAME).astype(np.float32) * WINDOW
            begin, end = first * HOP, (first + len(numbers)) * HOP
            out[begin:end] += pieces[:, :HOP].ravel()
            out[begin + HOP : end + HOP] += pieces[:, HOP:].ravel()
        added[channel] = out[FRAME - HOP :][: audio.shape[1]]
    return added


def _resampled(audio: Audio, rate: int, to: int) -> Audio:
    if rate == to:
        return audio
    resampler = Resampler(rate, to)
    return np.concatenate([resampler.push(audio), resampler.flush()], axis=1)


def _frames_of_mark(signal: Audio) -> npt.NDArray[np.complex64]:
    """The spectra [PERIOD // HOP, bins] of the repeating mark, of unit power on average inside its band."""
    places = (np.arange(PERIOD // HOP)[:, None] * HOP + np.arange(FRAME)) % PERIOD
    spectra = np.fft.rfft(signal[places] * WINDOW)
    power = (np.abs(spectra) ** 2).mean(axis=0)
    return np.asarray(spectra / np.sqrt(np.median(power[power > power.max() / 4])), np.complex64)
