"""The OSC server: one socket, one thread, dispatched from the protocol's table."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from bandmate_bridge.exchange import FRAME
from bandmate_bridge.osc_clients import Address, Allowance, Client, Clients
from bandmate_bridge.osc_packet import Atom, BadPacket, decode
from bandmate_bridge.protocol import ASKS, PORT, TELLS, VERSION
from bandmate_bridge.protocol_schema import ROOT, Message
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score

Handler = Callable[..., None]
"""Called with the client and the message's values as the table checks them; BandmateError refuses."""

OPEN = frozenset({"hello", "ping"})  # answered to strangers
LISTS = frozenset({*FRAME, "resend", "received"})
OWN = OPEN | LISTS | {"bye"}

PAUSE = 0.001  # seconds between two bursts of a list
IDLE = 0.05

log = logging.getLogger("bandmate.osc")


class OscServer:
    """Holds the protocol's own half (hello, ping, lists); everything else goes to `handlers`.

    `handlers` has one entry for every other message that clients ask. They run on the server's thread and
    must return at once. `tell_all`, `send_list`, `Client.tell` and `Client.refuse` may be called from any.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        host: str = "127.0.0.1",
        port: int = PORT,
        on_gone: Callable[[Client], None] = lambda client: None,
    ) -> None:
        """Takes the port. BandmateError `port_taken`; ValueError where `handlers` and the table differ."""
        if set(handlers) != set(ASKS) - OWN:
            raise ValueError(f"handlers and protocol differ: {sorted(set(handlers) ^ (set(ASKS) - OWN))}")
        self.counts: Counter[str] = Counter()
        self.clients = Clients(self._send)
        self._handlers = {
            **handlers,
            **{name: self._about_list(name) for name in LISTS},
            "bye": self._bye,
        }
        self._open: dict[str, Handler] = {"hello": self._hello, "ping": self._ping}
        self.introduction: tuple[str, ...] = ("", "")
        """The daemon's version, its model and its capabilities, for the welcome."""
        self._on_gone = on_gone
        self._strangers = Allowance()
        self._busy = False
        self._due = 0.0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._socket = _bound(host, port)

    @property
    def address(self) -> Address:
        host, port = self._socket.getsockname()[:2]
        return host, port

    def start(self) -> None:
        """Serves on a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.run, name="osc", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tells every client bye and gives the port back."""
        if not self._stopping:
            self.tell_all("bye", 0)
            self._stopping = True
            self._wake()
            if self._thread is not None:
                self._thread.join(2.0)
            self._socket.close()

    def tell_all(self, name: str, *atoms: Atom) -> None:
        for client in self.clients:
            client.tell(name, *atoms)

    def send_list(self, client: Client, list_id: int, score: Score, beats: float | None = None) -> None:
        """Sends `score`, chunk by chunk. Raises BandmateError `too_big`."""
        client.lists.give(list_id, score, beats)
        self._busy = True
        self._wake()

    def run(self) -> None:
        """Serves on this thread until `stop`."""
        while not self._stopping:
            try:
                self._socket.settimeout(PAUSE if self._busy else IDLE)
                datagram, source = self._socket.recvfrom(65_536)
            except (TimeoutError, ConnectionError):
                pass
            except OSError as problem:
                if self._stopping or problem.errno == errno.EBADF:
                    return
                log.warning("the OSC socket: %s", problem)
            else:
                if datagram:
                    self.handle(datagram, source)
            self._tick()

    def handle(self, datagram: bytes, source: Address) -> None:
        """Answers one datagram; nothing that it holds raises."""
        self.counts["packets"] += 1
        try:
            messages = decode(datagram)
        except BadPacket as problem:
            self.counts["bad_packets"] += 1
            client = self.clients.find(source)
            if client is not None:
                self._refuse(client, 0, BandmateError(f"this is no packet I read: {problem}", "bad_packet"))
            return
        for address, atoms in messages:
            self._dispatch(address, atoms, source)

    def _dispatch(self, address: str, atoms: tuple[Atom, ...], source: Address) -> None:
        name, number = _named(address)
        client = self.clients.find(source, number)
        message = ASKS.get(name)
        request = _id_of(atoms)
        try:
            if message is None:
                raise BandmateError(f"there is no message {address[:60]!r}", "unknown_address")
            values = message.check(atoms)
            if client is not None:
                client.heard = time.monotonic()
            if name in OPEN:
                self._open[name](client, source, *values)
            elif client is None:
                raise BandmateError("say hello first", "hello_first")
            else:
                self._answer(message, client, values)
        except BandmateError as error:
            if client is not None:
                self._refuse(client, request, error)
            else:
                self._refuse_stranger(source, request, error, ours=address.startswith(ROOT))

    def _answer(self, message: Message, client: Client, values: list[Atom]) -> None:
        try:
            self._handlers[message.name](client, *values)
        except BandmateError:
            raise
        except Exception:
            log.exception("a mistake in answering %s", message.address)
            self.counts["mistakes"] += 1
            raise BandmateError("the daemon made a mistake; its log says which", "failed") from None

    def _refuse(self, client: Client, request: int, error: BandmateError) -> None:
        self.counts["refused"] += 1
        if client.allowance.take():
            client.refuse(request, error)
        else:
            self.counts["refusals_withheld"] += 1

    def _refuse_stranger(self, source: Address, request: int, error: BandmateError, *, ours: bool) -> None:
        self.counts["strangers"] += 1
        if ours and self._strangers.take():
            self._send(TELLS["refused"].packet(request, error.code, str(error)), source)

    # The protocol's own messages

    def _hello(
        self, known: Client | None, source: Address, request: int, version: int, port: int, name: str
    ) -> None:
        if version != VERSION:
            raise BandmateError(
                f"this daemon speaks version {VERSION} of the protocol, not {version}", "bad_version"
            )
        if not 0 <= port <= 65_535:
            raise BandmateError(f"{port} is no UDP port", "bad_value")
        client, dropped = self.clients.welcome(source, port)
        if dropped is not None:
            self._on_gone(dropped)
        if client.hello_id not in (None, request):
            self._on_gone(client)
            client.forget()
        client.hello_id, client.name, client.heard = request, name, time.monotonic()
        client.tell("welcome", request, VERSION, client.number, *self.introduction)

    def _bye(self, client: Client, request: Atom) -> None:
        self._on_gone(client)
        self.clients.remove(client)
        self._send(TELLS["ok"].packet(request), client.address)

    def _ping(self, client: Client | None, source: Address, request: int) -> None:
        self._send(TELLS["pong"].packet(request), source if client is None else client.address)

    def _about_list(self, name: str) -> Handler:
        def hear(client: Client, list_id: int, *values: Atom) -> None:
            client.lists.hear(name, list_id, *values)
            self._busy = self._busy or name == "resend"

        return hear

    def _tick(self) -> None:
        """What goes on between datagrams: lists on their way."""
        now = time.monotonic()
        if now < self._due - (IDLE - PAUSE if self._busy else 0.0):
            return
        self._due = now + IDLE
        self._busy = False
        for client in self.clients:
            client.lists.tick(now)
            self._busy = self._busy or client.lists.hurried

    def _send(self, packet: bytes, address: Address) -> None:
        try:
            self._socket.sendto(packet, address)
        except OSError:
            self.counts["unsent"] += 1

    def _wake(self) -> None:
        """Ends the wait for a datagram, with an empty one."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", self.address)


def _named(address: str) -> tuple[str, int | None]:
    """The message's name and the client's number of "/bandmate/3/continue", or None for the latter."""
    if not address.startswith(ROOT):
        return "", None
    first, slash, rest = address[len(ROOT) :].partition("/")
    if slash and first.isdecimal() and len(first) < 9:
        return rest, int(first)
    return address[len(ROOT) :], None


def _id_of(atoms: tuple[Atom, ...]) -> int:
    """The id a refusal answers to: the first argument where it can be one, else 0."""
    first = atoms[0] if atoms else 0
    return int(first) if not isinstance(first, str) and 0 < first < 2**24 and first == int(first) else 0


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    try:
        sock.bind((host, port))
    except (OSError, OverflowError) as problem:
        sock.close()
        if getattr(problem, "errno", None) == errno.EADDRINUSE:
            raise BandmateError(
                f"UDP port {port} of {host} is taken, by another bandmate or another program: "
                "stop that one, or choose another port",
                "port_taken",
            ) from None
        raise BandmateError(f"cannot listen at {host}, UDP port {port}: {problem}", "port_taken") from None
    return sock
