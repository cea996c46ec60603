"""A score as one sound: its stems in a mix, and as a WAV file."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from bandmate_bridge.audio.mixes import USUAL, Mixing, mixed
from bandmate_bridge.audio.signal import Audio, amplitude, peak
from bandmate_bridge.audio.stems import RATE, stems_of
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score

SAMPLE_RATE = RATE
PEAK = amplitude(-1.0)


def render(score: Score, soundfont: Path | None = None, mixing: Mixing = USUAL) -> Audio:
    """Sound of the whole score, [2, frames] at 44.1 kHz from beat 0, as loud as its mix makes it.

    Raises BandmateError: "bad_soundfont", "too_long", "bad_value" (the mix).
    """
    mix = mixed(mixing, stems_of(score, soundfont))
    if mix is None:
        raise BandmateError(f"a mix of {mixing.name!r} has no sound; name another mix", "bad_value")
    return mix.audio


def wav_bytes(audio: Audio, rate: int = SAMPLE_RATE, *, levelled: bool = True) -> bytes:
    """A WAV file, 16-bit; `levelled`, with the loudest peak at -1 dBFS. Silence stays silent."""
    loudest = peak(audio)
    scaled = audio.T * (PEAK / loudest if levelled and loudest > 1e-6 else 1.0)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(audio.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(scaled, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
