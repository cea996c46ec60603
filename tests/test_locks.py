"""Locks hold in the answers of every task, whatever the model would rather write."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bandmate.tasks.studio import Request, Studio
from bandmate_models import vocabulary as v
from bandmate_models.chord_symbols import bar_lines, parse_progression
from bandmate_models.chords import chords_of
from bandmate_models.controls import Controls, parse_key, scale_of
from bandmate_models.guides.rhythm import positions_of
from bandmate_models.score import Metre, Note, Part, Score
from random_weights import random_weights

pytest.importorskip("onnx")

TUNE = Part(
    "melody", tuple(Note(float(beat), 0.75, 60 + (0, 4, 7, 5)[beat % 4], 60 + beat) for beat in range(8))
)
LOW = Part("bass", tuple(Note(2.0 * step, 1.5, 36 + (0, 7)[step % 2], 70 + step) for step in range(4)), 33)
PHRASE = Score(parts=(TUNE, LOW))
TASKS = ("continue", "generate", "accompany", "harmonise", "infill", "vary", "interpolate", "restyle")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(random_weights(tmp_path_factory.mktemp("weights")))


def answer(studio: Studio, task: str, wishes: dict[str, object], seed: int = 1) -> Score:
    given = {"bars": 2, "seed": seed, "temperature": 1.5, "top_p": 1.0, **wishes}
    phrase = None if task == "generate" else PHRASE
    span = (1, 2) if task == "infill" else None
    other = PHRASE if task == "interpolate" else None
    return studio.answer(Request(task, phrase, Controls.parse(given), other, span), seed)


def tick(note: Note) -> int:
    """The nearest tick, as the format writes it."""
    return (round(note.start * v.GRID) + v.SHIFTS_PER_TICK // 2) // v.SHIFTS_PER_TICK


def pitched(score: Score) -> list[Note]:
    found = [note for part in score.parts if not part.is_drums for note in part.notes]
    assert found
    return found


@pytest.mark.parametrize("task", TASKS)
def test_scale_range_and_polyphony_are_kept_by_every_note(studio: Studio, task: str) -> None:
    wishes = {"key": "Eb major", "scale_lock": True, "range": "C3-C6,bass:G2-C4", "polyphony": "2,bass:1"}
    score = answer(studio, task, wishes)
    scale = scale_of(parse_key("Eb major"))
    assert all(note.pitch % 12 in scale for note in pitched(score))
    for part in score.parts:
        low, high = (43, 60) if part.role == "bass" else (48, 84)
        assert part.is_drums or all(low <= note.pitch <= high for note in part.notes)
        struck = Counter(map(tick, part.notes))
        assert max(struck.values(), default=0) <= (1 if part.role == "bass" else 2)


@pytest.mark.parametrize("task", [task for task in TASKS if task != "interpolate"])
def test_given_chords_are_kept_where_notes_begin(studio: Studio, task: str) -> None:
    score = answer(studio, task, {"chords": "Dm7 G7 | Cmaj7", "chord_lock": True})
    shift = 1 if task == "infill" else 0
    changes = parse_progression("| Dm7 G7 | Cmaj7 |").changes(bar_lines(Metre(0.0, 4, 4), 4))
    for note in pitched(score):
        at = tick(note) / v.TICKS_PER_BEAT + 4.0 * shift
        symbol = [symbol for beat, symbol in changes if beat <= at][-1]
        assert symbol is not None and note.pitch % 12 in symbol.tones


@pytest.mark.parametrize("task", ["continue", "accompany", "harmonise", "infill", "vary", "restyle"])
def test_new_notes_begin_where_the_phrase_s_do(studio: Studio, task: str) -> None:
    score = answer(studio, task, {"rhythm_lock": True})
    assert {tick(note) % 48 for note in pitched(score)} <= positions_of(PHRASE)


@pytest.mark.parametrize("task", ["accompany", "vary", "restyle"])
def test_chords_that_are_not_given_are_those_that_the_phrase_plays(studio: Studio, task: str) -> None:
    changes = chords_of(PHRASE)
    for note in pitched(answer(studio, task, {"chord_lock": True})):
        at = tick(note) / v.TICKS_PER_BEAT
        chord = [chord for beat, chord in changes if beat <= at][-1]
        assert chord is None or note.pitch % 12 in chord.tones


def test_parts_that_vary_leaves_as_they_are_keep_the_locks_too(studio: Studio) -> None:
    """A role's parts beyond those that have a twin slot: pitches, range, notes at once, chords."""
    third = Part("melody", tuple(sorted(Note(beat / 2, 0.5, 30 + 7 * beat, 64) for beat in range(12))), 71)
    stack = Part("melody", tuple(Note(0.0, 4.0, pitch, 64) for pitch in (48, 54, 61, 66)), 72)
    high = replace(TUNE, notes=tuple(note._replace(pitch=note.pitch + 5) for note in TUNE.notes))
    phrase = Score((TUNE, high, third, stack))
    wishes = {"key": "Eb major", "scale_lock": True, "range": "C3-C6", "polyphony": "2"}
    asked = Controls.parse({**wishes, "chords": "Cm", "chord_lock": True})
    score = studio.answer(Request("vary", phrase, asked), 1)
    assert [part.program for part in score.parts] == [part.program for part in phrase.parts]
    assert all(note.pitch % 12 in (0, 3, 7) and 48 <= note.pitch <= 84 for note in pitched(score))
    assert [note.start for note in score.parts[2].notes] == [note.start for note in third.notes]
    assert [note.pitch for note in score.parts[3].notes] == [60, 67]
    untouched = studio.answer(Request("vary", phrase, Controls()), 1)
    assert untouched.parts[2:] == phrase.parts[2:]


def test_no_bar_of_a_piece_from_nothing_is_silent_however_sparse_it_is(studio: Studio) -> None:
    asked = Controls.parse({"bars": 6, "density": "0", "roles": "bass"})
    score = studio.answer(Request("generate", None, asked), 1)
    notes = score.parts[0].notes
    for bar in score.bars(24.0):
        assert any(note.start < bar.end and note.end > bar.start for note in notes)
