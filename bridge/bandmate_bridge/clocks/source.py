"""The one interface of all that can lead the clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.messages import HostTransport, Resume

NEAR = 0.06
"""Seconds by which a jump may miss a whole number of bars and yet be one."""


class Turn(NamedTuple):
    """What became of the transport. A source has changed the clock when it says so.

    "jumped": by `by` beats; where `carried`, what is queued goes along. "lost": the clock stands, `sentence`
    says why. "changed": another tempo, metre, loop, or place of a standing clock.
    """

    kind: Literal["started", "stopped", "jumped", "lost", "changed"]
    by: float = 0.0
    carried: bool = False
    sentence: str = ""


class ClockSource:
    """Leads a `Clock`. Each method is one thing that may come in; what a source does not mind is no turn.

    Times are seconds of `time.perf_counter()`. All is called on one thread, and must return at once.
    """

    ours = False
    """Whether this program's own start, stop, place and tempo move the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def receive(self, data: Sequence[int], time: float) -> Turn | None:
        """A MIDI message of the system (clock, start, stop, continue, song position) that came at `time`."""
        return None

    def hear_host(self, host: HostTransport, now: float) -> Turn | None:
        """What the host says of its transport."""
        return None

    def look(self, now: float) -> Turn | None:
        """What is due: called at `due` and about twenty times a second."""
        return None

    def due(self) -> float:
        """When `look` should be called next, at the latest."""
        return NEVER

    def pardon(self, now: float) -> None:
        """This process has stood still until `now`: silence before that means nothing."""

    def resume(self, before: Resume, now: float) -> Turn | None:
        """Goes on as a conductor before this one had it."""
        return None

    def close(self) -> None:
        """Leads no more."""


class OwnClock(ClockSource):
    """This program leads: somebody sets and starts it, or the engine follows the player."""

    ours = True

    def resume(self, before: Resume, now: float) -> Turn | None:
        self._clock.bpm = before.bpm
        self._clock.start(before.beat, before.time, before.bar)
        return Turn("started")


def jump(clock: Clock, beat: float, time: float) -> Turn:
    """Has the clock jump so that `beat` is at `time`; it is carried where it is a whole number of bars.

    The remainder of a carried jump, a few milliseconds, is left to whoever leads.
    """
    numerator, denominator = clock.metre
    bar = numerator * 4.0 / denominator
    by = beat - clock.beat_at(time)
    bars = round(by / bar)
    if bars and abs(by - bars * bar) * 60.0 / clock.bpm <= NEAR:
        clock.shift(bars * bar)
        return Turn("jumped", bars * bar, True)
    clock.locate(beat, time)
    return Turn("jumped", by, False)
