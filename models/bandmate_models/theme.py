"""Keeps an answer near a theme: pushes towards what the theme plays, weaker as it may go further away."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .encoding import Rows, duration_tokens
from .reading import Reader, Stage

STRONGEST, HALF_WAY = 9.0, 1.2
"""Push in nats, for the theme's notes and against others, of a variation that is not to vary, or half."""
_ONSETS = v.span("onset")
_PITCHES = v.span("pitch", "drum")
_SHIFTS = v.span("shift")
_AT_AN_END = (Stage.FRAME, Stage.NOTE, Stage.PEDAL)

Push = NDArray[np.float32]


def strength_of(creativity: float) -> float:
    """The push of a creativity of 0 (the theme) to 1 (no push), so that every quarter turn is heard."""
    if creativity <= 0.0:
        return STRONGEST
    return min(STRONGEST, HALF_WAY * math.pow(1.0 / creativity - 1.0, 0.6))


class Theme:
    """What the theme plays, in the slots of the answer: rows [N, 6] as the encoding has them.

    A strength that is a function is told the bar last opened, counted from the sequence's first.
    """

    def __init__(self, rows: Rows, strength: float | Callable[[int], float]) -> None:
        self._of_bar = strength if callable(strength) else lambda bar: strength
        self._strength = 0.0
        self._onsets: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        self._notes: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for tick, slot, _, pitch, ticks, _ in rows.tolist():
            if pitch >= 0:
                self._onsets[tick // v.TICKS_PER_BEAT].add((tick, slot))
                self._notes[tick, slot][pitch] = ticks

    def push(self, reader: Reader) -> Push | None:
        """Added to the logits of the next token of the model's frame; None where there is nothing to keep."""
        self._strength = self._of_bar(len(reader.bars) - 1)
        if not self._strength:
            return None
        push = np.zeros(v.SIZE, dtype=np.float32)
        stage = reader.stage
        if stage in (Stage.PITCH, Stage.LONG):
            self._lengths(reader, push)
            return push
        more = stage is not Stage.FRAME and self._pitches(reader, push)
        if stage in _AT_AN_END:
            push[_ONSETS] -= self._strength
            following = self._next_onset(reader) if not more else None
            if following is not None:
                push[following] = self._strength
            if more or following is not None:
                push[v.BASE["bar"] : v.BASE["cut"]] -= self._strength
                push[v.EOS] -= self._strength
        return push

    def _next_onset(self, reader: Reader) -> int | None:
        """The id of the theme's next onset in this frame."""
        start, ticks = reader.frame.start, reader.frame.ticks
        ahead = [
            (tick - start, slot)
            for beat in {start // v.TICKS_PER_BEAT, (start + ticks - 1) // v.TICKS_PER_BEAT}
            for tick, slot in self._onsets[beat]
            if start <= tick < start + ticks and (tick - start, slot) > (reader.tick, reader.slot)
        ]
        if not ahead:
            return None
        tick, slot = min(ahead)
        return v.onset(slot, tick)

    def _pitches(self, reader: Reader, push: Push) -> bool:
        """Pushes to the theme's next note at this onset; whether there is one."""
        here = self._notes.get((reader.frame.start + reader.tick, reader.slot), {})
        base = v.BASE["drum"] if reader.slot in v.DRUM_SLOTS else v.BASE["pitch"]
        push[_PITCHES] -= self._strength
        push[_SHIFTS] -= self._strength / 2
        above = [pitch for pitch in here if pitch > reader.pitch]
        if above:
            push[base + min(above)] = self._strength
        return bool(above)

    def _lengths(self, reader: Reader, push: Push) -> None:
        if reader.slot in v.DRUM_SLOTS:
            return
        ticks = self._notes.get((reader.frame.start + reader.tick, reader.slot), {}).get(reader.pitch)
        if ticks is None or ticks <= reader.longs * v.TICKS_PER_BEAT:
            return
        wanted = duration_tokens(ticks - reader.longs * v.TICKS_PER_BEAT, 0)[0]
        if wanted in v.ids("long"):
            push[wanted] = self._strength
        else:
            push[wanted : wanted + len(v.VELOCITIES)] = self._strength


class Themes:
    """Several themes at once, each as strong as it is: what they push adds up."""

    def __init__(self, themes: Sequence[Theme]) -> None:
        self._themes = tuple(themes)

    def push(self, reader: Reader) -> Push | None:
        """Added to the logits of the next token of the model's frame; None for nothing."""
        pushes = [push for theme in self._themes if (push := theme.push(reader)) is not None]
        return np.sum(pushes, axis=0) if pushes else None
