"""The tempo of what is played."""

from __future__ import annotations

import random

import pytest

from bandmate_bridge.tempo import estimate_tempo

RHYTHMS = {
    "quarters": [1.0] * 12,
    "mixed": [1, 0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5, 2],
    "dotted": [1.5, 0.5, 1, 1] * 3,
}


def performed(rhythm: list[float], bpm: float, spread: float = 0.01) -> list[float]:
    """Onsets in seconds by a hand that is unsteady by `spread` seconds."""
    hand, beat, onsets = random.Random(int(bpm)), 0.0, []
    for duration in rhythm:
        onsets.append(20.0 + beat * 60.0 / bpm + hand.gauss(0.0, spread))
        beat += duration
    return onsets


@pytest.mark.parametrize("bpm", [72.0, 95.0, 118.0, 140.0])
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_tempo_is_found_or_its_double_or_half(rhythm: str, bpm: float) -> None:
    pulse = estimate_tempo(performed(RHYTHMS[rhythm], bpm))
    assert pulse is not None
    assert min(abs(pulse.bpm / bpm - ratio) / ratio for ratio in (0.5, 1.0, 2.0)) < 0.02


def test_the_octave_is_that_of_the_usual_tempo() -> None:
    eighths = performed([0.5] * 16, 80.0)
    slow, fast = estimate_tempo(eighths, usual=75.0), estimate_tempo(eighths, usual=170.0)
    assert slow is not None and slow.bpm == pytest.approx(80.0, rel=0.02)
    assert fast is not None and fast.bpm == pytest.approx(160.0, rel=0.02)


def test_chords_count_once() -> None:
    chords = [time + delay for time in performed([1.0] * 10, 100.0) for delay in (0.0, 0.008, 0.02)]
    pulse = estimate_tempo(chords)
    assert pulse is not None and pulse.bpm == pytest.approx(100.0, rel=0.02)


def test_too_few_notes_have_no_tempo() -> None:
    assert estimate_tempo(performed([1.0] * 5, 100.0)) is None


def test_notes_without_a_pulse_have_no_tempo() -> None:
    source = random.Random(5)
    times = [sum(source.uniform(0.05, 1.4) for _ in range(index)) for index in range(1, 60)]
    assert estimate_tempo(times) is None
