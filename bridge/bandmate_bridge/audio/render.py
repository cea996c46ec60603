"""A score as one sound: its stems in the plain mix, and as a WAV file."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from bandmate_bridge.audio.plain_mix import plain_mix
from bandmate_bridge.audio.signal import Audio, amplitude, peak
from bandmate_bridge.audio.stems import RATE, stems_of
from bandmate_models.score import Score

SAMPLE_RATE = RATE
PEAK = amplitude(-1.0)


def render(score: Score, soundfont: Path | None = None) -> Audio:
    """Sound of the whole score, [2, frames] at 44.1 kHz from beat 0, not normalised.

    Raises BandmateError: "bad_soundfont", "too_long".
    """
    return plain_mix(stems_of(score, soundfont))


def wav_bytes(audio: Audio, rate: int = SAMPLE_RATE) -> bytes:
    """A WAV file, 16-bit, with the loudest peak at -1 dBFS; silence stays silent."""
    loudest = peak(audio)
    scaled = audio.T * (PEAK / loudest if loudest > 1e-6 else 1.0)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(audio.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(scaled * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
