"""The figures of music whose figures are known."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models.chords import Chord, ChordChange
from bandmate_models.evaluation.accompaniment import consonance, fit_of, note_in_chord
from bandmate_models.evaluation.bar_features import bar_features
from bandmate_models.evaluation.bootstrap import Row, figure_of
from bandmate_models.evaluation.discriminator import separability
from bandmate_models.evaluation.distributions import (
    class_histogram,
    entropy,
    jsd,
    onset_histogram,
    overlap,
    timing_histogram,
    velocity_histogram,
)
from bandmate_models.evaluation.measures import (
    bar_grooves,
    density,
    empty_bar_rate,
    empty_part_bar_rate,
    groove_consistency,
    groove_similarity,
    notes_at_once,
    repetition,
    scale_consistency,
)
from bandmate_models.evaluation.obedience import in_order, in_range, in_scale, mean_pitch, within_polyphony
from bandmate_models.score import Key, Metre, Note, Part, Role, Score

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)


def line(pitches: tuple[int, ...], step: float = 1.0, role: Role = "melody", later: float = 0.0) -> Score:
    notes = tuple(Note(later + i * step, step, pitch, 80) for i, pitch in enumerate(pitches))
    return Score(parts=(Part(role, notes),))


def together(*scores: Score) -> Score:
    return Score(parts=tuple(part for score in scores for part in score.parts))


histograms = st.lists(st.integers(0, 50), min_size=6, max_size=6).map(lambda x: np.array(x, dtype=np.float64))


@given(histograms, histograms)
def test_divergence_is_symmetrical_and_between_0_and_1(one: np.ndarray, other: np.ndarray) -> None:
    assert jsd(one, other) == pytest.approx(jsd(other, one), abs=1e-9)
    assert -1e-9 <= jsd(one, other) <= 1 + 1e-9
    assert 0 <= overlap(one, other) <= 1 + 1e-9


@given(histograms)
def test_a_distribution_is_itself_however_often_it_is_counted(one: np.ndarray) -> None:
    assert jsd(one, one * 3) == pytest.approx(0, abs=1e-9)
    if one.any():
        assert overlap(one, one * 3) == pytest.approx(1)


def test_nothing_in_common_is_one_bit() -> None:
    one, other = np.array([2.0, 1.0, 0.0]), np.array([0.0, 0.0, 5.0])
    assert jsd(one, other) == pytest.approx(1) and overlap(one, other) == 0
    half = np.array([1.0, 1.0]), np.array([1.0, 0.0])
    assert jsd(*half) == pytest.approx(0.5 * math.log2(4 / 3) + 0.5 * (0.5 * math.log2(2 / 3) + 0.5))
    assert jsd(np.zeros(3), one) == 1 and jsd(np.zeros(3), np.zeros(3)) == 0


def test_entropy_of_four_even_classes_is_two_bits() -> None:
    assert entropy(class_histogram(line((60, 62, 64, 65)))) == pytest.approx(2)
    assert entropy(np.zeros(12)) == 0


def test_pitch_classes_forget_the_octave_and_the_drums() -> None:
    score = together(line((60, 72, 0, 120)), line((38, 42), role="drums"))
    assert class_histogram(score).tolist() == [4] + [0] * 11


def test_a_scale_is_consistent_with_itself_in_any_key() -> None:
    assert scale_consistency(line(C_MAJOR)) == 1
    assert scale_consistency(line(tuple(p + 5 for p in C_MAJOR))) == 1
    assert scale_consistency(line(tuple(range(60, 72)))) == pytest.approx(7 / 12)
    assert scale_consistency(line((60,), role="drums")) is None


def test_onsets_are_counted_by_their_place_in_the_bar() -> None:
    four = onset_histogram(line((60,) * 8))
    assert np.flatnonzero(four).tolist() == [0, 4, 8, 12] and four.max() == 2
    waltz = replace(line((60,) * 3), metres=(Metre(0.0, 3, 4),))
    assert np.flatnonzero(onset_histogram(waltz)).tolist() == [0, 5, 10]
    early = line((60,), later=4.0 - 0.01)
    assert np.flatnonzero(onset_histogram(early)).tolist() == [0]


def test_a_groove_is_like_itself_and_unlike_another() -> None:
    quarters, offbeats = line((60,) * 8), line((60,) * 8, later=0.5)
    bars = list(quarters.bars())
    assert groove_similarity(bar_grooves(quarters, bars), bar_grooves(quarters, bars)) == 1
    assert groove_similarity(bar_grooves(quarters, bars), bar_grooves(offbeats, bars)) == pytest.approx(0.5)
    assert groove_consistency(bar_grooves(quarters, bars)) == 1
    assert groove_consistency(bar_grooves(quarters, bars[:1])) is None


def test_half_the_bars_are_empty() -> None:
    score = together(line((60, 62, 64, 65)), line((36, 36), later=8.0, role="bass"))
    bars = list(Score().bars(16.0))
    assert empty_bar_rate(score, bars) == 0.5
    assert empty_part_bar_rate(score, bars) == 0.75
    assert empty_bar_rate(score, []) == 0


def test_what_comes_back_transposed_is_repetition() -> None:
    theme = (60, 64, 62, 67, 65, 69)
    again = line(theme + tuple(p + 5 for p in theme))
    assert repetition(again) == pytest.approx(1 / 7)
    assert repetition(line(theme)) == 0 and repetition(line(theme[:3])) is None
    assert repetition(line((36,) * 12, role="drums")) == pytest.approx(6 / 7)
    moved = line((36, 38, 36, 38, 42, 42, 37, 39, 37, 39, 43, 43), role="drums")
    assert repetition(moved) == 0


def test_timing_and_velocity_are_counted_in_the_formats_steps() -> None:
    late = Score(parts=(Part("drums", (Note(1 + 1 / 48, 0.1, 36, 16), Note(2.0, 0.1, 38, 127))),))
    assert timing_histogram(late).tolist() == [0, 0, 1, 1]
    assert velocity_histogram(late).tolist() == [1, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("interval", "good"),
    [(0, 1), (3, 1), (4, 1), (5, 1), (7, 1), (9, 1), (12, 1), (1, 0), (2, 0), (6, 0), (11, 0)],
)
def test_intervals_are_consonant_or_not(interval: int, good: int) -> None:
    assert consonance(line((60,)), line((60 - interval,))) == good
    assert consonance(line((60,)), line((60 + interval,))) == (0 if interval == 5 and not good else good)


def test_consonance_weighs_the_time_two_notes_sound_together() -> None:
    played = line((60,), step=4.0)
    accompaniment = Score(parts=(Part("chords", (Note(0, 3, 52, 80), Note(3, 5, 59, 80))),))
    assert consonance(played, accompaniment) == pytest.approx(0.75)
    assert consonance(played, line((36,), role="drums")) is None
    assert consonance(played, line((55,), later=4.0)) is None


def test_notes_in_and_out_of_a_chord() -> None:
    chords = [ChordChange(0.0, Chord(0, "maj")), ChordChange(2.0, Chord(7, "7")), ChordChange(3.0, None)]
    assert note_in_chord(line((60, 64, 65, 61)), chords) == 1
    assert note_in_chord(line((60, 61, 60, 60)), chords) == pytest.approx(1 / 3)
    assert note_in_chord(Score(parts=(Part("melody", (Note(1.5, 1.0, 60, 80),)),)), chords) == 0.5
    assert note_in_chord(line((60,)), []) is None


def test_an_accompaniment_counts_when_it_is_as_dense_and_as_varied_as_the_real_one() -> None:
    played = line((60, 64, 67, 72))
    real = line((48, 52, 55, 60), role="chords")
    assert fit_of(played, real, real, 4.0).counts
    assert fit_of(played, real, real, 4.0).note_in_chord == 1
    assert not fit_of(played, line((48, 52)), real, 4.0).counts
    assert not fit_of(played, line((48, 48, 48, 48)), real, 4.0).counts
    assert density(real, 4.0) == 1 and density(line((36,), role="drums"), 1.0, drums=False) == 0
    assert notes_at_once(Part("chords", tuple(Note(0, 1, p, 80) for p in (60, 64, 67)))) == 3
    assert notes_at_once(Part("chords")) == 0


def test_locks_are_kept_or_not() -> None:
    score = together(line(C_MAJOR), line((36, 38), role="drums"))
    assert in_scale(score, Key(0, 0, "major")).share == 1
    assert in_scale(score, Key(0, 7, "major")).share == pytest.approx(7 / 8)
    assert in_range(score, 60, 71).share == pytest.approx(7 / 8)
    chord = Score(parts=(Part("chords", tuple(Note(0, 1, p, 80) for p in (60, 64, 67))),))
    assert within_polyphony(chord, 3).share == 1 and within_polyphony(chord, 2).share == 0
    assert within_polyphony(Score(), 1).share is None
    assert in_order([(1, 2), (2, 2), (3, 1)]) == (1, 3)
    assert mean_pitch(line((60, 62))) == 61 and mean_pitch(Score()) is None


def test_a_mean_counts_every_source_once() -> None:
    rows = [Row("a", "1", 10, 10), Row("a", "2", 30, 10), Row("b", "3", 6, 1), Row("b", "4", 0, 0)]
    figure = figure_of(rows)
    assert figure is not None
    assert figure.by_source == {"a": 2.0, "b": 6.0} and figure.mean == 4 and figure.groups == 3
    assert 3.5 <= figure.low < 4 < figure.high <= 4.5
    assert figure_of([]) is None


def bars_of_kind(leaping: bool, piece: int) -> np.ndarray:
    rng = random.Random(piece * 2 + leaping)
    pitch, notes = 60, []
    for beat in range(32):
        pitch += rng.choice((-9, 8, 11, -10) if leaping else (-2, 2, 1, -1))
        notes.append(Note(float(beat), 1.0, min(90, max(30, pitch)), 80))
    score = Score(parts=(Part("melody", tuple(notes)),))
    return bar_features(score, list(score.bars()))


@pytest.mark.parametrize(("leaping", "low", "high"), [(True, 0.95, 1.0), (False, 0.3, 0.7)])
def test_a_classifier_tells_apart_what_differs_and_only_that(leaping: bool, low: float, high: float) -> None:
    rows, generated, pieces = [], [], []
    for piece in range(24):
        for side in (False, True):
            bars = bars_of_kind(leaping and side, piece if side else piece + 100)
            rows.append(bars)
            generated += [side] * len(bars)
            pieces += [piece] * len(bars)
    verdict = separability(np.concatenate(rows), np.array(generated), np.array(pieces))
    assert verdict is not None and low <= verdict.accuracy <= high
    assert verdict.low <= verdict.accuracy <= verdict.high and verdict.bars == len(generated)


def test_bars_look_the_same_in_every_key_and_silent_ones_are_left_out() -> None:
    score = line(C_MAJOR)
    higher = line(tuple(p + 12 for p in C_MAJOR))
    bars = list(score.bars())
    one, other = bar_features(score, bars), bar_features(higher, bars)
    assert one.shape == other.shape and np.flatnonzero(np.abs(one - other).max(0) > 1e-9).size == 1
    assert len(bar_features(score, list(score.bars(16.0)))) == 2


def test_one_piece_or_one_side_alone_cannot_be_judged() -> None:
    rows, side = np.zeros((4, 3)), np.array([True, True, False, False])
    assert separability(rows, side, np.zeros(4, dtype=np.int64)) is None
    assert separability(rows, np.ones(4, dtype=bool), np.arange(4)) is None
