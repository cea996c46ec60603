"""Exported models against the weights they were made from, and the command that makes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytest.importorskip("onnx")

from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.export import export, main
from bandmate_models.onnx_graph import PRECISIONS
from bandmate_models.quantisation import quantise, restore
from bandmate_models.weights import Weights
from random_weights import SMALL, random_state, random_weights


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype(np.float64)
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def test_each_precision_strays_less_than_the_next(tmp_path: Path) -> None:
    tokens = np.random.default_rng(1).integers(0, SMALL.vocabulary_size, 200).tolist()
    logits = {
        precision: Decoder(random_weights(tmp_path / precision, precision=precision)).append_all(tokens)
        for precision in PRECISIONS
    }
    exact = log_probabilities(logits["fp32"])
    strayed = {
        precision: float((np.exp(exact) * (exact - log_probabilities(found))).sum(-1).mean())
        for precision, found in logits.items()
    }
    assert strayed["8bit"] < 2e-3, "divergence from fp32 in nats a token"
    assert strayed["8bit"] < strayed["4bit"] < 0.2
    sizes = [(tmp_path / precision / "model.onnx").stat().st_size for precision in ("fp32", "8bit", "4bit")]
    assert sizes == sorted(sizes, reverse=True)


@settings(max_examples=60, deadline=None)
@given(
    matrix=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 100)),
        elements=st.floats(-8, 8, width=32, allow_subnormal=False),
    ),
    bits=st.sampled_from([4, 8]),
    block=st.sampled_from([16, 32]),
)
def test_a_quantised_matrix_is_within_a_step_of_itself(matrix: np.ndarray, bits: int, block: int) -> None:
    blocks = quantise(matrix, bits, block)
    restored = restore(blocks)
    assert restored.shape == matrix.shape and restored.dtype == np.float32
    largest = (
        np.abs(np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % block))))
        .reshape(len(matrix), -1, block)
        .max(-1)
    )
    step = np.repeat(largest / 2 ** (bits - 1), block, axis=1)[:, : matrix.shape[1]]
    squares = np.square(restored - matrix).reshape(matrix.shape)
    if bits == 8:
        assert (np.abs(restored - matrix) <= 0.51 * step * 128 / 127 + 1e-12).all()
    else:
        assert (squares <= np.square(block**0.5 * step) + 1e-12).all()
    np.testing.assert_array_equal(restored[matrix == 0], 0)


def test_four_bits_beat_scaling_by_the_largest_weight() -> None:
    matrix = np.random.default_rng(0).normal(size=(64, 256)).astype(np.float32)
    blocks = matrix.reshape(64, -1, 32)
    scale = np.abs(blocks).max(-1, keepdims=True) / 7
    plain = (np.rint(blocks / scale) * scale).reshape(matrix.shape)
    assert (
        np.square(restore(quantise(matrix, 4, 32)) - matrix).mean() < 0.9 * np.square(plain - matrix).mean()
    )


def test_the_config_says_what_was_exported(tmp_path: Path) -> None:
    export(random_state(), SMALL, tmp_path, "8bit", {"step": 12})
    content = json.loads((tmp_path / "config.json").read_text())
    assert content["model"] == {**SMALL.to_dict(), "precision": "8bit"}
    assert content["step"] == 12
    assert Weights.load(tmp_path).config == replace(SMALL, precision="8bit")


def spoiled(name: str, value: np.ndarray | None) -> dict[str, np.ndarray]:
    state = random_state()
    if value is None:
        del state[name]
    else:
        state[name] = value
    return state


@pytest.mark.parametrize(
    "name, value",
    [
        ("model.layers.1.mlp.up_proj.weight", None),
        ("model.norm.weight", np.ones(63, np.float32)),
        ("model.embed_tokens.weight", np.full((SMALL.vocabulary_size, 64), np.nan, np.float32)),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_nothing_is_written(
    name: str, value: np.ndarray | None, tmp_path: Path
) -> None:
    with pytest.raises(BandmateError, match=name) as refused:
        export(spoiled(name, value), SMALL, tmp_path / "out", "fp32")
    assert refused.value.code == "bad_weights" and "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BandmateError) as refused:
        export(random_state(), SMALL, tmp_path, "2bit")
    assert refused.value.code == "bad_value"


def test_the_command_exports_a_half_precision_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch")
    from bandmate_models.training import checkpoint

    state = {name: torch.from_numpy(value).half() for name, value in random_state().items()}
    path = tmp_path / "model.pt"
    checkpoint.save(path, checkpoint.model_content(SMALL, checkpoint.Progress(step=7, held_out=8.5), state))
    assert main([str(path), "-o", str(tmp_path / "out"), "--precision", "fp32", "--name", "tiny"]) == 0
    assert f"{SMALL.parameter_count:,} parameters in fp32" in capsys.readouterr().out
    weights = Weights.load(tmp_path / "out")
    assert weights.config == replace(SMALL, name="tiny")
    content = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (content["step"], content["held_out"]) == (7, 8.5)

    tokens = [5, 6, 7, 8]
    rounded = {name: value.float().numpy() for name, value in state.items()}
    export(rounded, SMALL, tmp_path / "direct", "fp32")
    direct = Decoder(Weights.load(tmp_path / "direct"))
    np.testing.assert_array_equal(Decoder(weights).append_all(tokens), direct.append_all(tokens))


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint"])
def test_the_command_says_in_one_line_what_is_wrong(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "model.pt"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path), "-o", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and str(path) in captured.err
    assert not (tmp_path / "out").exists()
