"""Who plays when: fills, stop-time, trading, following and the ending, as rests of the live guide."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bandmate_models.live.guide import LiveGuide
from bandmate_models.live.ledger import voice_of
from bandmate_models.score import Role
from bandmate_models.vocabulary import TICKS_PER_BEAT

SOLOISTS: tuple[Role, ...] = ("melody", "guitar", "strings")
"""Parts that answer the player when they trade; without one of them everybody but drums and bass does."""
RHYTHM: tuple[Role, ...] = ("drums", "bass")
FOREVER = 10**9
STOPS = 16
"""Bars of stop-time that are told ahead."""


@dataclass
class Form:
    """Bars by ticks: a bar line, and the length of a bar."""

    line: int
    bar: int

    def line_after(self, tick: int) -> int:
        """The first bar line at or after a tick."""
        return self.line + math.ceil((tick - self.line) / self.bar) * self.bar

    def line_before(self, tick: int) -> int:
        """The last bar line at or before a tick."""
        return self.line + (tick - self.line) // self.bar * self.bar

    def fits(self, beats: float) -> bool:
        """Whether a jump by so many beats leads from bar line to bar line."""
        bars = beats * TICKS_PER_BEAT / self.bar
        return abs(bars - round(bars)) * self.bar < 0.5

    def number(self, tick: int) -> int:
        """The number of the bar that a tick lies in, from 0."""
        return (tick - self.line) // self.bar


@dataclass
class Leader:
    """Turns dials into rests, afresh from the committed tick on whenever something has changed."""

    guide: LiveGuide
    roles: tuple[Role, ...]
    form: Form
    ends_at: int | None = None
    """The tick of the last chord, once an ending was asked for."""
    _told: object = None

    def end_after(self, tick: int) -> int:
        """Asks for an ending: on the first beat of the bar after the next; gives its tick."""
        self.ends_at = self.form.line_after(tick + self.form.bar)
        return self.ends_at

    def fill_at(self, tick: int) -> tuple[int, int]:
        """First and last tick of a fill: the last half of this bar, or of the next where that is over."""
        last = self.form.line_before(tick) + self.form.bar
        if tick > last - self.form.bar // 4:
            last += self.form.bar
        return max(tick, last - self.form.bar // 2), last

    def move(self, ticks: int) -> None:
        """The clock has jumped: bars are counted on so many ticks later, and an ending is still to come."""
        self.form.line += ticks
        if self.ends_at is not None:
            self.ends_at += ticks
        self.forget()

    def forget(self) -> None:
        """What was told holds no more: everything is told anew."""
        self._told = None

    def lead(
        self,
        committed: int,
        dials: Mapping[str, float],
        *,
        player_rests: bool,
        without: Collection[Role] = (),
    ) -> bool:
        """Tells the guide what holds from `committed` on; whether it is something new.

        Parts of `without` rest until further notice.
        """
        turn = self._turns(committed, int(dials.get("trade", 0)))
        number = self.form.number(committed)
        stop = 1 + number // (STOPS // 2) if dials.get("stop_time", 0) >= 0.5 else 0
        resting = player_rests and dials.get("follow", 0) >= 0.5
        given_up = frozenset(voice_of(role) for role in self.roles if role in without)
        told = (turn, stop, resting, self.ends_at, given_up)
        if told == self._told:
            return False
        self._told = told
        everybody = frozenset(map(voice_of, self.roles))
        self.guide.clear_rests(committed)
        if resting:
            self.guide.rest(committed, FOREVER, everybody)
        elif self.ends_at is not None:
            self.guide.rest(self.ends_at, FOREVER, everybody, but=frozenset((self.ends_at,)))
        if stop:
            first = self.form.line_after(committed)
            lines = frozenset(first + bar * self.form.bar for bar in range(STOPS))
            self.guide.rest(committed, first + STOPS * self.form.bar, everybody, but=lines)
        if given_up:
            self.guide.rest(committed, FOREVER, given_up)
        for first, last, voices in turn:
            self.guide.rest(first, last, voices)
        return True

    def _turns(self, committed: int, bars: int) -> tuple[tuple[int, int, frozenset[int]], ...]:
        """Rests of the next turns when player and band trade: the player begins."""
        if bars < 1:
            return ()
        answering = [role for role in self.roles if role in SOLOISTS]
        if not answering:
            answering = [role for role in self.roles if role not in RHYTHM] or list(self.roles)
        voices = frozenset(map(voice_of, answering))
        number = self.form.number(committed) // (2 * bars) * 2
        return tuple(
            (
                self.form.line + turn * bars * self.form.bar,
                self.form.line + (turn + 1) * bars * self.form.bar,
                voices,
            )
            for turn in (number, number + 2)
        )
