"""A conductor's transport and scheduler without ports or processes, in a time that the test moves."""

from __future__ import annotations

import pytest

from bandmate_bridge import scheduler as scheduler_module
from bandmate_bridge.clock import Clock
from bandmate_bridge.clocks import transport as transport_module
from bandmate_bridge.clocks.transport import Transport
from bandmate_bridge.messages import (
    ClockState,
    Cue,
    Fault,
    FromConductor,
    HostTransport,
    Jumped,
    PlanFinished,
    Play,
    SetSource,
    Source,
    ToConductor,
)
from bandmate_bridge.scheduler import Scheduler

TICK = 0.05
LATENESS = 1e-9


class Stage:
    """`sent` is what left by the outputs as (seconds, bytes), `pulses` the same of outgoing MIDI clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, source: Source = "internal") -> None:
        self.time = 100.0
        for module in (scheduler_module, transport_module):
            monkeypatch.setattr(module, "now", lambda: self.time)
        self.sent: list[tuple[float, tuple[int, ...]]] = []
        self.pulses: list[tuple[float, tuple[int, ...]]] = []
        self.told: list[FromConductor] = []
        self.clock = Clock(120.0)
        self.scheduler = Scheduler(
            self.clock, lambda port, data: self.sent.append((self.time, data)), self.told.append
        )
        self.transport = Transport(
            self.clock, self.scheduler, lambda data: self.pulses.append((self.time, data)), self.told.append
        )
        self.transport.sends_clock = True
        self._next_tick = self.time
        self._handlers = self.transport.handlers()
        self.tell(SetSource(source))

    def tell(self, message: ToConductor) -> None:
        """A message of the engine."""
        self._handlers[type(message)](message)

    def hear(self, *data: int) -> None:
        """A MIDI message of the system, now."""
        self.transport.receive(data, self.time)

    def host(
        self,
        beat: float,
        *,
        bpm: float = 120.0,
        playing: bool = True,
        metre: tuple[int, int] = (4, 4),
        loop: tuple[float, float] = (0.0, 0.0),
        delay: float = 0.0,
    ) -> None:
        """The host says that it is at `beat` now, in a message held up by `delay` seconds."""
        self.run_to(self.time + delay)
        self.tell(HostTransport(playing, beat, bpm, *metre, *loop, self.time))

    def play(self, *cues: Cue, plan: str = "plan", jumps: int | None = None, last: bool = False) -> None:
        self.tell(Play(plan, cues, last=last, jumps=jumps))

    def run_to(self, time: float) -> None:
        """Does everything that is due up to `time`, each at its own time."""
        while True:
            self.scheduler.play_due()
            self.transport.play_due()
            tick = min(self._next_tick, self.transport.due())
            due = min(self.scheduler.deadline(), self.transport.deadline(), tick)
            if due > time:
                break
            self.time = max(self.time, due + LATENESS)
            if self.time >= tick:
                self._next_tick = self.time + TICK
                self.transport.look(self.time)
        self.time = time

    def wait(self, seconds: float) -> None:
        self.run_to(self.time + seconds)

    @property
    def beat(self) -> float:
        return self.clock.beat_at(self.time)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [message for message in self.told if isinstance(message, kind)]

    @property
    def jumps(self) -> list[tuple[float, bool]]:
        return [(jumped.by, jumped.carried) for jumped in self.of(Jumped)]

    @property
    def faults(self) -> list[str]:
        return [fault.code for fault in self.of(Fault)]

    @property
    def cancelled(self) -> list[str]:
        return [finished.plan for finished in self.of(PlanFinished) if finished.cancelled]

    @property
    def state(self) -> ClockState:
        return self.of(ClockState)[-1]  # type: ignore[no-any-return]

    def ons(self) -> list[tuple[float, int]]:
        """(seconds, pitch) of the notes that began."""
        return [(round(time, 4), data[1]) for time, data in self.sent if data[0] & 0xF0 == 0x90]

    def still_sounding(self) -> set[tuple[int, int]]:
        """(channel, pitch) that a receiver would still hear."""
        sounding: set[tuple[int, int]] = set()
        for _, data in self.sent:
            if data[0] & 0xF0 == 0x90:
                sounding.add((data[0] & 15, data[1]))
            elif data[0] & 0xF0 == 0x80:
                sounding.discard((data[0] & 15, data[1]))
        return sounding


def cue(start: float, duration: float = 0.5, pitch: int = 60, channel: int = 0) -> Cue:
    return Cue(start, duration, pitch, 90, channel)
