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

TIDIED = 64
"""Events of a cancelled plan that are freed at a time: all at once would take milliseconds."""

OFF, CHANGE, ON = 0, 1, 2
"""The order of what falls on one beat."""

NOTE_OFF, NOTE_ON, CONTROL, BEND = 0x80, 0x90, 0xB0, 0xE0
SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
BEND_CENTRE = (0, 64)

Send = Callable[[str, "tuple[int, ...]"], None]
"""Sends raw MIDI bytes by the output of that name."""


class Event(NamedTuple):
    """An entry of a plan's heap; `serial` makes the order total before the rest is compared.

    `beat` is the clock's less its plan's `shift`.
    """

    beat: float
    order: int
    serial: int
    data: tuple[int, ...]
    duration: float


@dataclass(eq=False)
class Plan:
    """Notes that were asked for together and are cancelled together."""

    name: str
    port: str
    heap: list[Event] = field(default_factory=list)
    played: int = 0
    dropped: int = 0
    closed: bool = False
    shift: float = 0.0
    """Beats that jumps of the clock have carried the plan along."""
    held: set[tuple[int, int]] = field(default_factory=set)
    """(status, channel) of pedals that are down and bends off the centre."""


class Sounding(NamedTuple):
    plan: Plan
    serial: int  # of the event that ends the note


class Scheduler:
    """A heap by beat for each plan, played by one thread that calls `play_due` when `deadline` has come.

    As the heaps hold beats and the clock turns the first of them into a time when asked, a change of tempo
    holds for everything queued; a jump that carries the plans along shifts each as a whole. A note's end is
    queued when it begins, and ends that note alone. A cancelled plan costs no more than its sounding notes:
    its heap is thrown away bit by bit, by `tidy`.
    """

    def __init__(self, clock: Clock, send: Send, tell: Callable[[FromConductor], None]) -> None:
        self._clock = clock
        self._send = send
        self._tell = tell
        self._plans: dict[str, Plan] = {}
        self._sounding: dict[tuple[str, int, int], Sounding] = {}
        self._used: set[tuple[str, int]] = set()
        self._thrown_away: list[list[Event]] = []
        self._serial = 0
        self.dropped = 0
        self.lateness: deque[float] = deque(maxlen=20_000)
        """Seconds by which each note-on left after its deadline."""

    def play(
        self, name: str, cues: Iterable[Cue], changes: Iterable[Change], port: str, last: bool = True
    ) -> None:
        plan = self._plans.setdefault(name, Plan(name, port))
        for change in changes:
            self._push(plan, change.beat - plan.shift, CHANGE, tuple(change.data))
        for cue in cues:
            data = (NOTE_ON | cue.channel & 15, cue.pitch & 127, max(1, cue.velocity & 127))
            self._push(plan, cue.start - plan.shift, ON, data, cue.duration)
        plan.closed = plan.closed or last
        self._finish_if_done(plan)

    def deadline(self) -> float:
        """When the first event is due; NEVER where nothing is queued or the clock stands still."""
        first = self._first()
        return self._clock.time_at(first[1].beat + first[0].shift) if first else NEVER

    def play_due(self) -> None:
        """Sends everything whose deadline has passed."""
        while (first := self._first()) is not None:
            plan, event = first
            beat = event.beat + plan.shift
            deadline, time = self._clock.time_at(beat), now()
            if deadline > time:
                return
            heapq.heappop(plan.heap)
            if event.order == ON:
                if time - deadline > LATE:
                    plan.dropped += 1
                    self.dropped += 1
                else:
                    self._begin(plan, event)
                    self.lateness.append(now() - deadline)
                    if plan.played == 1:
                        self._tell(PlanStarted(plan.name, deadline, beat))
            elif event.order == CHANGE:
                self._change(plan, event.data)
            else:
                self._end((plan.port, event.data[0] & 15, event.data[1]))
            self._finish_if_done(plan)

    def cancel(self, name: str) -> None:
        """Forgets what the plan has not played; its notes, pedals and bends end at once."""
        plan = self._plans.pop(name, None)
        if plan is None:
            return
        for key in [key for key, sounding in self._sounding.items() if sounding.plan is plan]:
            self._end(key)
        self._release(plan)
        self._thrown_away.append(plan.heap)
        self._tell(PlanFinished(name, plan.played, plan.dropped, True))

    def refuse(self, name: str) -> None:
        """Cancels the plan, and says so where there was none: its notes came too late to be understood."""
        if name in self._plans:
            self.cancel(name)
        else:
            self._tell(PlanFinished(name, 0, 0, True))

    def silence(self) -> None:
        """Cancels every plan."""
        for name in list(self._plans):
            self.cancel(name)

    def tidy(self) -> bool:
        """Frees a little of what was cancelled; False where nothing is left."""
        if not self._thrown_away:
            return False
        heap = self._thrown_away[-1]
        del heap[-TIDIED:]
        if not heap:
            self._thrown_away.pop()
        return True

    def carry(self, beats: float) -> None:
        """Goes along with a clock that jumps by so many beats: what is queued and sounds keeps its time."""
        for plan in self._plans.values():
            plan.shift += beats

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

    def _push(self, plan: Plan, beat: float, order: int, data: tuple[int, ...], duration: float = 0.0) -> int:
        self._serial += 1
        if math.isfinite(beat) and math.isfinite(duration):
            heapq.heappush(plan.heap, Event(beat, order, self._serial, data, duration))
        return self._serial

    def _first(self) -> tuple[Plan, Event] | None:
        """The first event of all plans; note-offs of notes that have ended otherwise are taken out."""
        first = None
        for plan in tuple(self._plans.values()):
            heap = plan.heap
            while heap and heap[0].order == OFF and not self._still_sounds(plan, heap[0]):
                heapq.heappop(heap)
                self._finish_if_done(plan)
            if heap and (first is None or _order(plan) < _order(first[0])):
                first = plan, heap[0]
        return first

    def _still_sounds(self, plan: Plan, end: Event) -> bool:
        sounding = self._sounding.get((plan.port, end.data[0] & 15, end.data[1]))
        return sounding is not None and sounding.serial == end.serial

    def _begin(self, plan: Plan, event: Event) -> None:
        status, pitch, _ = event.data
        key = (plan.port, status & 15, pitch)
        self._end(key)
        self._send(plan.port, event.data)
        plan.played += 1
        self._used.add(key[:2])
        end = max(event.beat, event.beat + event.duration)
        serial = self._push(plan, end, OFF, (NOTE_OFF | key[1], pitch, 0))
        self._sounding[key] = Sounding(plan, serial)

    def _end(self, key: tuple[str, int, int]) -> None:
        if self._sounding.pop(key, None) is not None:
            port, channel, pitch = key
            self._send(port, (NOTE_OFF | channel, pitch, 0))

    def _change(self, plan: Plan, data: tuple[int, ...]) -> None:
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
        if plan.closed and not plan.heap and self._plans.get(plan.name) is plan:
            del self._plans[plan.name]
            self._release(plan)
            self._tell(PlanFinished(plan.name, plan.played, plan.dropped, False))


def _order(plan: Plan) -> tuple[float, int, int]:
    """Where the first event of a plan stands among those of the others."""
    beat, order, serial, _, _ = plan.heap[0]
    return beat + plan.shift, order, serial


def _mark(held: set[tuple[int, int]], entry: tuple[int, int], is_held: bool) -> None:
    if is_held:
        held.add(entry)
    else:
        held.discard(entry)
