"""The live band: one thread that hears the players, plans, and hands notes to the conductor in good time."""

from __future__ import annotations

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
from bandmate.band.hand import name_of
from bandmate.band.output import Output
from bandmate.band.pace import Pace
from bandmate.band.performance import Audience, Performance
from bandmate.band.scoring import Scoring
from bandmate.band.status import BandStatus, LiveNote, Timing, moved
from bandmate_bridge.messages import (
    ClockState,
    CountIn,
    FromConductor,
    Jumped,
    Measure,
    NoteHeard,
    Panic,
    Start,
    ToConductor,
)
from bandmate_bridge.messages import Timing as Lateness
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Role
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights

State = Literal["resting", "counting", "playing", "ending"]

PROMPT, CALM = 0.002, 0.2
"""Seconds that the band's thread sleeps at most: while it plays, and while it rests."""
MEASURED_EVERY = 1.0
"""Seconds between two questions to the conductor how late its notes were."""
SHOWN_BEATS = 16.0
"""Beats of what was heard that the status tells."""
RECAST_BARS = 4
"""Bars after which the band looks whether the players' parts or their key are others."""
JUMP = 0.5
"""Beats by which a clock that moves on has jumped."""
HEADSTART = 0.1
"""Seconds, besides those that planning takes, from the clock's start to the band's first beat."""
SLACK = 0.01
"""Beats before a bar line from which on it is that line."""
DRIFT = 0.04
"""Share of the tempo by which it must change for the model to be told."""

log = logging.getLogger("bandmate.band")


class Witness(Audience, Protocol):
    """Who is told what the band does, on its thread."""

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


