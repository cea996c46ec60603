"""A small room: what is sent into it comes back as a short, soft reverberation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bandmate_bridge.audio.signal import Audio

_SECONDS = 1.1  # until the room is 60 dB quieter
_FIRST = 0.012  # seconds before the first reflection
_DULL, _THIN = 3500.0, 180.0  # Hz above and below which little comes back
_SIZE = 1 << 17  # of a transform: some two and a half times the room's decay


@lru_cache(maxsize=2)
def _reflections(rate: int) -> Audio:
    """Two channels [2, frames] of decaying noise that gets duller; together of unit energy."""
    random = np.random.RandomState(1)
    frames = int(_SECONDS * rate)
    t = np.arange(frames) / rate
    sound = random.standard_normal((2, frames)) * np.exp(-6.9 * t / _SECONDS)
    frequency = np.maximum(np.fft.rfftfreq(2 * frames, 1 / rate), 1)
    gain = 1 / np.sqrt((1 + (frequency / _DULL) ** 2) * (1 + (_THIN / frequency) ** 4))
    sound = np.fft.irfft(np.fft.rfft(sound, 2 * frames) * gain, 2 * frames)[:, :frames]
    sound[:, : int(_FIRST * rate)] = 0
    return np.asarray(sound / np.sqrt((sound**2).sum(axis=1, keepdims=True)), np.float32)


def decay(rate: int) -> int:
    """Frames for which the room rings on."""
    return int(_SECONDS * rate)


def reverberate(sent: Audio, rate: int, onto: Audio) -> None:
    """Add what comes back for `sent` [2, frames] to a sound [2, frames + decay], in place."""
    reflections = _reflections(rate)
    kernel = np.fft.rfft(reflections, _SIZE)
    block = _SIZE - reflections.shape[1] + 1
    for start in range(0, sent.shape[1], block):
        piece = sent[:, start : start + block]
        end = start + piece.shape[1] + reflections.shape[1] - 1
        back = np.fft.irfft(np.fft.rfft(piece, _SIZE) * kernel, _SIZE)
        onto[:, start:end] += back[:, : end - start]
