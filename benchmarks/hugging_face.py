"""The yardstick: Hugging Face's generate(), cached and greedy, on a Llama of the same shape and weights."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch
import transformers
from torch import Tensor

from bandmate_models.model_config import ModelConfig

ATTENTION = ("sdpa", "eager")


class _Stamps(transformers.LogitsProcessor):
    """Notes when the logits of each token are there."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        self.times.append(time.perf_counter())
        return scores


class Llama:
    """LlamaForCausalLM with the weights of `state` and one of the kinds of attention in ATTENTION."""

    def __init__(
        self, config: ModelConfig, state: Mapping[str, Tensor], attention: str, threads: int = 1
    ) -> None:
        torch.set_num_threads(threads)
        shape: Any = transformers.LlamaConfig(
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
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=0,
        )
        shape._attn_implementation = attention
        self._model: Any = transformers.LlamaForCausalLM(shape)
        self._model.train(False)
        self._model.load_state_dict({name: weight.float() for name, weight in state.items()}, strict=False)
        self._model.tie_weights()

    @torch.inference_mode()
    def logits(self, tokens: list[int]) -> Any:
        """Logits [T, V] as a numpy array."""
        return self._model(torch.tensor([tokens])).logits[0].numpy()

    @torch.inference_mode()
    def token_times(self, prompt: list[int], count: int) -> list[float]:
        """Milliseconds from each of `count` generated tokens to the next, not counting the prompt's pass."""
        stamps = _Stamps()
        self._model.generate(
            torch.tensor([prompt]),
            max_new_tokens=count + 1,
            min_new_tokens=count + 1,
            do_sample=False,
            use_cache=True,
            logits_processor=transformers.LogitsProcessorList([stamps]),
        )
        return [(after - before) * 1e3 for before, after in zip(stamps.times, stamps.times[1:], strict=False)]
