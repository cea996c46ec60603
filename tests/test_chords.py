"""Chords: found in what is played, told as tokens, and moved with the music."""

from __future__ import annotations

import pytest

from bandmate_models import vocabulary as v
from bandmate_models.chords import (
    CHORDS,
    TONES,
    Chord,
    ChordChange,
    chord_of,
    chord_of_token,
    chord_token,
    chords_of,
)
from bandmate_models.encoding import chord_marks
from bandmate_models.frames import bars_of
from bandmate_models.score import Note, Part, Role, Score


def comping(chords: list[Chord], beats: float = 4.0, role: Role = "chords") -> Score:
    """Each chord held for so many beats, its root in the bass."""
    notes = []
    for number, chord in enumerate(chords):
        for step in TONES[chord.quality]:
            notes.append(Note(number * beats, beats, 60 + (chord.root + step) % 12, 80))
        notes.append(Note(number * beats, beats, 36 + chord.root, 80))
    return Score((Part(role, tuple(sorted(notes))),))


@pytest.mark.parametrize("chord", CHORDS, ids=lambda chord: f"{chord.root}{chord.quality}")
def test_a_chord_in_root_position_is_heard_as_itself(chord: Chord) -> None:
    keys = [36 + chord.root] + [60 + (chord.root + step) % 12 for step in TONES[chord.quality]]
    heard = chord_of(keys)
    assert heard is not None
    assert heard.tones == chord.tones
    if chord.quality not in ("aug", "dim7", "min7", "sus4"):  # others are the same notes over another root
        assert heard == chord


def test_one_note_is_no_chord_and_neither_is_a_cluster() -> None:
    assert chord_of([60]) is None
    assert chord_of([60, 72]) is None
    assert chord_of([60, 61, 62, 63, 64, 65, 66]) is None


def test_a_progression_is_found_bar_by_bar() -> None:
    progression = [Chord(0, "maj"), Chord(9, "min"), Chord(2, "min7"), Chord(7, "7")]
    assert chords_of(comping(progression)) == [
        ChordChange(4.0 * number, chord) for number, chord in enumerate(progression)
    ]


def test_a_passing_note_changes_no_chord() -> None:
    score = comping([Chord(0, "maj"), Chord(5, "maj")])
    passing = Part("melody", (Note(1.5, 0.5, 74, 80), Note(2.0, 1.0, 76, 80)))
    heard = chords_of(Score((*score.parts, passing)))
    assert [change.chord for change in heard] == [Chord(0, "maj"), Chord(5, "maj")]


def test_drums_have_no_chords_and_a_rest_goes_on_with_the_last() -> None:
    drums = Score((Part("drums", tuple(Note(beat, 0.25, 36, 100) for beat in range(8))),))
    assert chords_of(drums) == []
    gap = comping([Chord(0, "maj")])
    assert chords_of(gap, 16.0) == [ChordChange(0.0, Chord(0, "maj"))]


def test_every_chord_has_a_token_of_its_own_that_moves_with_transposition() -> None:
    tokens = [chord_token(chord) for chord in (None, *CHORDS)]
    assert tokens == list(v.ids("chord"))
    assert [chord_of_token(token) for token in tokens] == [None, *CHORDS]
    up = v.transposition(3)
    for chord in CHORDS:
        moved = chord_of_token(int(up[chord_token(chord)]))
        assert moved == Chord((chord.root + 3) % 12, chord.quality)


def test_chords_are_told_where_they_change_and_at_every_bar_line() -> None:
    score = comping([Chord(0, "maj")] * 2)
    changes = [ChordChange(0.0, Chord(0, "maj")), ChordChange(6.0, Chord(7, "7"))]
    marks = chord_marks(changes, bars_of(score))
    assert marks == {
        0: chord_token(Chord(0, "maj")),
        48: chord_token(Chord(0, "maj")),
        72: chord_token(Chord(7, "7")),
    }
