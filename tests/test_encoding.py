"""Score -> tokens -> Score is exact on the grid."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.encoding import encode
from bandmate_models.reading import decode
from bandmate_models.score import Metre, Note, Part, Score, Tempo
from bandmate_models.slots import assign_slots
from scores import scores


def lengths(score: Score, until: float) -> list[float]:
    return [round(bar.length, 6) for bar in score.bars(until)]


@settings(max_examples=400, deadline=None)
@given(scores())
def test_what_is_on_the_grid_comes_back_exactly(score: Score) -> None:
    again = decode(encode(score, keep_flat=True))
    assert again.parts == score.parts
    assert again.tempos == score.tempos
    assert again.keys == score.keys
    until = score.end
    assert lengths(again, until) == lengths(score, until)


@settings(max_examples=100, deadline=None)
@given(scores())
def test_flat_parts_come_back_with_unknown_velocity_and_nothing_else_changed(score: Score) -> None:
    again = decode(encode(score))
    for mine, theirs in zip(score.parts, again.parts, strict=True):
        assert [n[:3] for n in mine.notes] == [n[:3] for n in theirs.notes]


@settings(max_examples=100, deadline=None)
@given(st.integers(-11, 11), scores())
def test_transposing_tokens_transposes_the_music(semitones: int, score: Score) -> None:
    moved = decode(v.transposition(semitones)[encode(score, keep_flat=True)].tolist())
    for mine, theirs in zip(score.parts, moved.parts, strict=True):
        if mine.is_drums:
            assert theirs.notes == mine.notes
        elif all(0 <= n.pitch + semitones < 128 for n in mine.notes):
            assert theirs.notes == tuple(n._replace(pitch=n.pitch + semitones) for n in mine.notes)


def test_metre_and_tempo_changes_and_a_pickup_are_kept() -> None:
    score = Score(
        parts=(
            Part(
                "melody",
                (Note(0.5, 0.5, 67, 80), Note(1, 1, 72, 96), Note(5, 3.5, 71, 80), Note(9, 1, 60, 64)),
            ),
        ),
        tempos=(Tempo(0.0, 120.0), Tempo(5.0, 60.0)),
        metres=(Metre(0.0, 1, 4), Metre(1.0, 4, 4), Metre(5.0, 7, 8)),
    )
    again = decode(encode(score, keep_flat=True))
    assert again.parts == score.parts
    assert again.metres == score.metres
    assert again.tempos == score.tempos


def test_a_bar_of_no_named_metre_keeps_its_length() -> None:
    score = Score(
        parts=(Part("melody", (Note(0, 1, 60, 80), Note(3.5, 1, 62, 96))),),
        metres=(Metre(0.0, 4, 4), Metre(5 / 12, 4, 4)),
    )
    assert lengths(decode(encode(score, keep_flat=True)), 4.0) == lengths(score, 4.0)


def test_more_parts_of_a_role_than_slots_go_to_other_slots_and_lose_no_note() -> None:
    parts = tuple(Part("bass", (Note(i, 1, 40 + i, 80),), program=33) for i in range(9))
    assert len(set(assign_slots(parts))) == 6
    assert decode(encode(Score(parts=parts))).note_count == 9


@given(st.integers(1, 5000))
def test_every_duration_has_one_spelling(ticks: int) -> None:
    from bandmate_models.encoding import duration_tokens

    tokens = duration_tokens(ticks, 3)
    assert len(tokens) == 1 or ticks not in v.DURATION_INDEX
    score = Score(
        parts=(Part("bass", (Note(0.0, ticks / v.TICKS_PER_BEAT, 40, 48), Note(1.0, 1.0, 41, 64))),)
    )
    assert decode(encode(score, keep_flat=True)).parts == score.parts
