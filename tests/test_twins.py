"""Twins: every tokenisation writes the same notes of the same windows, and each note is charged once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("miditok")

from bandmate_models import vocabulary as v  # noqa: E402
from bandmate_models.corpus.sources import BY_NAME  # noqa: E402
from bandmate_models.evaluation.twins import comparison, corpus, pieces, remi, training, windows  # noqa: E402
from bandmate_models.evaluation.twins.pieces import Piece  # noqa: E402
from bandmate_models.evaluation.twins.windows import Excerpt, Ours, Remi, TwinWindows  # noqa: E402
from bandmate_models.model_config import ModelConfig  # noqa: E402
from bandmate_models.reading import decode  # noqa: E402
from bandmate_models.score import Metre, Note, Part, Score  # noqa: E402
from bandmate_models.training.dataset import count_notes  # noqa: E402
from bandmate_models.transformer import Transformer  # noqa: E402

SOURCE = BY_NAME["simutrans"]


def band(bars: int = 8) -> Score:
    """Bass, piano and drums; the piano's last note is long."""
    bass = tuple(Note(4.0 * bar + beat, 1.0, 40 + bar, 90) for bar in range(bars) for beat in (0, 2))
    piano = tuple(
        Note(4.0 * bar + 1.5, 0.49, 60 + third, 70 + bar) for bar in range(bars) for third in (0, 4)
    )
    drums = tuple(Note(float(beat), 0.1, 36 if beat % 2 else 38, 100) for beat in range(4 * bars))
    return Score(
        (
            Part("bass", bass, 33),
            Part("chords", (*piano, Note(4.0 * bars - 1, 90.0, 72, 1)), 0),
            Part("drums", drums),
        )
    )


def piece_of(score: Score, source: str = "simutrans") -> Piece:
    kept = pieces.plain(score, SOURCE)
    assert kept is not None
    rows, parts = pieces.rows_and_parts(kept)
    ids = remi.ids_of(kept)
    return Piece(source, rows, parts, (4, 4), ids, remi.bars_of(ids))


def toy(size: int) -> Transformer:
    torch.manual_seed(0)
    return Transformer(ModelConfig(1, size, 16, 1, 2, 1, 16, 2048)).eval()


def test_both_spellings_of_a_piece_hold_its_notes() -> None:
    piece = piece_of(band())
    assert len(piece.rows) == remi.notes_of(piece.remi) == 16 + 17 + 32
    assert len(piece.remi_bars) == piece.bars == 8
    ours = Ours()(Excerpt(piece, 0, 8))
    assert ours is not None
    back = decode([*ours.tokens.tolist(), v.EOS])
    assert back.note_count == len(piece.rows)
    assert {note.start for part in back.parts for note in part.notes} == set(piece.rows[:, 0] / 12)


def test_parts_of_one_program_become_one_and_durations_end_at_sixteen_beats() -> None:
    twice = (
        Part("strings", (Note(0.0, 90.0, 60, 80),) * 1, 48),
        Part("strings", tuple(Note(b, 1.0, 64, 80) for b in range(20)), 48),
    )
    kept = pieces.plain(Score(twice), SOURCE)
    assert kept is not None
    (part,) = kept.parts
    assert max(note.duration for note in part.notes) == 16.0


@pytest.mark.parametrize(
    "score",
    [
        Score((Part("bass", (Note(0.0, 1.0, 40, 80),)),)),
        Score(band().parts, metres=(Metre(0.0, 3, 4), Metre(3.0, 4, 4))),
    ],
)
def test_pieces_of_few_notes_or_several_metres_are_left_out(score: Score) -> None:
    assert pieces.plain(score, SOURCE) is None


@pytest.mark.parametrize("write", [Ours(), Remi()])
def test_windows_of_whole_bars_are_charged_for_their_notes(write: Ours | Remi) -> None:
    piece = piece_of(band())
    first, rest = Excerpt(piece, 0, 3), Excerpt(piece, 3, 8, semitones=2)
    found = [write(first), write(rest)]
    assert sum(written.notes for written in found if written) == len(piece.rows)
    for written in found:
        assert written is not None
        assert len(written.weights) == len(written.tokens) - 1


