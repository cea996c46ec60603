"""Pure Data as a client: it uploads a phrase, has it continued and collects every note of a large take."""

from __future__ import annotations

import re
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.library import Library
from bandmate.server import Engine
from bandmate_bridge.osc_packet import decode
from bandmate_bridge.protocol import checksum
from bandmate_bridge.transfer import rows_of
from stand_in import StandIn

PATCH = Path(__file__).parent / "pd" / "client.pd"
LOST = 3  # the chunk that the network eats once


class Proxy:
    """A UDP relay to the daemon that loses the first datagram with chunk `LOST`."""

    def __init__(self, daemon: tuple[str, int]) -> None:
        self.lost = 0
        self.resends: list[int] = []
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._back.connect(daemon)
        self._client: tuple[str, int] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._front.getsockname()[1])

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._front.close()
        self._back.close()

    def _relay(self) -> None:
        while not self._ending.is_set():
            for ready in select.select([self._front, self._back], [], [], 0.1)[0]:
                if ready is self._front:
                    packet, self._client = self._front.recvfrom(65_536)
                    [(address, atoms)] = decode(packet)
                    if address == "/bandmate/resend":
                        self.resends.append(int(atoms[1]))
                    self._back.send(packet)
                else:
                    packet = self._back.recv(65_536)
                    [(address, atoms)] = decode(packet)
                    if address == "/bandmate/chunk" and atoms[1] == LOST and not self.lost:
                        self.lost += 1
                    elif self._client is not None:
                        self._front.sendto(packet, self._client)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A daemon whose musician writes three notes a beat: 768 in 64 bars."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    musicians = StandIn(per_beat=3), StandIn()
    engine = Engine(Config(osc_port=port, library=tmp_path / "library"), musicians, "stand-in")
    engine.start()
    yield engine
    engine.stop()


@pytest.mark.skipif(shutil.which("pd") is None, reason="Pure Data (pd) is not installed")
def test_pure_data_gets_all_notes_of_a_take_though_a_chunk_is_lost(engine: Engine, tmp_path: Path) -> None:
    proxy = Proxy(engine.address)
    try:
        flags = ["-nogui", "-noaudio", "-nomidi", "-sleepgrain", "1"]
        pd = subprocess.run(
            ["pd", *flags, "-open", str(PATCH), "-send", f"daemon {proxy.port}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        proxy.close()
    [card] = Library(tmp_path / "library").list()
    rows = rows_of(Library(tmp_path / "library").get(card.id).score)
    assert len(rows) == 768
    result = re.search(r"result: (\d+) (\d+) (\d+) (\d+)", pd.stderr)
    assert result is not None, pd.stderr
    assert [int(number) for number in result.groups()] == [768, 768, checksum(rows), checksum(rows)]
    assert proxy.lost == 1
    assert proxy.resends == [LOST]
    assert "refused" not in pd.stderr
