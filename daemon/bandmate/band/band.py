"""The live band: one thread that hears the players, plans, and hands notes to the conductor in good time."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

from bandmate.band.dials import DIALS, ROLES, checked, find_dial
from bandmate.band.ear import Ear
from bandmate.band.leader import Form, Leader
from bandmate.band.output import Output
from bandmate.band.pace import Pace
from bandmate.band.planner import Commitment, Planner
from bandmate.band.scoring import Scoring
from bandmate.band.status import BandStatus, LiveNote, Timing
from bandmate_bridge.messages import (
    Cancel,
    Change,
    ClockState,
    CountIn,
    FromConductor,
    Measure,
    NoteHeard,
    Panic,
    PlanFinished,
    Play,
    Start,
    ToConductor,
)
from bandmate_bridge.messages import Timing as Lateness
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.live.ledger import Ledger, Row
from bandmate_models.score import Role
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights

State = Literal["resting", "counting", "playing", "ending"]

PROMPT = 0.002
"""Seconds that the band's thread sleeps at most while it plays."""
CALM = 0.2
"""The same while it rests."""
MEASURED_EVERY = 1.0
"""Seconds between two questions to the conductor how late its notes were."""
SHOWN_BEATS = 16.0
"""Beats of what was heard that the status tells."""
RELEASE = 0x80
JUMP = 0.5
"""Beats by which a clock that moves on has jumped."""

log = logging.getLogger("bandmate.band")


class Witness(Protocol):
    """Who is told what the band does, on its thread; all of it must return at once."""

    def notes(self, role: Role, notes: Sequence[LiveNote]) -> None:
        """Notes that are certain now."""

    def cancelled(self, role: Role | None, beat: float) -> None:
        """From `beat` on nothing of what was told of a part (None: of any) is played."""

    def heard(self, note: LiveNote) -> None:
        """A note of a player has ended."""

    def state(self, state: State, bar: int, level: str, in_time: float) -> None:
        """The band's state has changed, or a bar has begun."""

    def notice(self, code: str, sentence: str) -> None: ...


class Turn(NamedTuple):
    """A dial is to be set."""

    name: str
    value: float


class Cast(NamedTuple):
    """Other parts, or other wishes, are to hold."""

    roles: tuple[Role, ...]
    controls: Controls


Command = Turn | Cast | FromConductor | None


