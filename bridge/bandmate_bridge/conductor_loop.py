"""What the conductor does with what it is told and what it hears.

One thread plays, reads and answers, so that nothing contends with a note for the interpreter; the threads
beside it only move bytes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from bandmate_bridge.clock import Clock
from bandmate_bridge.messages import (
    Cancel,
    ClockState,
    Configure,
    ControlHeard,
    CountIn,
    Cue,
    Fault,
    FromConductor,
    ListPorts,
    Locate,
    Measure,
    NoteHeard,
    Panic,
    Ping,
    Play,
    Pong,
    PortList,
    PortsChanged,
    Ready,
    ServerLost,
    SetMetre,
    SetSource,
    SetTempo,
    Shutdown,
    SilenceNotes,
    Start,
    Stop,
    Timing,
)
from bandmate_bridge.midi_clock import CONTINUE, PULSE, SONG_POSITION, START, STOP, MidiClock
from bandmate_bridge.monitor_feed import FeedAddress, FeedSender
from bandmate_bridge.ports import Ports
from bandmate_bridge.scheduler import Scheduler
from bandmate_bridge.waiting import Alarm, now
from bandmate_bridge.wire import decode

ROOM = 0.0006
"""Seconds before a deadline from which nothing but that deadline is served: the costliest line takes half."""

PATIENCE = 20
"""Deadlines in a row, too close for anything else, after which a waiting message is served all the same."""

TICK = 0.05
CLOCK_EVERY = 0.25

DRUMS, DOWNBEAT, UPBEAT = 9, 76, 77  # the wood blocks of General MIDI
COUNT_IN_LEAD = 0.05

REALTIME_STATUS = frozenset((SONG_POSITION, PULSE, START, CONTINUE, STOP))


class Conductor:
    """What one conductor process does with what it is told and what it hears."""

    def __init__(self, tell: Callable[[FromConductor], None], realtime: bool) -> None:
        self._tell = tell
        self._realtime = realtime
        self._alarm = Alarm()
        self._inbox: deque[bytes | tuple[float, tuple[int, ...]] | None] = deque()
        self._clock = Clock()
        self._midi_clock = MidiClock(self._clock)
        self._ports: Ports | None = None
        self._monitor: FeedSender | None = None
        self._scheduler = Scheduler(self._clock, self._send, tell)
        self._reported_drops = 0
        self._parent = os.getppid()
        self._done = False
        self._next_tick = 0.0
        self._next_clock_state = 0.0
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            Configure: self._configure,
            SetTempo: self._set_tempo,
            SetMetre: self._set_metre,
            SetSource: self._set_source,
            Start: self._start,
            Stop: self._stop,
            Locate: self._locate,
            CountIn: self._count_in,
            Play: self._play,
            Cancel: lambda message: self._scheduler.cancel(message.plan),
            Panic: lambda message: self._scheduler.panic(),
            SilenceNotes: lambda message: self._scheduler.silence_foreign("", message.notes),
            ServerLost: self._server_lost,
            ListPorts: self._list_ports,
            Measure: self._measure,
            Ping: lambda message: self._tell(Pong(message.token, now())),
            Shutdown: lambda message: self.leave(),
        }

    def take(self, line: bytes | None) -> None:
        """One line from the engine, from any thread; None where the engine is gone."""
        self._inbox.append(line)
        self._alarm.wake()

    def hear(self, time: float, data: tuple[int, ...]) -> None:
        """One MIDI message that came in at `time`, from any thread."""
        self._inbox.append((time, data))
        self._alarm.wake()

    def leave(self) -> None:
        """Ends `run`."""
        self._done = True
        self._alarm.wake()

    def run(self) -> None:
        """Plays until told to leave."""
        scheduler, alarm, inbox = self._scheduler, self._alarm, self._inbox
        crowded = 0
        while not self._done:
            scheduler.play_due()
            deadline = scheduler.deadline()
            crowded = crowded + 1 if inbox else 0
            if deadline - now() > ROOM or crowded > PATIENCE:
                crowded = 0
                if inbox:
                    self._serve(inbox.popleft())
                    continue
                if now() >= self._next_tick:
                    self._tick()
                    continue
                if scheduler.tidy():
                    continue
            alarm.wait(min(deadline, self._next_tick) if deadline - now() > ROOM else deadline)

    def close(self) -> None:
        """Silences what sounds and closes the ports."""
        self._scheduler.panic()
        if self._ports is not None:
            self._ports.close()

    def _serve(self, entry: bytes | tuple[float, tuple[int, ...]] | None) -> None:
        if entry is None:
            self._engine_is_gone()
        elif isinstance(entry, tuple):
            self._hear(*entry)
        else:
            try:
                message = decode(entry)
                self._handlers[type(message)](message)
            except ValueError as error:
                self._tell(Fault("bad_message", str(error)))
            except Exception as error:
                self._tell(Fault("conductor_error", f"{type(error).__name__}: {error}"))

    def _engine_is_gone(self) -> None:
        sounding = self._scheduler.sounding
        self.leave()
        self._scheduler.panic()
        if self._ports is None:
            return  # a spare conductor goes without a word
        said = f"bandmate: the engine is gone; {sounding} sounding notes silenced"
        with contextlib.suppress(OSError):  # whoever read the engine's errors may be gone too
            print(said, file=sys.stderr, flush=True)

    def _send(self, port: str, data: tuple[int, ...]) -> None:
        if self._ports is not None:
            self._ports.send(port, data)
        if self._monitor is not None:
            self._monitor.send(now(), data)

    def _configure(self, message: Configure) -> None:
        self._clock.source = message.source
        ports = Ports(message, self.hear, self._ports_changed)
        if self._ports is not None:
            self._scheduler.panic()
            self._ports.close()
        self._ports = ports
        self._monitor = FeedSender(FeedAddress(*message.monitor)) if message.monitor else None
        ports.open()
        threading.Thread(target=ports.watch, name="ports", daemon=True).start()
        gc.collect()
        gc.freeze()
        self._tell(Ready(os.getpid(), ports.backend, self._realtime, ports.states()))
        self._tell_clock()

    def _ports_changed(self) -> None:
        if self._ports is not None:
            self._tell(PortsChanged(self._ports.states(), (), self._ports.backend))

    def _server_lost(self, _: ServerLost) -> None:
        if self._ports is not None:
            self._ports.lose_server()

    def _list_ports(self, _: ListPorts) -> None:
        def answer(ports: Ports) -> None:
            self._tell(PortList(ports.backend, *ports.listing()))

        if self._ports is not None:
            threading.Thread(target=answer, args=(self._ports,), name="port list", daemon=True).start()

    def _set_tempo(self, message: SetTempo) -> None:
        if self._clock.source == "internal":
            self._clock.set_tempo(message.bpm, now())
            self._tell_clock()

    def _set_metre(self, message: SetMetre) -> None:
        self._clock.set_metre(message.numerator, message.denominator, now())
        self._tell_clock()

    def _set_source(self, message: SetSource) -> None:
        self._scheduler.silence()
        self._clock.stop(now())
        self._clock.source = message.source
        self._midi_clock = MidiClock(self._clock)
        self._tell_clock()

    def _start(self, message: Start) -> None:
        if self._leads():
            self._scheduler.end_notes()
            self._clock.start(message.beat, now(), message.bar)
            self._tell_clock()

    def _stop(self, _: Stop) -> None:
        self._scheduler.silence()
        if self._clock.source == "internal":
            self._clock.stop(now())
        self._tell_clock()

    def _locate(self, message: Locate) -> None:
        if self._leads():
            self._scheduler.end_notes()
            self._clock.locate(message.beat, message.time)
            self._tell_clock()

    def _leads(self) -> bool:
        """Whether the clock is this program's to move; says so where it is not."""
        if self._clock.source == "internal":
            return True
        self._tell(Fault("clock_follows", "the clock follows incoming MIDI clock: start and stop the sender"))
        return False

    def _count_in(self, message: CountIn) -> None:
        state = self._clock.state(now())
        if state.running:
            first = state.bar_after(state.beat)
        elif self._leads():
            first = -message.bars * state.bar_length
            lead = COUNT_IN_LEAD * self._clock.bpm / 60.0
            self._clock.start(first - lead, now())
            self._tell_clock()
        else:
            return
        pulse = 4.0 / state.denominator
        cues = tuple(
            Cue(first + index * pulse, pulse / 4.0, *_click(index % state.numerator == 0), DRUMS)
            for index in range(message.bars * state.numerator)
        )
        self._scheduler.play("count-in", cues, (), "")

    def _play(self, message: Play) -> None:
        self._scheduler.play(message.plan, message.cues, message.changes, message.port, message.last)

    def _measure(self, _: Measure) -> None:
        late = sorted(1000.0 * seconds for seconds in self._scheduler.lateness)
        self._scheduler.lateness.clear()
        dropped = self._scheduler.dropped - self._reported_drops
        self._reported_drops = self._scheduler.dropped
        p50, p95, p99, worst = (
            late[int((len(late) - 1) * q)] if late else 0.0 for q in (0.5, 0.95, 0.99, 1.0)
        )
        self._tell(Timing(len(late), dropped, p50, p95, p99, worst, self._realtime))

    def _hear(self, time: float, data: tuple[int, ...]) -> None:
        status = data[0]
        kind, channel = status & 0xF0, status & 15
        if kind == 0x90 or kind == 0x80:
            velocity = data[2] if kind == 0x90 else 0
            self._tell(NoteHeard(self._clock.beat_at(time), time, channel, data[1], velocity))
        elif kind == 0xB0:
            self._tell(ControlHeard(self._clock.beat_at(time), time, channel, data[1], data[2]))
        elif status in REALTIME_STATUS and self._clock.source == "midi":
            turn = self._midi_clock.receive(data, time)
            if turn == "stopped":
                self._scheduler.silence()
            elif turn == "moved":
                self._scheduler.end_notes()
            if turn:
                self._tell_clock()

    def _tick(self) -> None:
        """Tells the clock now and then, and sees when the MIDI clock or the engine is lost."""
        time = now()
        self._next_tick = time + TICK
        if self._clock.source == "midi" and self._midi_clock.lost(time):
            self._scheduler.silence()
            self._clock.stop(time)
            self._tell(Fault("clock_lost", "the incoming MIDI clock has ceased; waiting for its next start"))
            self._tell_clock()
        elif self._clock.running and time >= self._next_clock_state:
            self._tell_clock()
        if os.getppid() != self._parent:
            self.take(None)

    def _tell_clock(self) -> None:
        self._next_clock_state = now() + CLOCK_EVERY
        state: ClockState = self._clock.state(now())
        self._tell(state)


def _click(first: bool) -> tuple[int, int]:
    """Pitch and velocity of a click."""
    return (DOWNBEAT, 112) if first else (UPBEAT, 84)
