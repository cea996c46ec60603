"""What was really played so far, by the player and by the band, on one time line that never ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from ..frames import Stream
from ..score import ROLES, Role

PLAYERS = 32
"""The first player's voice; the next players' follow. A part of the band has its role's place in ROLES."""


def voice_of(role: Role) -> int:
    """The voice of the band's part of a role."""
    return ROLES.index(role)


class Row(NamedTuple):
    """An event: tick of the session's time line (12 a beat), voice, micro-shift, pitch, ticks, velocity bin.

    A voice is whose the event is, whatever slot it has in a sequence. Bin 0 is an unknown velocity.
    """

    tick: int
    voice: int
    shift: int
    pitch: int
    ticks: int
    loud: int


class Ledger:
    """The events of both streams, those of the player kept in order however they come."""

    def __init__(self) -> None:
        self._rows: dict[Stream, list[Row]] = {"m": [], "u": []}

    def add(self, stream: Stream, rows: Iterable[Row]) -> None:
        """Notes down events; of two at one place (tick, voice, shift, pitch) the newer stands."""
        kept = self._rows[stream]
        for row in rows:
            at = bisect_left(kept, row[:4], key=lambda other: other[:4])
            if at < len(kept) and kept[at][:4] == row[:4]:
                kept[at] = row
            else:
                kept.insert(at, row)

    def remove(self, stream: Stream, row: Row) -> None:
        """Takes back an event; nothing where it is not there."""
        if row in (kept := self._rows[stream]):
            kept.remove(row)

    def rows(self, stream: Stream, first: int, last: int) -> list[Row]:
        """Events that begin in the ticks from `first` to before `last`."""
        kept = self._rows[stream]
        return kept[bisect_left(kept, (first,)) : bisect_left(kept, (last,))]

    def forget(self, before: int) -> None:
        """Lets go of what began before a tick."""
        for kept in self._rows.values():
            del kept[: bisect_left(kept, (before,))]

    def cut(self, after: int) -> None:
        """Lets go of what begins from a tick on."""
        for kept in self._rows.values():
            del kept[bisect_left(kept, (after,)) :]

    def move(self, ticks: int) -> None:
        """Sets everything so many ticks later."""
        for stream, kept in self._rows.items():
            self._rows[stream] = [row._replace(tick=row.tick + ticks) for row in kept]
