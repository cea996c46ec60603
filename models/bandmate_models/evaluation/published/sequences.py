"""A piano-roll as a sequence: of the token format's tokens for it, those that the rules leave a choice.

In the token format each frame is one beat and its pitches are notes of one part, a beat long. The bar, onset
and duration tokens of such a piece follow from the rest, so they are left out: a frame is its marker, which
counts to FRAMES_PER_BAR, and its pitches upwards. The marker of the next frame ends it, an empty one too. A
frame's probability is the product over its pitches and that marker. Renormalised over what may stand at each
place, the probabilities of all frames add up to 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .rolls import HIGHEST, LOWEST, Roll

FRAMES_PER_BAR = 8
_MARKER = 128  # after the pitches
_START = _MARKER + FRAMES_PER_BAR  # of rolls in quarter notes; then of those in eighths
SIZE = _START + 2


class Sequence(NamedTuple):
    """Tokens [T + 1], and of each of the T predictions the frame that is charged for it (-1: none) and
    the lowest pitch that may stand there."""

    tokens: NDArray[np.int64]
    frame: NDArray[np.int64]
    first: NDArray[np.int64]


def sequence_of(roll: Roll, beats: float, semitones: int = 0) -> Sequence:
    """A roll moved by `semitones`, which must leave its pitches in 0 to 127; a frame lasts 1 or 0.5 beats."""
    tokens, frames, lowest = [_START if beats == 1.0 else _START + 1, _MARKER], [-1], [0]
    for number, pitches in enumerate(roll):
        tokens += [pitch + semitones for pitch in pitches]
        tokens.append(_MARKER + (number + 1) % FRAMES_PER_BAR)
        frames += [number] * (len(pitches) + 1)
        lowest += [LOWEST + semitones, *(pitch + semitones + 1 for pitch in pitches)]
    return Sequence(*(np.array(column, dtype=np.int64) for column in (tokens, frames, lowest)))


def allowed(sequence: Sequence, semitones: int = 0) -> NDArray[np.bool_]:
    """What may stand at each prediction, [T, SIZE]: a higher pitch of the roll's 88, or the next marker."""
    mask = np.zeros((len(sequence.frame), SIZE), dtype=bool)
    pitch = np.arange(_MARKER)
    mask[:, :_MARKER] = (pitch >= sequence.first[:, None]) & (pitch <= HIGHEST + semitones)
    mask[np.arange(len(mask)), _MARKER + (sequence.frame + 1) % FRAMES_PER_BAR] = True
    return mask
