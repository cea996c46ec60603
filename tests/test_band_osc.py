"""The live band as a client of the daemon knows it: real weights, a real conductor process, no MIDI ports."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.server import Engine
from bandmate_bridge.osc_client import Answer, OscClient
from bandmate_bridge.osc_packet import Atom
from bandmate_models.errors import BandmateError
from bandmate_models.weights import Weights
from stand_in import StandIn

PATIENCE = 60.0


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class House:
    """A running engine with the band in it."""

    def __init__(self, folder: Path) -> None:
        config = Config(osc_port=free_port(), library=folder / "library")
        musicians = (StandIn(), StandIn())
        self.engine = Engine(config, musicians, "stand-in", lambda said: None, Weights.load(None))
        self.engine.start()
        assert self.engine.bandstand is not None
        self.stand = self.engine.bandstand

    def client(self, name: str = "one") -> OscClient:
        return OscClient(self.engine.address[1], name=name)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("band"))
    yield house
    house.engine.stop()


@pytest.fixture
def house(running: House) -> Iterator[House]:
    """The one house of this module; the band rests before each test."""
    running.stand.band.turn("play", 0.0)
    running.stand.band.turn("energy", 0.5)
    wait(lambda: not running.stand.band.playing, "rest")
    yield running


def wait(come: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not come():
        assert time.monotonic() < end, f"this never came: {what}"
        time.sleep(0.02)


def told(client: OscClient, name: str, wanted: int = 1) -> list[Answer]:
    """Messages of a name that no request has asked for, as many as are wanted."""
    end = time.monotonic() + PATIENCE
    while len(found := heard(client, name)) < wanted:
        assert time.monotonic() < end, f"{wanted} times {name} never came"
        client.poll(0.05)
    return found


def heard(client: OscClient, name: str) -> list[Answer]:
    return [answer for answer in client._heard if answer.name == name]


def band(client: OscClient, *wishes: Atom) -> None:
    assert [answer.name for answer in client.ask("band", *wishes)] == ["ok"]


def test_a_client_starts_the_band_and_hears_its_notes_before_their_beat(house: House) -> None:
    with house.client() as client:
        band(client, "listen", 1, "roles", "drums,bass", "energy", 0.8, "play", 1)
        for answer in told(client, "band_notes", 4):
            role, notes = answer.values[0], answer.values[1:]
            assert role in ("drums", "bass") and len(notes) % 4 == 0 and notes
            for start, beats, pitch, velocity in zip(*(notes[at::4] for at in range(4)), strict=True):
                assert start >= 0 and beats > 0 and 0 <= pitch < 128 and 1 <= velocity <= 127
        assert house.stand.band.stands("energy") == pytest.approx(0.8)
        states = [answer.values[0] for answer in told(client, "band_state")]
        assert set(states) <= {"counting", "playing"}
        band(client, "play", 0)
        assert told(client, "band_cancel")


def test_notes_are_told_ahead_of_their_beat(house: House) -> None:
    with house.client() as client:
        band(client, "listen", 1, "roles", "drums", "play", 1)
        ahead = []
        for answer in told(client, "band_notes", 6):
            ahead.append(float(answer.values[1]) - house.stand.status().clock.beat_at(time.perf_counter()))
        assert house.stand.band.pace.least > 0.0
        assert max(ahead) > 0.0


def test_what_a_client_plays_is_heard_and_kept_with_the_bands_notes(house: House) -> None:
    with house.client() as client:
        band(client, "listen", 1, "roles", "drums", "play", 1)
        told(client, "band_notes")
        now = house.stand.status().clock.beat_at(time.perf_counter())
        for beat, velocity in ((now, 90), (now + 1.0, 0)):
            client.begin("play_note", beat, 60, velocity, 0)
        wait(lambda: house.stand.status().players == 1, "a player")
        line = house.stand.status().clock.bar_after(now + 1.0)
        wait(lambda: house.stand.status().clock.beat_at(time.perf_counter()) > line, "the end of the bar")
        answers = client.ask("keep", 8, timeout=PATIENCE)
        assert [answer.name for answer in answers] == ["take", "done"]
        score = house.stand.recorder._scribe._library.get(str(answers[0].values[0])).score
        assert {part.role for part in score.parts} >= {"melody", "drums"}
        assert [note.pitch for part in score.parts if part.role == "melody" for note in part.notes] == [60]


@pytest.mark.parametrize(
    "wishes",
    [
        ("volume", 3),
        ("energy", "much"),
        ("energy", float("nan")),
        ("piano.mute", 1),
        ("roles", "kazoo"),
        ("roles", "other"),
        ("key", "H flat"),
        ("genre", "nonsense"),
        ("bars", 4),
        ("listen", "yes"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence_and_nothing_is_turned(
    house: House, wishes: tuple[Atom, ...]
) -> None:
    with house.client() as client:
        with pytest.raises(BandmateError) as refused:
            client.ask("band", "swing", 0.7, "play", 1, *wishes)
        assert refused.value.code == "bad_value"
        assert "\n" not in str(refused.value) and len(str(refused.value)) > 10
        time.sleep(0.05)
        assert house.stand.band.stands("swing") == 0.0 and not house.stand.band.playing


@pytest.mark.parametrize(
    ("name", "atoms"), [("keep", (0,)), ("keep", (65,)), ("play_note", (0.0, 60, 90, 16))]
)
def test_other_requests_are_refused_in_a_sentence_too(
    house: House, name: str, atoms: tuple[Atom, ...]
) -> None:
    with house.client() as client:
        with pytest.raises(BandmateError) as refused:
            client.ask(name, *atoms)
        assert refused.value.code == "bad_value"


def test_two_clients_hear_the_same_and_one_that_does_not_listen_nothing(house: House) -> None:
    with house.client("one") as one, house.client("two") as two, house.client("three") as three:
        band(one, "listen", 1, "roles", "drums")
        band(two, "listen", 1)
        band(three, "play", 1)
        first = {tuple(answer.values) for answer in told(one, "band_notes", 3)}
        second = {tuple(answer.values) for answer in told(two, "band_notes", 3)}
        assert first & second
        three.ask("status")
        assert heard(three, "band_notes") == []


def test_a_client_that_leaves_leaves_the_band_to_the_others(house: House) -> None:
    with house.client("stays") as stays:
        with house.client("leaves") as leaves:
            band(leaves, "listen", 1, "roles", "drums", "play", 1)
            told(leaves, "band_notes")
        band(stays, "listen", 1)
        assert told(stays, "band_notes", 2)
    wait(lambda: house.stand.band.pace.least == 0.0, "that nobody listens any more")
    assert house.stand.band.playing


def test_wishes_add_up_however_fast_they_come(house: House) -> None:
    with house.client() as client:
        band(client, "roles", "drums,bass,chords")
        for wishes in (("roles", "drums,bass"), ("genre", "jazz"), ("key", "D minor")):
            client.begin("band", *wishes)
        wait(lambda: house.stand.band.scoring.controls.asked_key, "the key")
        controls = house.stand.band.scoring.controls
        assert controls.genre == "jazz" and house.stand.band.scoring.roles == ("drums", "bass")


def test_the_daemons_status_tells_how_the_band_keeps_up(house: House) -> None:
    with house.client() as client:
        band(client, "roles", "drums", "play", 1)
        wait(lambda: house.stand.status().timing.planned > 0, "notes")
        [answer] = client.ask("status")
        figures = dict(zip(answer.values[::2], answer.values[1::2], strict=True))
        assert figures["band"] == "playing" and figures["band_roles"] == "drums"
        assert int(figures["band_planned"]) > 0 and 0.0 <= float(figures["band_in_time"]) <= 1.0
