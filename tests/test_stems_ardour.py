"""A DAW takes the stems and their MIDI, and both begin where the other does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ardour_session import opened
from bandmate.stems.export import Wishes, export_stems
from bandmate.stems.music import Music
from bandmate_models.score import Note, Part, Score, Tempo
from stems_kit import song

RATE, BPM = 48_000, 96.0
BEAT = RATE * 60 / BPM
CLOSE = 0.005 * RATE

BAND = Score(
    parts=(
        Part("drums", tuple(Note(float(beat), 0.25, 37, 100) for beat in range(32))),
        Part("bass", tuple(Note(2.0 + 4 * bar, 1.0, 36 + bar, 100) for bar in range(6)), 33),
        Part("chords", tuple(Note(8.0 * bar, 2.0, 60 + bar, 100) for bar in range(4)), 0),
    ),
    tempos=(Tempo(0.0, BPM),),
)


def test_ardour_opens_the_stems_and_sound_and_midi_line_up(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_stems(Music.of_file(song(tmp_path, BAND)), Wishes(rate=RATE), folder)
    told = json.loads((folder / "stems.json").read_bytes())
    names = [Path(stem["file"]).stem for stem in told["stems"]]
    regions = opened(tmp_path / "session", folder, names, RATE, told["frames"], told["beats"], BPM)

    assert {(region.kind, region.position) for region in regions} == {("audio", 0), ("midi", 0)}
    sounds = {region.track: region for region in regions if region.kind == "audio"}
    notes = {region.track.removesuffix(" MIDI"): region for region in regions if region.kind == "midi"}
    assert list(sounds) == names and set(notes) == set(names)
    assert {region.length for region in sounds.values()} == {told["frames"]}
    for part, name in zip(BAND.parts, names, strict=True):
        written = [BEAT * note.start for note in part.notes]
        assert notes[name].onsets == pytest.approx(written, abs=1)
        assert sounds[name].onsets == pytest.approx(notes[name].onsets, abs=CLOSE), name
