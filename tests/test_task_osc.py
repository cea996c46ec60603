"""Every task over OSC, with the weights that ship, as a client knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.library import Library
from bandmate.server import CAPABILITIES, Engine
from bandmate.tasks.form import Songwriter
from bandmate.tasks.studio import TASKS, Studio
from bandmate_bridge.osc_client import Answer, OscClient
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.protocol import ASKS
from bandmate_bridge.protocol_schema import TICKS
from bandmate_models.errors import BandmateError
from bandmate_models.score import Metre, Role, Score
from bandmate_models.weights import Weights
from stand_in import StandIn
from test_serve import free_port
from trio import BARS, BEATS, notes_of, trio

PATIENCE = 300.0
ASKED: dict[str, tuple[tuple[Atom, ...], int, set[Role]]] = {
    "continue": (("bars", 2), 2, {"melody", "chords", "bass"}),
    "accompany": (("roles", "drums"), BARS, {"drums"}),
    "harmonise": ((), BARS, {"chords"}),
    "drumify": ((), BARS, {"drums"}),
    "infill": (("span_first", 2, "span_last", 3), 2, {"melody", "chords", "bass"}),
    "vary": (("creativity", 0.2), BARS, {"melody", "chords", "bass"}),
    "humanise": ((), BARS, {"melody", "chords", "bass"}),
    "interpolate": (("bars", 2), 2, {"melody", "chords", "bass", "drums"}),
    "restyle": (("genre", "jazz"), BARS, {"chords", "bass"}),
}
"""For each task about a phrase: its keys, the bars of its answer, its parts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Engine]:
    config = Config(osc_port=free_port(), library=folder)
    engine = Engine(config, (Songwriter(Studio(Weights.load())), StandIn()), "shipped", lambda _: None)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def client(engine: Engine) -> Iterator[OscClient]:
    with OscClient(engine.address[1]) as client:
        yield client


def lists_for(task: str, client: OscClient) -> tuple[int, ...]:
    """The lists that a task is about."""
    if task == "generate":
        return ()
    phrase = client.upload(trio())
    if task == "interpolate":
        return phrase, client.upload(trio("melody", "drums"))
    return (phrase, 0) if task == "restyle" else (phrase,)


def takes_of(answers: list[Answer]) -> list[str]:
    return [str(answer.values[0]) for answer in answers if answer.name == "take"]


def rows_of(score: Score) -> list[tuple[Role, int, int, int, int]]:
    """Notes in the protocol's ticks, role by role."""
    return sorted(
        (part.role, round(n.start * TICKS), round(n.duration * TICKS), n.pitch, n.velocity)
        for part in score.parts
        for n in part.notes
    )


def test_the_welcome_names_every_task() -> None:
    assert set(TASKS) <= set(CAPABILITIES)
    assert set(TASKS) <= set(ASKS)


@pytest.mark.parametrize("task", ASKED)
def test_a_task_about_a_phrase_gives_takes_that_know_their_place(
    task: str, client: OscClient, folder: Path
) -> None:
    keys, bars, roles = ASKED[task]
    lists = lists_for(task, client)
    answers = client.ask(task, *lists, *keys, "seed", 3, "takes", 2, timeout=PATIENCE)
    assert answers[0].name == "accepted"
    assert "progress" in {answer.name for answer in answers}
    assert answers[-1].values == [2]
    takes = [Library(folder).get(take_id) for take_id in takes_of(answers)]
    assert [take.card.seed for take in takes] == [3, 4]
    assert takes[0].score != takes[1].score
    for take in takes:
        assert (take.card.task, take.card.bars, take.card.tempo) == (task, bars, 96.0)
        assert take.score.metres == (Metre(0.0, 3, 4),)
        assert {part.role for part in take.score.parts} <= roles
        assert rows_of(client.notes(take.id)) == rows_of(take.score)
        assert take.phrase is not None
        assert notes_of(take.phrase) == notes_of(trio())
        assert take.in_place().beats == {"continue": 18.0, "interpolate": 30.0}.get(task, BEATS)


