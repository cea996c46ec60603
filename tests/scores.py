"""Hypothesis strategies for scores that lie on the format's grid."""

from __future__ import annotations

from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.score import Control, Key, Metre, Note, Part, Role, Score, Tempo

SLOTTED_ROLES: list[Role] = ["melody", "melody", "chords", "guitar", "bass", "drums", "strings", "other"]
"""At most as many of each role as the format has slots."""


@st.composite
def notes(draw: st.DrawFn, drums: bool, free: bool) -> tuple[Note, ...]:
    """Notes of one part: onsets on the 48 grid if `free`, else on the 12 grid with any whole ticks."""
    step = 1 if free else v.SHIFTS_PER_TICK
    ticks = st.sampled_from(v.DURATIONS) if free else st.integers(1, 1000)
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 40 * v.GRID // step),
                st.just(v.DRUM_TICKS) if drums else ticks,
                st.integers(0, 127),
                st.sampled_from(v.VELOCITIES[1:]),
            ),
            max_size=24,
            unique_by=lambda row: (row[0], row[2]),
        )
    )
    return tuple(sorted(Note(s * step / v.GRID, d / v.TICKS_PER_BEAT, p, vel) for s, d, p, vel in rows))


@st.composite
def pedals(draw: st.DrawFn) -> tuple[Control, ...]:
    beats = sorted(draw(st.sets(st.integers(0, 30 * v.TICKS_PER_BEAT), max_size=6)))
    return tuple(Control(b / v.TICKS_PER_BEAT, "cc", 64, 0 if i % 2 else 127) for i, b in enumerate(beats))


@st.composite
def metre_maps(draw: st.DrawFn) -> tuple[Metre, ...]:
    beat, metres = 0.0, []
    for numerator, denominator in draw(st.lists(st.sampled_from(v.METRES), min_size=1, max_size=4)):
        if not metres or metres[-1][1:] != (numerator, denominator):
            metres.append(Metre(beat, numerator, denominator))
        beat += numerator * 4 / denominator * draw(st.integers(1, 3))
    return tuple(metres)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Scores that the format holds exactly; `free` ones only by chance have a quarter of their onsets off."""
    free = draw(st.booleans())
    roles = draw(st.lists(st.sampled_from(range(len(SLOTTED_ROLES))), unique=True).map(sorted))
    parts = tuple(
        Part(
            role=SLOTTED_ROLES[index],
            notes=draw(notes(SLOTTED_ROLES[index] == "drums", free)),
            program=draw(st.integers(0, 127)),
            controls=() if SLOTTED_ROLES[index] == "drums" else draw(pedals()),
        )
        for index in roles
    )
    tempo = v.tempo_of(v.BASE["tempo"] + draw(st.integers(0, 41)))
    key = draw(st.sampled_from([(), (Key(0.0, 3, "minor"),), (Key(0.0, 11, "major"),)]))
    return Score(parts=parts, tempos=(Tempo(0.0, tempo),), metres=draw(metre_maps()), keys=key)
