"""Live sets where the command line takes music."""

from __future__ import annotations

from pathlib import Path

import pytest

import live_sets as live
from bandmate_models.midi import read_midi
from command_line_kit import band, bandmate, workplace
from test_dawproject import opened

__all__ = ["band", "workplace"]

QUIET = ("--no-audio", "--no-roll", "--no-keep")
RIFF: list[live.Row] = [(beat, 0.5, 40 + beat % 3, 100) for beat in range(8)]


@pytest.fixture(autouse=True)
def song(workplace: Path) -> None:
    xml = live.live_set(
        live.track("Bass", slots=["", live.clip(RIFF, length=8.0), live.clip(RIFF, length=4.0)]),
        live.track("Kit", slots=["", "", live.clip([(0.0, 0.25, 36, 99)], length=4.0)], drums=True),
        tempos=[(live.BEFORE_ALL, 97.0)],
        scenes=[live.scene(), live.scene("Verse"), live.scene("Break", tempo=140.0)],
    )
    (workplace / "song.als").write_bytes(live.als(xml))
    (workplace / "tune.mid").write_bytes(b"")


@pytest.mark.usefixtures("band")
def test_a_set_is_continued(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("continue", "song.als", "--bars", "1", *QUIET, "-o", "out") == 0
    assert "scene 2 'Verse' is read" in capsys.readouterr().err
    whole = read_midi(Path("out/song 1 with phrase.mid"))
    assert whole.tempos[0].bpm == 97.0
    phrase = [note for part in whole.parts for note in part.notes if note.start < 8]
    assert [(note.start, note.pitch) for note in phrase] == [(row[0], row[2]) for row in RIFF]


@pytest.mark.usefixtures("band")
def test_another_scene_and_one_track_of_it() -> None:
    assert bandmate("continue", "song.als", "--scene", "break", "--track", "kit", *QUIET, "-o", "out") == 0
    whole = read_midi(Path("out/song 1 with phrase.mid"))
    assert whole.tempos[0].bpm == 140.0
    assert [note.pitch for part in whole.parts for note in part.notes if note.start < 4] == [36]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("song.als", "--scene", "9"), "song.als: there is no scene '9'"),
        (("song.als", "--track", "Harp"), "no MIDI track is called 'Harp'; there are 'Bass', 'Kit'"),
        (("tune.mid", "--scene", "2"), "tune.mid is no Live set (.als), so it has no scenes or tracks"),
        (("none.als",), "cannot read none.als: No such file or directory"),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bandmate("continue", *arguments, *QUIET) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1


def test_stems_of_a_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("stems", "song.als", "-o", "stems", "--mix", "none") == 0
    assert "scene 2 'Verse' is read" in capsys.readouterr().err
    assert [note.pitch for note in read_midi(Path("stems/00 All parts.mid")).parts[0].notes] == [
        row[2] for row in RIFF
    ]


def test_a_set_becomes_a_dawproject(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("takes", "export", "song.als", "-o", "song.dawproject") == 0
    assert "scene 2 'Verse' is read" in capsys.readouterr().err
    found = opened(Path("song.dawproject").read_bytes())
    assert found.tempos == [(0.0, 97.0)]
    assert found.tracks == {"track0 Bass": [(*row, 0) for row in RIFF]}
