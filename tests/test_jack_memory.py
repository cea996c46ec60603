"""The memory of JACK's connections, against a graph whose ports come and go."""

from __future__ import annotations

import pytest

from bandmate_bridge import jack_memory
from bandmate_bridge.jack_memory import MEND_FOR, ConnectionMemory
from bandmate_bridge.messages import PortState

OUT, IN, SYNTH, KEYS = "Bandmate Out:out", "Bandmate In:in", "synth:in", "keys:out"
PORTS = (PortState("in", "in", True, IN), PortState("out", "out", True, OUT))
BOTH = ((OUT, SYNTH), (KEYS, IN))


class FakeServer:
    """A JACK server: ports that are there, and pairs that are connected."""

    def __init__(self) -> None:
        self.runs = True
        self.ports = {OUT, IN, SYNTH, KEYS}
        self.connected: set[tuple[str, str]] = set(BOTH)

    def remove(self, *ports: str) -> None:
        self.ports -= set(ports)
        self.connected = {pair for pair in self.connected if set(pair) <= self.ports}


class FakeGraph:
    server = FakeServer()

    def __init__(self, name: str) -> None:
        if not self.server.runs:
            raise OSError("no JACK server is running")
        self._born_on = self.server

    @property
    def alive(self) -> bool:
        return self._born_on is FakeGraph.server and self.server.runs

    def has(self, port: str) -> bool:
        return self.alive and port in self.server.ports

    def connections(self, sources: list[str], destinations: list[str]) -> set[tuple[str, str]]:
        return {pair for pair in self.server.connected if pair[0] in sources or pair[1] in destinations}

    def connect(self, source: str, destination: str) -> bool:
        if not (self.has(source) and self.has(destination)):
            return False
        self.server.connected.add((source, destination))
        return True

    def close(self) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    monkeypatch.setattr(jack_memory, "JackGraph", FakeGraph)
    FakeGraph.server = FakeServer()
    return FakeGraph.server


@pytest.fixture
def memory(server: FakeServer) -> ConnectionMemory:
    memory = ConnectionMemory()
    assert memory.look(PORTS)
    return memory


def test_what_is_connected_is_remembered_at_once(memory: ConnectionMemory) -> None:
    assert set(memory.pairs) == set(BOTH)
    assert not memory.look(PORTS)


def test_what_the_player_disconnects_is_forgotten_at_the_second_look(
    memory: ConnectionMemory, server: FakeServer
) -> None:
    server.connected = {BOTH[0]}
    assert not memory.look(PORTS)
    assert memory.look(PORTS)
    assert memory.pairs == (BOTH[0],)


def test_ports_that_go_keep_their_connections_in_memory(memory: ConnectionMemory, server: FakeServer) -> None:
    server.connected = set()
    assert not memory.look(PORTS)
    server.remove(OUT, IN)
    for _ in range(3):
        assert not memory.look(PORTS)
    assert set(memory.pairs) == set(BOTH)


def test_connections_are_mended_as_their_ends_come_back(memory: ConnectionMemory, server: FakeServer) -> None:
    server.remove(OUT, IN, SYNTH)
    memory.lose()
    memory.mend()
    server.ports |= {OUT, IN}
    memory.mend()
    assert server.connected == {BOTH[1]}
    assert not memory.look(PORTS)  # still mending: what is missing is not forgotten
    server.ports.add(SYNTH)
    memory.mend()
    assert server.connected == set(BOTH)


def test_a_connection_whose_other_end_never_returns_is_given_up(
    memory: ConnectionMemory, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 0.0
    monkeypatch.setattr("bandmate_bridge.jack_memory.time.monotonic", lambda: moment)
    server.remove(SYNTH)
    memory.lose()
    memory.mend()
    moment = MEND_FOR + 1.0
    memory.mend()
    server.ports.add(SYNTH)
    memory.mend()
    assert server.connected == {BOTH[1]}


def test_a_lost_server_is_told_once_and_its_connections_made_on_the_next(
    memory: ConnectionMemory, server: FakeServer
) -> None:
    server.runs = False
    assert memory.lost_server()
    assert not memory.lost_server()
    memory.lose()
    memory.mend()
    FakeGraph.server = FakeServer()
    FakeGraph.server.connected = set()
    memory.mend()
    assert FakeGraph.server.connected == set(BOTH)
