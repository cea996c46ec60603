"""Short-time spectra and the way back, and a bank of mel bands."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]


@lru_cache(maxsize=8)
def hann(size: int) -> Audio:
    """The periodic Hann window, whose copies every quarter of it add up to a constant."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return window.astype(np.float32)


def stft(audio: Audio, size: int, hop: int) -> Spectra:
    """Spectra [frames, size/2 + 1] of [samples]; frame t is centred on sample t * hop."""
    padded = np.pad(audio, (size // 2, size // 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.fft.rfft(windows * hann(size), axis=1).astype(np.complex64, copy=False)


def istft(spectra: Spectra, hop: int, samples: int) -> Audio:
    """Sound [samples] whose `stft` is nearest to `spectra` (Griffin and Lim, 1984)."""
    size = 2 * (spectra.shape[1] - 1)
    window = hann(size)
    pieces = np.fft.irfft(spectra, size, axis=1).astype(np.float32) * window
    length = (len(spectra) - 1) * hop + size
    sound, weight = np.zeros(length, np.float32), np.zeros(length, np.float32)
    for index, piece in enumerate(pieces):
        sound[index * hop : index * hop + size] += piece
        weight[index * hop : index * hop + size] += window**2
    sound /= np.maximum(weight, 1e-3 * weight.max(initial=1.0))
    inner = sound[size // 2 : size // 2 + samples]
    return np.pad(inner, (0, samples - len(inner)))


@lru_cache(maxsize=4)
def mel_bank(rate: int, size: int, bands: int, lowest: float = 30.0) -> Audio:
    """Triangles [size/2 + 1, bands], evenly spaced in mel (O'Shaughnessy, 1987) up to half the rate."""
    edges = _hertz(np.linspace(_mel(np.float64(lowest)), _mel(np.float64(rate / 2)), bands + 2))
    bins = np.arange(size // 2 + 1)[:, None] * rate / size
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(bank / np.maximum(bank.sum(axis=0), 1e-9), np.float32)


def _mel(hertz: npt.NDArray[np.float64] | np.float64) -> npt.NDArray[np.float64] | np.float64:
    return 2595 * np.log10(1 + hertz / 700)


def _hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))
