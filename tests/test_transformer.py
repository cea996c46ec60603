"""The torch decoder against Hugging Face's Llama, and its own promises."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from bandmate_models.errors import BandmateError  # noqa: E402
from bandmate_models.model_config import ModelConfig  # noqa: E402
from bandmate_models.training.block_attention import block_attention  # noqa: E402
from bandmate_models.transformer import Transformer, causal_attention  # noqa: E402

SMALL = ModelConfig(1, 97, d_model=64, n_layers=3, n_heads=4, n_kv_heads=2, d_ff=112, context=128)


def random_model(config: ModelConfig, seed: int = 0) -> Transformer:
    """Weights far from their start, norms included, so that no term hides in a near-zero."""
    torch.manual_seed(seed)
    model = Transformer(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model.eval()


def llama(config: ModelConfig):
    transformers = pytest.importorskip("transformers")
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=config.vocabulary_size,
            hidden_size=config.d_model,
            num_hidden_layers=config.n_layers,
            num_attention_heads=config.n_heads,
            num_key_value_heads=config.n_kv_heads,
            intermediate_size=config.d_ff,
            max_position_embeddings=config.context,
            rms_norm_eps=config.norm_eps,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_base},
            tie_word_embeddings=True,
        )
    ).eval()


@pytest.mark.parametrize("kv_heads, rope_base", [(2, 10000.0), (1, 500.0), (4, 10000.0)])
def test_weights_load_unchanged_into_llama_and_agree(kv_heads: int, rope_base: float) -> None:
    config = ModelConfig.from_dict({**SMALL.to_dict(), "n_kv_heads": kv_heads, "rope_base": rope_base})
    model, reference = random_model(config), llama(config)
    loaded = reference.load_state_dict(model.state_dict(), strict=False)
    assert loaded.missing_keys in ([], ["lm_head.weight"]) and loaded.unexpected_keys == []
    reference.tie_weights()
    tokens = torch.randint(0, config.vocabulary_size, (2, 100))
    with torch.no_grad():
        ours, theirs = model(tokens), reference(tokens).logits
    assert ours.std() > 0.3
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 255, 256, 600])
def test_block_attention_is_causal_attention(length: int) -> None:
    torch.manual_seed(length)
    shapes = [(2, heads, length, 16) for heads in (6, 2, 2, 6)]
    exact = [torch.randn(shape, requires_grad=True) for shape in shapes]
    rounded = [tensor.detach().bfloat16().requires_grad_() for tensor in exact]
    results = []
    for attend, (*inputs, gradient) in ((causal_attention, exact), (block_attention, rounded)):
        mixed = attend(*inputs)
        results.append([mixed, *torch.autograd.grad(mixed, inputs, gradient.detach())])
    for expected, found in zip(*results, strict=True):
        assert (found.float() - expected).norm() < 0.01 * expected.norm() + 0.01


def test_a_later_token_never_changes_an_earlier_prediction() -> None:
    model = random_model(SMALL)
    tokens = torch.randint(0, SMALL.vocabulary_size, (1, 60))
    changed = tokens.clone()
    changed[0, 40:] = (changed[0, 40:] + 1) % SMALL.vocabulary_size
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :40], after[:, :40])
    assert not torch.allclose(before[:, 40:], after[:, 40:])


def test_parameter_count_is_the_models() -> None:
    assert SMALL.parameter_count == sum(weight.numel() for weight in Transformer(SMALL).parameters())


def test_config_survives_a_round_trip() -> None:
    assert ModelConfig.from_dict(SMALL.to_dict()) == SMALL


@pytest.mark.parametrize(
    "change, word",
    [
        ({"d_model": "256"}, "d_model"),
        ({"n_layers": True}, "n_layers"),
        ({"n_layers": 0}, "n_layers"),
        ({"n_kv_heads": 3}, "key heads"),
        ({"colour": 1}, "colour"),
        ({"context": None}, "context"),
    ],
)
def test_a_wrong_config_is_refused_by_name(change: dict[str, object], word: str) -> None:
    with pytest.raises(BandmateError, match=word) as refusal:
        ModelConfig.from_dict({**SMALL.to_dict(), **change})
    assert refusal.value.code == "bad_weights"


def test_a_config_without_a_field_is_refused() -> None:
    values = SMALL.to_dict()
    del values["d_ff"]
    with pytest.raises(BandmateError, match="d_ff"):
        ModelConfig.from_dict(values)
