"""Whether a daemon answers: one ping, which needs no hello."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from bandmate_bridge.osc_packet import BadPacket, decode
from bandmate_bridge.protocol import ASKS
from bandmate_bridge.protocol_schema import ROOT

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_EVERY = 0.25  # seconds between two pings


def answers(host: str, port: int, seconds: float = 1.0) -> bool:
    """Whether a daemon at that address says pong within so many seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + seconds
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(_EVERY)
        while time.monotonic() < until:
            begun = time.monotonic()
            with suppress(OSError, BadPacket):
                sock.sendto(ASKS["ping"].packet(1), (_EVERYWHERE.get(host, host), port))
                if any(address == f"{ROOT}pong" for address, _ in decode(sock.recv(65_536))):
                    return True
            time.sleep(max(0.0, begun + _EVERY - time.monotonic()))
    return False
