"""The tempo of taps."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge.tap import FEWEST, TapTempo


def tapped(times: list[float]) -> list[float | None]:
    hand = TapTempo()
    return [hand.tap(time) for time in times]


@given(st.floats(30.0, 300.0), st.integers(0, 1000))
def test_an_unsteady_hand_is_averaged(bpm: float, seed: int) -> None:
    source = random.Random(seed)
    found = tapped([10.0 + index * 60.0 / bpm + source.gauss(0.0, 0.004) for index in range(8)])
    assert found[: FEWEST - 1] == [None] * (FEWEST - 1)
    assert found[-1] == pytest.approx(bpm, rel=0.03)


def test_a_pause_and_another_tempo_begin_anew() -> None:
    slow = [index * 0.6 for index in range(5)]
    fast = [slow[-1] + 0.3 * index for index in range(1, 6)]
    assert tapped(slow + fast)[-1] == pytest.approx(200.0)
    assert tapped([*slow, *(9.0 + index * 0.5 for index in range(3))])[-1] is None


def test_two_taps_at_once_are_no_tempo() -> None:
    assert tapped([1.0, 1.0, 1.0, 1.0, 0.5]) == [None] * 5
