"""Gates open for what is good enough and stay shut for what is not; retrieval finds what it should."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bandmate_models.corpus.sequences import sequence_of, stiff
from bandmate_models.corpus.sources import USER
from bandmate_models.evaluation import gates
from bandmate_models.evaluation.accompaniment import chords_by_beat, same_chords
from bandmate_models.evaluation.excerpts import excerpt_of
from bandmate_models.evaluation.held_pieces import HeldPiece
from bandmate_models.evaluation.humanising import jittered, playing_divergences
from bandmate_models.evaluation.obedience import Kept
from bandmate_models.evaluation.prepared_notes import Columns, columns_of
from bandmate_models.evaluation.retrieval import chord_agreement, drum_distance, look_up
from bandmate_models.score import Note, Part, Score

KICKS = Part("drums", tuple(Note(float(beat), 0.25, 36, 90) for beat in range(32)))
SNARES = Part("drums", tuple(Note(beat + 0.5, 0.25, 38, 90) for beat in range(32)))
TRIADS = {"C": (48, 52, 55), "F": (53, 57, 60), "G": (55, 59, 62), "Am": (57, 60, 64)}


def chords(*names: str, transposed: int = 0) -> Part:
    notes = [
        Note(4.0 * bar, 4.0, pitch + transposed, 80)
        for bar, name in enumerate(names)
        for pitch in TRIADS[name]
    ]
    return Part("chords", tuple(sorted(notes)))


def tune(*names: str, transposed: int = 0, off: float = 0.0, seed: int = 0) -> Part:
    """Each bar's chord, broken upwards from `off` on."""
    rng = random.Random(seed)
    notes = [
        Note(4.0 * bar + beat + off, 1.0, rng.choice(TRIADS[name]) + 12 + transposed, 80)
        for bar, name in enumerate(names)
        for beat in range(4)
    ]
    return Part("melody", tuple(sorted(notes)))


def piece(*parts: Part) -> HeldPiece:
    return HeldPiece(USER, "asked", "asked", Score(parts=parts), True)


def trained(*scores: Score) -> list[Columns]:
    sequences = [sequence_of(score, USER) for score in scores]
    return list(columns_of(np.array(sequence.header + sequence.body) for sequence in sequences))


def test_drums_of_the_most_similar_bars_are_found() -> None:
    song = ("C", "F", "G", "C")
    known = trained(
        Score(parts=(tune(*song), KICKS)), Score(parts=(tune("Am", "F", "Am", "F", off=0.5), SNARES))
    )
    excerpt = excerpt_of(piece(tune(*song, off=0.5), KICKS), "drumify", 4)
    assert excerpt is not None
    (found,) = look_up([excerpt], "drumify", known)
    assert found is not None and drum_distance(Score(parts=(SNARES,)), found) == 0
    assert drum_distance(Score(parts=(KICKS,)), found) == 1


def test_a_harmony_is_found_in_any_key() -> None:
    song = ("C", "Am", "F", "G")
    known = trained(
        Score(parts=(tune("F", "F", "C", "Am"), chords("F", "F", "C", "Am"))),
        Score(parts=(tune(*song, transposed=3), chords(*song, transposed=3))),
    )
    excerpt = excerpt_of(piece(tune(*song), chords(*song)), "harmonise", 4)
    assert excerpt is not None
    (found,) = look_up([excerpt], "harmonise", known)
    assert found is not None
    assert chord_agreement(excerpt.ours, found, 16.0).share == 1


def test_nothing_is_found_where_nothing_is_known() -> None:
    excerpt = excerpt_of(piece(tune("C", "F", "G", "C"), KICKS), "drumify", 4)
    assert excerpt is not None
    assert look_up([excerpt], "drumify", []) == [None]
    assert look_up([excerpt], "drumify", trained(Score(parts=(tune("C", "F"),)))) == [None]
    assert look_up([], "drumify", []) == []


def test_chords_are_named_beat_by_beat() -> None:
    named = chords_by_beat(Score(parts=(chords("C", "Am"),)), 8.0)
    assert named == [(0, 4)] * 4 + [(9, 3)] * 4
    assert chords_by_beat(Score(), 2.0) == [None, None]
    assert same_chords([(0, 4), None, (9, 3)], [(0, 4), (0, 4), (9, 4)]) == Kept(1, 2)