class Band:
    """Plays from when its dial `play` is turned up. `hear`, `turn` and `cast` may come from any thread."""

    def __init__(
        self,
        weights: Weights,
        send: Callable[[ToConductor], None],
        witness: Witness,
        controls: Controls,
        roles: Sequence[Role] = ("drums", "bass", "chords"),
        *,
        seed: int = 0,
    ) -> None:
        self.state: State = "resting"
        self.dials = {dial.name: dial.usual for dial in DIALS if dial.scope == "band"}
        self._weights = weights
        self._send = send
        self._witness = witness
        self._seed = seed
        self.scoring = Scoring(controls, tuple(roles), self.dials)
        self.pace = Pace()
        self._ear = Ear(Ledger())
        self._output = Output(self.dials)
        self._clock = ClockState(False, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
        self._planner: Planner | None = None
        self._leader: Leader | None = None
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._heard: deque[LiveNote] = deque(maxlen=2000)
        self._lateness: Lateness | None = None
        self._counts = {"planned": 0, "dropped": 0, "late": 0, "bars": 0}
        self._degraded: set[int] = set()
        self._bar = 0
        self._measured = 0.0
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="band", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join(3.0)

    def hear(self, message: FromConductor) -> None:
        self._inbox.put(message)

    def turn(self, name: str, value: float) -> None:
        """Sets a dial. Raises BandmateError("bad_value")."""
        self._inbox.put(Turn(name, checked(name, value)))

    def cast(self, roles: Sequence[Role], controls: Controls) -> None:
        """Other parts and wishes from the next bar or so on. Raises BandmateError("bad_value")."""
        wrong = [role for role in roles if role not in ROLES]
        if wrong or not roles:
            raise BandmateError(
                f"the live band plays {', '.join(ROLES)}, not {wrong[0] if wrong else 'nothing'}", "bad_value"
            )
        self._inbox.put(Cast(tuple(roles), controls))

    @property
    def playing(self) -> bool:
        """Whether it plays or is about to: others should leave it the processor."""
        return self.state != "resting"

    def status(self) -> BandStatus:
        """What can be seen now; from any thread."""
        planner, clock = self._planner, self._clock
        beat = clock.beat_at(time.perf_counter())
        p50, p99 = self.pace.percentiles()
        planned: tuple[LiveNote, ...] = ()
        if planner is not None:
            with contextlib.suppress(RuntimeError):  # the plan may change while it is read
                planned = tuple(note for row in planner.planned() if (note := self._output.note(row)))
        heard = tuple(note for note in list(self._heard) if note.start > beat - SHOWN_BEATS)
        counts = self._counts
        ages = sorted(planner.ages) if planner is not None else []
        return BandStatus(
            self.state,
            clock,
            self.scoring.roles,
            dict(self.dials),
            str(planner.chord) if planner is not None and planner.chord else "",
            tuple(note for note in heard if note.start > beat) + planned,
            planner.committed / TICKS_PER_BEAT if planner is not None else beat,
            tuple(note for note in heard if note.start <= beat),
            Timing(
                1.0 - (counts["late"] + counts["dropped"]) / max(1, counts["planned"]),
                counts["planned"],
                counts["dropped"],
                p50,
                p99,
                ages[int(0.95 * (len(ages) - 1))] if ages else 0.0,
                len(self._degraded),
                counts["bars"],
            ),
            self.pace.now.name,
            self._ear.count,
        )

    # The thread

    def _run(self) -> None:
        while not self._ending:
            try:
                self._turn()
            except Exception:
                log.exception("a mistake in the live band")
                self._rest("the band has made a mistake and rests; the log says which")
        self._rest()

    def _turn(self) -> None:
        """Takes what has come, then does what is most urgent."""
        patience = self._patience(time.perf_counter())
        try:
            self._take(self._inbox.get(timeout=patience) if patience > 0 else self._inbox.get_nowait())
            return
        except queue.Empty:
            pass
        planner = self._planner
        if planner is None or not self._clock.running:
            return
        now = time.perf_counter()
        if now - self._measured > MEASURED_EVERY:
            self._measured = now
            self._send(Measure())
        if now >= self._due(planner):
            self._commit(planner)
        else:
            planner.think()

    def _patience(self, now: float) -> float:
        """Seconds to wait for a message: none while there is something to plan."""
        planner = self._planner
        if planner is None or not self._clock.running:
            return CALM
        if now >= self._due(planner) or planner.thinking:
            return 0.0
        return min(PROMPT, max(0.0, self._due(planner) - now))

    def _due(self, planner: Planner) -> float:
        return self._clock.time_at(planner.committed / TICKS_PER_BEAT) - self.pace.lead

    def _take(self, message: Command) -> None:
        if isinstance(message, NoteHeard):
            self._note(message)
        elif isinstance(message, ClockState):
            self._hear_clock(message)
        elif isinstance(message, Turn):
            self._dial(message)
        elif isinstance(message, Cast):
            self.scoring.cast(message.roles, message.controls)
            self._recast()
        elif isinstance(message, Lateness):
            self._counts["late"] += message.late
            self._counts["dropped"] += message.dropped
        elif isinstance(message, PlanFinished) and message.cancelled and message.plan.startswith("band "):
            self._counts["dropped"] += message.dropped

    # What comes in

    def _note(self, message: NoteHeard) -> None:
        ended = self._ear.hear(message)
        if ended is not None:
            self._heard.append(ended)
            self._witness.heard(ended)
        planner = self._planner
        if planner is None:
            return
        if message.velocity and message.channel != DRUM_CHANNEL:
            split = int(self.dials["split"])
            if not split or message.pitch < split:
                planner.press(message.pitch, message.beat)

    def _hear_clock(self, clock: ClockState) -> None:
        before, self._clock = self._clock, clock
        self.scoring.clock(clock)
        if not clock.running:
            if before.running and self.state != "resting":
                self._rest()
        elif not before.running:
            if self.dials["play"] >= 0.5 or self.state == "counting":
                self._begin()
        elif abs(clock.beat - before.beat_at(clock.time)) > JUMP:
            self._jump(clock.beat - before.beat_at(clock.time))
        elif self._planner is not None and clock[5:7] != before[5:7]:
            self._rest()
            self._begin()
        elif self._planner is not None and abs(clock.bpm - before.bpm) > 0.04 * before.bpm:
            self._recast()

    def _dial(self, turn: Turn) -> None:
        dial, role = find_dial(turn.name)
        self.dials[turn.name] = turn.value if dial.kind != "cue" else 0.0
        if dial.name == "play":
            if turn.value < 0.5:
                self._rest()
            elif self.state == "resting":
                self._come_in(counted=False)
        elif dial.name == "count_in" and self.state == "resting":
            self._come_in(counted=True)
        elif dial.name == "ending" and self._leader is not None and self._planner is not None:
            self._leader.end_after(self._planner.committed)
            self._change_state("ending")
        elif dial.name == "fill" and self._leader is not None and self._planner is not None:
            self._leader.guide.fill(*self._leader.fill_in(self._planner.committed))
            self._planner.plan.rewrite(self._planner.committed)
        elif dial.name in ("mute", "solo") and role is not None:
            for silent in self._output.slots.values():
                if not self._output.sounds(silent):
                    self._cancel(silent)
        elif dial.name in ("density", "register"):
            self._recast()
        elif dial.name == "split":
            self._ear.split = int(turn.value)

    # Coming in, and going

    def _come_in(self, *, counted: bool) -> None:
        self.dials["play"] = 1.0
        if self._clock.running:
            self._begin()
        elif counted:
            self._change_state("counting")
            self._send(CountIn(1))
        elif self._clock.source == "internal":
            self._send(Start(0.0))

    def _begin(self) -> None:
        """From the next bar line on that there is time for."""
        clock = self._clock
        now = clock.beat_at(time.perf_counter() + self.pace.lead)
        first = round(clock.bar_after(max(now, 0.0 if now < 0 else now) - 0.02) * TICKS_PER_BEAT)
        try:
            ensemble = self.scoring.ensemble(self._ear)
        except BandmateError as error:
            self._witness.notice(error.code, str(error))
            self._change_state("resting")
            return
        planner = Planner(self._weights, ensemble, first, self.pace, seed=self._seed)
        ear = Ear(planner.plan.ledger, ensemble.players, int(self.dials["split"]))
        ear.take_over(self._ear)
        self._ear = ear
        self._output.slots = {slot: role for role, slot in ensemble.slots.items()}
        form = Form(first, ensemble.bar_ticks)
        self._leader = Leader(planner.plan.guide, ensemble.slots, form)
        self._planner = planner
        self._bar = 0
        self._send_programs()
        self._change_state("playing")

    def _rest(self, why: str = "") -> None:
        """Stops at once: what sounds ends, what was planned is forgotten."""
        if self._planner is not None:
            for role in self.scoring.roles:
                self._cancel(role)
            self._witness.cancelled(None, self._clock.beat_at(time.perf_counter()))
        self._planner = self._leader = None
        self.dials["play"] = 0.0
        if why:
            self._witness.notice("band_rests", why)
        self._change_state("resting")

    def _jump(self, beats: float) -> None:
        """The clock is elsewhere: what was sent is void, and the band goes on from there."""
        planner, leader = self._planner, self._leader
        if planner is None or leader is None:
            return
        for role in self.scoring.roles:
            self._cancel(role)
        beat = self._clock.beat_at(time.perf_counter() + self.pace.lead)
        to = math.ceil(beat * TICKS_PER_BEAT / self.pace.now.step) * self.pace.now.step
        line = round(self._clock.bar_before(to / TICKS_PER_BEAT) * TICKS_PER_BEAT)
        bars = round((line - leader.form.line_before(planner.committed)) / leader.form.bar)
        planner.move(bars * leader.form.bar + (line - leader.form.line) % leader.form.bar, to)
        leader.form.line = line
        leader.forget()
        self._witness.cancelled(None, beat)

    def _recast(self) -> None:
        """The header has changed: parts, density, register, tempo, key."""
        planner, leader = self._planner, self._leader
        if planner is None or leader is None:
            return
        ensemble = self.scoring.ensemble(self._ear)
        gone = set(self._output.slots.values()) - set(ensemble.slots)
        planner.change(ensemble)
        self._ear.slots = ensemble.players
        self._output.slots = {slot: role for role, slot in ensemble.slots.items()}
        leader.slots = ensemble.slots
        leader.forget()
        for role in gone:
            self._cancel(role)
        self._send_programs()

    # What goes out

    def _commit(self, planner: Planner) -> None:
        clock, leader = self._clock, self._leader
        assert leader is not None
        begun = time.perf_counter()
        beat = clock.beat_at(begun)
        known = min(math.floor(beat * TICKS_PER_BEAT), planner.committed)
        planner.listen(self._ear.leading(), beat, lock=self.dials["chord_lock"] >= 0.5)
        rests = self._ear.silent_since(beat) * TICKS_PER_BEAT > leader.form.bar
        leader.lead(planner.committed, self.dials, player_rests=rests)
        latest = clock.time_at(planner.committed / TICKS_PER_BEAT) - self.pace.latest
        done = planner.commit(known, lambda: time.perf_counter() > latest)
        self._play(done)
        step_seconds = (done.last - done.first) / TICKS_PER_BEAT * 60.0 / clock.bpm
        self.pace.planned(time.perf_counter() - begun, step_seconds, missed=done.missed)
        self._account(done, leader)
        if leader.ends_at is not None and done.last >= leader.ends_at + leader.form.bar:
            self._finish()

    def _play(self, done: Commitment) -> None:
        for row in done.ended:
            self._release(row, done.first / TICKS_PER_BEAT)
        by_role: dict[Role, list[LiveNote]] = {}
        for row in done.rows:
            note = self._output.note(row)
            role = self._output.slots.get(row.slot)
            if note is not None and role is not None and self._output.sounds(role):
                by_role.setdefault(role, []).append(note)
        for role, notes in by_role.items():
            cues = tuple(self._output.cue(note, role) for note in notes)
            self._send(Play(_plan(role), cues, last=False))
            self._heard.extend(notes)
            self._counts["planned"] += len(notes)
            self._witness.notes(role, notes)

    def _release(self, row: Row, beat: float) -> None:
        """Ends a note before its time."""
        role = self._output.slots.get(row.slot)
        if role is not None:
            data = (RELEASE | self._output.channel(role), row.pitch, 0)
            self._send(Play(_plan(role), (), (Change(beat, data),), last=False))

    def _send_programs(self) -> None:
        now = self._clock.beat_at(time.perf_counter())
        for role, program in self.scoring.programs.items():
            if role != "drums":
                change = Change(now, (0xC0 | self._output.channel(role), program))
                self._send(Play(_plan(role), (), (change,), last=False))

    def _cancel(self, role: Role) -> None:
        self._send(Cancel(_plan(role)))
        beat = self._clock.beat_at(time.perf_counter())
        kept = [note for note in self._heard if note.who != role or note.start <= beat]
        self._heard = deque(kept, maxlen=self._heard.maxlen)
        self._witness.cancelled(role, beat)

    def _account(self, done: Commitment, leader: Leader) -> None:
        """Counts bars, and those in which something was given up."""
        bar = leader.form.number(done.first)
        if done.missed or self.pace.level >= 3:
            self._degraded.add(bar)
        if bar != self._bar:
            self._bar = bar
            self._counts["bars"] += 1
            if self.scoring.due(self._ear):
                self._recast()
            in_time = self.status().timing.in_time
            self._witness.state(self.state, bar, self.pace.now.name, in_time)

    def _finish(self) -> None:
        """The ending has been played: the band rests, and lets its last chord ring out."""
        self._planner = self._leader = None
        self.dials["play"] = 0.0
        self._change_state("resting")

    def _change_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._witness.state(state, self._bar, self.pace.now.name, 1.0)

    def panic(self) -> None:
        """Silence; from any thread."""
        self._send(Panic())
        self._inbox.put(Turn("play", 0.0))


def _plan(role: Role) -> str:
    return f"band {role}"