def test_every_twin_reads_the_same_excerpts() -> None:
    several = [piece_of(band(bars), name) for bars, name in ((4, "groove"), (12, "simutrans"))]
    shares = {"groove": 1.0, "simutrans": 2.0}
    writers = [Ours(), Remi(), Ours(player=False)]
    drawn = [TwinWindows(several, shares, write).excerpts(3, 1) for write in writers]
    assert drawn[0] == drawn[1] == drawn[2]
    assert sum(excerpt.notes for excerpt in drawn[0]) <= windows.NOTES + windows.FEWEST
    for write in writers:
        tokens, weights = TwinWindows(several, shares, write).batch(3, 4)
        assert weights.shape == (4, tokens.shape[1] - 1)


def test_without_the_player_only_the_models_notes_are_written() -> None:
    piece = piece_of(band())
    drums = next(slot for slot, _ in piece.parts if slot in v.DRUM_SLOTS)
    duo = Excerpt(piece, 0, 8, players=frozenset({drums}), lag=1)
    both, mine = Ours()(duo), Ours(player=False)(duo)
    assert both is not None and mine is not None
    assert both.notes == mine.notes == 33
    assert count_notes(both.tokens.astype(np.uint16)) == len(piece.rows)
    assert count_notes(mine.tokens.astype(np.uint16)) == 33
    assert not np.isin(mine.tokens, [*v.ids("lag"), *v.ids("part_u"), *v.ids("frame_u")]).any()


def test_a_foreign_player_keeps_to_the_players_slots_and_bars() -> None:
    here, there = piece_of(band(4)), piece_of(band(12))
    slots = frozenset(slot for slot, _ in here.parts[1:])
    mine, theirs = (Excerpt(piece, 0, piece.bars, players=slots, lag=0) for piece in (here, there))
    rows = comparison.foreign(mine, theirs)
    assert set(rows[:, 1]) == slots
    assert rows[:, 0].max() < 4 * here.bar_ticks
    assert Ours()(mine, rows) is not None


def test_a_figure_counts_each_source_once() -> None:
    found = comparison.figure([("a", 100.0, 10), ("a", 300.0, 30), ("b", 4.0, 2)])
    assert found.by_source == {"a": 10.0, "b": 2.0}
    assert found.mean == 6.0
    assert found.notes == 42
    assert found.interval[0] <= 6.0 <= found.interval[1]


def test_bits_are_those_of_the_models_stream() -> None:
    piece = piece_of(band())
    written = Ours()(Excerpt(piece, 0, 8))
    assert written is not None
    model = toy(v.SIZE)
    scores = model(torch.from_numpy(written.tokens[None, :-1]))[0].log_softmax(-1)
    each = -scores.gather(1, torch.from_numpy(written.tokens[1:, None]))[:, 0].detach().numpy() / np.log(2)
    assert comparison.bits(model, written) == pytest.approx(each[written.weights == 1].sum(), rel=1e-4)


def test_pieces_are_kept_in_a_file(tmp_path: Path) -> None:
    piece = piece_of(band())
    pieces.save([piece], tmp_path / "pieces.npz")
    (back,) = pieces.load(tmp_path / "pieces.npz")
    assert (back.source, back.parts, back.metre) == (piece.source, piece.parts, piece.metre)
    np.testing.assert_array_equal(back.rows, piece.rows)
    np.testing.assert_array_equal(back.remi, piece.remi)


def test_a_strict_twin_draws_from_strict_sources_alone() -> None:
    notes = {"pop909/train": 10, "groove/train": 10}
    assert corpus.shares(notes)["pop909"] > 0
    assert "pop909" not in corpus.shares(notes, strict=True)
    assert corpus.shares(notes, strict=True)["groove"] == corpus.shares(notes)["groove"]


def test_twins_differ_in_what_they_are_called_after() -> None:
    assert training.TWINS["ours"].shape().parameter_count < 1e6
    assert training.TWINS["remi"].shape().vocabulary_size == remi.size()
    assert isinstance(training.TWINS["remi"].tokenisation(), Remi)
