"""What clients may say of time: tempo, taps, metre, whose clock it is, and where the host is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import cast, get_args

from bandmate.timekeeper import Timekeeper
from bandmate_bridge.messages import HostTransport, Source, ToConductor
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_server import Handler
from bandmate_models.errors import BandmateError

SLOWEST, FASTEST = 20.0, 400.0
UNITS = (1, 2, 4, 8, 16, 32)
MOST_BEATS = 32  # in a bar
FURTHEST = 1e6  # beats from the host's beginning, either way

SILENT = 3.0  # seconds after which another client may be the host


class TransportDesk:
    """Answers on the OSC server's thread, and at once: a message of the host is stamped as it is read."""

    def __init__(self, keeper: Timekeeper, send: Callable[[ToConductor], None]) -> None:
        self._keeper = keeper
        self._send = send
        self._host: Client | None = None
        self._host_heard = -math.inf

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "tempo": self._tempo,
            "tap": self._tap,
            "metre": self._metre,
            "clock": self._clock,
            "host": self._hear_host,
        }

    def _tempo(self, client: Client, request: int, bpm: float) -> None:
        self._keeper.set_tempo(_tempo(bpm))
        client.tell("ok", request)

    def _tap(self, client: Client, request: int) -> None:
        self._keeper.tap(time.perf_counter())
        client.tell("ok", request)

    def _metre(self, client: Client, request: int, beats: int, unit: int) -> None:
        self._keeper.set_metre(*_metre(beats, unit))
        client.tell("ok", request)

    def _clock(self, client: Client, request: int, source: str) -> None:
        if source not in get_args(Source):
            raise BandmateError(f"a clock is {', '.join(get_args(Source))}, not {source[:40]!r}", "bad_value")
        self._keeper.choose(cast(Source, source))
        self._host = None
        client.tell("ok", request)

    def _hear_host(
        self,
        client: Client,
        request: int,
        playing: int,
        beat: float,
        bpm: float,
        beats: int,
        unit: int,
        loop: int,
        loop_start: float,
        loop_length: float,
    ) -> None:
        now = time.perf_counter()
        self._admit(client, now)
        if not (abs(beat) <= FURTHEST and abs(loop_start) <= FURTHEST and 0.0 <= loop_length <= FURTHEST):
            raise BandmateError(f"beats are at most {FURTHEST:g}, and no loop is shorter than 0", "bad_value")
        message = HostTransport(
            bool(playing),
            beat,
            _tempo(bpm),
            *_metre(beats, unit),
            loop_start,
            loop_length if loop else 0.0,
            now,
        )
        self._send(message)

    def _admit(self, client: Client, now: float) -> None:
        """Refuses a client that is not the host."""
        if self._keeper.source != "host":
            raise BandmateError(
                f"the clock is {self._keeper.source}: ask for the clock host before telling where it is",
                "not_host",
            )
        other = self._host if self._host is not client else None
        if other is not None and not other.gone and now - self._host_heard < SILENT:
            raise BandmateError(f"client {other.number} is the host", "not_host")
        self._host, self._host_heard = client, now


def _tempo(bpm: float) -> float:
    if not SLOWEST <= bpm <= FASTEST:
        raise BandmateError(f"a tempo is {SLOWEST:g} to {FASTEST:g}, not {bpm:g}", "bad_value")
    return bpm


def _metre(beats: int, unit: int) -> tuple[int, int]:
    if not 1 <= beats <= MOST_BEATS or unit not in UNITS:
        raise BandmateError(f"{beats}/{unit} is no metre: write it like 4 4, 3 4 or 6 8", "bad_value")
    return beats, unit
