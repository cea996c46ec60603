"""Gentle pushes that keep an answer near its phrase or its wishes: how busy, how high, in which key."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .attributes import DENSITY_EDGES, REGISTER_EDGES
from .reading import Reader, Stage
from .score import Role, Score
from .tonal_home import FARTHEST
from .wishes import PerRole, for_role

MEMORY = 4.0
"""Beats over which a part's busyness is averaged."""
ENTRY = 1.5
"""Beats instead, for a part that has not begun to play."""
STRENGTH = 2.0
"""Push in nats for each nat by which a part is off its busyness, where that is little."""
LARGEST = 3.0
"""Largest push, in nats, but for a bias."""
HARDEST = 6.0
"""Most nats by which the onsets of a part that is much too busy are held back."""
PATIENCE = 1.0
"""Nats by which a part's bias grows in a beat, for each nat (of one at most) that it is off beyond EASY."""
EASY = 0.15
"""Nats by which a part may be off its busyness and its bias stay as it is."""
BIAS = 8.0
"""Largest bias, in nats, either way."""
CROWD = 2.0
"""Times the onsets that a beat should have, and one, after which a part is pushed no more in it."""
SMALLEST_RATE = 0.02
"""Onsets a beat below which a part counts as silent."""
TILT = 24.0
"""Semitones squared by which a part may miss its height, times those from its mean, for a push of one nat."""
WIDTH = 12.0
"""Semitones from its wanted height beyond which a pitch is held back, by a nat for each as many."""
MEAN_NOTES = 8
"""Notes over which a part's height is averaged, and onsets over which its thickness is."""
_PITCHES = np.arange(128.0)
_CHORDS = v.ids("chord")
_OF_PITCHES, _OF_DRUMS = v.span("pitch"), v.span("drum")


def onset_rates(phrase: Score, slots: list[int], end: float) -> dict[int, float]:
    """Onsets a beat of each slot in a phrase of `end` beats."""
    onsets: dict[int, set[int]] = {}
    for part, slot in zip(phrase.parts, slots, strict=True):
        ticks = {round(note.start * v.TICKS_PER_BEAT) for note in part.notes if note.start < end}
        onsets.setdefault(slot, set()).update(ticks)
    return {slot: len(ticks) / end for slot, ticks in onsets.items() if ticks}


def rate_of_density(step: int) -> float:
    """Onsets a beat in the middle of a step of density 0-7 (geometric mean of its edges)."""
    edges = (DENSITY_EDGES[0] / 2, *DENSITY_EDGES, DENSITY_EDGES[-1] * 1.5)
    return math.sqrt(edges[step] * edges[step + 1])


def height_of_register(step: int) -> float:
    """Mean pitch in the middle of a step of register 0-7."""
    edges = (REGISTER_EDGES[0] - 12, *REGISTER_EDGES, REGISTER_EDGES[-1] + 12)
    return (edges[step] + edges[step + 1]) / 2


def asked_rates(
    rates: Mapping[int, float], densities: PerRole[int], roles: Mapping[int, Role]
) -> dict[int, float]:
    """Onsets a beat of each slot: those of the density that its role is to have, else its `rates`."""
    asked = {slot: for_role(densities, role) for slot, role in roles.items()}
    return {**rates, **{slot: rate_of_density(step) for slot, step in asked.items() if step is not None}}


def asked_heights(registers: PerRole[int], roles: Mapping[int, Role]) -> dict[int, float]:
    """Mean pitch of each slot whose role is to have a register; never of drums."""
    asked = {slot: for_role(registers, role) for slot, role in roles.items() if slot not in v.DRUM_SLOTS}
    return {slot: height_of_register(step) for slot, step in asked.items() if step is not None}


Target = Mapping[int, float] | Callable[[int], Mapping[int, float]]
"""The same for all bars, or what it is in each bar of the sequence, by its number from 0."""


