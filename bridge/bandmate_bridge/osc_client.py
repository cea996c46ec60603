"""A client of the OSC server, for the command line, the tests and the benchmarks."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple

from bandmate_bridge.exchange import FRAME, Exchange
from bandmate_bridge.osc_packet import Atom, BadPacket, decode
from bandmate_bridge.protocol import ASKS, PORT, TELLS, VERSION
from bandmate_bridge.protocol_schema import ROOT
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score

FINAL = frozenset({"welcome", "ok", "pong", "status", "file", "done", "refused"})
REASK = 0.5  # seconds without any answer before a request is sent again
POLL = 0.02


class Answer(NamedTuple):
    """A message of the daemon: its name, the id it answers (0: nobody's), what follows."""

    name: str
    request: int
    values: list[Atom]


class OscClient:
    """One client on one socket, used by one thread. As a context manager it says hello and bye."""

    def __init__(self, port: int = PORT, host: str = "127.0.0.1", name: str = "python") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host if host.startswith("127.") else "", 0))
        self._daemon = (host, port)
        self._name = name
        self._last = 0
        self._heard: deque[Answer] = deque()
        self.lists = Exchange(self._send, self._gave_up)

    def __enter__(self) -> OscClient:
        self.welcome = self.ask("hello", VERSION, 0, self._name)[-1].values
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BandmateError):
            self.ask("bye", timeout=0.5)
        self._socket.close()

    def begin(self, name: str, *atoms: Atom) -> int:
        """Asks without waiting; gives the request's id."""
        self._last += 1
        self._send(ASKS[name].packet(self._last, *atoms))
        return self._last

    def ask(self, name: str, *atoms: Atom, timeout: float = 5.0) -> list[Answer]:
        """Every answer to a request, the last one final. Raises BandmateError: a refusal, or `no_answer`."""
        return list(self.answers(name, *atoms, timeout=timeout))

    def answers(self, name: str, *atoms: Atom, timeout: float = 5.0) -> Iterator[Answer]:
        """The same, one by one as they come; `timeout` seconds are the longest silence."""
        request = self.begin(name, *atoms)
        asked, silent_since = time.monotonic(), time.monotonic()
        answered = False
        while True:
            answer = self._next(request)
            now = time.monotonic()
            if answer is None:
                if now - silent_since > timeout:
                    raise BandmateError(
                        f"no answer to {name} from {self._daemon[0]} port {self._daemon[1]}: "
                        "is `bandmate serve` running?",
                        "no_answer",
                    )
                if not answered and now - asked > REASK:
                    asked = now
                    self._send(ASKS[name].packet(request, *atoms))
                continue
            answered, silent_since = True, now
            if answer.name == "refused":
                raise BandmateError(str(answer.values[1]), str(answer.values[0]))
            yield answer
            if answer.name in FINAL:
                return

    def upload(self, score: Score, beats: float | None = None, timeout: float = 5.0) -> int:
        """Sends a phrase, waits until it is received, gives its list id. Raises BandmateError."""
        self._last += 1
        list_id = self._last
        self.lists.give(list_id, score, beats)
        until = time.monotonic() + timeout
        while self.lists.sending(list_id):
            if time.monotonic() > until:
                raise BandmateError("the daemon did not receive the notes", "no_answer")
            self._refused(list_id)
            self.poll(0.001)
        return list_id

    def notes(self, take: str, timeout: float = 5.0) -> Score:
        """A take's notes. Raises BandmateError."""
        request = self.begin("notes", take)
        until = time.monotonic() + timeout
        while not self.lists.has(request):
            if time.monotonic() > until:
                raise BandmateError(f"the notes of take {take} never came whole", "incomplete")
            self._refused(request)
            self.poll(0.001)
        return self.lists.taken(request)[0]

    def announcements(self, seconds: float) -> Iterator[Answer]:
        """What the daemon tells everybody (id 0), for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer = self._next(0)
            if answer is not None:
                yield answer

    def poll(self, seconds: float = POLL) -> None:
        """Hears what comes within `seconds`, up to one datagram, and moves the lists on."""
        self._socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionError, BadPacket):
            for address, atoms in decode(self._socket.recvfrom(65_536)[0]):
                self._hear(address.removeprefix(ROOT), atoms)
        self.lists.tick(time.monotonic())

    def _hear(self, name: str, atoms: tuple[Atom, ...]) -> None:
        message = TELLS.get(name)
        if message is None:
            return
        number, *values = message.check(atoms)
        request = 0 if message.arguments[0].name == "plan" else number  # which numbers the daemon's own plans
        if name in FRAME or name in ("resend", "received"):
            self.lists.hear(name, int(request), *values)
        else:
            self._heard.append(Answer(name, int(request), values))

    def _next(self, request: int) -> Answer | None:
        for answer in self._heard:
            if answer.request == request:
                self._heard.remove(answer)
                return answer
        self.poll()
        return None

    def _refused(self, request: int) -> None:
        for answer in self._heard:
            if answer.request == request and answer.name == "refused":
                self._heard.remove(answer)
                raise BandmateError(str(answer.values[1]), str(answer.values[0]))

    def _gave_up(self, list_id: int, error: BandmateError) -> None:
        self._heard.append(Answer("refused", list_id, [error.code, str(error)]))

    def _send(self, packet: bytes) -> None:
        self._socket.sendto(packet, self._daemon)
