"""Score -> tokens -> Score is exact on the grid."""

from __future__ import annotations

import pytest
from bandmate_models import vocabulary as v
from bandmate_models.encoding import encode
from bandmate_models.errors import BandmateError
from bandmate_models.reading import decode
from bandmate_models.score import ROLES, Control, Key, Metre, Note, Part, Score, Tempo
from bandmate_models.slots import assign_slots
from bandmate_models.vocabulary import DRUM_TICKS, GRID, SLOTS, TICKS_PER_BEAT, VELOCITIES
from hypothesis import given, settings
from hypothesis import strategies as st

DRUM_LENGTH = DRUM_TICKS / TICKS_PER_BEAT


@st.composite
def notes(draw: st.DrawFn, drums: bool, free: bool) -> tuple[Note, ...]:
    step = 1 if free else 4
    ticks = st.sampled_from(v.DURATIONS) if free else st.integers(1, 1000)
    length = st.just(DRUM_TICKS) if drums else ticks
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 40 * GRID // step), length, st.integers(0, 127), st.sampled_from(VELOCITIES[1:])),
            max_size=24,
            unique_by=lambda row: (row[0], row[2]),
        )
    )
    return tuple(sorted(Note(s * step / GRID, d / TICKS_PER_BEAT, p, vel) for s, d, p, vel in rows))


@st.composite
def pedals(draw: st.DrawFn) -> tuple[Control, ...]:
    beats = sorted(draw(st.sets(st.integers(0, 30 * TICKS_PER_BEAT), max_size=6)))
    return tuple(Control(b / TICKS_PER_BEAT, "cc", 64, 0 if i % 2 else 127) for i, b in enumerate(beats))


@st.composite
def metres(draw: st.DrawFn) -> tuple[Metre, ...]:
    chosen = draw(st.lists(st.sampled_from(v.METRES), min_size=1, max_size=4))
    beat, maps = 0.0, []
    for n, d in chosen:
        if not maps or maps[-1][1:] != (n, d):
            maps.append(Metre(beat, n, d))
        beat += n * 4 / d * draw(st.integers(1, 3))
    return tuple(maps)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    free = draw(st.booleans())
    roles = draw(st.lists(st.sampled_from(ROLES), max_size=8))
    parts = tuple(
        Part(
            role=role,
            notes=draw(notes(role == "drums", free)),
            program=draw(st.integers(0, 127)),
            controls=() if role == "drums" else draw(pedals()),
        )
        for role in roles
    )
    tempo = v.tempo_of(v.BASE["tempo"] + draw(st.integers(0, 41)))
    keys = draw(st.sampled_from([(), (Key(0.0, 3, "minor"),)]))
    return Score(parts=parts, tempos=(Tempo(0.0, tempo),), metres=draw(metres()), keys=keys)


def by_slot(score: Score) -> dict[int, Part]:
    return {slot: part for slot, part in zip(assign_slots(score.parts), score.parts, strict=True)}


@settings(max_examples=300, deadline=None)
@given(scores())
def test_what_is_on_the_grid_comes_back_exactly(score: Score) -> None:
    again = decode(encode(score, keep_flat=True))
    mine, theirs = by_slot(score), by_slot(again)
    spilled = any(SLOTS[slot][0] != part.role for slot, part in mine.items())
    if not spilled and len(mine) == len(score.parts):
        assert {s: (p.role, p.program) for s, p in mine.items()} == {s: (p.role, p.program) for s, p in theirs.items()}
    from bandmate_models.encoding import plays_freely

    free = plays_freely(score)
    for slot, part in mine.items():
        if free and any(round(n.duration * TICKS_PER_BEAT) not in v.DURATION_INDEX for n in part.notes):
            continue
        if list(assign_slots(score.parts)).count(slot) == 1:
            assert theirs[slot].notes == part.notes
            assert theirs[slot].controls == part.controls
    assert again.tempos == score.tempos
    assert again.keys == score.keys
    if again.metres[0].numerator == score.metres[0].numerator:
        bars = list(again.bars(score.end))
        assert bars[: len(list(score.bars()))] == list(score.bars(bars[-1].end if bars else 0.0))[: len(list(score.bars()))]
