"""Mood, swing and difference: what is computed from the notes goes the way that musicians expect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bandmate_models.attributes import difference, distance_step, swing_of
from bandmate_models.mood import mood_of
from bandmate_models.score import Note, Part, Score, Tempo

MAJOR = (0, 2, 4, 5, 7, 9, 11, 12)
MINOR = (0, 2, 3, 5, 7, 8, 10, 12)


def scale(steps: tuple[int, ...], *, root: int = 60, bpm: float = 110.0, velocity: int = 80) -> Score:
    notes = tuple(Note(i * 0.5, 0.5, root + steps[i % 8], velocity) for i in range(32))
    return Score((Part("melody", notes),), tempos=(Tempo(0.0, bpm),))


def mood(score: Score) -> tuple[float, float]:
    found = mood_of(score)
    assert found is not None
    return found.valence, found.arousal


def test_major_is_brighter_than_minor() -> None:
    assert mood(scale(MAJOR))[0] > mood(scale(MINOR))[0]


@pytest.mark.parametrize("bpm", (60.0, 90.0, 140.0))
def test_faster_is_brighter_and_more_driving(bpm: float) -> None:
    slower, faster = mood(scale(MAJOR, bpm=bpm)), mood(scale(MAJOR, bpm=bpm * 1.3))
    assert faster[0] > slower[0]
    assert faster[1] > slower[1]


def test_louder_is_more_driving_unless_dynamics_are_unknown() -> None:
    soft, loud = scale(MAJOR, velocity=40), scale(MAJOR, velocity=110)
    assert mood(loud)[1] > mood(soft)[1]
    assert mood_of(loud, dynamics=False) == mood_of(soft, dynamics=False)


def test_steps_are_five_each_and_silence_has_none() -> None:
    for score in (scale(MINOR, root=36, bpm=50, velocity=20), scale(MAJOR, root=90, bpm=200, velocity=120)):
        found = mood_of(score)
        assert found is not None
        assert all(0 <= step <= 4 for step in found.steps)
    assert mood_of(Score()) is None


def eighths(place: float) -> Score:
    notes = tuple(Note(beat + offset, 0.3, 60, 80) for beat in range(16) for offset in (0.0, place))
    return Score((Part("melody", notes),))


def test_swing_grows_with_the_place_of_the_off_beat() -> None:
    assert [swing_of(eighths(place)) for place in (0.5, 0.57, 0.64, 0.67)] == [0, 1, 2, 3]


def test_without_off_beats_nothing_is_said_of_swing() -> None:
    quarters = Score((Part("melody", tuple(Note(float(beat), 1.0, 60, 80) for beat in range(16))),))
    assert swing_of(quarters) is None
    sixteenths = Score((Part("melody", tuple(Note(i / 4, 0.2, 60, 80) for i in range(64))),))
    assert swing_of(sixteenths) is None


def test_a_phrase_differs_from_itself_by_nothing_and_from_another_by_all() -> None:
    one = scale(MAJOR)
    other = scale(MAJOR, root=72)
    assert difference(one, one) == 0.0
    assert difference(one, replace(other, parts=(replace(other.parts[0], role="bass"),))) == 1.0
    half = replace(one, parts=(replace(one.parts[0], notes=one.parts[0].notes[:16]),))
    assert difference(one, half) == pytest.approx(0.5)
    assert difference(half, one) == difference(one, half)


def test_steps_of_distance_are_ordered() -> None:
    steps = [distance_step(share / 100) for share in range(101)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 7)
