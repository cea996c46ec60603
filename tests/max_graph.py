"""A message graph like Max's: runs the boxes and cords of a built patch, in time that is counted.

Messages are tuples of atoms: ("bang",), (60, 100), ("set", 3). One outlet's cords are followed in any
order (Max goes by where boxes lie): with a random number generator, each time in another one, so that a
patch which needs one of them is found out. Two threads: the scheduler's events come in order of time;
what is deferred waits for `lag` ms.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bandmate_device.opened import OpenedBox, OpenedPatch

Atom = int | float | str
Message = tuple[Atom, ...]
BANG: Message = ("bang",)


@dataclass
class Transport:
    """Live's: beats by time in ms, at a tempo in quarter notes a minute, through a loop if there is one."""

    tempo: float = 120.0
    playing: bool = False
    metre: tuple[int, int] = (4, 4)
    loop: tuple[bool, float, float] = (False, 0.0, 4.0)  # on, start, length in beats
    _since: float = 0.0
    _from: float = 0.0

    def beat(self, now: float) -> float:
        """Where it is at a time."""
        if not self.playing:
            return self._from
        beat = self._from + (now - self._since) * self.tempo / 60000.0
        on, start, length = self.loop
        if on and self._from < start + length <= beat:
            beat = start + (beat - start) % length
        return beat

    def change(self, now: float, **what: Any) -> None:
        """Sets tempo, playing, loop or metre from a time on."""
        self._from, self._since = self.beat(now), now
        for name, value in what.items():
            setattr(self, name, value)

    def jump(self, now: float, beat: float) -> None:
        self._from, self._since = beat, now


@dataclass
class Graph:
    """All boxes of a patch at work. `script` answers what the [js] box hears with (outlet, message) pairs."""

    patch: OpenedPatch
    transport: Transport = field(default_factory=Transport)
    shuffle: Random | None = None
    lag: Callable[[], float] = lambda: 0.0
    script: Callable[[Message], list[tuple[int, Message]]] = lambda _: []
    now: float = 0.0

    def __post_init__(self) -> None:
        from max_objects import make

        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._deferred_until = 0.0
        self.out: list[tuple[float, int]] = []  # bytes of midiout
        self.sent: list[tuple[float, Message]] = []  # by udpsend
        self.heard: list[tuple[float, Message]] = []  # by the script
        self.seen: dict[str, list[Message]] = {}  # by what is shown
        self.asked: list[tuple[float, float, str]] = []  # each wait of a pipe: time, delay, box
        self.opened: list[str] = []  # by max launchbrowser
        self.sends: dict[str, list[Message]] = {}
        self.depth = 0
        self.objects = {box.id: make(box, self) for box in self.patch.boxes}
        self.by_name = {box.name: self.objects[box.id] for box in self.patch.boxes}
        self._cords: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for cord in self.patch.cords:
            self._cords.setdefault((cord.source, cord.outlet), []).append((cord.target, cord.inlet))

    def send(self, box: OpenedBox, outlet: int, message: Message) -> None:
        """A message out of a box's outlet, along all its cords. A loop without a wait is an error."""
        cords = self._cords.get((box.id, outlet), [])
        if self.shuffle is not None and len(cords) > 1:
            cords = self.shuffle.sample(cords, len(cords))
        self.depth += 1
        assert self.depth < 400, f"stack overflow at {box.name}"
        for target, inlet in cords:
            self.objects[target].receive(inlet, message)
        self.depth -= 1

    def broadcast(self, name: str, message: Message) -> None:
        """What a send says to the receives of its name."""
        for thing in self.objects.values():
            if thing.box.object == "r" and thing.arguments == [name]:
                self.send(thing.box, 0, message)

    def at(self, when: float, what: Callable[[], None]) -> int:
        """Does something at a time; answers its number, by which `forget` knows it."""
        number = next(self._numbers)
        heapq.heappush(self._queue, (max(when, self.now), number, what))
        return number

    def forget(self, numbers: set[int]) -> None:
        self._queue = [event for event in self._queue if event[1] not in numbers]
        heapq.heapify(self._queue)

    def defer(self, what: Callable[[], None]) -> None:
        """Does something in the low-priority thread: after what was deferred before."""
        self._deferred_until = max(self._deferred_until, self.now + self.lag())
        self.at(self._deferred_until, what)

    def run(self, until: float) -> None:
        """Lets time pass up to a moment."""
        while self._queue and self._queue[0][0] <= until:
            self.now, _, what = heapq.heappop(self._queue)
            what()
        self.now = until

    def tell(self, name: str, *message: Atom, inlet: int = 0) -> None:
        """A message to a box by its name."""
        self.by_name[name].receive(inlet, message)

    def osc(self, *message: Atom) -> None:
        """A datagram comes."""
        self.send(self.by_name["hear"].box, 0, message)

    def from_script(self, outlet: int, *message: Atom) -> None:
        self.send(self.by_name["script"].box, outlet, message)

    def start(self) -> None:
        """The device is loaded."""
        self.send(self.by_name["device"].box, 1, (1,))
        self.send(self.by_name["device"].box, 0, BANG)
        self.run(self.now + 400)

    def notes(self) -> list[tuple[float, int, int]]:
        """What the track heard: time, pitch, velocity (0: its end)."""
        data = [byte for _, byte in self.out]
        assert len(data) % 3 == 0, data
        found = []
        for place in range(0, len(data), 3):
            status, pitch, velocity = data[place : place + 3]
            assert status & 0xE0 == 0x80, status
            found.append((self.out[place][0], pitch, velocity if status & 0xF0 == 0x90 else 0))
        return found