def test_a_phrase_is_far_from_another_and_not_from_itself() -> None:
    one, other = Score(parts=(tune("C", "F"),)), Score(parts=(tune("Am", "G", transposed=6, off=0.5),))
    assert gates.phrase_distance(one, one) == 0 and gates.phrase_distance(one, other) > 0.5


def test_varying_must_go_farther_at_every_step() -> None:
    assert gates.vary_gate({0.0: [0.1, 0.2], 0.5: [0.4], 1.0: [0.9]}).met
    assert not gates.vary_gate({0.0: [0.1], 0.5: [0.9], 1.0: [0.4]}).met
    assert gates.vary_gate({}).met is None


def test_interpolating_leaves_one_end_and_reaches_the_other() -> None:
    assert gates.interpolate_gate([[0.1, 0.5, 0.9]], [[0.9, 0.5, 0.1]]).met
    assert not gates.interpolate_gate([[0.1, 0.5, 0.4]], [[0.9, 0.5, 0.1]]).met
    assert gates.interpolate_gate([], []).met is None


def test_restyling_keeps_chords_and_takes_the_groove() -> None:
    kept, groove = gates.restyle_gates(Kept(8, 10), [0.9, 0.8], [0.7])
    assert kept.met and groove.met
    kept, groove = gates.restyle_gates(Kept(7, 10), [0.6], [0.7])
    assert not kept.met and not groove.met


def test_humanising_must_beat_the_machine_and_chance() -> None:
    timing, velocity = gates.humanise_gates(
        {"timing": 0.1, "velocity": 0.3}, {"timing": 0.5, "velocity": 0.5}, {"timing": 0.2, "velocity": 0.2}
    )
    assert timing.met and not velocity.met


def test_figures_are_set_against_retrieval_the_ngram_and_the_ablations() -> None:
    assert gates.retrieval_gate("x", [0.2], [0.3], smaller=True).met
    assert not gates.retrieval_gate("x", [0.2], [0.3], smaller=False).met
    assert gates.retrieval_gate("x", [], [], smaller=True).met is None
    every, average = gates.ngram_gates({"a": 4.0, "b": 6.0}, {"a": 8.0, "b": 5.0})
    assert not every.met and "not b" in every.figure and not average.met
    assert gates.ablation_gate("x", 3.0, 3.1, 3.2).met and not gates.ablation_gate("x", 3.0, 3.1, 2.9).met


def test_shares_and_points() -> None:
    assert gates.share_gate("x", Kept(10, 10), 1.0).met and not gates.share_gate("x", Kept(9, 10), 1.0).met
    assert gates.share_gate("x", Kept(0, 0), 1.0).met is None
    assert gates.within_gate("x", 0.76, 0.80).met and not gates.within_gate("x", 0.74, 0.80).met
    assert gates.within_gate("x", None, 0.8).met is None
    assert gates.live_gate("x", 0.83).met and not gates.live_gate("x", 0.81).met


def drummer(seed: int, ghosts: bool) -> Score:
    """Kicks loud and late, snares soft where they are ghosts."""
    rng = random.Random(seed)
    kicks = [Note(beat + rng.choice((0, 1)) / 48, 0.1, 36, rng.choice((96, 112, 120))) for beat in range(64)]
    snares = [Note(beat + 0.5, 0.1, 38, rng.choice((16, 32)) if ghosts else 110) for beat in range(64)]
    return Score(parts=(Part("drums", tuple(sorted(kicks + snares))),))


def test_a_drummer_plays_like_himself_and_not_like_chance_or_a_machine() -> None:
    real = [drummer(1, True)]
    machine = [stiff(score) for score in real]
    himself = playing_divergences([drummer(2, True)], real)
    chance = playing_divergences(jittered(machine, real), real)
    still = playing_divergences(machine, real)
    assert himself["timing"] < 0.02 and himself["velocity"] < 0.05
    for name in ("timing", "velocity"):
        assert himself[name] < min(chance[name], still[name])
    assert playing_divergences([drummer(2, False)], real)["velocity"] > 0.4
    later = Score(
        parts=(Part("drums", tuple(n._replace(start=n.start + 0.25) for n in real[0].parts[0].notes)),)
    )
    assert playing_divergences([later], real)["timing"] == 1
    assert [score.note_count for score in jittered(machine, real)] == [score.note_count for score in real]


def test_what_nobody_plays_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="kit"):
        playing_divergences([], [Score()])
