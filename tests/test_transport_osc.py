"""Tempo, taps, metre, the choice of clock and the host's transport, as clients of the daemon know them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.server import Engine, _configure
from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_packet import Atom
from bandmate_models.errors import BandmateError
from jack_helpers import until
from stand_in import StandIn


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class House:
    """A running engine of stand-ins, and what it said to its terminal."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        config = Config(osc_port=free_port(), library=folder)
        self.engine = Engine(config, (StandIn(), StandIn()), "stand-in", self.said.append)
        self.engine.start()

    def client(self) -> OscClient:
        return OscClient(self.engine.address[1])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("library"))
    yield house
    house.engine.stop()


class Host:
    """A client that plays the host: 120 a minute, from beat 0 at its start."""

    def __init__(self, client: OscClient) -> None:
        self.client = client
        client.ask("clock", "host")
        self.begun = time.perf_counter()
        self.bpm = 120.0
        self.loop = (0, 0.0, 0.0)

    def beat(self) -> float:
        beat = (time.perf_counter() - self.begun) * self.bpm / 60.0
        loops, start, length = self.loop
        return start + (beat - start) % length if loops else beat

    def tell(self, playing: int = 1, metre: tuple[int, int] = (4, 4)) -> None:
        self.client.begin("host", playing, self.beat(), self.bpm, *metre, *self.loop)

    def play(self, seconds: float) -> None:
        for _ in range(int(seconds * 20)):
            self.tell()
            time.sleep(0.05)


def status(client: OscClient) -> dict[str, Atom]:
    pairs = client.ask("status")[-1].values
    return dict(zip(map(str, pairs[::2]), pairs[1::2], strict=True))


def test_the_clock_goes_where_the_host_is_and_stops_where_it_stops(house: House) -> None:
    with house.client() as client:
        host = Host(client)
        host.play(0.5)
        until(lambda: status(client)["running"] == 1, "the clock")
        known = status(client)
        assert (known["clock"], known["bpm"], known["metre"]) == ("host", 120.0, "4/4")
        assert known["beat"] == pytest.approx(host.beat(), abs=0.3)
        host.tell(playing=0)
        until(lambda: status(client)["running"] == 0, "the halt")
        stood = status(client)["beat"]
        assert status(client)["beat"] == stood


def test_a_loop_takes_the_clock_back_and_tempo_and_metre_are_the_hosts(house: House) -> None:
    with house.client() as client:
        host = Host(client)
        host.bpm, host.loop = 240.0, (1, 0.0, 3.0)
        for _ in range(30):
            host.tell(metre=(3, 4))
            time.sleep(0.05)
            assert float(status(client)["beat"]) < 3.3
        assert (status(client)["bpm"], status(client)["metre"]) == (240.0, "3/4")
        for name, atoms in (("tempo", (100.0,)), ("metre", (4, 4)), ("tap", ())):
            if name == "tap":
                for _ in range(3):
                    client.ask("tap")
                    time.sleep(0.2)
            with pytest.raises(BandmateError) as refused:
                client.ask(name, *atoms)
            assert refused.value.code == "clock_follows"
        host.tell(playing=0)


def test_a_host_that_falls_silent_is_reported_and_found_again(house: House) -> None:
    with house.client() as client:
        host = Host(client)
        host.play(0.2)
        until(lambda: status(client)["running"] == 1, "the clock")
        until(lambda: status(client)["running"] == 0, "the loss of the host")
        notices = [told.values[0] for told in client.announcements(0.2) if told.name == "notice"]
        assert "clock_lost" in notices
        host.tell()
        until(lambda: status(client)["running"] == 1, "the host's return")
        host.tell(playing=0)


def test_only_one_client_is_the_host_and_only_of_a_host_clock(house: House) -> None:
    with house.client() as client, house.client() as other:
        client.ask("clock", "internal")
        with pytest.raises(BandmateError) as refused:
            client.ask("host", 1, 0.0, 120.0, 4, 4, 0, 0.0, 0.0)
        assert refused.value.code == "not_host"
        Host(client).tell()
        with pytest.raises(BandmateError, match="is the host") as refused:
            other.ask("host", 1, 0.0, 120.0, 4, 4, 0, 0.0, 0.0)
        assert refused.value.code == "not_host"


@pytest.mark.parametrize(
    "atoms",
    [
        (1, 0.0, 0.0, 4, 4, 0, 0.0, 0.0),
        (1, 0.0, 120.0, 0, 4, 0, 0.0, 0.0),
        (1, 0.0, 120.0, 4, 3, 0, 0.0, 0.0),
        (1, 1e9, 120.0, 4, 4, 0, 0.0, 0.0),
        (1, 0.0, 120.0, 4, 4, 1, 0.0, -4.0),
    ],
)
def test_a_transport_that_makes_no_sense_is_refused(house: House, atoms: tuple[Atom, ...]) -> None:
    with house.client() as client:
        client.ask("clock", "host")
        with pytest.raises(BandmateError) as refused:
            client.ask("host", *atoms)
        assert refused.value.code == "bad_value"


def test_a_clock_that_is_none_is_refused(house: House) -> None:
    with house.client() as client:
        with pytest.raises(BandmateError, match="internal, midi, host, link, player") as refused:
            client.ask("clock", "sundial")
        assert refused.value.code == "bad_value"


def test_four_taps_set_the_tempo(house: House) -> None:
    with house.client() as client:
        client.ask("clock", "internal")
        until(lambda: status(client)["clock"] == "internal", "the internal clock")
        client.ask("tempo", 120.0)
        for _ in range(4):
            client.ask("tap")
            time.sleep(0.4)
        until(lambda: 110.0 < float(status(client)["bpm"]) < 152.0, "the tempo")
        assert status(client)["bpm"] != 120.0


def test_the_settings_say_whose_clock_it_is_and_where_it_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    own = _configure(Config(clock="host", clock_out="Bandmate Clock"))
    assert (own.source, own.clock_out, own.clock_out_virtual) == ("host", "Bandmate Clock", True)
    hardware = _configure(Config(clock_out="USB MIDI"))
    assert (hardware.source, hardware.clock_out_virtual) == ("internal", False)
    assert _configure(Config()).clock_out == ""
    monkeypatch.setattr("bandmate_bridge.clocks.ableton_link.find_spec", lambda name: None)
    with pytest.raises(BandmateError, match=r"bandmate\[link\]"):
        _configure(Config(clock="link"))
