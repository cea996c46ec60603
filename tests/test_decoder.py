"""The decoder against a full pass in torch, and against itself by every other way to the same tokens."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")

from bandmate_models.decoder import CHUNK, Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.model_config import ModelConfig
from bandmate_models.weights import Weights
from random_weights import SMALL, random_state, random_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return random_weights(tmp_path_factory.mktemp("weights"))


def tokens_of(length: int, seed: int = 0) -> list[int]:
    ids: list[int] = np.random.default_rng(seed).integers(0, SMALL.vocabulary_size, length).tolist()
    return ids


def full_pass(config: ModelConfig, state: dict[str, np.ndarray], tokens: list[int]) -> np.ndarray:
    """Logits [T, V] of the torch model, no cache."""
    torch = pytest.importorskip("torch")
    from bandmate_models.transformer import Transformer

    model = Transformer(config).eval()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    with torch.no_grad():
        logits: np.ndarray = model(torch.tensor([tokens]))[0].numpy()
    return logits


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"n_kv_heads": 1},
        {"n_kv_heads": 4, "rope_base": 500.0},
        {"d_model": 128, "n_heads": 2, "n_layers": 1, "norm_eps": 1e-3},
    ],
)
def test_every_way_of_reading_agrees_with_a_full_pass_in_torch(shape: dict[str, Any], tmp_path: Path) -> None:
    config = replace(SMALL, **shape)
    tokens = tokens_of(2 * CHUNK + 60)
    expected = full_pass(config, random_state(config), tokens)
    assert expected.std() > 0.5
    decoder = Decoder(random_weights(tmp_path, config))
    np.testing.assert_allclose(decoder.append_all(tokens), expected, atol=1e-4, rtol=0)

    decoder.rewind_to(40)
    stepped = [decoder.step(token) for token in tokens[40:120]]
    np.testing.assert_allclose(stepped, expected[40:120], atol=1e-4, rtol=0)

    decoder.rewind_to(7)
    np.testing.assert_allclose(decoder.append(tokens[7:]), expected[-1], atol=1e-4, rtol=0)

    decoder.rewind_to(0)
    np.testing.assert_allclose(decoder.append(tokens[: CHUNK + 1]), expected[CHUNK], atol=1e-4, rtol=0)
    assert decoder.position == CHUNK + 1


def test_what_was_rewound_leaves_no_trace(weights: Weights) -> None:
    clean, used = Decoder(weights), Decoder(weights)
    prompt, other, ending = tokens_of(30), tokens_of(50, seed=1), tokens_of(20, seed=2)
    used.append(prompt + other)
    used.rewind_to(len(prompt))
    clean.append(prompt)
    np.testing.assert_array_equal(used.append(ending), clean.append(ending))


@settings(max_examples=30, deadline=None)
@given(
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 60)),
            st.tuples(st.just("step"), st.integers(1, 5)),
            st.tuples(st.just("rewind"), st.floats(0, 1)),
        ),
        max_size=8,
    )
)
def test_any_history_gives_the_logits_of_what_it_kept(
    weights: Weights, moves: list[tuple[str, float]]
) -> None:
    source = iter(tokens_of(600, seed=3))
    decoder = Decoder(weights)
    kept: list[int] = []
    for move, amount in moves:
        if move == "rewind":
            decoder.rewind_to(int(amount * decoder.position))
            kept = kept[: decoder.position]
            continue
        fresh = [next(source) for _ in range(int(amount))]
        kept += fresh
        if move == "append":
            decoder.append(fresh)
        else:
            for token in fresh:
                decoder.step(token)
        assert decoder.position == len(kept)
    final = next(source)
    np.testing.assert_allclose(
        decoder.step(final), Decoder(weights).append([*kept, final]), atol=1e-4, rtol=0
    )


def test_sessions_that_share_weights_do_not_disturb_each_other(weights: Weights) -> None:
    prompts = [tokens_of(80 + index, seed=index) for index in range(4)]

    def run(prompt: list[int]) -> np.ndarray:
        decoder = Decoder(weights)
        decoder.append(prompt[:40])
        return np.array([decoder.step(token) for token in prompt[40:]])

    alone = [run(prompt) for prompt in prompts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, prompts))
    for expected, found in zip(alone, together, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_copy_goes_its_own_way(weights: Weights) -> None:
    prompt, left, right = tokens_of(50), tokens_of(20, seed=1), tokens_of(20, seed=2)
    first, second = Decoder(weights), Decoder(weights, capacity=70)
    second.append(tokens_of(65, seed=9))
    first.append(prompt)
    second.copy_from(first)
    assert second.position == first.position == 50
    first.append(left)
    found = second.append(right)
    np.testing.assert_allclose(found, Decoder(weights).append(prompt + right), atol=1e-4, rtol=0)
    with pytest.raises(BandmateError) as full:
        Decoder(weights, capacity=60).copy_from(first)
    assert full.value.code == "context_full"


def test_a_copy_needs_the_same_weights(weights: Weights, tmp_path: Path) -> None:
    stranger = Decoder(random_weights(tmp_path, seed=1))
    with pytest.raises(ValueError, match="different weights"):
        stranger.copy_from(Decoder(weights))


def test_a_full_context_is_refused_and_stays_as_it_was(weights: Weights) -> None:
    decoder, tokens = Decoder(weights, capacity=20), tokens_of(20)
    decoder.append(tokens[:15])
    with pytest.raises(BandmateError) as full:
        decoder.append(tokens_of(6, seed=1))
    assert full.value.code == "context_full" and "\n" not in str(full.value)
    assert decoder.position == 15
    last = decoder.append(tokens[15:])
    with pytest.raises(BandmateError) as full:
        decoder.step(1)
    assert full.value.code == "context_full" and decoder.position == 20
    np.testing.assert_allclose(last, Decoder(weights).append(tokens), atol=1e-4, rtol=0)


@pytest.mark.parametrize("capacity", [0, -1, SMALL.context + 1])
def test_an_impossible_capacity_is_refused(weights: Weights, capacity: int) -> None:
    with pytest.raises(BandmateError) as refused:
        Decoder(weights, capacity)
    assert refused.value.code == "bad_value"


def test_tokens_outside_the_vocabulary_are_refused_before_anything_is_read(weights: Weights) -> None:
    decoder = Decoder(weights)
    for bad in (-1, SMALL.vocabulary_size):
        with pytest.raises(ValueError, match="outside the vocabulary"):
            decoder.step(bad)
        with pytest.raises(ValueError, match="outside the vocabulary"):
            decoder.append([1, bad])
    with pytest.raises(ValueError, match="no tokens"):
        decoder.append([])
    assert decoder.position == 0


@pytest.mark.parametrize("position", [-1, 11])
def test_rewinding_goes_back_only(weights: Weights, position: int) -> None:
    decoder = Decoder(weights)
    decoder.append(tokens_of(10))
    with pytest.raises(ValueError, match="rewind"):
        decoder.rewind_to(position)
    assert decoder.position == 10


def test_logits_belong_to_the_caller(weights: Weights) -> None:
    decoder = Decoder(weights)
    first = decoder.step(1)
    kept = first.copy()
    decoder.step(2)
    np.testing.assert_array_equal(first, kept)
    first[:] = np.nan
    assert np.isfinite(decoder.step(3)).all()


@pytest.mark.parametrize("precision", ["8bit", "4bit"])
def test_a_quantised_model_reads_the_same_in_steps_and_at_once(precision: str, tmp_path: Path) -> None:
    decoder = Decoder(random_weights(tmp_path, precision=precision))
    tokens = tokens_of(100)
    at_once = decoder.append_all(tokens)
    decoder.rewind_to(0)
    stepped = np.array([decoder.step(token) for token in tokens])
    np.testing.assert_array_equal(stepped, restepped(decoder, tokens))
    correlation = np.corrcoef(at_once.ravel(), stepped.ravel())[0, 1]
    assert correlation > 0.99


def restepped(decoder: Decoder, tokens: list[int]) -> np.ndarray:
    decoder.rewind_to(0)
    return np.array([decoder.step(token) for token in tokens])


def test_decoding_needs_neither_torch_nor_onnx() -> None:
    script = (
        "import sys; import bandmate_models.decoder; sys.exit(bool({'torch', 'onnx'} & sys.modules.keys()))"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root / "models", check=False)
    assert done.returncode == 0
