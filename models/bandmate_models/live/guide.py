"""What the band keeps to while it plays: the chord that is held, what goes with the player, when it rests."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..chordal import FOLLOWED, against, short
from ..chords import Chord
from ..guides import Guide, Mask
from ..harmony import CLASSES
from ..reading import Reader, Stage

_PITCHES = v.span("pitch")
_ONSETS = v.span("onset")
_SLOT, _TICK = np.divmod(np.arange(len(v.SLOTS) * v.TICKS_PER_BEAT), v.TICKS_PER_BEAT)
_LET_GO = short(FOLLOWED.lasting)
_DRUMS = np.isin(_SLOT, sorted(v.DRUM_SLOTS))

TOMS, CRASHES = (41, 43, 45, 47, 48, 50), (49, 57)
FILL_ONSETS, FILL_TOMS, FILL_CRASH = 1.5, 3.0, 3.5
"""Nats by which a fill pushes the onsets of drums and their toms, and the crash on the beat after it."""


class LiveGuide(Guide):
    """Chords and rests by ticks of the session and voices (see ledger.Row).

    A lane says at which tick its sequence begins (`origin`) and which slot each voice has in it; everything
    else is told by whoever leads, and holds for what is written after.
    """

    def __init__(self) -> None:
        self.origin = 0
        self.slots: Mapping[int, int] = {}
        self._chords: list[tuple[int, Chord | None]] = []
        self._rests: list[tuple[int, int, frozenset[int]]] = []
        self._fill = (0, 0)
        self._against: NDArray[np.float32] | None = None

    def chord_at(self, tick: int) -> Chord | None:
        """The chord told for a tick; None where none is."""
        chords = self._chords  # another thread may look while chords are told
        index = bisect_right(chords, tick, key=lambda entry: entry[0]) - 1
        return chords[index][1] if index >= 0 else None

    def tell_chord(self, tick: int, chord: Chord | None) -> bool:
        """From `tick` on it is this chord; whether that is news."""
        if self.chord_at(tick) == chord and not any(at > tick for at, _ in self._chords):
            return False
        self._chords = [*[entry for entry in self._chords if entry[0] < tick][-64:], (tick, chord)]
        return True

    def rest(
        self, first: int, last: int, voices: frozenset[int], *, but: frozenset[int] = frozenset()
    ) -> None:
        """These voices begin no note from tick `first` to before `last`, but on the ticks of `but`."""
        self._rests = [entry for entry in self._rests if entry[1] > first - 10_000]
        edges = sorted(tick for tick in but if first <= tick < last)
        for tick in [*edges, last]:
            if tick > first:
                self._rests.append((first, tick, voices))
            first = tick + 1

    def fill(self, first: int, last: int) -> None:
        """The drums fill from tick `first` to before `last`."""
        self._fill = first, last

    def tell_consonant(self, shares: NDArray[np.float64] | None) -> None:
        """How far each pitch class goes with what the player plays, [12] (see harmony.consonant_shares).

        It counts where no chord is told; None for a player who plays nothing.
        """
        self._against = None
        if shares is not None:
            push = _LET_GO.copy()
            push[_PITCHES] = against(shares, FOLLOWED.clash)
            self._against = push

    def push(self, reader: Reader) -> NDArray[np.float32] | None:
        """What is added to the logits [SIZE] of the next token; None where nothing is."""
        filled, going = self._filling(reader), self._going_with(reader)
        return going if filled is None else filled if going is None else filled + going

    def _going_with(self, reader: Reader) -> NDArray[np.float32] | None:
        if self._against is None or reader.stream != "m" or reader.stage is Stage.FRAME:
            return None
        if reader.slot in v.DRUM_SLOTS:
            return None
        locked = self.chord_at(self.origin + reader.frame.start + reader.tick) is not None
        return None if locked else self._against

    def _filling(self, reader: Reader) -> NDArray[np.float32] | None:
        first, last = self._fill
        start = self.origin + reader.frame.start
        if reader.stream != "m" or not (first < start + reader.frame.ticks and start <= last):
            return None
        push = np.zeros(v.SIZE, dtype=np.float32)
        inside = _DRUMS & (first - start <= _TICK) & (last - start > _TICK)
        push[_ONSETS][inside] = FILL_ONSETS
        if first <= start + reader.tick < last:
            push[[v.BASE["drum"] + tom for tom in TOMS]] = FILL_TOMS
        elif start + reader.tick == last:
            push[[v.BASE["drum"] + crash for crash in CRASHES]] = FILL_CRASH
        return push

    def move(self, ticks: int) -> None:
        """Sets everything so many ticks later."""
        self._chords = [(at + ticks, chord) for at, chord in self._chords]
        self._rests = [(first + ticks, last + ticks, voices) for first, last, voices in self._rests]
        self._fill = self._fill[0] + ticks, self._fill[1] + ticks

    def clear_rests(self, after: int) -> None:
        """Takes back the rests from tick `after` on."""
        self._rests = [
            (first, min(last, after), voices) for first, last, voices in self._rests if first < after
        ]

    def pitches(self, slot: int, tick: int) -> Mask | None:
        if slot in v.DRUM_SLOTS:
            return None
        chord = self.chord_at(self.origin + tick)
        return None if chord is None else np.isin(CLASSES, sorted(chord.tones))

    def narrow(self, reader: Reader, mask: Mask) -> None:
        start = self.origin + reader.frame.start
        for first, last, voices in self._rests:
            if first < start + reader.frame.ticks and start < last:
                slots = [slot for voice, slot in self.slots.items() if voice in voices]
                closed = np.isin(_SLOT, slots) & (first - start <= _TICK) & (last - start > _TICK)
                mask[_ONSETS][closed] = False
