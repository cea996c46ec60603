"""What is to be played, by beat, and what sounds: late notes are dropped and counted, note-offs never."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.messages import Change, Cue, FromConductor, PlanFinished, PlanStarted
from bandmate_bridge.waiting import now

LATE = 0.05
"""Seconds after which a note is no longer played."""

OFF, CHANGE, ON = 0, 1, 2
"""The order of what falls on one beat."""

NOTE_OFF, NOTE_ON, CONTROL, BEND = 0x80, 0x90, 0xB0, 0xE0
SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
BEND_CENTRE = (0, 64)

Send = Callable[[str, "tuple[int, ...]"], None]
"""Sends raw MIDI bytes by the output of that name."""


@dataclass
class Plan:
    """Notes that were asked for together and are cancelled together."""

    name: str
    port: str
    pending: int = 0
    played: int = 0
    dropped: int = 0
    closed: bool = False
    cancelled: bool = False
    held: set[tuple[int, int]] = field(default_factory=set)
    """(status, channel) of pedals that are down and bends off the centre."""


class Sounding(NamedTuple):
    plan: Plan
    serial: int  # of the event that ends the note


class Event(NamedTuple):
    """An entry of the heap; `serial` makes the order total before the rest is compared."""

    beat: float
    order: int
    serial: int
    plan: Plan
    data: tuple[int, ...]
    duration: float


class Scheduler:
    """One heap by beat, played by one thread that calls `play_due` when `deadline` has come.

    As the heap holds beats and the clock turns the first of them into a time when asked, a change of tempo
    holds for everything queued. A note's end is queued when it begins, and ends that note alone.
    """

    def __init__(self, clock: Clock, send: Send, tell: Callable[[FromConductor], None]) -> None:
        self._clock = clock
        self._send = send
        self._tell = tell
        self._heap: list[Event] = []
        self._plans: dict[str, Plan] = {}
        self._sounding: dict[tuple[str, int, int], Sounding] = {}
        self._used: set[tuple[str, int]] = set()
        self._serial = 0
        self.dropped = 0
        self.lateness: deque[float] = deque(maxlen=20_000)
        """Seconds by which each note-on left after its deadline."""

    def play(
        self, name: str, cues: Iterable[Cue], changes: Iterable[Change], port: str, last: bool = True
    ) -> None:
        plan = self._plans.setdefault(name, Plan(name, port))
        for change in changes:
            self._push(change.beat, CHANGE, plan, tuple(change.data))
        for cue in cues:
            data = (NOTE_ON | cue.channel & 15, cue.pitch & 127, max(1, cue.velocity & 127))
            self._push(cue.start, ON, plan, data, cue.duration)
        plan.closed = plan.closed or last
        self._finish_if_done(plan)

    def deadline(self) -> float:
        """When the first event is due; NEVER where nothing is queued or the clock stands still."""
        while self._heap and self._is_stale(self._heap[0]):
            self._drop_stale()
        return self._clock.time_at(self._heap[0].beat) if self._heap else NEVER

    def play_due(self) -> None:
        """Sends everything whose deadline has passed."""
        while (deadline := self.deadline()) <= (time := now()):
            event = heapq.heappop(self._heap)
            plan = event.plan
            plan.pending -= 1
            if event.order == ON:
                if time - deadline > LATE:
                    plan.dropped += 1
                    self.dropped += 1
                else:
                    self._begin(event)
                    self.lateness.append(now() - deadline)
                    if plan.played == 1:
                        self._tell(PlanStarted(plan.name, deadline, event.beat))
            elif event.order == CHANGE:
                self._change(event)
            else:
                self._end((plan.port, event.data[0] & 15, event.data[1]))
            self._finish_if_done(plan)

    def cancel(self, name: str) -> None:
        """Forgets what the plan has not played; its notes, pedals and bends end at once."""
        plan = self._plans.pop(name, None)
        if plan is None:
            return
        plan.cancelled = True
        for key in [key for key, sounding in self._sounding.items() if sounding.plan is plan]:
            self._end(key)
        self._release(plan)
        self._tell(PlanFinished(name, plan.played, plan.dropped, True))

    def silence(self) -> None:
        """Cancels every plan."""
        for name in list(self._plans):
            self.cancel(name)
        self._heap.clear()

    def end_notes(self) -> None:
        """Ends what sounds and leaves what is queued: for a jump of the clock."""
        for key in list(self._sounding):
            self._end(key)

    def panic(self) -> None:
        """Cancels every plan and tells every channel that was ever used to be still."""
        self.silence()
        for port, channel in sorted(self._used):
            for number in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self._send(port, (CONTROL | channel, number, 0))

    def silence_foreign(self, port: str, notes: Iterable[tuple[int, int]]) -> None:
        """Ends (channel, pitch) notes that a conductor before this one may have left sounding."""
        for channel, pitch in notes:
            self._used.add((port, channel))
            self._send(port, (NOTE_OFF | channel, pitch, 0))
        self.panic()

    @property
    def sounding(self) -> int:
        return len(self._sounding)

    def _push(self, beat: float, order: int, plan: Plan, data: tuple[int, ...], duration: float = 0.0) -> int:
        if not math.isfinite(beat) or not math.isfinite(duration):
            return 0
        self._serial += 1
        plan.pending += 1
        heapq.heappush(self._heap, Event(beat, order, self._serial, plan, data, duration))
        return self._serial

    def _is_stale(self, event: Event) -> bool:
        """Whether an event has nothing left to do: its plan is cancelled, or the note it ends has ended."""
        if event.plan.cancelled:
            return True
        if event.order != OFF:
            return False
        sounding = self._sounding.get((event.plan.port, event.data[0] & 15, event.data[1]))
        return sounding is None or sounding.serial != event.serial

    def _drop_stale(self) -> None:
        plan = heapq.heappop(self._heap).plan
        plan.pending -= 1
        if not plan.cancelled:
            self._finish_if_done(plan)

    def _begin(self, event: Event) -> None:
        plan, (status, pitch, _) = event.plan, event.data
        key = (plan.port, status & 15, pitch)
        self._end(key)
        self._send(plan.port, event.data)
        plan.played += 1
        self._used.add(key[:2])
        end = max(event.beat, event.beat + event.duration)
        serial = self._push(end, OFF, plan, (NOTE_OFF | key[1], pitch, 0))
        self._sounding[key] = Sounding(plan, serial)

    def _end(self, key: tuple[str, int, int]) -> None:
        if self._sounding.pop(key, None) is not None:
            port, channel, pitch = key
            self._send(port, (NOTE_OFF | channel, pitch, 0))

    def _change(self, event: Event) -> None:
        plan, data = event.plan, event.data
        kind, channel = data[0] & 0xF0, data[0] & 15
        self._send(plan.port, data)
        self._used.add((plan.port, channel))
        if kind == BEND:
            _mark(plan.held, (BEND, channel), tuple(data[1:]) != BEND_CENTRE)
        elif kind == CONTROL and data[1] == SUSTAIN:
            _mark(plan.held, (CONTROL, channel), data[2] >= 64)

    def _release(self, plan: Plan) -> None:
        for kind, channel in sorted(plan.held):
            data = (kind | channel, *BEND_CENTRE) if kind == BEND else (kind | channel, SUSTAIN, 0)
            self._send(plan.port, data)
        plan.held.clear()

    def _finish_if_done(self, plan: Plan) -> None:
        if plan.closed and plan.pending == 0 and self._plans.get(plan.name) is plan:
            del self._plans[plan.name]
            self._release(plan)
            self._tell(PlanFinished(plan.name, plan.played, plan.dropped, False))


def _mark(held: set[tuple[int, int]], entry: tuple[int, int], is_held: bool) -> None:
    if is_held:
        held.add(entry)
    else:
        held.discard(entry)
