"""The mark itself: three noises that a key decides, and the number that their distances tell."""

from __future__ import annotations

from functools import lru_cache
from hashlib import shake_256

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.watermark.masking import RATE

PERIOD = 1 << 16
"""Frames after which the mark repeats: 1.49 s."""

BITS = 24
"""What a mark can say: a whole number of so many bits, half of them by each of two noises."""

KEY = b"bandmate"
"""The key of marks that anyone may look for; who marks with another needs it to find them."""

LOW, HIGH = 250.0, 9_000.0
"""Hz between which the mark lies: what 22.05 kHz and MP3 leave."""

STEP = PERIOD >> (BITS // 2)
"""Frames between two distances that mean different numbers."""

_SHARES = (0.8, 0.42, 0.42)

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex128]


@lru_cache(maxsize=4)
def noises(key: bytes) -> tuple[Spectrum, Spectrum, Spectrum]:
    """Where a mark begins, and the two halves of its number.

    Spectra [PERIOD // 2 + 1] of unit magnitude between LOW and HIGH, zero outside.
    """
    hertz = np.fft.rfftfreq(PERIOD, 1 / RATE)
    inside = (hertz >= LOW) & (hertz <= HIGH)
    count = int(inside.sum())
    spectra = []
    for name in (b"begin", b"high", b"low"):
        drawn = np.frombuffer(shake_256(name + b"\0" + key).digest(2 * count), "<u2")
        spectrum = np.zeros(len(hertz), np.complex128)
        spectrum[inside] = np.exp(2j * np.pi * drawn / 65536.0)
        spectra.append(spectrum)
    return spectra[0], spectra[1], spectra[2]


def mark(number: int, key: bytes = KEY) -> Floats:
    """One period of the mark [PERIOD], of unit power. ValueError for a number of more than BITS bits."""
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"a mark holds a number of {BITS} bits, not {number}")
    half = BITS // 2
    turns = (0, (number >> half) * STEP, (number & ((1 << half) - 1)) * STEP)
    bins = np.arange(PERIOD // 2 + 1)
    spectrum = sum(
        share * noise * np.exp(-2j * np.pi * bins * turn / PERIOD)
        for share, noise, turn in zip(_SHARES, noises(key), turns, strict=True)
    )
    signal = np.fft.irfft(spectrum, PERIOD)
    return np.asarray(signal / np.sqrt((signal**2).mean()), np.float32)
