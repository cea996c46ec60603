"""Published tables: a roll's sequence, its probabilities, and what they are read from."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from bandmate_models.errors import BandmateError  # noqa: E402
from bandmate_models.evaluation.published import likelihood, rolls, sequences  # noqa: E402
from bandmate_models.evaluation.published.overlap import FRAMES, at_both_speeds, overlap  # noqa: E402
from bandmate_models.evaluation.published.rolls import Collection, Roll  # noqa: E402
from bandmate_models.evaluation.published.windows import RollWindows  # noqa: E402
from bandmate_models.model_config import ModelConfig  # noqa: E402
from bandmate_models.score import Note, Part, Score  # noqa: E402
from bandmate_models.transformer import Transformer  # noqa: E402

frames = st.frozensets(st.integers(21, 108), max_size=6).map(lambda pitches: tuple(sorted(pitches)))
some_rolls = st.lists(frames, min_size=1, max_size=60).map(tuple)


def toy(context: int = 256) -> Transformer:
    torch.manual_seed(3)
    model = Transformer(ModelConfig(1, sequences.SIZE, 16, 1, 2, 1, 16, context)).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return model


def probability(model: Transformer, roll: Roll) -> float:
    return float(np.exp(-sum(tokens.sum() for tokens in likelihood.nats(model, [roll], 1.0, 256))))


def test_probabilities_of_all_next_frames_add_up_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "LOWEST", 60)
    monkeypatch.setattr(sequences, "HIGHEST", 66)
    keys = range(60, 67)
    every = [frame for size in range(8) for frame in itertools.combinations(keys, size)]
    model, past = toy(), ((60, 64), (), (61, 62, 66))
    assert len(every) == 2**7
    total = sum(probability(model, (*past, frame)) for frame in every)
    assert total == pytest.approx(probability(model, past), rel=1e-5)


@given(some_rolls, st.integers(-6, 6))
def test_a_rolls_tokens_may_stand_where_they_do(roll: Roll, semitones: int) -> None:
    sequence = sequences.sequence_of(roll, 1.0, semitones)
    mask = sequences.allowed(sequence, semitones)
    assert mask[np.arange(len(mask)), sequence.tokens[1:]].all()


@given(some_rolls)
def test_different_rolls_have_different_sequences(roll: Roll) -> None:
    tokens = sequences.sequence_of(roll, 1.0).tokens
    back: list[list[int]] = [[]]
    for token in tokens[2:].tolist():
        if token < 128:
            back[-1].append(token)
        else:
            back.append([])
    assert tuple(map(tuple, back[:-1])) == roll


@given(some_rolls, st.integers(128, 200))
def test_excerpts_charge_every_frame_once_within_the_context(roll: Roll, context: int) -> None:
    found = list(likelihood.excerpts(roll, context))
    assert [excerpt.fresh for excerpt in found] == [0, *(excerpt.end for excerpt in found[:-1])]
    assert found[-1].end == len(roll)
    for start, fresh, end in found:
        assert start <= fresh < end
        assert start % sequences.FRAMES_PER_BAR == 0
        assert len(sequences.sequence_of(roll[start:end], 1.0).frame) <= context


def test_a_long_rolls_nats_are_those_of_its_excerpts() -> None:
    roll = tuple((60 + number % 5, 70) for number in range(60))
    model = toy()
    (whole,) = likelihood.nats(model, [roll], 1.0, 256)
    (cut,) = likelihood.nats(model, [roll], 1.0, 128)
    assert len(cut) == len(whole) == 180
    np.testing.assert_allclose(cut[:120], whole[:120], rtol=1e-4)


def test_the_mean_over_readings_is_a_mean_of_probabilities() -> None:
    readings = [[-np.log([0.2, 0.5])], [-np.log([0.4, 0.1])]]
    (mean,) = likelihood.averaged(readings, trust=0.0)
    np.testing.assert_allclose(np.exp(-mean), [0.3, 0.3])


def test_a_reading_that_has_told_the_past_better_is_trusted_more() -> None:
    readings = [[-np.log([0.2, 0.5])], [-np.log([0.4, 0.1])]]
    (bayes,) = likelihood.averaged(readings, trust=1.0)
    np.testing.assert_allclose(np.exp(-bayes), [0.3, (0.2 * 0.5 + 0.4 * 0.1) / 0.6])


def test_a_transposition_moves_what_is_read_and_what_may_be_read_alike() -> None:
    (here,) = likelihood.nats(toy(), [((60, 64),)], 1.0, 256, semitones=3)
    (there,) = likelihood.nats(toy(), [((63, 67),)], 1.0, 256)
    assert here[0] != pytest.approx(there[0])  # another range is allowed
    assert here[0] == pytest.approx(there[0], abs=0.5)


def test_a_score_as_a_roll_is_what_sounds_on_each_frame() -> None:
    melody = Part("melody", (Note(0.0, 2.0, 72, 80), Note(2.5, 0.5, 74, 80)))
    drums = Part("drums", (Note(0.0, 1.0, 36, 80),))
    bass = Part("bass", (Note(1.0, 2.0, 40, 80),))
    assert rolls.roll_of(Score((melody, drums, bass)), 1.0) == ((72,), (40, 72), (40,), ())
    assert rolls.roll_of(Score((melody,)), 0.5)[4:6] == ((), (74,))


def test_the_outermost_pitches_of_a_thick_frame_are_kept() -> None:
    thick = Part("chords", tuple(Note(0.0, 1.0, pitch, 80) for pitch in range(40, 60)))
    assert rolls.roll_of(Score((thick,)), 1.0)[0] == (40, 41, 42, 43, 56, 57, 58, 59)


def test_collections_are_kept_in_a_file(tmp_path: Path) -> None:
    kept = [Collection("a", 1.0, 0.25, [((60,), ()), ((61, 64),)]), Collection("b", 0.5, 1.0, [((),)])]
    rolls.save(kept, tmp_path / "rolls.npz")
    assert rolls.load(tmp_path / "rolls.npz") == kept


def test_a_table_is_read_from_json_and_from_mat(tmp_path: Path) -> None:
    from scipy.io import savemat

    piece = [[60, 64], [], [62]]
    (tmp_path / "t.json").write_text(json.dumps({split: [piece] for split in rolls.SPLITS}))
    matrix = np.zeros((3, 88), dtype=np.uint8)
    for number, pitches in enumerate(piece):
        matrix[number, np.array(pitches, dtype=int) - 21] = 1
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = matrix
    savemat(tmp_path / "t.mat", dict.fromkeys(rolls.SPLITS.values(), cell))
    wanted = {split: [((60, 64), (), (62,))] for split in rolls.SPLITS}
    assert rolls.read_table(tmp_path / "t.json") == rolls.read_table(tmp_path / "t.mat") == wanted


@pytest.mark.parametrize("content", ["", "{}", '{"train": [[[200]]], "valid": [], "test": []}'])
def test_what_is_no_table_is_refused_in_one_sentence(content: str, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    with pytest.raises(BandmateError, match="no piano-roll benchmark"):
        rolls.read_table(path)


def test_windows_repeat_with_their_seed_and_weigh_what_can_be_learnt() -> None:
    pieces = [Collection("a", 1.0, 1.0, [((60, 64), (), (62,)) * 9, ((50,),) * 4])]
    tokens, weights = RollWindows(64, pieces, seed=1).batch(5, 3)
    again, _ = RollWindows(64, pieces, seed=1).batch(5, 3)
    np.testing.assert_array_equal(tokens, again)
    assert tokens.shape == (3, 65)
    assert weights.shape == (3, 64)
    assert (tokens[:, 1:][weights == 1] < sequences.SIZE - 2).all()


def test_held_out_rolls_are_counted_in_frames() -> None:
    (held,) = RollWindows(
        64, [Collection("a", 1.0, 1.0, [((60,),)])], [Collection("b", 1.0, 1.0, [((60,), ())])]
    ).validation()
    assert (held.notes, held.source) == (2, "b")
    assert held.weights.sum() == 3


SCALE = tuple((pitch, pitch + 7) for pitch in (60, 62, 64, 65, 67, 69, 71, 72))


def transposed(roll: Roll, semitones: int) -> Roll:
    return tuple(tuple(pitch + semitones for pitch in frame) for frame in roll)


def test_a_piece_overlaps_with_itself_in_any_key() -> None:
    assert overlap([SCALE], [transposed(SCALE, -3)]) == (1.0, 1.0)
    assert overlap([SCALE], [SCALE[::-1]]) == (0.0, 0.0)


def test_an_overlap_says_how_much_of_a_piece_one_other_has() -> None:
    halves = [SCALE[:FRAMES], SCALE[-FRAMES:]]
    assert overlap([SCALE], halves) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


def test_held_chords_and_silence_are_no_overlap() -> None:
    held: Roll = ((60, 64, 67),) * 12
    assert overlap([held, ((),) * 12, SCALE[:3]], [held, ((),) * 12, SCALE]) == (0.0, 0.0)


def test_a_roll_in_eighths_is_compared_in_quarters_too() -> None:
    doubled = tuple(frame for frame in SCALE for _ in range(2))
    rolls_of_both = at_both_speeds([Collection("x", 0.5, 1.0, [doubled]), Collection("y", 1.0, 1.0, [SCALE])])
    assert rolls_of_both == [doubled, SCALE, SCALE, SCALE]