def test_generate_needs_no_phrase(client: OscClient, folder: Path) -> None:
    keys: tuple[Atom, ...] = ("bars", 2, "roles", "bass,drums", "metre", "3/4", "tempo", 96.0, "seed", 1)
    [take_id] = takes_of(client.ask("generate", *keys, timeout=PATIENCE))
    take = Library(folder).get(take_id)
    assert (take.card.bars, take.card.metre, take.card.tempo) == (2, "3/4", 96.0)
    assert {part.role for part in take.score.parts} <= {"bass", "drums"}
    assert take.stands_alone


def test_a_piece_has_the_form_that_is_asked_for(client: OscClient, folder: Path) -> None:
    [take_id] = takes_of(
        client.ask("generate", "form", "AAB:1", "roles", "bass", "seed", 1, timeout=PATIENCE)
    )
    assert Library(folder).get(take_id).length == 12.0


@pytest.mark.parametrize("task", ["accompany", "infill", "humanise"])
def test_notes_are_told_as_they_are_written(task: str, client: OscClient, folder: Path) -> None:
    keys, _, _ = ASKED[task]
    lists = lists_for(task, client)
    answers = client.ask(task, *lists, *keys, "seed", 3, "stream", 1, timeout=PATIENCE)
    [take_id] = takes_of(answers)
    parts = Library(folder).get(take_id).score.parts
    told = {(answer.values[1], answer.values[4]) for answer in answers if answer.name == "note"}
    assert told == {(number, note.pitch) for number, part in enumerate(parts) for note in part.notes}


def test_a_request_is_stopped_within_a_bar(client: OscClient, folder: Path) -> None:
    before = len(Library(folder).list())
    request = client.begin("generate", "bars", 256, "roles", "bass,drums", "seed", 1)
    while client._next(request) is None:
        pass
    assert client.ask("cancel", request)[-1].name == "ok"
    with pytest.raises(BandmateError) as refused:
        while True:
            client._refused(request)
            client.poll()
    assert refused.value.code == "cancelled"
    assert len(Library(folder).list()) == before


def test_a_take_of_any_task_is_gone_on_from_as_it_is_in_its_place(client: OscClient, folder: Path) -> None:
    keys, _, _ = ASKED["drumify"]
    [drums] = takes_of(client.ask("drumify", client.upload(trio()), *keys, "seed", 1, timeout=PATIENCE))
    [take_id] = takes_of(client.ask("extend", drums, "bars", 1, "seed", 1, timeout=PATIENCE))
    take = Library(folder).get(take_id)
    assert take.card.parent == drums
    assert take.phrase is not None
    assert {part.role for part in take.phrase.parts} == {"melody", "chords", "bass", "drums"}
    assert take.in_place().beats == BEATS + 3.0


@pytest.mark.parametrize(
    ("task", "score", "keys", "code"),
    [
        ("infill", trio(), (), "bad_value"),
        ("infill", trio(), ("span_first", 2), "bad_value"),
        ("infill", trio(), ("span_first", 3, "span_last", 2), "bad_value"),
        ("infill", trio(), ("span_first", 0, "span_last", 2), "bad_value"),
        ("infill", trio(), ("span_first", 4, "span_last", 5), "bad_value"),
        ("vary", trio(), ("span_first", 1, "span_last", 1), "bad_value"),
        ("accompany", trio(), ("roles", "horns"), "bad_value"),
        ("harmonise", trio("drums"), (), "silent"),
        ("restyle", trio("drums"), (0,), "silent"),
        ("interpolate", trio(), (0,), "silent"),
        ("interpolate", trio(), (9_999,), "unknown_list"),
        ("humanise", Score(), (), "silent"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code(
    task: str, score: Score, keys: tuple[Atom, ...], code: str, client: OscClient
) -> None:
    with pytest.raises(BandmateError) as refused:
        client.ask(task, client.upload(score), *keys, timeout=PATIENCE)
    assert refused.value.code == code
