"""`bandmate takes export` to one file that a DAW opens."""

from __future__ import annotations

import zipfile
from pathlib import Path

import mido
import pytest

from bandmate import __version__
from bandmate.library import Library
from bandmate.take import Take
from bandmate_bridge.audio.provenance import Provenance
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Marker, Metre, Note, Part, Score, Tempo
from command_line_kit import bandmate, workplace
from test_dawproject import opened

__all__ = ["workplace"]

ANSWER = Score(
    (
        Part("bass", (Note(0.0, 1.0, 40, 100), Note(2.5, 0.5, 43, 64)), 33, name="Low"),
        Part("drums", (Note(0.0, 0.25, 36, 110),)),
    ),
    tempos=(Tempo(0.0, 96.0), Tempo(4.0, 120.0)),
    metres=(Metre(0.0, 7, 8),),
    markers=(Marker(0.0, "Verse"),),
)
PHRASE = Score((Part("melody", (Note(0.0, 3.0, 72, 90),)),), metres=(Metre(0.0, 7, 8),))


@pytest.fixture(autouse=True)
def take(workplace: Path) -> Take:
    made = Take.create(
        ANSWER, task="continue", phrase=PHRASE, model="default", seed=7, title="Night train", bars=2
    )
    return Library(workplace / "library").add(made)


def test_a_take_as_a_dawproject_says_what_made_it(take: Take, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("takes", "export", "last", "-o", "out/song.dawproject") == 0
    assert capsys.readouterr().out == f"{Path('out/song.dawproject')}\n"
    data = Path("out/song.dawproject").read_bytes()
    found = opened(data)
    assert found.tracks == {
        "track0 Low": [(0.0, 1.0, 40, 100, 0), (2.5, 0.5, 43, 64, 0)],
        "track1 Drums": [(0.0, 0.25, 36, 110, 9)],
    }
    assert (found.tempos, found.metres) == ([(0.0, 96.0), (4.0, 120.0)], [(0.0, 7, 8)])
    assert (found.markers, found.title) == ([(0.0, "Verse")], "Night train")
    with zipfile.ZipFile("out/song.dawproject") as archive:
        meta, project = (archive.read(name).decode() for name in ("metadata.xml", "project.xml"))
    assert Provenance.read(meta.split("<Comment>")[1].split("</Comment>")[0]) == take.provenance
    assert f'name="Bandmate" version="{__version__}"' in project


def test_with_its_phrase_the_answer_comes_behind_it() -> None:
    assert bandmate("takes", "export", "last", "-o", "song.dawproject", "--phrase") == 0
    found = opened(Path("song.dawproject").read_bytes())
    starts = {name.split()[1]: [row[0] for row in rows] for name, rows in found.tracks.items()}
    assert starts == {"Melody": [0.0], "Low": [3.5, 6.0], "Drums": [3.5]}


def test_a_take_as_a_midi_file_has_a_track_for_each_part() -> None:
    assert bandmate("takes", "export", "last", "-o", "song.mid") == 0
    assert read_midi(Path("song.mid")) == ANSWER
    file = mido.MidiFile("song.mid")
    assert len(file.tracks) == 3 and "seed=7" in str(file.tracks[0])


def test_nothing_is_overwritten_unasked() -> None:
    Path("song.mid").write_bytes(b"mine")
    assert bandmate("takes", "export", "last", "-o", "song.mid") == 0
    assert Path("song.mid").read_bytes() == b"mine" and Path("song-2.mid").is_file()
    assert bandmate("takes", "export", "last", "-o", "song.mid", "--force") == 0
    assert Path("song.mid").read_bytes() == Path("song-2.mid").read_bytes()


def test_a_midi_file_becomes_a_project_of_nobody_s_making() -> None:
    Path("mine.mid").write_bytes(midi_bytes(PHRASE))
    assert bandmate("takes", "export", "mine.mid", "-o", "mine.dawproject") == 0
    data = Path("mine.dawproject").read_bytes()
    assert opened(data).tracks == {"track0 Melody": [(0.0, 3.0, 72, 90, 0)]}
    with zipfile.ZipFile("mine.dawproject") as archive:
        assert b"<Comment>" not in archive.read("metadata.xml")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("last", "-o", "song.mid", "--name", "x"), "--name is for a folder"),
        (("none.mid", "-o", "song.dawproject"), "cannot read none.mid"),
        (("mine.mid", "-o", "folder"), "mine.mid is a file; say what to make of it: -o FILE.dawproject or"),
        (("last", "--phrase"), "--phrase is for one file"),
        (("last", "-o", "taken/song.mid"), "cannot write"),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("taken").write_bytes(b"a file")
    assert bandmate("takes", "export", *arguments) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1


def test_a_folder_whose_name_looks_like_a_file_is_one() -> None:
    Path("old.mid").mkdir()
    assert bandmate("takes", "export", "last", "-o", "old.mid") == 0
    assert Path("old.mid/Night train.mid").is_file()
