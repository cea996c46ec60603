"""The plain mix: a level, a place and a share of one room for each role; quick, and never turned up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.room import decay, reverberate
from bandmate_bridge.audio.signal import Audio, amplitude
from bandmate_bridge.audio.stems import PIECE, Progress, Silence, Stem, Stems, in_memory, untold
from bandmate_models.score import Role


class Place(NamedTuple):
    """Where a part stands in the mix: level in dB, pan (-1 left, 1 right), amplitude sent into the room."""

    level: float
    pan: float
    room: float


PLACES: dict[Role, Place] = {
    "melody": Place(1.0, 0.0, 0.22),
    "chords": Place(-1.0, -0.25, 0.2),
    "guitar": Place(-1.5, 0.35, 0.18),
    "bass": Place(-1.0, 0.0, 0.04),
    "drums": Place(-1.0, 0.0, 0.1),
    "strings": Place(-3.5, 0.15, 0.35),
    "other": Place(-2.0, -0.4, 0.2),
}


def plain_mix(stems: Stems, progress: Progress = untold, silence: Silence = in_memory) -> Audio:
    """[2, frames]: the stems and, after them, the room's last echoes. `progress` is told of parts and room.

    A pan turns the far side down; where a part's own MIDI has one, it wins. `silence` makes the arrays.
    """
    steps = len(stems) + 1
    mix, sent = silence(stems.frames + decay(stems.rate)), silence(stems.frames)
    for number, stem in enumerate(stems):
        progress(number, steps)
        sides, share = _sides(stem), np.float32(PLACES[stem.role].room)
        for start in range(0, stems.frames, PIECE):
            sound = stem.audio[:, start : start + PIECE] * sides
            mix[:, start : start + sound.shape[1]] += sound
            sound *= share
            sent[:, start : start + sound.shape[1]] += sound
    progress(steps - 1, steps)
    reverberate(sent, stems.rate, mix)
    progress(steps, steps)
    return mix


def _sides(stem: Stem) -> Audio:
    """[2, 1]: what each side of a stem is multiplied by."""
    place = PLACES[stem.role]
    pan = place.pan if stem.pan is None else stem.pan
    sides = [[min(1.0, 1 - pan)], [min(1.0, 1 + pan)]]
    return np.asarray(np.multiply(sides, amplitude(place.level)), np.float32)
