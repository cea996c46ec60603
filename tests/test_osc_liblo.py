"""liblo's command-line tools as clients: another implementation of OSC writes and reads every packet."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.server import Engine
from bandmate_bridge.protocol import checksum
from stand_in import StandIn

pytestmark = pytest.mark.skipif(
    shutil.which("oscsend") is None or shutil.which("oscdump") is None,
    reason="liblo's oscsend and oscdump (liblo-tools) are not installed",
)
NOTES = ((0, 0.0, 1.0, 60, 90), (0, 1.0, 1.0, 62, 90))


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Tools:
    """oscdump listening at a port of its own, oscsend speaking to the daemon from another each time."""

    def __init__(self, daemon: int) -> None:
        self._daemon = daemon
        self.ear = free_port()
        self.lines: list[str] = []
        self._dump = subprocess.Popen(
            ["oscdump", "-L", str(self.ear)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._dump.kill()
        self._dump.wait()

    def _listen(self) -> None:
        assert self._dump.stdout is not None
        for line in self._dump.stdout:
            self.lines.append(line.partition(" ")[2].strip())

    def send(self, address: str, types: str, *values: object) -> None:
        command = ["oscsend", "127.0.0.1", str(self._daemon), address, types, *map(str, values)]
        subprocess.run(command, check=True, timeout=10)

    def expect(self, beginning: str, seconds: float = 15.0) -> str:
        """The first line that oscdump printed which begins so."""
        until = time.monotonic() + seconds
        while True:
            for line in list(self.lines):
                if line.startswith(beginning):
                    return line
            assert time.monotonic() < until, f"no {beginning!r} among {self.lines}"
            time.sleep(0.02)

    def hello(self) -> str:
        """Says hello until oscdump has opened its port and the welcome is seen; gives the client's number."""
        for attempt in range(100):
            self.send("/bandmate/hello", "iiis", 1, 1, self.ear, "oscsend")
            time.sleep(0.05 * attempt)
            welcomes = [line for line in self.lines if line.startswith("/bandmate/welcome")]
            if welcomes:
                return welcomes[0].split()[4]
        pytest.fail("oscdump never saw the welcome")


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Tools]:
    config = Config(osc_port=free_port(), library=tmp_path / "library")
    engine = Engine(config, (StandIn(), StandIn()), "stand-in")
    engine.start()
    tools = Tools(engine.address[1])
    yield tools
    tools.close()
    engine.stop()


def test_oscsend_asks_and_oscdump_hears_the_answers(tools: Tools) -> None:
    number = tools.hello()
    assert tools.expect("/bandmate/welcome").split()[1].startswith("iiisss")
    tools.send(f"/bandmate/{number}/ping", "i", 2)
    assert tools.expect("/bandmate/pong") == "/bandmate/pong i 2"
    tools.send(f"/bandmate/{number}/tempo", "i", 4)
    tools.expect('/bandmate/refused iss 4 "wrong_arity"')
    tools.send(f"/bandmate/{number}/tempo", "if", 3, 100.0)
    assert tools.expect("/bandmate/ok") == "/bandmate/ok i 3"


def test_oscsend_uploads_a_phrase_has_it_continued_and_oscdump_hears_the_notes(tools: Tools) -> None:
    own = f"/bandmate/{tools.hello()}"
    tools.send(f"{own}/begin", "iiiiif", 5, len(NOTES), 1, 1, 1, 4.0)
    tools.send(f"{own}/part", "iisis", 5, 0, "melody", 0, "lead")
    tools.send(f"{own}/change", "iifsff", 5, 0, 0.0, "tempo", 96.0, 0.0)
    tools.send(f"{own}/chunk", "ii" + "iffii" * len(NOTES), 5, 0, *(n for note in NOTES for n in note))
    tools.send(f"{own}/end", "ii", 5, checksum(NOTES))
    tools.expect("/bandmate/received ii 5 2")
    tools.send(f"{own}/continue", "iisisi", 6, 5, "bars", 2, "seed", 0)
    take = tools.expect("/bandmate/take isiiifs 6").split()[3].strip('"')
    tools.expect("/bandmate/done ii 6 1")
    tools.send(f"{own}/notes", "is", 7, take)
    assert tools.expect("/bandmate/begin") == "/bandmate/begin iiiiif 7 8 1 1 2 8.000000"
    chunk = tools.expect("/bandmate/chunk").split()
    numbers = [float(word) for word in chunk[4:]]
    rows = [tuple(numbers[at : at + 5]) for at in range(0, len(numbers), 5)]
    assert [row[3] for row in rows] == [60.0 + step for step in range(8)]
    announced = int(tools.expect("/bandmate/end ii 7").split()[3])
    assert announced == checksum([(int(p), s, d, int(k), int(v)) for p, s, d, k, v in rows])


def test_without_its_number_a_tool_is_a_stranger(tools: Tools) -> None:
    number = tools.hello()
    tools.send("/bandmate/panic", "i", 1)
    tools.send(f"/bandmate/{number}/status", "i", 2)
    assert '"strangers" 1' in tools.expect("/bandmate/status")
    assert not [line for line in tools.lines if line.startswith("/bandmate/ok")]
