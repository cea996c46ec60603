"""A restyled phrase keeps its chords, whatever the model would play."""

from __future__ import annotations

import pytest

from bandmate.tasks.studio import Request, Studio
from bandmate_models.chords import CHORDS, Chord, chord_of
from bandmate_models.comping import root, voicing
from bandmate_models.controls import Controls
from bandmate_models.score import Note, Part, Score
from random_weights import random_weights

PROGRESSION = [Chord(9, "min"), Chord(5, "maj"), Chord(0, "maj"), Chord(7, "7")]


def song() -> Score:
    """A tune of chord tones over held chords, one a bar."""
    tune, held = [], []
    for bar, chord in enumerate(PROGRESSION):
        tones = sorted(72 + (tone - 72) % 12 for tone in chord.tones)
        tune += [Note(4.0 * bar + i, 1.0, tones[i % len(tones)], 90) for i in range(4)]
        held += [Note(4.0 * bar, 4.0, pitch, 70) for pitch in voicing(chord)]
    return Score((Part("melody", tuple(tune), 73), Part("chords", tuple(sorted(held)))))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(random_weights(tmp_path_factory.mktemp("weights")))


@pytest.mark.parametrize("chord", CHORDS, ids=str)
def test_a_voicing_is_the_chord_and_its_root_lies_below(chord: Chord) -> None:
    assert {pitch % 12 for pitch in voicing(chord)} == chord.tones
    assert root(chord)[0] % 12 == chord.root
    assert root(chord)[0] < min(voicing(chord))


@pytest.mark.parametrize("seed", range(4))
def test_each_chord_is_struck_whole_at_its_bar_line_over_its_root(studio: Studio, seed: int) -> None:
    controls = Controls(roles="chords,bass,drums", genre="rock")
    answer = studio.answer(Request("restyle", song(), controls), seed)
    chords, bass, _ = answer.parts
    for bar, chord in enumerate(PROGRESSION):
        struck = [note.pitch for note in chords.notes if abs(note.start - 4.0 * bar) < 0.05]
        assert {pitch % 12 for pitch in struck} == chord.tones
        assert chord_of([*struck, *root(chord)]) == chord
        assert any(abs(n.start - 4.0 * bar) < 0.05 and n.pitch % 12 == chord.root for n in bass.notes)


def test_somebody_holds_the_chords_even_where_only_drums_are_asked_for(studio: Studio) -> None:
    answer = studio.answer(Request("restyle", song(), Controls(roles="drums")), 1)
    assert {part.role for part in answer.parts} == {"chords", "drums"}
