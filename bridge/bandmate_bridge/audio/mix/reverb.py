"""The room that all parts send into: decaying noise, which dies the sooner the higher it is."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.signal import Audio

_FADE_IN = 0.012  # seconds until the reflections are dense
_EDGES = (0.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz: bands with a decay each
_CENTRES = (180.0, 350.0, 700.0, 1400.0, 2800.0, 5600.0, 11000.0)
_MIDDLE = (300.0, 3000.0)  # Hz
_SILENT = 6.9  # ln 1000: an amplitude's 60 dB
_SHORTEST_FFT = 1 << 17


class Room(NamedTuple):
    """How a room answers."""

    seconds: float  # until its lows are 60 dB quieter
    before: float = 12.0  # ms until the first reflection
    bright: float = 4000.0  # Hz: here it takes half as long
    thin: float = 180.0  # Hz: below, little comes back

    @property
    def tail(self) -> float:
        """Seconds that it sounds on."""
        return self.seconds + self.before / 1e3


def reverberated(send: Audio, room: Room, rate: int, out: Audio) -> None:
    """What comes back for one channel [frames], into `out` [2, frames], cut where that ends."""
    kernel = _spectrum(room, rate)
    size = 2 * (kernel.shape[1] - 1)
    hop = size - round(room.tail * rate)
    out[:] = 0
    for start in range(0, len(send), hop):
        piece = send[start : start + hop]
        if not piece.any():
            continue
        back = np.fft.irfft(np.fft.rfft(piece, size) * kernel, size)
        place = out[:, start : start + size]
        place += back[:, : place.shape[1]]


@lru_cache(maxsize=4)
def _spectrum(room: Room, rate: int) -> np.typing.NDArray[np.complex64]:
    """Of the reflections, [2, bins]: as much comes back of the middle frequencies as is sent."""
    random = np.random.RandomState(1)
    frames = round(room.seconds * rate)
    t = np.arange(frames) / rate
    noise = np.fft.rfft(random.standard_normal((2, frames)))
    frequency = np.fft.rfftfreq(frames, 1 / rate)
    sound = np.zeros((2, frames))
    for low, high, centre in zip(_EDGES, (*_EDGES[1:], np.inf), _CENTRES, strict=True):
        band = np.where((frequency >= low) & (frequency < high), noise, 0)
        decay = _SILENT / room.seconds * (1 + centre / room.bright)
        sound += np.fft.irfft(band, frames) * np.exp(-decay * t)
    sound *= 1 - np.exp(-t / _FADE_IN)
    size = _SHORTEST_FFT
    while size < 4 * room.tail * rate:
        size *= 2
    late = np.pad(sound, ((0, 0), (round(room.before / 1e3 * rate), 0)))
    spectrum = np.fft.rfft(late, size)
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1e-3)
    spectrum /= np.sqrt((1 + (room.thin / hertz) ** 4) * (1 + (hertz / (2 * room.bright)) ** 2))
    middle = spectrum[:, (hertz >= _MIDDLE[0]) & (hertz < _MIDDLE[1])]
    energy = (np.abs(middle) ** 2).mean(axis=1, keepdims=True)
    return np.asarray(spectrum / np.sqrt(energy), np.complex64)
