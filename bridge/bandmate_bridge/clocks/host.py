"""The transport of a host that says by message where it is, about ten times a second."""

from __future__ import annotations

import math
from collections import deque

from bandmate_bridge.clock import NEVER, Clock, Line
from bandmate_bridge.clocks.source import ClockSource, Turn, jump
from bandmate_bridge.messages import HostTransport, Resume

SILENT = 2.0
"""Seconds without a message after which a host that played is lost: in shorter ones its user interface was
busy."""

WINDOW = 2.0
"""Seconds of messages that the place is taken from."""

BENT = 0.35
"""The same after a change of tempo."""

AHEAD, BEHIND = 0.15, 0.5
"""Seconds by which a host that is further on, or further back, than it should be has jumped."""

HELD_UP = 0.15
"""Seconds of delay from which a message says nothing unless the next one agrees, within AGREE."""
AGREE = 0.03

SAME_TEMPO = 1e-5
"""Share of the tempo below which it is the same: 32-bit floats keep no more."""


class HostClock(ClockSource):
    """Leads a Clock by `HostTransport` messages.

    A message may be held up and is never early, so the place is that of the most punctual one of the last
    seconds, but one. Tempo is as told. The end of a loop is
    reckoned, not waited for: the clock jumps when it comes, and a message from before or after the host's
    own jump is understood by its remainder.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._line = Line(0.0, 0.0, clock.bpm / 60.0)  # what the messages say, but for how punctual they are
        self._punctual: deque[tuple[float, float]] = deque()
        """Time of a message, and seconds by which the host was further on than `_line`."""
        self._heard = -math.inf
        self._doubtful: float | None = None
        self._loops = False  # whether the loop's end will be reached

    def hear_host(self, host: HostTransport, now: float) -> Turn | None:
        self._heard = max(self._heard, host.time)
        changed = self._take_metre(host) | self._take_loop(host)
        clock = self._clock
        if not host.playing:
            return self._halt(host, changed)
        if not clock.running:
            clock.bpm = host.bpm
            clock.start(host.beat, host.time)
            self._begin(host)
            return Turn("started")
        if abs(host.bpm - 60.0 * self._line.speed) > SAME_TEMPO * host.bpm:
            self._bend(host)
            changed = True
        turn = self._compare(host)
        off = sorted(seconds for _, seconds in self._punctual)
        here = off[-2] if len(off) > 8 else off[-1]
        clock.follow(self._line.beat + here * self._line.speed, self._line.time, host.bpm, now)
        return turn or (Turn("changed") if changed else None)

    def look(self, now: float) -> Turn | None:
        clock = self._clock
        if not clock.running:
            return None
        if now - self._heard > SILENT:
            clock.stop(now)
            return Turn("lost", sentence=f"the host has been silent for {SILENT:g} s; waiting for it")
        if now < self.due():
            return None
        return self._wrap(-clock.loop[1])

    def due(self) -> float:
        start, length = self._clock.loop
        return self._clock.time_at(start + length) if self._loops else NEVER

    def pardon(self, now: float) -> None:
        self._heard = max(self._heard, now - SILENT / 2.0)

    def resume(self, before: Resume, now: float) -> Turn | None:
        self._clock.bpm = before.bpm
        self._clock.start(before.beat, before.time, before.bar)
        self._begin(HostTransport(True, before.beat, before.bpm, *self._clock.metre, 0.0, 0.0, before.time))
        self._heard = now
        return Turn("started")

    def _take_metre(self, host: HostTransport) -> bool:
        """Bars are counted from the host's beat 0, or from where the metre changes while it plays."""
        if (host.numerator, host.denominator) == self._clock.metre:
            return False
        unit = 4.0 / host.denominator
        bar = round(host.beat / unit) * unit if self._clock.running and host.playing else 0.0
        self._clock.set_metre(host.numerator, host.denominator, host.time, bar)
        return True

    def _take_loop(self, host: HostTransport) -> bool:
        loop = (host.loop_start, host.loop_length) if host.loop_length > 0.0 else (0.0, 0.0)
        changed, self._clock.loop = self._clock.loop != loop, loop
        self._loops = host.playing and loop[1] > 0.0 and host.beat < sum(loop)
        return changed

    def _halt(self, host: HostTransport, changed: bool) -> Turn | None:
        clock = self._clock
        was_running, before = clock.running, (clock.beat_at(host.time), clock.bpm)
        if was_running:
            clock.stop(host.time)
        clock.bpm = host.bpm
        clock.locate(host.beat, host.time)
        if was_running:
            return Turn("stopped")
        return Turn("changed") if changed or before != (host.beat, host.bpm) else None

    def _begin(self, host: HostTransport) -> None:
        self._line = Line(host.beat, host.time, host.bpm / 60.0)
        self._punctual = deque([(host.time, 0.0)])
        self._doubtful = None

    def _bend(self, host: HostTransport) -> None:
        """Another tempo from now on; it may have come before the message did, so the past counts less."""
        self._line = Line(self._line.beat_at(host.time), host.time, host.bpm / 60.0)
        young = [entry for entry in self._punctual if entry[0] > host.time - BENT]
        self._punctual = deque(young or [self._punctual[-1]])

    def _compare(self, host: HostTransport) -> Turn | None:
        """Holds the message against the line: it is a little late, doubtful, or the host has jumped."""
        by = host.beat - self._line.beat_at(host.time)
        laps = self._laps(host, by)
        length = self._clock.loop[1]
        off = (by - laps * length) / self._line.speed
        latest = max(seconds for _, seconds in self._punctual)
        late = off - latest
        turn = None
        if late > AHEAD or late < -BEHIND or (late < -HELD_UP and self._agrees(late)):
            turn = jump(self._clock, host.beat, host.time)
            self._line = self._line._replace(beat=self._line.beat + turn.by)
            if not turn.carried:
                self._begin(host)
            return turn
        if late < -HELD_UP:
            self._doubtful = late
            return None
        self._doubtful = None
        if laps < 0:
            turn = self._wrap(laps * length)
        while self._punctual and self._punctual[0][0] < host.time - WINDOW:
            self._punctual.popleft()
        self._punctual.append((host.time, off))
        return turn

    def _agrees(self, late: float) -> bool:
        return self._doubtful is not None and abs(self._doubtful - late) < AGREE

    def _laps(self, host: HostTransport, by: float) -> int:
        """By how many passes of the loop the host is ahead of the clock's own (-1: its jump came first)."""
        start, length = self._clock.loop
        if not length or not start <= host.beat <= start + length:
            return 0
        return round(by / length)

    def _wrap(self, by: float) -> Turn:
        self._clock.shift(by)
        self._line = self._line._replace(beat=self._line.beat + by)
        return Turn("jumped", by, True)
