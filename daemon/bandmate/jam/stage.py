"""What a live band is to whoever shows it and leads it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from bandmate.band.status import BandStatus
from bandmate.take import Take


class Stage(Protocol):
    """A band that is ready to play. Every method but `close` returns at once; one thread calls them."""

    def status(self) -> BandStatus:
        """What can be seen now."""

    def turn(self, name: str, value: float) -> None:
        """Sets a dial. Raises BandmateError."""

    def tempo(self, bpm: float) -> None:
        """Quarter notes a minute from now on, where the clock is the internal one."""

    def keep(self, bars: int) -> Future[Take]:
        """The last whole bars as a take. Raises BandmateError, and so may the future."""

    def close(self) -> Sequence[Take]:
        """Silences the band and ends it; the takes of the session. Raises BandmateError."""