class Steering:
    """Watches a reader's answer; `push` [SIZE] is added to the logits of the next token.

    A part's rate r follows what it plays (an average over MEMORY beats). With d = ln(wanted / r) its onsets
    are pushed by STRENGTH d (1 + |d|), from -HARDEST to LARGEST: gently near the wanted rate, firmly far from
    it. To that a bias is added, within BIAS, which grows by up to PATIENCE a beat while |d| is beyond EASY:
    a part that the model would rather not play is brought to it all the same. In a beat that has had more
    than CROWD times its onsets, and one, nothing is pushed on.

    Pitches are pushed by what `home` says of their class. In a slot with a height h (a mean pitch that it
    is to have) they are pushed by (h - mean) (pitch - mean) / TILT, within LARGEST; the mean follows what it
    plays. In a slot with a thickness (notes that it is to strike at once) whatever could join its onset is
    pushed by STRENGTH d (1 + |d|) with d = ln(wanted / mean), and by a bias within BIAS that grows by d at
    each onset. A target that is a function is told the bar last opened.
    """

    def __init__(
        self,
        wanted: Target,
        home: Target | None = None,
        heights: Target | None = None,
        thicknesses: Target | None = None,
    ) -> None:
        self._targets = wanted, home or {}, heights or {}, thicknesses or {}
        self._bar = 0
        self._aim()
        self._rates = dict(self._wanted)
        self._means: dict[int, float] = {}
        self._thick: dict[int, float] = {}
        self._thickening: dict[int, float] = {}
        self._struck: tuple[int, int] = (-1, 0)
        self._biases: dict[int, float] = dict.fromkeys(self._wanted, 0.0)
        self._onsets: Counter[int] = Counter()
        self._begun: set[int] = set()
        self._frame_beats = 0.0
        self.push: NDArray[np.float32] = np.zeros(v.SIZE, dtype=np.float32)
        self._push_pitches(-1)

    def _aim(self) -> None:
        """Takes the targets of the bar."""
        targets = (_in_bar(target, self._bar) for target in self._targets)
        self._wanted, self._home, self._heights, self._thicknesses = targets
        self._homeward = _homeward(self._home)

    def heard(self, reader: Reader, token: int) -> None:
        """Take note of a token that `reader` has just read."""
        stage = reader.stage
        if stage is Stage.ONSET:
            if reader.lowest_shift == -2:
                self._onsets[reader.slot] += 1
                self._hold_back(reader.slot)
                self._strike(reader.slot)
            if self._heights or self._thicknesses:
                self._push_pitches(reader.slot)
        elif stage is Stage.PITCH:
            self._struck = self._struck[0], self._struck[1] + 1
            if reader.slot in self._heights:
                mean = self._means.get(reader.slot, float(reader.pitch))
                self._means[reader.slot] = mean + (reader.pitch - mean) / MEAN_NOTES
        elif stage is Stage.FRAME and token not in _CHORDS:
            if self._frame_beats:
                self._close_frame(self._frame_beats)
            self._frame_beats = reader.frame.ticks / v.TICKS_PER_BEAT
        elif stage is Stage.BAR and len(reader.bars) - 1 != self._bar:
            self._open_bar(len(reader.bars) - 1)

    def _open_bar(self, bar: int) -> None:
        self._bar = bar
        self._aim()
        self._push_pitches(-1)

    def _close_frame(self, beats: float) -> None:
        for slot, wanted in self._wanted.items():
            self._begun |= {slot} if self._onsets[slot] else set()
            share = 1.0 - math.exp(-beats / (MEMORY if slot in self._begun else ENTRY))
            before = self._rates.get(slot, wanted)
            rate = self._rates[slot] = before + (self._onsets[slot] / beats - before) * share
            off = math.log(max(wanted, SMALLEST_RATE) / max(rate, SMALLEST_RATE))
            beyond = math.copysign(max(0.0, min(abs(off), 1.0) - EASY), off)
            bias = self._biases.get(slot, 0.0) + PATIENCE * beats * beyond
            self._biases[slot] = bias = min(BIAS, max(-BIAS, bias))
            self._push_onsets(slot, bias + min(LARGEST, max(-HARDEST, STRENGTH * off * (1 + abs(off)))))
        self._onsets.clear()

    def _hold_back(self, slot: int) -> None:
        """Push a part no more in a beat that it has crowded enough."""
        wanted = self._wanted.get(slot)
        if wanted is not None and self._onsets[slot] > CROWD * wanted * self._frame_beats + 1:
            self._push_onsets(slot, min(0.0, float(self.push[v.onset(slot, 0)])))

    def _strike(self, slot: int) -> None:
        """A part begins an onset, and so the one before it is complete."""
        before, notes = self._struck
        if notes:
            mean = self._thick.get(before, self._thicknesses.get(before, notes))
            self._thick[before] = mean = mean + (notes - mean) / MEAN_NOTES
            if before in self._thicknesses:
                off = math.log(self._thicknesses[before] / mean)
                bias = self._thickening.get(before, 0.0) + off
                self._thickening[before] = min(BIAS, max(-BIAS, bias))
        self._struck = slot, 0

    def _push_onsets(self, slot: int, nats: float) -> None:
        first = v.onset(slot, 0)
        self.push[first : first + v.TICKS_PER_BEAT] = nats

    def _push_pitches(self, slot: int) -> None:
        """Set the push on pitches for a note in `slot`, which may be one of an onset's many."""
        push, more = self._homeward, 0.0
        height, thickness = self._heights.get(slot), self._thicknesses.get(slot)
        if height is not None:
            mean = self._means.get(slot, height)
            push = push + np.clip((height - mean) * (_PITCHES - mean) / TILT, -LARGEST, LARGEST)
            push -= np.clip((np.abs(_PITCHES - height) - WIDTH) / WIDTH, 0.0, LARGEST)
        if thickness is not None:
            off = math.log(thickness / self._thick.get(slot, thickness))
            more = self._thickening.get(slot, 0.0) + STRENGTH * off * (1 + abs(off))
        self.push[_OF_PITCHES] = push + more
        self.push[_OF_DRUMS] = more


def _homeward(home: Mapping[int, float]) -> NDArray[np.float64]:
    """The push on each of 128 pitches by its class."""
    return np.array([home.get(pitch % 12, -FARTHEST) for pitch in range(128)]) if home else np.zeros(128)


def _in_bar(target: Target, bar: int) -> Mapping[int, float]:
    return target(bar) if callable(target) else target
