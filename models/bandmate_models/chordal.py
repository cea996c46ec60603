"""Draws parts to the chords: chord tones where it counts, other tones of the scale in passing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .chords import Chord, ChordChange
from .harmony import CLASSES
from .reading import Reader, Stage

ON_BEAT, ON_HALF, BETWEEN = 3.0, 2.0, 1.0
"""Nats by which other tones than the chord's are held back on a beat, in its middle, elsewhere."""
LASTING = 2.5
"""Nats by which such a tone is held back from lasting for a beat or more."""
ROOTED = 2.0
"""Push in nats to a chord's root, in the bass where the chord begins."""


class Beside(NamedTuple):
    """How chords are kept to beside somebody who plays.

    What is pushed towards the chords is multiplied by `trust`; `clash` are the nats by which a tone is held
    back that is dissonant with what is played beside it, `lasting` those by which any tone is held back from
    lasting for a beat or more.
    """

    trust: float
    clash: float
    lasting: float


KNOWN = Beside(1.0, 2.5, 0.0)
"""What is played is known, before or on the beat."""
FOLLOWED = Beside(0.4, 16.0, 1.0)
"""What is played next is a guess: chords count less, what was played last the more, and notes let go."""

_PITCHES = v.span("pitch")
_HALF = v.TICKS_PER_BEAT // 2
_AFTER_A_PITCH = (Stage.PITCH, Stage.LONG)


def against(consonant: NDArray[np.float64], nats: float) -> NDArray[np.float64]:
    """The push of each pitch, [128], away from what clashes: 0 where its class is consonant, at most -`nats`.

    `consonant` says how far each pitch class is, [12] (see harmony.consonant_shares).
    """
    push: NDArray[np.float64] = -nats * (1 - consonant[CLASSES])
    return push


def short(nats: float) -> NDArray[np.float32]:
    """The push of each token, [SIZE], away from lasting for a beat or more."""
    push = np.zeros(v.SIZE, dtype=np.float32)
    push[v.span("long")] = -nats
    for index, ticks in enumerate(v.DURATIONS):
        if ticks >= v.TICKS_PER_BEAT:
            first = v.duration_velocity(index, 0)
            push[first : first + len(v.VELOCITIES)] = -nats
    return push


class Chordal:
    """Chords, by beats of the sequence; `bass` are the slots that keep to roots. None is no chord.

    `consonances` [beats, 12] say how consonant each pitch class is likely to be with what is played beside it
    (see harmonising.consonances).
    """

    def __init__(
        self,
        changes: Sequence[ChordChange],
        bass: Collection[int] = (),
        consonances: NDArray[np.float64] | None = None,
        beside: Beside = KNOWN,
    ) -> None:
        self._beside = beside
        self._consonances = np.zeros((0, 12)) if consonances is None else consonances
        self._ticks = [round(change.beat * v.TICKS_PER_BEAT) for change in changes]
        self._chords = [change.chord for change in changes]
        self._bass = frozenset(bass)
        self._of_the_chord = short(beside.lasting) if beside.lasting else None
        self._passing = short(LASTING + beside.lasting)

    def push(self, reader: Reader) -> NDArray[np.float32] | None:
        """Added to the logits of the next token; None where no pitch and no length is chosen."""
        if reader.slot < 0 or reader.slot in v.DRUM_SLOTS or reader.stage is Stage.FRAME:
            return None
        at = bisect_right(self._ticks, reader.frame.start + reader.tick) - 1
        chord = self._chords[at] if at >= 0 else None
        if chord is None:
            return None
        if reader.stage in _AFTER_A_PITCH:
            return self._of_the_chord if reader.pitch % 12 in chord.tones else self._passing
        push = np.zeros(v.SIZE, dtype=np.float32)
        push[_PITCHES] = self._pitches(chord, reader, at)
        return push

    def _pitches(self, chord: Chord, reader: Reader, at: int) -> NDArray[np.float64]:
        place = reader.tick % v.TICKS_PER_BEAT
        back = ON_BEAT if place == 0 else ON_HALF if place == _HALF else BETWEEN
        push = np.where(np.isin(CLASSES, sorted(chord.tones)), 0.0, -back * self._beside.trust)
        begins = reader.frame.start + reader.tick == self._ticks[at] or reader.frame.bar_token is not None
        if reader.slot in self._bass and begins and place == 0:
            push = push + ROOTED * (chord.root == CLASSES)
        beat = (reader.frame.start + reader.tick) // v.TICKS_PER_BEAT
        if beat < len(self._consonances):
            push = push + against(self._consonances[beat], self._beside.clash)
        return push
