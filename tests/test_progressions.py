"""Progressions of a genre: in key, and the seed's choice."""

from __future__ import annotations

import pytest

from bandmate.tasks.studio import Request, Studio
from bandmate_models.chords import Chord, ChordChange
from bandmate_models.controls import Controls, scale_of
from bandmate_models.progressions import BY_GENRE, drawn_progression, in_key
from bandmate_models.score import Key, Note, Part, Score
from bandmate_models.sheets.band import has_harmony
from bandmate_models.sheets.common import harmonic_home
from bandmate_models.sheets.own import generate
from bandmate_models.vocabulary import GENRES
from bandmate_models.weights import Weights

C, A_MINOR = Key(0.0, 0, "major"), Key(0.0, 9, "minor")


def names(numerals: str, key: Key) -> str:
    return in_key(numerals, key).text


def test_numerals_are_read_in_both_modes() -> None:
    assert names("I | V | vi | IV", C) == "| C | G | Am | F |"
    assert names("i | VI | III | VII", A_MINOR) == "| Am | F | C | G |"
    assert names("iim7b5 | V7 | i7 | i7", A_MINOR) == "| Bm7b5 | E7 | Am7 | Am7 |"
    assert names("Imaj7 | IV7 | iii7 VI7 | ii7 V7", C) == "| Cmaj7 | F7 | Em7 A7 | Dm7 G7 |"
    assert names("I | bVII | IV | I", C) == "| C | Bb | F | C |"


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_has_progressions_whose_roots_mostly_belong_to_the_key(genre: str) -> None:
    for key in (C, A_MINOR):
        for seed in range(8):
            drawn = drawn_progression(genre, key, seed)
            roots = [symbol.chord.root for bar in drawn.bars for symbol in bar if symbol]
            assert sum(root in scale_of(key) for root in roots) >= 0.7 * len(roots)
            assert drawn_progression(genre, key, seed) == drawn


def test_unknown_genres_are_pop() -> None:
    assert drawn_progression(None, C, 1) == drawn_progression("pop", C, 1)
    assert set(BY_GENRE) <= set(GENRES)


def test_a_piece_from_nothing_has_chords_unless_it_is_for_drums_alone() -> None:
    assert generate(Controls(key="C major"), 1).chords
    assert not generate(Controls(roles="drums"), 1).chords
    asked = generate(Controls(key="C major", chords="Dm7 | G7"), 1)
    assert asked.chords != generate(Controls(key="C major"), 1).chords


def test_what_is_asked_for_is_kept() -> None:
    studio = Studio(Weights.load())
    controls = Controls.parse({"bars": 4, "chords": "Dm7 | G7", "chord_lock": True, "roles": "chords,bass"})
    answer = studio.answer(Request("generate", None, controls), 3)
    for part in answer.parts:
        for note in part.notes:
            tones = Chord(2, "min7").tones if int(note.start // 4) % 2 == 0 else Chord(7, "7").tones
            assert note.pitch % 12 in tones


def test_the_home_leans_on_the_chords_of_each_bar() -> None:
    home = {tone: 0.0 if tone in scale_of(C) else -3.0 for tone in range(12)}
    changes = [ChordChange(0.0, Chord(0, "maj")), ChordChange(4.0, Chord(7, "maj"))]
    at = harmonic_home(home, changes, [0.0, 4.0, 8.0])
    assert callable(at)
    assert at(0)[4] == 0.0 > at(0)[2] > at(0)[1]
    assert at(1)[2] == 0.0 > at(1)[4]
    assert harmonic_home(home, [], [0.0, 4.0]) == home


def test_chords_can_be_heard_in_two_lines_or_in_struck_ones_but_not_in_a_tune() -> None:
    tune = Part("melody", tuple(Note(float(i), 1.0, 60 + i, 80) for i in range(8)))
    struck = Part("chords", tuple(Note(float(i // 3), 1.0, 60 + 4 * (i % 3), 80) for i in range(9)))
    drums = Part("drums", tuple(Note(float(i), 0.25, 36, 80) for i in range(8)))
    assert not has_harmony(Score((tune, drums)))
    assert has_harmony(Score((struck,)))
    assert has_harmony(Score((tune, struck)))
