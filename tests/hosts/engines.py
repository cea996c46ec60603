"""A daemon whose musicians are stand-ins, for the tests of other hosts' scripts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandmate.config import Config
from bandmate.server import Engine
from bandmate.tasks.form import Composer
from stand_in import StandIn


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def daemon(folder: Path, port: int, musician: Composer) -> Iterator[Engine]:
    """A running engine with its library in `folder`; `musician` answers clients."""
    none = "No such port"
    config = Config(osc_port=port, library=folder, midi_in=none, midi_out=none)
    engine = Engine(config, (musician, StandIn()), "stand-in")
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
