"""Who speaks to the OSC server: one record per client, with its lists and its share of refusals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bandmate_bridge.exchange import Exchange
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.protocol import TELLS
from bandmate_models.errors import BandmateError

Address = tuple[str, int]

MAX_CLIENTS = 64
REFUSALS = 20.0  # a second, and at once


class Allowance:
    """How many refusals may go out now: a bucket that fills at `REFUSALS` a second."""

    def __init__(self) -> None:
        self._left = REFUSALS
        self._at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(REFUSALS, self._left + (now - self._at) * REFUSALS)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Client:
    """Someone who said hello. `tell` and `refuse` may be called from any thread."""

    def __init__(self, number: int, address: Address, send: Callable[[bytes, Address], None]) -> None:
        self.number = number
        self.address = address
        self.name = ""
        self.hello_id: int | None = None
        self.heard = time.monotonic()
        self.allowance = Allowance()
        self.gone = False
        self._send = send
        self.lists = Exchange(self.send, self.refuse)

    def forget(self) -> None:
        """Begins anew: no lists, neither coming nor going nor kept."""
        self.lists = Exchange(self.send, self.refuse)

    def send(self, packet: bytes) -> None:
        if not self.gone:
            self._send(packet, self.address)

    def tell(self, name: str, *atoms: Atom) -> None:
        self.send(TELLS[name].packet(*atoms))

    def refuse(self, request: int, error: BandmateError) -> None:
        self.tell("refused", request, error.code, str(error))


class Clients:
    """Every client, found by its number, by where it listens or by where its datagrams come from."""

    def __init__(self, send: Callable[[bytes, Address], None]) -> None:
        self._send = send
        self._by_number: dict[int, Client] = {}
        self._by_source: dict[Address, Client] = {}
        self._last = 0

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._by_number.values()))

    def __len__(self) -> int:
        return len(self._by_number)

    def find(self, source: Address, number: int | None = None) -> Client | None:
        """The client that sends from `source`, or has `number` and is of the same host."""
        if number is None:
            return self._by_source.get(source)
        client = self._by_number.get(number)
        return client if client is not None and client.address[0] == source[0] else None

    def welcome(self, source: Address, port: int) -> tuple[Client, Client | None]:
        """The client that listens at `port` of the source's host (0: at the source), new or known, and
        the one that made room for it."""
        address = (source[0], port or source[1])
        dropped = None
        for client in self._by_number.values():
            if client.address == address:
                break
        else:
            if len(self._by_number) >= MAX_CLIENTS:
                dropped = min(self._by_number.values(), key=lambda known: known.heard)
                self.remove(dropped)
            self._last += 1
            client = Client(self._last, address, self._send)
            self._by_number[client.number] = client
        self._by_source = {known: who for known, who in self._by_source.items() if who is not client}
        self._by_source[source] = client
        return client, dropped

    def remove(self, client: Client) -> None:
        client.gone = True
        self._by_number.pop(client.number, None)
        self._by_source = {known: who for known, who in self._by_source.items() if who is not client}
