"""A sampler keeps to its mask, its nucleus and its seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models.sampler import Sampler

LOGITS = np.array([5.0, 4.0, 3.0, -2.0, 0.0], dtype=np.float32)
ALL = np.ones(5, dtype=bool)


@given(st.integers(0, 2**31), st.lists(st.booleans(), min_size=5, max_size=5).filter(any), st.floats(0, 2))
def test_only_allowed_tokens_are_picked(seed: int, mask: list[bool], temperature: float) -> None:
    assert mask[Sampler(temperature, 1.0, seed).pick(LOGITS, np.array(mask))]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert {Sampler(0.0, 1.0, seed).pick(LOGITS, ALL) for seed in range(20)} == {0}


def test_a_small_nucleus_leaves_only_the_likeliest() -> None:
    assert {Sampler(1.0, 0.5, seed).pick(LOGITS, ALL) for seed in range(20)} == {0}


def test_frequencies_follow_the_logits() -> None:
    sampler = Sampler(1.0, 1.0, 1)
    counts = np.bincount([sampler.pick(LOGITS, ALL) for _ in range(20_000)], minlength=5) / 20_000
    expected = np.exp(LOGITS) / np.exp(LOGITS).sum()
    assert np.abs(counts - expected).max() < 0.02


def test_the_same_seed_repeats_itself() -> None:
    one, two = Sampler(1.0, 0.95, 9), Sampler(1.0, 0.95, 9)
    assert [one.pick(LOGITS, ALL) for _ in range(50)] == [two.pick(LOGITS, ALL) for _ in range(50)]


def test_an_empty_mask_is_an_error() -> None:
    with pytest.raises(ValueError, match="no token"):
        Sampler().pick(LOGITS, ~ALL)
