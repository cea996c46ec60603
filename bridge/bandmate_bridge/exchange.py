"""The note lists between two ends of the protocol: those going out, those coming in, those that came."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.protocol import ASKS
from bandmate_bridge.transfer import ATTEMPTS, STALL, Incoming, Outgoing
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score

FRAME = frozenset({"begin", "part", "change", "chunk", "end"})
KEPT = 16  # lists going out, coming in, and that came
BURST = 4  # packets at a tick, so that the other end keeps up with them


class Exchange:
    """One end. `send` takes packets for the other end; `failed` hears of lists that never came whole.

    `give` may be called from any thread, the rest from the thread that holds the socket.
    """

    def __init__(self, send: Callable[[bytes], None], failed: Callable[[int, BandmateError], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._send = send
        self._failed = failed
        self._lock = threading.Lock()
        self._outgoing: OrderedDict[int, Outgoing] = OrderedDict()
        self._incoming: dict[int, Incoming] = {}
        self._delivered: deque[int] = deque(maxlen=KEPT)
        self._whole: OrderedDict[int, tuple[Score, float]] = OrderedDict()

    def give(self, list_id: int, score: Score, beats: float | None = None) -> None:
        """Begins to send `score`, `beats` long (default: to its last note's end).

        Raises BandmateError `too_big`.
        """
        outgoing = Outgoing(list_id, score, beats)
        with self._lock:
            self._outgoing[list_id] = outgoing
            if len(self._outgoing) > KEPT:
                self._outgoing.popitem(last=False)

    def taken(self, list_id: int) -> tuple[Score, float]:
        """A list that came whole, and its length in beats. Raises BandmateError `unknown_list`."""
        try:
            return self._whole[list_id]
        except KeyError:
            raise BandmateError(
                f"there is no whole list {list_id}: send it first (begin … end, until received)",
                "unknown_list",
            ) from None

    def has(self, list_id: int) -> bool:
        return list_id in self._whole

    def sending(self, list_id: int) -> bool:
        return list_id in self._outgoing

    @property
    def hurried(self) -> bool:
        """Whether packets are due at the next tick."""
        return any(outgoing.waiting for outgoing in list(self._outgoing.values()))

    def hear(self, name: str, list_id: int, *values: Atom) -> None:
        """A message of a frame, `resend` or `received`, as the table checks it.

        Raises BandmateError: `bad_value`, `bad_list`, `too_big`, `busy`, `unknown_list`.
        """
        if name == "received":
            with self._lock:
                if self._outgoing.pop(list_id, None) is not None:
                    self._delivered.append(list_id)
        elif name == "resend" and list_id not in self._delivered:
            outgoing = self._outgoing.get(list_id)
            if outgoing is None:
                raise BandmateError(f"list {list_id} is not kept", "unknown_list")
            self.counts["resends_answered"] += 1
            outgoing.resend(int(values[0]))
        elif name in FRAME and list_id not in self._whole:
            self._hear_frame(name, list_id, *values)
        elif name == "end":
            self._acknowledge(list_id)

    def tick(self, now: float) -> None:
        """Sends what is due, and asks again for what a silent other end owes."""
        for list_id, outgoing in list(self._outgoing.items()):
            for packet in outgoing.packets(BURST):
                self._send(packet)
            if not outgoing.remind(now):
                self.counts["given_up"] += 1
                with self._lock:
                    self._outgoing.pop(list_id, None)
        for list_id, incoming in list(self._incoming.items()):
            if now - incoming.news < STALL:
                continue
            incoming.news = now
            incoming.stalls += 1
            if incoming.stalls > ATTEMPTS:
                del self._incoming[list_id]
                self._failed(
                    list_id, BandmateError(f"list {list_id} never came whole: send it again", "incomplete")
                )
            else:
                self._ask_again(incoming)

    def _hear_frame(self, name: str, list_id: int, *values: Atom) -> None:
        incoming = self._incoming.get(list_id)
        if incoming is None:
            if len(self._incoming) >= KEPT:
                raise BandmateError(f"{KEPT} lists are on their way already", "busy")
            incoming = self._incoming[list_id] = Incoming(list_id)
        try:
            incoming.hear(name, values)
            if incoming.whole:
                self._whole[list_id] = incoming.score(), incoming.beats
        except BandmateError:
            del self._incoming[list_id]
            raise
        if incoming.whole:
            del self._incoming[list_id]
            if len(self._whole) > KEPT:
                self._whole.popitem(last=False)
            self._acknowledge(list_id)
        elif name == "end":
            self._ask_again(incoming)

    def _ask_again(self, incoming: Incoming) -> None:
        for index in incoming.missing()[:BURST]:
            self.counts["resends_asked"] += 1
            self._send(ASKS["resend"].packet(incoming.list_id, index))

    def _acknowledge(self, list_id: int) -> None:
        self._send(ASKS["received"].packet(list_id, self._whole[list_id][0].note_count))
