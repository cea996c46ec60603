"""Holds the harmony: draws a part to strike each chord where it begins, whole, and the bass to its root."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .chords import Chord, ChordChange
from .reading import Reader, Stage

STRENGTH = 8.0
"""Push in nats to the chord's onset, to its notes and, half of it, to their length."""
CENTRE = 60
"""Middle of the voicings: each tone of a chord is played in the octave around it."""
LOWEST = 31
"""The lowest root of the bass."""
_ONSETS = v.span("onset")
_PITCHES = v.span("pitch")


def voicing(chord: Chord) -> list[int]:
    """A chord's pitches, close around CENTRE, from the lowest."""
    return sorted(CENTRE - 6 + (tone - CENTRE + 6) % 12 for tone in chord.tones)


def root(chord: Chord) -> list[int]:
    """What the bass plays of a chord."""
    return [LOWEST + (chord.root - LOWEST) % 12]


class Comping:
    """Chords, by beats of the sequence: one slot plays them, another their roots; None is nobody.

    A chord is struck again at each bar line.
    """

    def __init__(self, changes: Sequence[ChordChange], slot: int | None, bass: int | None = None) -> None:
        self._ticks = [round(change.beat * v.TICKS_PER_BEAT) for change in changes]
        self._chords = [change.chord for change in changes]
        players = ((slot, voicing), (bass, root))
        self._plays = {player: pitches for player, pitches in players if player is not None}

    def push(self, reader: Reader) -> NDArray[np.float32] | None:
        """Added to the logits of the next token; None where no chord is due."""
        chord = self._due(reader)
        if chord is None:
            return None
        here = reader.tick == 0 and reader.slot in self._plays
        push = np.zeros(v.SIZE, dtype=np.float32)
        if reader.stage in (Stage.PITCH, Stage.LONG):
            if not here:
                return None
            index = max(bisect_right(v.DURATIONS, self._length(reader.frame.start)) - 1, 0)
            first = v.duration_velocity(index, 0)
            push[first : first + len(v.VELOCITIES)] = STRENGTH / 2
            return push
        missing = [p for p in self._plays[reader.slot](chord) if p > reader.pitch] if here else []
        ahead = [slot for slot in sorted(self._plays) if (0, slot) > (reader.tick, reader.slot)]
        if missing:
            push[_PITCHES] = -STRENGTH
            push[v.BASE["pitch"] + missing[0]] = STRENGTH
        elif not ahead:
            return None
        if reader.stage in (Stage.FRAME, Stage.NOTE, Stage.PEDAL):
            push[_ONSETS] = -STRENGTH
            if not missing:
                push[v.onset(ahead[0], 0)] = STRENGTH
            push[v.BASE["bar"] : v.BASE["cut"]] -= STRENGTH
            push[v.EOS] -= STRENGTH
        return push

    def _due(self, reader: Reader) -> Chord | None:
        """The chord that begins with the reader's frame, or goes on into its bar."""
        start = reader.frame.start
        at = bisect_right(self._ticks, start) - 1
        if at < 0 or (self._ticks[at] != start and reader.frame.bar_token is None):
            return None
        return self._chords[at]

    def _length(self, start: int) -> int:
        """Ticks to the next change, a bar of four at most."""
        at = bisect_right(self._ticks, start)
        following = self._ticks[at] if at < len(self._ticks) else start + 4 * v.TICKS_PER_BEAT
        return min(following - start, 4 * v.TICKS_PER_BEAT)
