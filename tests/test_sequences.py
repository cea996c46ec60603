"""What training sees of a piece: each kind of sequence is valid, and holds the music that it should."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from bandmate_models import vocabulary as v
from bandmate_models.corpus.noise import played_loosely
from bandmate_models.corpus.pairs import pairs
from bandmate_models.corpus.sequences import (
    KINDS,
    Sequence,
    humanising_of,
    infill_of,
    quantised,
    random_cuts,
    sequence_of,
    variation_of,
)
from bandmate_models.corpus.sources import USER
from bandmate_models.corpus.variants import players_of, some_of, variants
from bandmate_models.reading import Reader, decode, score_of
from bandmate_models.score import Note, Part, Score
from bandmate_models.training.dataset import body_weights, without_chords

BARS = 16


def band(bars: int = BARS) -> Score:
    """A tune over bass and drums; bar 5 repeats bar 1 with one note changed, as do those after it."""
    chance = random.Random(5)
    riff = [chance.choice((60, 62, 64, 65, 67, 69)) for _ in range(8)]
    melody = [
        Note(bar * 4 + i / 2, 0.5, 72 if (bar, i) == (bar // 4 * 4, 7) and bar else riff[i], 70 + i)
        for bar in range(bars)
        for i in range(8)
    ]
    bass = [Note(bar * 4 + beat, 1.0, 36 + (bar % 4), 90 + beat) for bar in range(bars) for beat in range(4)]
    drums = [
        Note(bar * 4 + beat + push, 0.25, 36 if beat % 2 == 0 else 38, 80 + 5 * beat)
        for bar in range(bars)
        for beat, push in ((0, 0.0), (1, 0.02), (2, 0.0), (3, 0.02))
    ]
    return Score(
        (Part("melody", tuple(melody), 73), Part("bass", tuple(bass), 33), Part("drums", tuple(drums)))
    )


def read(sequence: Sequence) -> tuple[Reader, list]:  # type: ignore[type-arg]
    reader = Reader()
    played = [event for event in map(reader.feed, sequence.header + sequence.body) if event is not None]
    return reader, played


def test_every_variant_of_a_piece_is_a_valid_sequence() -> None:
    seen = set()
    for seed in range(6):
        for sequence in variants(band(), USER, random.Random(seed)):
            reader, _ = read(sequence)
            assert reader.stage.name == "DONE"
            assert all(v.field_of(sequence.body[bar]) == "bar" for bar in sequence.bars)
            assert sequence.players == any(part.player for part in reader.parts)
            seen.add(sequence.kind)
    assert seen >= {"alone", "duo", "infill", "vary"}
    assert seen <= set(KINDS)


def test_a_held_out_piece_is_told_once_as_it_was_played_without_chords() -> None:
    (sequence,) = variants(band(), USER, random.Random(0), held_out=True)
    assert sequence.kind == "alone"
    assert list(without_chords(np.array(sequence.body, dtype=np.uint16))) == sequence.body


def test_two_streams_hold_every_note_once_whoever_plays_it() -> None:
    score = quantised(band(4))
    for lag in (-2, 0, 1):
        sequence = sequence_of(score, USER, players=frozenset((0,)), lag=lag)
        reader, played = read(sequence)
        notes = score_of(reader, played)
        assert sorted(n for p in notes.parts for n in p.notes if p.role == "melody") == [
            n._replace(velocity=n.velocity) for n in _binned(score.parts[0])
        ]
        assert notes.note_count == score.note_count


def _binned(part: Part) -> list[Note]:
    return [n._replace(velocity=v.VELOCITIES[v.velocity_bin(n.velocity)]) for n in part.notes]


def test_a_gap_is_filled_by_the_body_and_followed_by_what_the_header_holds() -> None:
    score = band()
    sequence = infill_of(score, USER, 0.0, 16.0, 24.0, 32.0)
    assert sequence is not None
    assert v.SUFFIX in sequence.header
    assert v.GAP in sequence.header
    written = decode(sequence.header + sequence.body)
    assert max(note.start for part in written.parts for note in part.notes) < 24.0
    assert len(sequence.bars) == 6
    assert infill_of(Score((Part("melody", ()),)), USER, 0.0, 4.0, 8.0, 12.0) is None


def test_a_variation_tells_how_far_it_is_from_its_theme() -> None:
    score = band()
    theme = score.excerpt(0.0, 16.0)
    same = variation_of(theme, theme, USER, 16.0)
    assert same is not None
    assert v.BASE["distance"] in same.header
    other = replace(theme, parts=tuple(replace(p, notes=p.notes[::2]) for p in theme.parts))
    apart = variation_of(theme, other, USER, 16.0)
    assert apart is not None
    (step,) = [t - v.BASE["distance"] for t in apart.header if t in v.ids("distance")]
    assert step == 4  # half of the notes
    reader, _ = read(apart)
    assert {part.player for part in reader.parts} == {True, False}
    assert len({part.slot for part in reader.parts}) == 6


def test_a_performance_stands_beside_what_is_left_of_it_without_timing_and_dynamics() -> None:
    sequence = humanising_of(band(4), USER)
    assert sequence is not None
    reader, played = read(sequence)
    drums = sorted(p.slot for p in reader.parts if p.slot in v.DRUM_SLOTS)
    ours, theirs = ([e.event for e in played if e.slot == slot] for slot in drums)
    assert len(ours) == len(theirs)
    assert {note.start % 0.25 for note in theirs} == {0.0}
    assert any(note.start % 0.25 for note in ours)
    assert len({note.velocity for note in ours}) > 1


def test_pairs_are_of_one_length_and_metre_and_do_not_overlap() -> None:
    found = list(pairs(band(), random.Random(1), 12))
    assert found
    for pair in found:
        assert pair.theme.note_count and pair.variation.note_count
        assert pair.beats in (8.0, 16.0, 32.0)
        assert pair.theme.end <= pair.beats + 1.0


def test_loose_playing_keeps_most_notes_and_moves_few() -> None:
    part = Part("melody", tuple(Note(i / 2, 0.5, 60 + i % 12, 80) for i in range(400)))
    loose = played_loosely(part, random.Random(2))
    same = len(set(part.notes) & set(loose.notes))
    assert 0.8 * 400 < same < 400
    assert list(loose.notes) == sorted(loose.notes)
    assert played_loosely(Part("melody", (Note(0, 1, 60, 80),)), random.Random(3)).notes


def test_cuts_hide_the_rest_of_a_players_frame() -> None:
    score = band(8)
    cuts = random_cuts(score, random.Random(4))
    assert cuts
    whole = sequence_of(score, USER, players=frozenset((0,)), lag=0)
    cut = sequence_of(score, USER, players=frozenset((0,)), lag=0, cuts=cuts)
    assert sum(t in v.ids("cut") for t in cut.body) == len(cuts)
    assert len(cut.body) - len(cuts) < len(whole.body)


@pytest.mark.parametrize("seed", range(12))
def test_somebody_is_left_for_the_model_and_for_the_player(seed: int) -> None:
    players = players_of(band(), random.Random(seed))
    assert 0 < len(players) < 3
    assert 0 < len(some_of(band(), random.Random(seed)).parts) < 3
    assert players_of(replace(band(), parts=band().parts[:1]), random.Random(seed)) == frozenset()


def test_chords_are_given_so_they_weigh_nothing() -> None:
    sequence = next(iter(variants(band(), USER, random.Random(0))))
    body = np.array(sequence.body, dtype=np.uint16)
    chord = (body >= v.ids("chord").start) & (body < v.ids("chord").stop)
    assert chord.any()
    assert not body_weights(body)[chord].any()
    assert body_weights(body)[~chord].all()
