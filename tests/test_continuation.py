"""Continue: exactly the asked bars, in the phrase's tempo, metre, key and parts, from where it ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bandmate.tasks.continuation import Continuation, restruck, seeds_of
from bandmate_models.controls import Controls, scale_of
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Key, Metre, Note, Part, Score
from bandmate_models.weights import Weights

PHRASES = sorted((Path(__file__).parent / "data" / "phrases").glob("*.mid"))


@pytest.fixture(scope="module")
def continuation() -> Continuation:
    return Continuation(Weights.load())


@pytest.mark.parametrize("path", PHRASES, ids=lambda path: path.stem)
def test_real_phrases_are_answered_in_their_own_terms(path: Path, continuation: Continuation) -> None:
    phrase = read_midi(path)
    answer = continuation.answer(phrase, Controls(bars=4), seed=7)
    end = last_bar_line(phrase)
    metre = phrase.metre_at(end - 1e-6)
    assert answer.note_count > 0
    assert answer.end <= 4 * metre.bar_length + 1e-9
    assert answer.metres == (Metre(0.0, metre.numerator, metre.denominator),)
    assert answer.tempos[0].bpm == phrase.tempo_at(end - 1e-6).bpm
    assert [(p.role, p.program, p.name) for p in answer.parts] == [
        (p.role, p.program, p.name) for p in phrase.parts if p.notes
    ]
    again = read_midi(midi_bytes(answer, length=4 * metre.bar_length))
    assert again.note_count == answer.note_count


def test_the_same_seed_gives_the_same_bytes_whatever_was_asked_before(continuation: Continuation) -> None:
    phrase, other = read_midi(PHRASES[0]), read_midi(PHRASES[1])
    first = midi_bytes(continuation.answer(phrase, Controls(bars=4), seed=3))
    continuation.answer(other, Controls(bars=2), seed=3)
    assert midi_bytes(continuation.answer(phrase, Controls(bars=4), seed=3)) == first
    assert midi_bytes(Continuation(Weights.load()).answer(phrase, Controls(bars=4), seed=3)) == first


def test_different_seeds_differ(continuation: Continuation) -> None:
    phrase = read_midi(PHRASES[0])
    answers = {midi_bytes(continuation.answer(phrase, Controls(bars=4), seed)) for seed in range(4)}
    assert len(answers) == 4


def test_a_phrase_heard_beat_by_beat_is_answered_as_if_heard_at_once(continuation: Continuation) -> None:
    phrase = read_midi(PHRASES[0])
    whole = continuation.answer(phrase, Controls(bars=2), seed=5)
    for beat in range(1, int(phrase.end)):
        heard = replace(
            phrase,
            parts=tuple(replace(p, notes=tuple(n for n in p.notes if n.start < beat)) for p in phrase.parts),
        )
        if heard.note_count:
            continuation.hear(heard, Controls())
    assert continuation.answer(phrase, Controls(bars=2), seed=5) == whole


def test_a_seven_eight_phrase_is_answered_in_seven_eight(continuation: Continuation) -> None:
    notes = tuple(Note(i * 0.5, 0.5, 60 + 2 * (i % 4), 80 + i % 3) for i in range(21))
    phrase = Score(parts=(Part("melody", notes),), metres=(Metre(0.0, 7, 8),))
    answer = continuation.answer(phrase, Controls(bars=3), seed=1)
    assert answer.metres == (Metre(0.0, 7, 8),)
    assert answer.end <= 3 * 3.5


def test_an_asked_key_is_named_and_with_scale_lock_kept(continuation: Continuation) -> None:
    phrase = read_midi(PHRASES[PHRASES.index(next(p for p in PHRASES if p.stem == "reel"))])
    controls = Controls(bars=4, key="F# minor", scale_lock=True)
    answer = continuation.answer(phrase, controls, seed=2)
    assert answer.keys == (Key(0.0, 6, "minor"),)
    scale = scale_of(Key(0.0, 6, "minor"))
    assert all(note.pitch % 12 in scale for part in answer.parts for note in part.notes)


def test_flat_parts_are_answered_at_their_own_velocity(continuation: Continuation) -> None:
    notes = tuple(Note(i, 1, 60 + i % 5, 101) for i in range(8))
    answer = continuation.answer(Score(parts=(Part("melody", notes),)), Controls(bars=4), seed=1)
    assert {note.velocity for note in answer.parts[0].notes} <= {101}


def test_drums_alone_are_answered_by_drums(continuation: Continuation) -> None:
    phrase = read_midi(next(p for p in PHRASES if p.stem == "drums"))
    answer = continuation.answer(phrase, Controls(bars=2), seed=1)
    assert [part.role for part in answer.parts] == ["drums"]


def test_a_long_answer_lets_the_oldest_bars_go_and_keeps_its_length() -> None:
    continuation = Continuation(Weights.load())
    phrase = read_midi(next(p for p in PHRASES if p.stem == "band"))
    answer = continuation.answer(phrase, Controls(bars=64), seed=1)
    assert answer.end <= 64 * 4
    assert {int(note.start // 4) for part in answer.parts for note in part.notes} >= set(range(0, 60, 8))
    assert continuation.slides > 0


def test_a_silent_phrase_is_refused(continuation: Continuation) -> None:
    with pytest.raises(BandmateError, match="no notes"):
        continuation.answer(Score(parts=(Part("melody"),)), Controls(), seed=1)


def test_an_answer_can_be_cancelled_and_asked_again(continuation: Continuation) -> None:
    phrase = read_midi(PHRASES[0])
    with pytest.raises(BandmateError) as refused:
        continuation.answer(phrase, Controls(bars=8), seed=1, cancelled=lambda: True)
    assert refused.value.code == "cancelled"
    assert continuation.answer(phrase, Controls(bars=1), seed=1).note_count >= 0


def test_takes_have_seeds_of_their_own() -> None:
    assert seeds_of(Controls(seed=5, takes=3)) == [5, 6, 7]
    assert len(set(seeds_of(Controls(takes=4)))) == 4


def test_a_note_ends_where_its_pitch_is_struck_again() -> None:
    notes = [Note(0, 4, 60, 80), Note(0, 4, 64, 80), Note(1, 2, 60, 90), Note(3, 1, 60, 70)]
    assert restruck(notes) == (
        Note(0, 1, 60, 80),
        Note(0, 4, 64, 80),
        Note(1, 2, 60, 90),
        Note(3, 1, 60, 70),
    )


def test_answers_never_strike_a_key_that_is_down(continuation: Continuation) -> None:
    for path in PHRASES:
        for part in continuation.answer(read_midi(path), Controls(bars=4), seed=11).parts:
            assert part.notes == restruck(part.notes)