class Band:
    """Plays from when its dial `play` is turned up. `hear`, `turn` and `cast` may come from any thread."""

    def __init__(
        self,
        weights: Weights,
        send: Callable[[ToConductor], None],
        witness: Witness,
        controls: Controls,
        roles: Sequence[Role],
        *,
        seed: int = 0,
        ports: bool = False,
    ) -> None:
        """With `ports` each part has an output of its own (see output.port_of)."""
        self.state: State = "resting"
        self.urgent = False
        """Whether a commitment is being planned: others should leave it the processor."""
        self.dials = {dial.name: dial.usual for dial in DIALS if dial.scope == "band"}
        self.scoring = Scoring(controls, tuple(roles), self.dials)
        self.pace = Pace()
        self._weights, self._send, self._witness, self._seed = weights, send, witness, seed
        self._output = Output(self.dials, ports)
        self._clock = ClockState(False, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
        self._ear = Ear()
        self._performance: Performance | None = None
        self._inbox: queue.SimpleQueue[Turn | Cast | FromConductor | None] = queue.SimpleQueue()
        self._players: deque[LiveNote] = deque(maxlen=500)
        self._late = self._dropped = self._bar = 0
        self._measured = 0.0
        self._earliest = -math.inf
        """Beat before which the band does not come in, since clicks are to be heard first."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="band", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
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
        wrong = next((role for role in roles if role not in ROLES), None if roles else "nobody")
        if wrong is not None:
            raise BandmateError(f"the live band is made of {', '.join(ROLES)}, not {wrong}", "bad_value")
        self._inbox.put(Cast(tuple(roles), controls))

    def panic(self) -> None:
        """Silence; from any thread."""
        self._send(Panic())
        self._inbox.put(Turn("play", 0.0))

    @property
    def playing(self) -> bool:
        """Whether it plays or is about to."""
        return self.state != "resting"

    def stands(self, name: str) -> float:
        """Where a dial stands now."""
        return self.dials.get(name, find_dial(name)[0].usual)

    def voice(self, role: Role) -> tuple[int, int]:
        """MIDI channel 0-15 and General MIDI program of a part."""
        return self._output.channel(role), self.scoring.programs.get(role, 0)

    def status(self) -> BandStatus:
        """What can be seen now; from any thread."""
        playing, clock = self._performance, self._clock
        beat = clock.beat_at(time.perf_counter())
        band = list(playing.heard) if playing is not None else []
        recent = [note for note in (*self._players, *band) if note.start > beat - SHOWN_BEATS]
        chord = playing.planner.chord if playing is not None else None
        return BandStatus(
            self.state,
            clock,
            self.scoring.roles,
            dict(self.dials),
            name_of(chord) if chord is not None else "",
            (*(note for note in recent if note.start > beat), *(playing.to_come() if playing else ())),
            playing.planner.committed / TICKS_PER_BEAT if playing is not None else beat,
            tuple(note for note in recent if note.start <= beat),
            self._timing(),
            self.pace.now.name,
            self._ear.count,
        )

    def _timing(self) -> Timing:
        playing = self._performance
        if playing is None:
            return Timing()
        ages = sorted(playing.planner.ages)
        return Timing(
            1.0 - (self._late + self._dropped) / max(1, playing.planned),
            playing.planned,
            self._dropped,
            *self.pace.percentiles(),
            ages[int(0.95 * (len(ages) - 1))] if ages else 0.0,
            playing.degraded,
            playing.bar,
            playing.planner.plan.slides,
        )

    # The thread

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._step()
            except Exception:
                log.exception("a mistake in the live band")
                self._witness.notice("failed", "the band has made a mistake and rests; the log says which")
                self._rest()
        self._rest()

    def _step(self) -> None:
        """Takes what has come, or else does what is most urgent."""
        try:
            patience = self._patience()
            message = self._inbox.get(timeout=patience) if patience > 0 else self._inbox.get_nowait()
        except queue.Empty:
            self._play_on()
        else:
            self._take(message)

    def _patience(self) -> float:
        """Seconds to wait for a message: none while there is something to plan."""
        playing = self._performance
        if playing is None:
            return CALM
        left = playing.due - time.perf_counter()
        return 0.0 if left <= 0 or playing.planner.thinking else min(PROMPT, left)

    def _play_on(self) -> None:
        playing = self._performance
        if playing is None:
            return
        now = time.perf_counter()
        if now - self._measured > MEASURED_EVERY:
            self._measured = now
            self._send(Measure())
        if now < playing.due:
            playing.planner.think()
            return
        self.urgent = True
        playing.commit()
        self.urgent = False
        if self.state == "counting":
            self._change_state("playing")
        if playing.over:
            self._leave()
            self.dials["play"] = 0.0
            self._change_state("resting")
        elif playing.bar != self._bar:
            self._bar = playing.bar
            if self._bar % RECAST_BARS == 0 and self.scoring.due(playing.ear):
                playing.recast()
            self._witness.state(self.state, self._bar, self.pace.now.name, self._timing().in_time)

    def _take(self, message: Turn | Cast | FromConductor | None) -> None:
        if isinstance(message, NoteHeard):
            playing = self._performance
            ended = playing.hear(message) if playing is not None else self._ear.hear(message)
            if ended is not None:
                self._players.append(ended)
                self._witness.heard(ended)
        elif isinstance(message, ClockState):
            self._hear_clock(message)
        elif isinstance(message, Jumped):
            if message.carried:
                self._carry(message)
        elif isinstance(message, Turn):
            self._dial(message)
        elif isinstance(message, Cast):
            self.scoring.cast(message.roles, message.controls)
            if self._performance is not None:
                self._performance.recast()
        elif isinstance(message, Lateness):
            self._late += message.late
            self._dropped += message.dropped

    def _hear_clock(self, clock: ClockState) -> None:
        before, self._clock = self._clock, clock
        by = clock.beat - before.beat_at(clock.time)
        jumped = clock.jumps != before.jumps or abs(by) > JUMP
        self.scoring.clock(clock)
        playing = self._performance
        if playing is not None:
            playing.clock = clock
        elif jumped:
            self._ear.move(by)
        if jumped:
            self._players = moved(self._players, by)
        if not clock.running:
            if playing is not None:
                self._rest(keep_on=True)
        elif playing is None:
            if self.dials["play"] >= 0.5:
                self._begin()
        elif (clock.numerator, clock.denominator) != (before.numerator, before.denominator):
            playing.silence()
            self._begin(midway=True)
        elif jumped:
            playing.jump()
        elif self.scoring.tempo_is_news(DRIFT):
            playing.recast()

    def _carry(self, jumped: Jumped) -> None:
        """The clock has jumped, and what was sent to the conductor goes along.

        Where the bars do not fit, nothing is done: the clock's new state will show a jump.
        """
        playing, clock, by = self._performance, self._clock, jumped.by
        if playing is not None and not playing.leader.form.fits(by):
            return
        self._clock = clock._replace(beat=clock.beat + by, bar=clock.bar + by, jumps=jumped.jumps)
        self._players = moved(self._players, by)
        if playing is None:
            self._ear.move(by)
        else:
            playing.clock = self._clock
            playing.carry(by)

    def _dial(self, turn: Turn) -> None:
        dial, _ = find_dial(turn.name)
        playing = self._performance
        if dial.kind != "cue":
            self.dials[turn.name] = turn.value
        if dial.name == "play":
            if turn.value < 0.5:
                self._rest()
            elif playing is None:
                self._come_in(counted=False)
        elif dial.name == "count_in" and playing is None and turn.value >= 0.5:
            self._come_in(counted=True)
        elif playing is None:
            return
        elif dial.name == "ending" and turn.value >= 0.5:
            playing.end()
            self._change_state("ending")
        elif dial.name == "fill" and turn.value >= 0.5:
            playing.fill()
        elif dial.name in ("mute", "solo"):
            playing.hush()
        elif dial.name in ("density", "register"):
            playing.recast()

    def _come_in(self, *, counted: bool) -> None:
        self.dials["play"] = 1.0
        clock = self._clock
        if clock.running:
            if counted:
                line = clock.bar_after(clock.beat_at(time.perf_counter()))
                self._earliest = line + clock.bar_length - SLACK
                self._send(CountIn(1))
            self._begin()
        elif clock.source == "internal":
            self._earliest = -SLACK
            self._change_state("counting")
            ahead = (self.pace.lead + HEADSTART) * clock.bpm / 60.0
            self._send(CountIn(1) if counted else Start(-ahead))

    def _begin(self, *, midway: bool = False) -> None:
        """From the next bar line on that there is time for; `midway`, at once."""
        self._late = self._dropped = self._bar = 0
        earliest, self._earliest = self._earliest, -math.inf
        try:
            self._performance = Performance(
                self._weights,
                self._send,
                self._witness,
                self.scoring,
                self._output,
                self.pace,
                self._clock,
                self._ear,
                seed=self._seed,
                earliest=earliest,
                midway=midway,
            )
        except BandmateError as error:
            self._witness.notice(error.code, str(error))
            self._rest()
            return
        if not midway:
            self._change_state("playing" if earliest == -math.inf else "counting")

    def _rest(self, *, keep_on: bool = False) -> None:
        """Stops at once: what sounds ends, what was planned is forgotten. `keep_on`: until the clock runs."""
        if self._performance is not None:
            self._performance.silence()
        self._leave()
        if not keep_on:
            self.dials["play"] = 0.0
        self._change_state("resting")

    def _leave(self) -> None:
        """Forgets the performance; who played and what is held stays known."""
        self._performance = self._ear.ledger = None
        self.urgent = False

    def _change_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._witness.state(state, self._bar, self.pace.now.name, self._timing().in_time)
