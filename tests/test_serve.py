"""The daemon as its clients know it: over OSC, with the library on disk and a real conductor process."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.jobs import WAITING
from bandmate.library import Library
from bandmate.server import Engine
from bandmate_bridge.osc_client import Answer, OscClient
from bandmate_bridge.osc_packet import Atom
from bandmate_models.errors import BandmateError
from bandmate_models.score import Metre, Note, Part, Score, Tempo
from stand_in import StandIn

ROOT = Path(__file__).parent.parent
PHRASE = Score(
    (Part("melody", tuple(Note(float(beat), 1.0, 60 + beat, 90) for beat in range(4)), 5),),
    (Tempo(0.0, 96.0),),
)
WALTZ = Score((Part("melody", (Note(0.0, 3.0, 60, 90),)),), metres=(Metre(0.0, 3, 4),))


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class House:
    """A running engine whose two musicians are stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.library = Library(folder)
        self.player, self.live = StandIn(), StandIn()
        self.said: list[str] = []
        config = Config(osc_port=free_port(), library=folder)
        self.engine = Engine(config, (self.player, self.live), "stand-in", self.said.append)
        self.engine.start()

    def client(self) -> OscClient:
        return OscClient(self.engine.address[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("library"))
    yield house
    house.engine.stop()


@pytest.fixture
def house(running: House) -> Iterator[House]:
    """The one house of this module, its musicians as they were at first."""
    running.player.__init__()  # type: ignore[misc]
    yield running
    running.player.pause, running.player.error = 0.0, None


def takes_of(answers: list[Answer]) -> list[str]:
    return [str(answer.values[0]) for answer in answers if answer.name == "take"]


def slow_request(house: House, client: OscClient) -> int:
    """A request that runs until it is cancelled."""
    house.player.pause = 0.02
    request = client.begin("continue", client.upload(PHRASE), "bars", 64)
    written = house.player.written
    while house.player.written == written:
        client.poll()
    return request


def refusal(client: OscClient, request: int) -> str:
    """The code by which a request ends."""
    for _ in range(500):
        answer = client._next(request)
        if answer is not None and answer.name == "refused":
            return str(answer.values[0])
    pytest.fail("no refusal came")


def test_a_phrase_goes_in_and_takes_come_out(house: House) -> None:
    with house.client() as client:
        request = client.answers("continue", client.upload(PHRASE), "bars", 2, "takes", 3, "seed", 4)
        answers = []
        for answer in request:
            answers.append(answer)
            if answer.name == "take":
                assert house.library.get(str(answer.values[0])).phrase is not None, (
                    "on disk before it is told"
                )
        names = [answer.name for answer in answers]
        assert names[0] == "accepted"
        assert names[-1] == "done"
        assert answers[-1].values == [3]
        assert [answer.values[1:5] for answer in answers if answer.name == "take"] == [
            [number, 3, 8, 8.0] for number in (1, 2, 3)
        ]
        assert "progress" in names
        for number, take_id in enumerate(takes_of(answers)):
            take, notes = house.library.get(take_id), client.notes(take_id)
            assert notes == take.score
            assert notes.parts[0].notes[0].pitch == 64 + number
            assert (notes.tempos[0].bpm, notes.parts[0].program) == (96.0, 5)
            assert take.card.seed == 4 + number
            assert take.card.model == "stand-in"


def test_the_answer_keeps_the_metre_of_the_phrase(house: House) -> None:
    with house.client() as client:
        [take] = [a for a in client.ask("continue", client.upload(WALTZ), "bars", 2) if a.name == "take"]
        assert take.values[4] == 6.0
        assert client.notes(str(take.values[0])).metres == (Metre(0.0, 3, 4),)


def test_what_a_prompt_says_that_means_nothing_is_told_and_the_rest_is_done(house: House) -> None:
    with house.client() as client:
        answers = client.ask("continue", client.upload(PHRASE), "prompt", "drivng jazz, 2 bars")
        [notice] = [answer for answer in answers if answer.name == "notice"]
        assert notice.values[0] == "not_understood"
        assert "drivng (known: driving" in str(notice.values[1])
        [take] = [answer for answer in answers if answer.name == "take"]
        assert house.library.get(str(take.values[0])).card.bars == 2


def test_a_phrase_is_continued_from_the_bar_line_after_its_length(house: House) -> None:
    with house.client() as client:
        for beats, end in ((0.0, 4.0), (4.0, 4.0), (4.5, 8.0), (12.0, 12.0)):
            client.ask("continue", client.upload(PHRASE, beats), "bars", 1)
            assert house.player.ends[-1] == end


def test_notes_are_told_as_they_are_written_where_a_request_says_so(house: House) -> None:
    with house.client() as client:
        answers = client.ask("continue", client.upload(PHRASE), "bars", 2, "takes", 2, "stream", 1)
        for number, take_id in enumerate(takes_of(answers), 1):
            told = [a.values[1:] for a in answers if a.name == "note" and a.values[0] == number]
            [part] = house.library.get(take_id).score.parts
            assert told == [[0, *note] for note in part.notes]
        quiet = client.ask("continue", client.upload(PHRASE), "bars", 2)
        assert "note" not in {answer.name for answer in quiet}


def test_a_take_of_thousands_of_notes_arrives_whole(house: House) -> None:
    house.player.per_beat = 12
    with house.client() as client:
        [take_id] = takes_of(client.ask("continue", client.upload(PHRASE), "bars", 64))
        assert client.notes(take_id) == house.library.get(take_id).score
        assert client.lists.taken(client._last)[1] == 256.0


def test_a_request_that_comes_twice_is_done_once_and_answered_again(house: House) -> None:
    with house.client() as client:
        phrase = client.upload(PHRASE)
        first = client.ask("continue", phrase, "bars", 1)
        client._last -= 1
        again = client.ask("continue", phrase, "bars", 1)
        assert takes_of(again) == takes_of(first)
        assert [answer.name for answer in again] == ["accepted", "take", "done"]


def test_a_running_request_can_be_cancelled(house: House) -> None:
    with house.client() as client:
        request = slow_request(house, client)
        before = len(house.library.list())
        assert client.ask("cancel", request)[-1].name == "ok"
        assert refusal(client, request) == "cancelled"
        assert len(house.library.list()) == before
        with pytest.raises(BandmateError) as twice:
            client.ask("cancel", request)
        assert twice.value.code == "unknown_job"


def test_a_waiting_request_can_be_cancelled_and_the_queue_has_an_end(house: House) -> None:
    with house.client() as client:
        running = slow_request(house, client)
        phrase = client.upload(PHRASE)
        waiting = [client.begin("continue", phrase) for _ in range(WAITING)]
        with pytest.raises(BandmateError) as full:
            client.ask("continue", phrase)
        assert full.value.code == "busy"
        for request in (*waiting, running):
            client.ask("cancel", request)
        assert {refusal(client, request) for request in (*waiting, running)} == {"cancelled"}


def test_one_clients_cancel_does_not_touch_anothers_request(house: House) -> None:
    with house.client() as one, house.client() as two:
        request = slow_request(house, one)
        with pytest.raises(BandmateError) as refused:
            two.ask("cancel", request)
        assert refused.value.code == "unknown_job"
        one.ask("cancel", request)


def test_a_client_that_leaves_takes_its_requests_along(house: House) -> None:
    with house.client() as client:
        slow_request(house, client)
    with house.client() as other:
        house.player.pause = 0.0
        assert other.ask("continue", other.upload(PHRASE), "bars", 1)[-1].name == "done"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (("bars", -1), "bad_value"),
        (("bars", 10_000), "bad_value"),
        (("bars", 2.5), "bad_value"),
        (("key", "H flat"), "bad_value"),
        (("temperature", float("nan")), "bad_value"),
        (("takes", "many"), "bad_value"),
        (("colour", 3), "bad_value"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(house: House, wishes: tuple[Atom, ...], code: str) -> None:
    with house.client() as client:
        phrase = client.upload(PHRASE)
        with pytest.raises(BandmateError) as refused:
            client.ask("continue", phrase, *wishes)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "atoms", "code"),
    [
        ("continue", (77,), "unknown_list"),
        ("continue", (0,), "silent"),
        ("extend", ("nothing",), "no_take"),
        ("notes", ("nothing",), "no_take"),
        ("file", ("../../etc",), "no_take"),
        ("tempo", (900.0,), "bad_value"),
        ("metre", (4, 3), "bad_value"),
        ("metre", (0, 4), "bad_value"),
        ("cancel", (5,), "unknown_job"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code(
    house: House, name: str, atoms: tuple[Atom, ...], code: str
) -> None:
    with house.client() as client, pytest.raises(BandmateError) as refused:
        client.ask(name, *atoms)
    assert refused.value.code == code


def test_a_list_without_notes_is_nothing_to_go_on_from(house: House) -> None:
    with house.client() as client:
        silent = client.upload(Score((Part("bass"),)))
        with pytest.raises(BandmateError) as refused:
            client.ask("continue", silent)
        assert refused.value.code == "silent"


def test_a_take_is_extended_from_its_end_and_knows_its_parent(house: House) -> None:
    with house.client() as client:
        [first] = takes_of(client.ask("continue", client.upload(PHRASE), "bars", 1, "seed", 1))
        [second] = takes_of(client.ask("extend", first, "bars", 2, "seed", 2))
        take = house.library.get(second)
        assert take.card.parent == first
        assert take.phrase is not None
        assert take.phrase.note_count == 8
        assert [note.pitch for note in take.phrase.parts[0].notes][4:] == [61, 62, 63, 64]


def test_takes_are_listed_newest_first_and_their_file_is_named(house: House) -> None:
    with house.client() as client:
        [take_id] = takes_of(client.ask("continue", client.upload(PHRASE), "bars", 1))
        listed = client.ask("takes", 3)
        assert takes_of(listed)[0] == take_id
        assert listed[-1].values == [len(listed) - 1]
        [answer] = client.ask("file", take_id)
        assert Path(str(answer.values[1])).read_bytes().startswith(b"MThd")


def test_status_ports_tempo_metre_and_panic_are_answered(house: House) -> None:
    with house.client() as client:
        assert client.ask("tempo", 90.0)[-1].name == "ok"
        assert client.ask("metre", 3, 4)[-1].name == "ok"
        assert client.ask("panic")[-1].name == "ok"
        assert client.ask("ports")[-1].name == "done"
        until = time.monotonic() + 5
        while True:
            pairs = client.ask("status")[-1].values
            status = dict(zip(pairs[::2], pairs[1::2], strict=True))
            if status["bpm"] == 90.0 and status["metre"] == "3/4":
                break
            assert time.monotonic() < until
        assert status["model"] == "stand-in"
        assert status["conductor"] == house.engine.conductor
        assert "midi_in" in status


def test_a_mistake_in_the_task_is_a_refusal_and_the_daemon_lives(house: House) -> None:
    house.player.error = RuntimeError("broken")
    with house.client() as client:
        phrase = client.upload(PHRASE)
        with pytest.raises(BandmateError) as refused:
            client.ask("continue", phrase)
        assert refused.value.code == "failed"
        house.player.error = None
        assert client.ask("continue", phrase, "bars", 1)[-1].name == "done"


def test_several_clients_at_once_get_their_own_takes(house: House) -> None:
    results: dict[int, list[Score]] = {}

    def ask(seed: int) -> None:
        with house.client() as client:
            answers = client.ask("continue", client.upload(PHRASE), "bars", 1, "seed", seed, timeout=30.0)
            results[seed] = [client.notes(take_id) for take_id in takes_of(answers)]

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {seed: notes[0].parts[0].notes[0].pitch for seed, notes in results.items()} == {
        seed: 60 + seed for seed in range(6)
    }


def test_it_answers_while_it_works_and_is_flooded_with_garbage(house: House) -> None:
    chance = random.Random(1)
    with house.client() as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        request = slow_request(house, client)
        for _ in range(20):
            for _ in range(100):
                flood.sendto(chance.randbytes(chance.randrange(80)), house.engine.address)
            assert client.ask("ping")[-1].name == "pong"
        client.ask("cancel", request)


def test_a_library_that_cannot_be_used_is_a_refusal_and_the_daemon_lives(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file where a folder should be", encoding="utf-8")
    house = House(tmp_path / "library")
    try:
        with house.client() as client:
            phrase = client.upload(PHRASE)
            with pytest.raises(BandmateError) as refused:
                client.ask("continue", phrase, "bars", 1)
            assert refused.value.code == "library_unusable"
            assert client.ask("ping")[-1].name == "pong"
    finally:
        house.engine.stop()


def test_a_second_engine_finds_the_port_taken(house: House, tmp_path: Path) -> None:
    config = Config(osc_port=house.engine.address[1], library=tmp_path)
    with pytest.raises(BandmateError) as refused:
        Engine(config, (StandIn(), StandIn()), "stand-in")
    assert refused.value.code == "port_taken"


def test_stopping_says_bye_and_ends_the_conductor(tmp_path: Path) -> None:
    house = House(tmp_path)
    conductor = house.engine.conductor
    assert conductor is not None
    with house.client() as client:
        house.engine.stop()
        assert next(client.announcements(5.0)).name == "bye"
    with pytest.raises(ProcessLookupError):
        os.kill(conductor, 0)


def _environment(folder: Path) -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / name) for name in ("daemon", "bridge", "models"))
    return {**os.environ, "PYTHONPATH": roots, "BANDMATE_CONFIG": str(folder / "none.toml")}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small model of random weights."""
    pytest.importorskip("onnx")
    from random_weights import random_weights

    folder = tmp_path_factory.mktemp("model")
    random_weights(folder)
    return folder


@pytest.fixture
def serve(model: Path, tmp_path: Path) -> Iterator[list[str]]:
    """The command line that serves that model on a free port."""
    settings = tmp_path / "none.toml"
    settings.write_text("", encoding="utf-8")
    flags = {"osc-port": free_port(), "library": tmp_path / "library", "weights": model}
    yield [
        sys.executable, "-m", "bandmate", "serve",
        *(str(word) for name, value in flags.items() for word in (f"--{name}", value)),
    ]  # fmt: skip


def test_bandmate_serve_plays_the_model_and_stops_gracefully(serve: list[str], tmp_path: Path) -> None:
    port = int(serve[serve.index("--osc-port") + 1])
    process = subprocess.Popen(
        serve, env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        client = OscClient(port)
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(BandmateError):
                client.__enter__()
                break
            assert process.poll() is None and time.monotonic() < until
        answers = client.ask("continue", client.upload(PHRASE), "bars", 1, "seed", 3, timeout=60.0)
        [take_id] = takes_of(answers)
        assert Library(tmp_path / "library").get(take_id).card.seed == 3

        second = subprocess.run(
            serve, env=_environment(tmp_path), capture_output=True, text=True, check=False
        )
        assert second.returncode == 2
        assert len(second.stderr.strip().splitlines()) == 1
        assert f"UDP port {port}" in second.stderr

        process.send_signal(signal.SIGTERM)
        assert next(answer for answer in client.announcements(20.0) if answer.name == "bye")
        assert process.wait(20) == 0
    finally:
        process.kill()
        output = process.communicate()[0]
    assert "Traceback" not in output, output
    assert "Bandmate stops" in output


def test_without_a_model_it_says_so_in_one_line(serve: list[str], tmp_path: Path) -> None:
    serve[serve.index("--weights") + 1] = str(tmp_path / "nowhere")
    result = subprocess.run(serve, env=_environment(tmp_path), capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
