"""One performance of the band, from coming in to the last chord: what is heard becomes notes on their way."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from bandmate.band.ear import Ear
from bandmate.band.leader import Form, Leader
from bandmate.band.output import Output
from bandmate.band.pace import EXPENDABLE, Pace
from bandmate.band.planner import Commitment, Planner
from bandmate.band.scoring import Scoring
from bandmate.band.status import LiveNote, moved
from bandmate_bridge.messages import Cancel, Change, ClockState, NoteHeard, Play, ToConductor
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.live.ledger import Row
from bandmate_models.score import Role
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights

NOTE_OFF, PROGRAM = 0x80, 0xC0
BEFORE_THE_LINE = 0.02
"""Beats after a bar line in which it still counts as to come."""


class Audience(Protocol):
    """Who is told of notes; all of it must return at once."""

    def notes(self, role: Role, notes: Sequence[LiveNote]) -> None:
        """Notes that are certain now."""

    def cancelled(self, role: Role | None, beat: float) -> None:
        """From `beat` on nothing of what was told of a part (None: of any) is played."""


class Performance:
    """Plays by `clock`, which its owner keeps up to date. All of it happens on the band's thread.

    It comes in on the next bar line that there is time for, not before the beat `earliest`; `midway`, at once
    and within a bar. Raises BandmateError("bad_metre").
    """

    def __init__(
        self,
        weights: Weights,
        send: Callable[[ToConductor], None],
        audience: Audience,
        scoring: Scoring,
        output: Output,
        pace: Pace,
        clock: ClockState,
        ear: Ear,
        *,
        seed: int,
        earliest: float = -math.inf,
        midway: bool = False,
    ) -> None:
        self.clock = clock
        self.pace = pace
        self.heard: deque[LiveNote] = deque(maxlen=2000)
        self.planned = 0
        self.bar = 0
        self.degraded = 0
        """Bars in which something was given up."""
        self._degraded_at = -1
        self._afresh = False
        self._told_programs: dict[Role, tuple[int, int]] = {}
        self._send = send
        self._audience = audience
        self._scoring = scoring
        self._output = output
        ensemble = scoring.ensemble(ear)
        line, soon = self._soon()
        if not midway:
            beat = max(self._soonest - BEFORE_THE_LINE, earliest)
            line = soon = round(clock.bar_after(beat) * TICKS_PER_BEAT)
        self.planner = Planner(weights, ensemble, line, pace, seed=seed)
        self.planner.committed = soon
        self.ear = ear
        ear.ledger = self.planner.plan.ledger
        self.leader = Leader(self.planner.plan.guide, scoring.roles, Form(line, ensemble.bar_ticks))
        self._hold_to_wishes()

    @property
    def due(self) -> float:
        """When the next commitment's planning begins, seconds of perf_counter."""
        return self.clock.time_at(self.planner.committed / TICKS_PER_BEAT) - self.pace.lead

    @property
    def over(self) -> bool:
        """Whether the ending has been played."""
        ends_at = self.leader.ends_at
        return ends_at is not None and self.planner.committed >= ends_at + self.leader.form.bar

    def hear(self, message: NoteHeard) -> LiveNote | None:
        """Takes a player's key; the note that has ended with it."""
        split = int(self._output.dials["split"])
        if message.velocity and message.channel != DRUM_CHANNEL and (not split or message.pitch < split):
            self.planner.press(message.pitch, message.beat)
        return self.ear.hear(message)

    def commit(self) -> None:
        """Plans the next half beat and sends it on its way."""
        clock, planner, dials, bar = self.clock, self.planner, self._output.dials, self.leader.form.bar
        begun = time.perf_counter()
        beat = clock.beat_at(begun)
        known = min(math.floor(beat * TICKS_PER_BEAT), planner.committed)
        leading, sounding = self.ear.leading(int(dials["split"])), self.ear.sounding(beat)
        planner.listen(leading, sounding, beat, lock=dials["chord_lock"] >= 0.5)
        rests = self.ear.silent_since(beat) * TICKS_PER_BEAT > bar
        fewer: tuple[Role, ...] = EXPENDABLE if self.pace.now.fewer else ()
        news = self.leader.lead(planner.committed, dials, player_rests=rests, without=fewer)
        latest = clock.time_at(planner.committed / TICKS_PER_BEAT) - self.pace.latest
        done = planner.commit(known, lambda: time.perf_counter() > latest, afresh=news or self._afresh)
        self._afresh = False
        self._play(done)
        self.pace.left(time.perf_counter() - latest)
        step = (done.last - done.first) / TICKS_PER_BEAT * 60.0 / clock.bpm
        took = time.perf_counter() - begun
        self.pace.planned(took, step, stale=done.stale, repeated=done.repeated)
        self.bar = self.leader.form.number(done.first)
        if done.repeated or self.pace.now.fewer:
            self.degraded += self.bar != self._degraded_at
            self._degraded_at = self.bar

    def end(self) -> None:
        """Asks for an ending on the first beat of the bar after the next."""
        self.leader.end_after(self.planner.committed)

    def fill(self) -> None:
        """Asks for a fill in the last half of this bar."""
        self.leader.guide.fill(*self.leader.fill_at(self.planner.committed))
        self._afresh = True

    def silence(self) -> None:
        """What sounds ends, what was sent is void."""
        for role in self._scoring.roles:
            self.cancel(role)
        self._audience.cancelled(None, self._now)

    def hush(self) -> None:
        """Silences the parts that are not to be heard now."""
        for role in self._output.roles:
            if not self._output.sounds(role):
                self.cancel(role)

    def cancel(self, role: Role) -> None:
        """Silences one part, and takes back what was sent of it."""
        self._send(Cancel(_plan(role)))
        beat = self._now
        kept = [note for note in self.heard if note.who != role or note.start <= beat]
        self.heard = deque(kept, maxlen=self.heard.maxlen)
        self._audience.cancelled(role, beat)

    def carry(self, beats: float) -> None:
        """The clock has jumped from bar line to bar line, and what was sent went along; the band does too."""
        ticks = round(beats * TICKS_PER_BEAT)
        self._move(ticks, self.planner.committed + ticks)

    def jump(self) -> None:
        """The clock is elsewhere: what was sent is void, and the band goes on from there."""
        for role in self._scoring.roles:
            self.cancel(role)
        line, soon = self._soon()
        self._move(line - self.leader.form.line_before(self.planner.committed), soon)

    def recast(self) -> None:
        """The header has changed: parts, density, register, tempo, key. Raises BandmateError("bad_metre")."""
        ensemble = self._scoring.ensemble(self.ear)
        gone = set(self._output.roles) - set(self._scoring.roles)
        self.planner.change(ensemble)
        self.leader.roles = self._scoring.roles
        self.leader.forget()
        self._hold_to_wishes()
        for role in gone:
            self.cancel(role)

    def to_come(self) -> tuple[LiveNote, ...]:
        """Planned notes beyond what is certain; from any thread."""
        return tuple(note for row in self.planner.planned() if (note := self._output.note(row)))

    @property
    def _now(self) -> float:
        return self.clock.beat_at(time.perf_counter())

    @property
    def _soonest(self) -> float:
        """The beat from which on there is time to plan."""
        return self.clock.beat_at(time.perf_counter() + self.pace.lead)

    def _soon(self) -> tuple[int, int]:
        """The tick of a bar line, and one a number of steps after it from which there is time to plan."""
        beat, step = self._soonest, self.pace.now.step
        line = round(self.clock.bar_before(beat) * TICKS_PER_BEAT)
        return line, line + math.ceil((beat * TICKS_PER_BEAT - line) / step) * step

    def _move(self, ticks: int, to: int) -> None:
        """What was is taken to have been so many ticks later; the band goes on at tick `to`."""
        beats = ticks / TICKS_PER_BEAT
        self.planner.move(ticks, to)
        self.leader.move(ticks)
        self.ear.move(beats)
        self.heard = moved(self.heard, beats)

    def _play(self, done: Commitment) -> None:
        self._send_programs()
        beat = done.first / TICKS_PER_BEAT
        for role in {role for row in done.ended if (role := self._release(row, beat))}:
            self._audience.cancelled(role, beat)
        by_role: dict[Role, list[LiveNote]] = {}
        for row in done.rows:
            note, role = self._output.note(row), self._output.role(row)
            if note is not None and role is not None and self._output.sounds(role):
                by_role.setdefault(role, []).append(note)
        for role, notes in by_role.items():
            cues = tuple(self._output.cue(note, role) for note in notes)
            port, jumps = self._output.port(role), self.clock.jumps
            self._send(Play(_plan(role), cues, port=port, last=False, jumps=jumps))
            self.heard.extend(notes)
            self.planned += len(notes)
            self._audience.notes(role, notes)

    def _release(self, row: Row, beat: float) -> Role | None:
        """Ends a note before its time; whose it is."""
        role = self._output.role(row)
        if role is not None:
            self._change(role, beat, (NOTE_OFF | self._output.channel(role), row.pitch, 0))
        return role

    def _hold_to_wishes(self) -> None:
        """Parts and temperature: what holds at once."""
        controls, sampler = self._scoring.controls, self.planner.plan.sampler
        sampler.temperature, sampler.top_p = controls.temperature, controls.top_p
        self._output.roles = self._scoring.roles

    def _send_programs(self) -> None:
        """Sends the program changes that are news, on the channels that are now."""
        for role, program in self._scoring.programs.items():
            voice = self._output.channel(role), program
            if role != "drums" and self._told_programs.get(role) != voice:
                self._told_programs[role] = voice
                self._change(role, self._now, (PROGRAM | voice[0], program))

    def _change(self, role: Role, beat: float, data: tuple[int, ...]) -> None:
        changes, port = (Change(beat, data),), self._output.port(role)
        self._send(Play(_plan(role), (), changes, port, last=False, jumps=self.clock.jumps))


def _plan(role: Role) -> str:
    """The name under which the conductor knows a part's notes."""
    return f"band {role}"
