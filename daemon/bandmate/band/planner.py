"""One band's plan at work: what the player does goes in, what is certain comes out, half a beat at a time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.band.hand import Hand
from bandmate.band.pace import Pace
from bandmate_models.chords import Chord
from bandmate_models.harmony import consonant_shares
from bandmate_models.live.ensemble import Ensemble
from bandmate_models.live.ledger import Row, voice_of
from bandmate_models.live.planning import LivePlan
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights

DRUMS = voice_of("drums")


class Commitment(NamedTuple):
    """What the band plays in the ticks from `first` to before `last`; nothing of it changes any more.

    `ended` are earlier notes that end at `first`, because the harmony has changed. `known` is the tick up to
    which the player was known. `stale`: the plan was not ready in time, and the one before it stands in;
    `repeated`: there was none either, and the last bar stands in.
    """

    first: int
    last: int
    rows: list[Row]
    ended: list[Row]
    known: int
    stale: bool = False
    repeated: bool = False


class Planner:
    """Plans ahead of `committed`; ticks are the session's, 12 a beat. Knows time only by `late`.

    `begin` is the tick of the bar line on which the band comes in.
    """

    def __init__(self, weights: Weights, ensemble: Ensemble, begin: int, pace: Pace, *, seed: int) -> None:
        self.plan = LivePlan(weights, ensemble, begin, seed=seed)
        self.begin = self.committed = begin
        self.pace = pace
        self._hand = Hand()
        self._lasting: list[Row] = []
        self._known = begin  # when the plan that is there now was made
        self._writing: Iterator[None] = iter(())
        self._preparing: Iterator[None] = iter(())
        self.thinking = False
        """Whether there may be something to `think` of."""
        self.ages: deque[float] = deque(maxlen=4000)
        """Beats from what was known of the player to each note that was committed."""

    @property
    def chord(self) -> Chord | None:
        return self.plan.guide.chord_at(self.committed)

    def press(self, pitch: int, beat: float) -> None:
        """A key that leads the chords has gone down."""
        self._hand.press(pitch, beat)

    def listen(self, held: list[int], sounding: NDArray[np.float64], beat: float, *, lock: bool) -> None:
        """Takes the harmony from keys that are down, from the committed tick on.

        Where they lock no chord the band goes with what is `sounding`, [12] by pitch class.
        """
        chord = self._hand.read(held, beat) if lock else None
        self.plan.guide.tell_chord(self.committed, chord)
        self.plan.guide.tell_consonant(consonant_shares(sounding) if sounding.any() else None)

    def commit(self, known: int, late: Callable[[], bool], *, afresh: bool = False) -> Commitment:
        """Makes the next ticks certain, with the player known up to tick `known`.

        `late` is asked after every token; once it is true, an earlier plan stands in, or the last bar.
        `afresh`: who leads has said something new, of which that plan knows nothing.
        """
        plan, first, level = self.plan, self.committed, self.pace.now
        last = first + level.step
        earlier = plan.planned(first, last) if plan.written_to >= last else None
        ended = self._end_foreign(first)
        if afresh:
            plan.rewrite(first)
        ready = not level.repeat and not late() and self._write(known, first, last, late)
        repeated = not ready and (earlier is None or level.repeat)
        known_then = known if ready else self._known
        if ready:
            rows = plan.planned(first, last)
        else:
            rows = self._repeat(first, last) if earlier is None or level.repeat else earlier
        plan.commit(rows)
        self.committed = last
        self._lasting = [row for row in self._lasting if row.tick + row.ticks > last] + [
            row for row in rows if row.voice != DRUMS
        ]
        self.ages.extend(self._age(row, known_then) for row in rows)
        self._known = known
        self._writing = self._look_ahead(self._writing if ready else None, known, last, last + level.ahead)
        self._preparing = plan.prepare(known, last)
        self.thinking = True
        return Commitment(first, last, rows, ended, known_then, not ready and not repeated, repeated)

    def _write(self, known: int, first: int, last: int, late: Callable[[], bool]) -> bool:
        """Plans the ticks from `first` to before `last`; whether that was done before it was `late`."""
        plan = self.plan
        if plan.pressed:
            return False
        plan.revise(known, first)
        self._writing = plan.write(known, first, last)
        for _ in self._writing:
            if plan.written_to >= last:
                return True
            if late():
                return False
        return True

    def _look_ahead(
        self, begun: Iterator[None] | None, known: int, committed: int, until: int
    ) -> Iterator[None]:
        """Goes on from writing that was begun, or begins anew behind what stood in for it."""
        if begun is not None:
            yield from begun
        else:
            self.plan.revise(known, committed)
        if self.plan.pressed:
            return
        yield from self.plan.write(known, committed, until)

    def _age(self, row: Row, known: int) -> float:
        """Beats from the newest that the band could know of the player to a note."""
        inside = (row.tick - self.begin) % self.plan.ensemble.bar_ticks
        frame = row.tick - inside % TICKS_PER_BEAT
        lag = self.plan.ensemble.header.lag or 0
        return (row.tick - min(known, frame + (1 - lag) * TICKS_PER_BEAT)) / TICKS_PER_BEAT

    def think(self) -> None:
        """A little of what can be done before the next commitment."""
        first, second = self._writing, self._preparing
        for work in (second, first) if self.plan.crowded else (first, second):
            try:
                next(work)
                return
            except StopIteration:
                continue
        self.thinking = False

    def change(self, ensemble: Ensemble) -> None:
        """Another ensemble, from a little later on."""
        self.plan.change(ensemble)

    def move(self, ticks: int, to: int) -> None:
        """The clock has jumped: what was is so many ticks later now, and the band goes on at tick `to`."""
        self._lasting = [
            row._replace(tick=row.tick + ticks) for row in self._lasting if to == self.committed + ticks
        ]
        self.plan.move(ticks, to)
        self._hand.move(ticks / TICKS_PER_BEAT)
        self.begin += ticks
        self._known += ticks
        self.committed = to
        self._writing = self._look_ahead(None, self._known, to, to + self.pace.now.ahead)
        self._preparing = self.plan.prepare(self._known, to)

    def planned(self) -> list[Row]:
        """What is planned beyond what is certain."""
        return self.plan.planned(self.committed, self.committed + 10**6)

    def _end_foreign(self, tick: int) -> list[Row]:
        """Notes that sound on at `tick` and are not of the chord that holds from there on."""
        chord = self.plan.guide.chord_at(tick)
        if chord is None:
            return []
        foreign = [
            row
            for row in self._lasting
            if row.tick < tick < row.tick + row.ticks and row.pitch % 12 not in chord.tones
        ]
        shortened = [row._replace(ticks=max(1, tick - row.tick)) for row in foreign]
        self.plan.ledger.add("m", shortened)
        self._lasting = [row for row in self._lasting if row not in foreign]
        return foreign

    def _repeat(self, first: int, last: int) -> list[Row]:
        """The last bar once more; nothing where there has been none."""
        bar = self.plan.ensemble.bar_ticks
        back = math.ceil((last - first) / bar) * bar
        again = self.plan.ledger.rows("m", first - back, last - back)
        return [row._replace(tick=row.tick + back) for row in again]
