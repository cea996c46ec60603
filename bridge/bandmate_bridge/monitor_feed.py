"""From the conductor to the monitor: each MIDI message, with its time, as a datagram on this machine."""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
from typing import NamedTuple

_HEAD = struct.Struct("<Qd")


class FeedAddress(NamedTuple):
    """A UDP port of 127.0.0.1, and the number by which the monitor knows its own conductor."""

    port: int
    token: int

    @classmethod
    def free(cls) -> FeedAddress:
        """A port that nobody has now, and a number that nobody guesses."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
            found.bind(("127.0.0.1", 0))
            return cls(found.getsockname()[1], secrets.randbits(63))


class FeedSender:
    """Sends without ever waiting; what nobody takes is lost."""

    def __init__(self, address: FeedAddress) -> None:
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, time: float, data: tuple[int, ...]) -> None:
        with contextlib.suppress(OSError):
            head = _HEAD.pack(self._address.token, time)
            self._socket.sendto(head + bytes(data), ("127.0.0.1", self._address.port))


class FeedReceiver:
    """Takes what came, without waiting. OSError where the port is taken."""

    def __init__(self, address: FeedAddress) -> None:
        self._token = address.token
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", address.port))
        self._socket.setblocking(False)

    def receive(self) -> tuple[float, bytes] | None:
        """The next message's time and bytes; None where there is none. Others' datagrams are passed over."""
        while True:
            try:
                datagram = self._socket.recv(64)
            except (BlockingIOError, ConnectionError):
                return None
            if len(datagram) > _HEAD.size:
                token, time = _HEAD.unpack_from(datagram)
                if token == self._token:
                    return time, datagram[_HEAD.size :]

    def close(self) -> None:
        self._socket.close()
