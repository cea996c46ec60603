"""Clients of the daemon have stems made: in a folder of the exports, with progress, one after the other."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.library import Library
from bandmate.server import Engine
from bandmate_bridge.osc_client import Answer, OscClient
from bandmate_bridge.osc_packet import Atom
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Score
from library_kit import take
from stand_in import StandIn
from stems_kit import decoded, probed

PATIENT = 60.0  # seconds that a client waits for an answer


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[OscClient]:
    """Who asks a running engine that has nothing else to do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    engine = Engine(Config(osc_port=port, library=library.folder), (StandIn(), StandIn()), "stand-in", print)
    engine.start()
    try:
        with OscClient(engine.address[1]) as client:
            yield client
    finally:
        engine.stop()


def stems(client: OscClient, *atoms: Atom) -> tuple[Path, list[Answer]]:
    """The folder that a request names, and all that was answered."""
    answers = client.ask("stems", *atoms, timeout=PATIENT)
    [made] = [answer for answer in answers if answer.name == "stems"]
    assert answers[-1].name == "done"
    return Path(str(made.values[1])), answers


def test_a_take_becomes_a_folder_of_the_exports(client: OscClient, library: Library) -> None:
    kept = library.add(take("drums", "bass", title="Ballad"))
    folder, answers = stems(client, kept.id, "verse", "format", "flac", "bits", 16, "rate", 48000)
    assert folder == library.folder / "stems" / "verse"
    names = {file.name for file in folder.iterdir()}
    assert {"01 Drums.flac", "02 Bass.flac", "00 Mix.flac", "stems.json"} < names
    assert probed(folder / "01 Drums.flac").rate == 48_000
    [made] = [answer for answer in answers if answer.name == "stems"]
    assert (made.values[0], made.values[2]) == (kept.id, len(names))
    assert made.values[3] == pytest.approx(probed(folder / "00 Mix.flac").seconds, abs=0.001)
    told = [answer.values for answer in answers if answer.name == "progress"]
    assert told[-1] == [1000, 1000] and all(total == 1000 for _, total in told)


def test_a_name_that_is_taken_is_counted_on(client: OscClient, library: Library) -> None:
    kept = library.add(take("drums", title="Again"))
    folders = [stems(client, kept.id, "", "mix", "none")[0].name for _ in range(3)]
    assert folders == [f"Again {kept.id}", f"Again {kept.id}-2", f"Again {kept.id}-3"]


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "..", "a/b/c", "CON"])
def test_no_name_leads_out_of_the_exports(client: OscClient, library: Library, name: str) -> None:
    kept = library.add(take("drums"))
    folder, _ = stems(client, kept.id, name, "mix", "none")
    assert folder.parent == library.folder / "stems" and folder.is_dir()


def test_a_take_of_the_live_session_is_the_last(client: OscClient, library: Library) -> None:
    kept = library.add(take("melody", title="Live", tags=("live",)))
    folder, answers = stems(client, "last", "live", "phrase", 1)
    assert kept.id in [answer.values[0] for answer in answers if answer.name == "stems"]
    assert not decoded(folder / "02 Melody.wav")[:, : 2 * 44_100 - 50].any()


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (("format", "aiff"), "bad_value"),
        (("bits", 12), "bad_value"),
        (("rate", "fast"), "bad_value"),
        (("mix", "loud"), "bad_value"),
        (("folder", "/tmp"), "bad_value"),
        (("lufs", -14.0), "bad_value"),
        (("mix", "jazz", "lufs", "loud"), "bad_value"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    client: OscClient, library: Library, wishes: tuple[Atom, ...], code: str
) -> None:
    kept = library.add(take("drums"))
    with pytest.raises(BandmateError) as refused:
        client.ask("stems", kept.id, "", *wishes)
    assert refused.value.code == code


def test_a_take_that_there_is_not_or_that_is_silent_is_refused(client: OscClient, library: Library) -> None:
    with pytest.raises(BandmateError) as refused:
        client.ask("stems", "nothing", "", timeout=PATIENT)
    assert refused.value.code == "no_take"
    empty = library.add(take("drums"))
    (library.folder / "takes" / empty.id / "take.mid").write_bytes(b"no longer MIDI")
    with pytest.raises(BandmateError) as refused:
        client.ask("stems", empty.id, "", timeout=PATIENT)
    assert refused.value.code


def test_a_request_can_be_cancelled_and_leaves_nothing(client: OscClient, library: Library) -> None:
    beats = 16_000  # more than two hours' worth is refused, an hour takes long enough to be stopped
    notes = tuple(Note(float(beat), 1.0, 40 + beat % 12, 80) for beat in range(0, beats, 2))
    long = take("bass", title="Long")
    kept = library.add(type(long).create(Score((Part("bass", notes, 33),)), task="continue", bars=beats // 4))
    request = client.begin("stems", kept.id, "long")
    assert client.ask("cancel", request)[-1].name == "ok"
    folder, _ = stems(client, library.add(take("drums")).id, "short")  # the queue is free again
    names = [file.name for file in folder.parent.iterdir()]
    assert "long" not in names and not any("unfinished" in name for name in names)
