"""Whatever a model prefers, what is sampled under the grammar is a valid score that obeys the player."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.grammar import Constraints
from bandmate_models.reading import score_of
from bandmate_models.score import Note
from random_walk import write

BARS = st.lists(st.sampled_from([*v.ids("bar"), *v.ids("odd_bar")]), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), BARS, st.sets(st.integers(0, 23), min_size=1, max_size=4), st.booleans())
def test_random_choices_under_the_mask_end_in_a_score_of_the_asked_bars(
    seed: int, bars: list[int], slots: set[int], shifts: bool
) -> None:
    reader, played = write(seed, bars, Constraints(frozenset(slots), shifts=shifts))
    assert reader.bars == bars
    assert {event.slot for event in played} <= slots
    assert all(0 <= event.event.start < reader.length for event in played if isinstance(event.event, Note))
    assert score_of(reader, played).note_count == sum(isinstance(e.event, Note) for e in played)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), BARS, st.sampled_from(v.LAGS))
def test_two_streams_keep_their_lag_and_their_parts(seed: int, bars: list[int], lag: int) -> None:
    constraints = Constraints(frozenset((0, 13)))
    reader, _ = write(seed, bars, constraints, players=frozenset((0,)), lag=lag)
    assert reader.heard == {"m": len(reader.frames), "u": len(reader.frames)}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(30, 90), min_size=1), st.booleans())
def test_locked_pitches_and_flat_dynamics_are_obeyed(seed: int, pitches: set[int], flat: bool) -> None:
    allowed = np.zeros(128, dtype=bool)
    allowed[sorted(pitches)] = True
    constraints = Constraints(
        frozenset((0,)), pitches={0: allowed}, flat=frozenset((0,) if flat else ()), shifts=False, pedal=False
    )
    _, played = write(seed, [v.BASE["bar"] + 19], constraints)
    for event in played:
        assert isinstance(event.event, Note)
        assert event.event.pitch in pitches
        assert event.known_velocity is not flat
        assert (event.event.start * v.TICKS_PER_BEAT) % 1 == 0


def test_parts_that_may_not_rest_for_long_never_do() -> None:
    constraints = Constraints(frozenset((0,)), shifts=False, pedal=False, longest_rest=2.0)
    for seed in range(20):
        _, played = write(seed, [v.BASE["bar"] + 19] * 4, constraints)
        sounds_until = 0.0
        for event in played:
            assert isinstance(event.event, Note)
            assert event.event.start - sounds_until <= 3.0
            sounds_until = max(sounds_until, event.event.end)
