"""Held-out questions: the same notes are asked about in every condition, and bits are counted right."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bandmate_models import vocabulary as v
from bandmate_models.corpus.sequences import sequence_of
from bandmate_models.corpus.sources import USER
from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.bits import charged_tokens
from bandmate_models.evaluation.cases import (
    PREFIX_BARS,
    Case,
    accompaniment_cases,
    continue_cases,
    infill_cases,
)
from bandmate_models.evaluation.excerpts import excerpt_of, lead, stretches_of
from bandmate_models.evaluation.held_pieces import HeldPiece, held_pieces
from bandmate_models.evaluation.ngram import Ngram
from bandmate_models.evaluation.ngram_decoder import NgramDecoder
from bandmate_models.evaluation.scoring import bits_by_decoder, bits_by_ngram, rows_of
from bandmate_models.midi import write_midi
from bandmate_models.score import Note, Part, Role, Score
from bandmate_models.training.dataset import plain_header
from random_weights import random_weights


def part(role: Role, seed: int, beats: int = 64, program: int = 0) -> Part:
    rng = random.Random(seed)
    low, high = {"bass": (30, 45), "drums": (36, 46), "chords": (48, 60)}.get(role, (60, 80))
    places = {
        (beat + rng.choice((0.0, 0.5)), rng.randint(low, high)) for beat in range(beats) for _ in range(2)
    }
    notes = (Note(start, 0.5, pitch, rng.choice((40, 80, 110))) for start, pitch in sorted(places))
    return Part(role, tuple(notes), program)


def band(seed: int, group: str = "one") -> HeldPiece:
    roles: tuple[Role, ...] = ("melody", "chords", "bass", "drums")
    parts = tuple(part(role, seed * 10 + i) for i, role in enumerate(roles))
    return HeldPiece(USER, group, group, Score(parts=parts), True)


def notes_asked(case: Case) -> list[int]:
    """Pitch and drum tokens among the targets that are charged."""
    targets = case.tokens[1:][case.charged]
    return [int(t) for t in targets if v.BASE["pitch"] <= t < v.BASE["long"]]


@pytest.mark.parametrize("task", ["accompany", "harmonise", "drumify"])
@pytest.mark.parametrize("lag", [-2, 0, 1])
def test_all_conditions_ask_for_the_same_notes(task: str, lag: int) -> None:
    cases = {
        case.condition: case
        for case in accompaniment_cases(band(1), task, lag, task, [band(1), band(2, "two")], 4096)
    }
    assert cases.keys() == {"with", "dropped", "swapped"}
    asked = [notes_asked(case) for case in cases.values()]
    assert asked[0] == asked[1] == asked[2] and len(asked[0]) == cases["with"].notes > 20
    assert len({case.charged.sum() for case in cases.values()}) == 1
    assert not np.array_equal(cases["with"].tokens, cases["swapped"].tokens)


def test_only_the_models_own_notes_are_charged() -> None:
    piece = band(1)
    sequence = sequence_of(piece.score, USER, players=frozenset((0,)), lag=1)
    tokens = np.array(sequence.header + sequence.body)
    targets = tokens[1:][charged_tokens(tokens)]
    slots = {(int(t) - v.BASE["onset"]) // v.TICKS_PER_BEAT for t in targets if t in v.ids("onset")}
    assert {v.SLOTS[slot][0] for slot in slots} == {"chords", "bass", "drums"}
    assert not set(targets.tolist()) & set(v.ids("frame_m")) and set(targets.tolist()) & set(v.ids("frame_u"))


def test_an_infill_is_charged_for_its_gap_alone() -> None:
    (case,) = infill_cases(band(1), 8192)
    score = band(1).score.excerpt(16.0 + 4 * PREFIX_BARS, 16.0 + 8 * PREFIX_BARS)
    assert case.notes == score.note_count == len(notes_asked(case))


def test_a_continuation_is_cut_where_the_context_ends() -> None:
    (case,) = continue_cases(band(1), 300)
    assert len(case.tokens) == 301 and len(case.charged) == 300
    assert case.notes == len(notes_asked(case)) > 0


def test_nothing_is_asked_of_a_piece_that_cannot_answer() -> None:
    solo = HeldPiece(USER, "solo", "solo", Score(parts=(part("melody", 1),)), False)
    assert list(accompaniment_cases(solo, "accompany", 0, "x", [band(2, "two")], 4096)) == []
    assert list(accompaniment_cases(band(1), "accompany", 0, "x", [band(1)], 4096)) == []
    assert excerpt_of(solo, "drumify", 4) is None and lead(Score()) is None


def test_no_note_of_an_excerpt_rings_beyond_it() -> None:
    long = Part("chords", tuple(Note(float(beat), 9.0, 50, 80) for beat in range(64)))
    piece = HeldPiece(USER, "a", "a", Score(parts=(part("melody", 1), long)), False)
    excerpt = excerpt_of(piece, "accompany", 8)
    assert excerpt is not None and excerpt.score.end == excerpt.beats == 32.0
    assert excerpt.played.parts[0].role == "melody" and excerpt.ours.parts[0].role == "chords"
    assert next(stretches_of(piece, 12)).end == 48.0


def test_a_decoder_is_charged_what_its_logits_say(tmp_path: Path) -> None:
    weights = random_weights(tmp_path)
    (case,) = continue_cases(band(1), 200)
    decoder = Decoder(weights)
    logits = decoder.append_all(case.tokens.tolist()).astype(np.float64)[:-1]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    expected = -np.log2(p[np.arange(len(p)), case.tokens[1:]])[case.charged].sum()
    assert bits_by_decoder(decoder, case).bits == pytest.approx(expected, rel=1e-4)


def test_an_ngram_says_the_same_one_token_at_a_time_and_from_its_files(tmp_path: Path) -> None:
    sequences = []
    for seed in range(4):
        sequence = sequence_of(band(seed).score, USER)
        header = plain_header(np.array(sequence.header, dtype=np.uint16))
        sequences.append(np.concatenate([header, sequence.body]).astype(np.int64))
    ngram = Ngram(sequences, v.SIZE)
    ngram.save(tmp_path / "ngram")
    again = Ngram.load(tmp_path / "ngram", v.SIZE)
    tokens = sequences[0][:120]
    every = np.tile(np.arange(v.SIZE), (len(tokens), 1))
    table = ngram.probabilities(tokens, every)
    for at in (0, 1, 3, 50, 119):
        np.testing.assert_allclose(again.following(tokens[:at].tolist()), table[at], rtol=1e-9)
    assert again.following(tokens[:50].tolist()).sum() == pytest.approx(1)
    decoder = NgramDecoder(again, random_weights(tmp_path / "w"))
    (case,) = continue_cases(band(9), 200)
    assert bits_by_decoder(decoder, case).bits == pytest.approx(bits_by_ngram(ngram, case).bits, rel=1e-4)
    decoder.rewind_to(3)
    assert decoder.position == 3


def test_rows_are_those_of_one_task_and_condition(tmp_path: Path) -> None:
    decoder = Decoder(random_weights(tmp_path))
    cases = list(accompaniment_cases(band(1), "drumify", 0, "drumify", [band(2, "two")], 640))
    scored = [bits_by_decoder(decoder, case) for case in cases]
    assert len(rows_of(scored, "drumify", "with")) == 1 and not rows_of(scored, "drumify", "")


def test_held_pieces_are_real_one_a_group_and_all_bands(tmp_path: Path) -> None:
    head = "source,path,group,split,band\n"
    lines = [
        "groove,groove/a.mid,G1,test,0",
        "groove,groove/b.mid,G1,test,0",
        "groove,groove/c.mid,G2,test,1",
        "groove,groove/d.mid,G3,test,1",
        "groove,groove/e.mid,G4,train,0",
        "mma_band_openewld,mma/f.mid,G5,test,1",
        "simutrans,groove/a.mid,G2,test,0",
    ]
    (tmp_path / "manifest.csv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "groove").mkdir()
    for name in "abcde":
        write_midi(band(ord(name)).score, tmp_path / "groove" / f"{name}.mid")
    pieces = list(held_pieces(tmp_path / "manifest.csv", tmp_path, per_source=1))
    assert {(piece.name, piece.band) for piece in pieces} >= {("c", True), ("d", True)}
    assert len(pieces) in (2, 3) and len({piece.group for piece in pieces}) == len(pieces)
    with pytest.raises(BandmateError, match="manifest"):
        list(held_pieces(tmp_path / "none.csv", tmp_path))
