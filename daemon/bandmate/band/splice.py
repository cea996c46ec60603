"""The clock's beats on a tape that never goes back: where the clock jumps, the tape goes on at a bar line."""

from __future__ import annotations

import math

from bandmate.band.tape import BEGINNING, Jump, Now
from bandmate_bridge.messages import ClockState, Jumped
from bandmate_models.score import Metre, Tempo

JUMP = 1.0
"""Beats by which a clock misses the place where it was expected to be, above which it has jumped."""
OFF_GRID = 0.02
"""Beats by which a bar line may miss the ones before it."""
NEAR = 0.001
"""Share of the tempo that is not worth a change."""
STEP = 0.25
"""Beats between two notes of where the clock is."""
_SLACK = 1e-6


class Splice:
    """Hears the clock; `place` gives beats of the tape, after a jump from the new place on."""

    def __init__(self) -> None:
        self._clock: ClockState | None = None
        self._offset = 0.0
        self._bpm = 0.0
        self._metre = Metre(BEGINNING, 4, 4)
        self._told = -math.inf

    def place(self, beat: float) -> float:
        """The beat of the tape that is `beat` on the clock as it runs now."""
        return beat + self._offset

    def now(self, time: float) -> float:
        """The beat of the tape at a time (seconds of perf_counter)."""
        return self.place(self._clock.beat_at(time)) if self._clock is not None else 0.0

    def hear(self, clock: ClockState) -> list[Tempo | Metre | Jump | Now]:
        """What of the clock's news belongs on the tape."""
        news: list[Tempo | Metre | Jump | Now] = []
        before, self._clock = self._clock, clock
        if before is not None and abs(clock.beat - before.beat_at(clock.time)) > JUMP:
            news.append(self._jump(self.place(before.beat_at(clock.time)), clock))
        beat, line = self.place(clock.beat), self.place(clock.bar)
        if abs(clock.bpm - self._bpm) > NEAR * self._bpm:
            self._bpm = clock.bpm
            news.append(Tempo(beat, clock.bpm))
        metre = (clock.numerator, clock.denominator)
        if metre != self._metre[1:] or abs(self._from_line(line)) > OFF_GRID or self._metre.beat == BEGINNING:
            self._metre = Metre(line, *metre)
            news.append(self._metre)
        if abs(beat - self._told) >= STEP or (before is not None and before.running and not clock.running):
            self._told = beat
            news.append(Now(beat))
        return news

    def carry(self, jumped: Jumped) -> None:
        """The clock has jumped and what was told went along, as in a loop: the tape runs straight on."""
        if self._clock is not None and jumped.carried:
            self._clock = self._clock._replace(beat=self._clock.beat + jumped.by)
            self._offset -= jumped.by

    def _jump(self, end: float, clock: ClockState) -> Jump:
        """The new place on the first bar line from which the tape hardly goes back."""
        into = clock.beat - clock.bar
        metre = self._metre
        bars = math.ceil((end - JUMP - into - metre.beat - _SLACK) / metre.bar_length)
        line = metre.beat + bars * metre.bar_length
        self._offset = line - clock.bar
        return Jump(end, line + into, clock.beat)

    def _from_line(self, beat: float) -> float:
        """Beats from the nearest bar line."""
        length = self._metre.bar_length
        return (beat - self._metre.beat + length / 2) % length - length / 2
