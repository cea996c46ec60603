"""The conductor's transport: its clock, who leads it, and what each turn means for what is queued."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.clock_out import ClockOut
from bandmate_bridge.clocks.choosing import source_of
from bandmate_bridge.clocks.source import ClockSource, OwnClock, Turn
from bandmate_bridge.messages import (
    ClockState,
    CountIn,
    Cue,
    Fault,
    FromConductor,
    HostTransport,
    Jumped,
    Locate,
    Play,
    Resume,
    SetMetre,
    SetSource,
    SetTempo,
    Source,
    Start,
    Steer,
    Stop,
)
from bandmate_bridge.scheduler import Scheduler
from bandmate_bridge.waiting import now
from bandmate_models.errors import BandmateError

CLOCK_EVERY = 0.25
"""Seconds between two reports of a running clock."""

LEADERS: Mapping[Source, str] = {"midi": "incoming MIDI clock", "host": "the host", "link": "Ableton Link"}

DRUMS, DOWNBEAT, UPBEAT = 9, 76, 77  # the wood blocks of General MIDI
COUNT_IN_LEAD = 0.05

JUMPS_KEPT = 32
"""Jumps after which a plan's beats can no longer be understood."""


class Transport:
    """One clock, one source at a time. What a turn does to notes is done here, for every source alike.

    Stopped or lost: what sounds ends, every plan is cancelled. Jumped by whole bars or round a loop: plans
    and what sounds go along. Jumped otherwise: as stopped, and the clock goes on.
    """

    def __init__(
        self,
        clock: Clock,
        scheduler: Scheduler,
        send: Callable[[tuple[int, ...]], None],
        tell: Callable[[FromConductor], None],
    ) -> None:
        """`send` takes the bytes of outgoing MIDI clock."""
        self.clock = clock
        self.sends_clock = False
        """Whether there is a port for outgoing MIDI clock."""
        self._scheduler = scheduler
        self._tell = tell
        self._source: ClockSource = OwnClock(clock)
        self._out = ClockOut(clock, send)
        self._next_report = 0.0
        self._jumps: deque[Jumped] = deque(maxlen=JUMPS_KEPT)

    def handlers(self) -> dict[type[Any], Callable[[Any], None]]:
        """What is done for each message of the engine that concerns the clock."""
        return {
            SetTempo: self._set_tempo,
            SetMetre: self._set_metre,
            SetSource: self._set_source,
            Start: self._start,
            Stop: self._stop,
            Locate: self._locate,
            Steer: self._steer,
            Resume: lambda message: self._take(self._source.resume(message, now())),
            HostTransport: lambda message: self._take(self._source.hear_host(message, now())),
            CountIn: self._count_in,
            Play: self._play,
        }

    def follow(self, name: Source) -> None:
        """Has the source of that name lead from now on; the clock stands until it is started."""
        self._scheduler.silence()
        self.clock.stop(now())
        self.clock.loop = (0.0, 0.0)
        self._source.close()
        try:
            self._source, self.clock.source = source_of(name, self.clock), name
        except BandmateError as error:
            self._source, self.clock.source = OwnClock(self.clock), "internal"
            self._tell(Fault(error.code, str(error)))
        self._out.stopped()
        self.report()

    def close(self) -> None:
        """Leads no more, and tells those that follow to stop."""
        self._source.close()
        self._out.stopped()

    def receive(self, data: Sequence[int], time: float) -> None:
        """A MIDI message of the system that came at `time`."""
        self._take(self._source.receive(data, time))

    def look(self, time: float) -> None:
        """About twenty times a second, and at `due`."""
        turn = self._source.look(time)
        if turn is not None:
            self._take(turn)
        elif self.clock.running and time >= self._next_report:
            self.report()

    def pardon(self, time: float) -> None:
        """The process has stood still until `time`."""
        self._source.pardon(time)

    def due(self) -> float:
        """When `look` is wanted, at the latest."""
        return self._source.due()

    def deadline(self) -> float:
        """When the next pulse of outgoing MIDI clock is due."""
        return self._out.deadline() if self.sends_clock else NEVER

    def play_due(self) -> None:
        if self.sends_clock:
            self._out.play_due(now())

    def report(self) -> None:
        """Tells where the clock is."""
        time = now()
        self._next_report = time + CLOCK_EVERY
        state: ClockState = self.clock.state(time)
        self._tell(state)

    def _take(self, turn: Turn | None) -> None:
        """Does to what is queued what a turn of the source asks for, and tells it."""
        if turn is None:
            return
        if turn.kind == "jumped":
            self._jump(turn)
        elif turn.kind in ("stopped", "lost"):
            self._scheduler.silence()
            self._out.stopped()
            if turn.kind == "lost":
                self._tell(Fault("clock_lost", turn.sentence))
        elif turn.kind == "started":
            self._out.moved()
        self.report()

    def _jump(self, turn: Turn) -> None:
        self.clock.jumps += 1
        jumped = Jumped(turn.by, now(), turn.carried, self.clock.jumps)
        self._jumps.append(jumped)
        if turn.carried:
            self._scheduler.carry(turn.by)
        else:
            self._scheduler.silence()
        self._out.moved()
        self._tell(jumped)

    # What the engine asks for

    def _set_tempo(self, message: SetTempo) -> None:
        if self._source.ours:
            self.clock.set_tempo(message.bpm, now())
            self.report()

    def _set_source(self, message: SetSource) -> None:
        """One that leads already goes on."""
        if message.source != self.clock.source:
            self.follow(message.source)

    def _set_metre(self, message: SetMetre) -> None:
        self.clock.set_metre(message.numerator, message.denominator, now())
        self.report()

    def _start(self, message: Start) -> None:
        if self._leads():
            self._scheduler.end_notes()
            self.clock.start(message.beat, now(), message.bar)
            self._out.moved()
            self.report()

    def _stop(self, _: Stop) -> None:
        self._scheduler.silence()
        if self._source.ours:
            self.clock.stop(now())
            self._out.stopped()
        self.report()

    def _locate(self, message: Locate) -> None:
        if self._leads():
            self._scheduler.end_notes()
            self.clock.locate(message.beat, message.time)
            self._out.moved()
            self.report()

    def _steer(self, message: Steer) -> None:
        if self._source.ours and self.clock.running:
            self.clock.follow(message.beat, message.time, message.bpm, now())
            if message.bar is not None:
                self.clock.set_metre(*self.clock.metre, now(), message.bar)
            self.report()

    def _leads(self) -> bool:
        """Whether the clock is this program's to move; says so where it is not."""
        if self._source.ours:
            return True
        leader = LEADERS[self.clock.source]
        self._tell(Fault("clock_follows", f"the clock follows {leader}: start and stop it there"))
        return False

    def _count_in(self, message: CountIn) -> None:
        state = self.clock.state(now())
        if state.running:
            first = state.bar_after(state.beat)
        elif self._leads():
            first = -message.bars * state.bar_length
            lead = COUNT_IN_LEAD * self.clock.bpm / 60.0
            self.clock.start(first - lead, now())
            self._out.moved()
            self.report()
        else:
            return
        pulse = 4.0 / state.denominator
        cues = tuple(
            Cue(first + index * pulse, pulse / 4.0, *_click(index % state.numerator == 0), DRUMS)
            for index in range(message.bars * state.numerator)
        )
        self._scheduler.play("count-in", cues, (), "")

    def _play(self, message: Play) -> None:
        """Queues notes; those that were reckoned before a jump go along with it."""
        by = 0.0
        if message.jumps is not None and message.jumps != self.clock.jumps:
            by = self._carried_since(message.jumps)
        if math.isnan(by):
            self._scheduler.refuse(message.plan)
            return
        cues = (cue._replace(start=cue.start + by) for cue in message.cues) if by else message.cues
        changes = (c._replace(beat=c.beat + by) for c in message.changes) if by else message.changes
        self._scheduler.play(message.plan, cues, changes, message.port, message.last)

    def _carried_since(self, jumps: int) -> float:
        """Beats that jumps have carried along since the clock had made so many; NaN where they have not."""
        since = [jump for jump in self._jumps if jump.jumps > jumps]
        if len(since) != self.clock.jumps - jumps or not all(jump.carried for jump in since):
            return math.nan
        return sum(jump.by for jump in since)


def _click(first: bool) -> tuple[int, int]:
    """Pitch and velocity of a click."""
    return (DOWNBEAT, 112) if first else (UPBEAT, 84)
