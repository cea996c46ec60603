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
from bandmate_bridge.clocks.transport import Transport
from bandmate_bridge.messages import (
    Cancel,
    Configure,
    ControlHeard,
    Fault,
    FromConductor,
    ListPorts,
    Measure,
    NoteHeard,
    Panic,
    Ping,
    Pong,
    PortList,
    PortsChanged,
    PortWish,
    Ready,
    ServerLost,
    Shutdown,
    SilenceNotes,
    Timing,
)
from bandmate_bridge.midi_clock import CONTINUE, PULSE, SONG_POSITION, START, STOP
from bandmate_bridge.monitor_feed import FeedAddress, FeedSender
from bandmate_bridge.ports import Ports
from bandmate_bridge.scheduler import Scheduler
from bandmate_bridge.waiting import Alarm, now
from bandmate_bridge.wire import decode

ROOM = 0.0006
"""Seconds before a deadline from which nothing but that deadline is served: the costliest line takes half."""

PATIENCE = 20
"""Deadlines in a row, too close for anything else, after which a waiting message is served all the same."""

IN_TIME = 5.0
"""Milliseconds after its beat within which a note counts as in time."""

FIRST_SYSTEM = 0xF0
"""Status bytes from which on a message is of no channel."""

TICK = 0.05
STALLED = 0.3
"""Seconds by which a tick is late where the whole process stood still."""

REALTIME_STATUS = frozenset((SONG_POSITION, PULSE, START, CONTINUE, STOP))


class Conductor:
    """What one conductor process does with what it is told and what it hears."""

    def __init__(self, tell: Callable[[FromConductor], None], realtime: bool) -> None:
        self._tell = tell
        self._realtime = realtime
        self._alarm = Alarm()
        self._inbox: deque[bytes | tuple[float, tuple[int, ...]] | None] = deque()
        self._clock = Clock()
        self._ports: Ports | None = None
        self._monitor: FeedSender | None = None
        self._thru = False
        self._scheduler = Scheduler(self._clock, self._send, tell)
        self._clock_port = ""
        self._transport = Transport(self._clock, self._scheduler, self._send_clock, tell)
        self._reported_drops = 0
        self._parent = os.getppid()
        self._done = False
        self._next_tick = 0.0
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            Configure: self._configure,
            **self._transport.handlers(),
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
        scheduler, transport = self._scheduler, self._transport
        alarm, inbox = self._alarm, self._inbox
        self._next_tick = now() + TICK
        crowded = 0
        while not self._done:
            scheduler.play_due()
            transport.play_due()
            deadline = min(scheduler.deadline(), transport.deadline())
            crowded = crowded + 1 if inbox else 0
            if deadline - now() > ROOM or crowded > PATIENCE:
                crowded = 0
                if inbox:
                    self._serve(inbox.popleft())
                    continue
                if now() >= min(self._next_tick, transport.due()):
                    self._tick()
                    continue
                if scheduler.tidy():
                    continue
            tick = min(self._next_tick, transport.due())
            alarm.wait(min(deadline, tick) if deadline - now() > ROOM else deadline)

    def close(self) -> None:
        """Silences what sounds and closes the ports."""
        self._scheduler.panic()
        self._transport.close()
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

    def _send_clock(self, data: tuple[int, ...]) -> None:
        if self._ports is not None:
            self._ports.send(self._clock_port, data)

    def _configure(self, message: Configure) -> None:
        if message.clock_out and message.clock_out not in (wish.name for wish in message.outputs):
            wish = PortWish(message.clock_out, message.clock_out_virtual)
            message = message._replace(outputs=(*message.outputs, wish))
        ports = Ports(message, self.hear, self._ports_changed)
        if self._ports is not None:
            self._scheduler.panic()
            self._ports.close()
        self._ports = ports
        self._clock_port, self._transport.sends_clock = message.clock_out, bool(message.clock_out)
        self._monitor = FeedSender(FeedAddress(*message.monitor)) if message.monitor else None
        self._thru = message.thru
        ports.open()
        threading.Thread(target=ports.watch, name="ports", daemon=True).start()
        gc.collect()
        gc.freeze()
        self._tell(Ready(os.getpid(), ports.backend, self._realtime, ports.states()))
        self._transport.follow(message.source)

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

    def _measure(self, _: Measure) -> None:
        late = sorted(1000.0 * seconds for seconds in self._scheduler.lateness)
        self._scheduler.lateness.clear()
        dropped = self._scheduler.dropped - self._reported_drops
        self._reported_drops = self._scheduler.dropped
        p50, p95, p99, worst = (
            late[int((len(late) - 1) * q)] if late else 0.0 for q in (0.5, 0.95, 0.99, 1.0)
        )
        behind = sum(ms > IN_TIME for ms in late)
        self._tell(Timing(len(late), dropped, p50, p95, p99, worst, self._realtime, behind))

    def _hear(self, time: float, data: tuple[int, ...]) -> None:
        status = data[0]
        kind, channel = status & 0xF0, status & 15
        if self._thru and status < FIRST_SYSTEM:
            self._send("", data)
        if kind == 0x90 or kind == 0x80:
            velocity = data[2] if kind == 0x90 else 0
            self._tell(NoteHeard(self._clock.beat_at(time), time, channel, data[1], velocity))
        elif kind == 0xB0:
            self._tell(ControlHeard(self._clock.beat_at(time), time, channel, data[1], data[2]))
        elif status in REALTIME_STATUS:
            self._transport.receive(data, time)

    def _tick(self) -> None:
        """Has the transport look whether its leader is still there, and sees when the engine is lost."""
        time = now()
        if time > self._next_tick + STALLED:
            self._transport.pardon(time)
        self._next_tick = time + TICK
        self._transport.look(time)
        if os.getppid() != self._parent:
            self.take(None)
