"""The decoder in torch, for training and for export. Shapes: B batch, T tokens, H heads, K key heads, D head
dimension, C model dimension, V vocabulary.

Parameter names are those of Hugging Face's LlamaForCausalLM, so a state dict loads into either unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bandmate_models.model_config import ModelConfig

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]

INITIAL_SCALE = 0.02


class Transformer(nn.Module):
    """tokens [B, T] -> logits [B, T, V]. The embedding is also the output matrix."""

    def __init__(self, config: ModelConfig, attend: Attend | None = None) -> None:
        super().__init__()
        self.config = config
        self.model = Backbone(config, attend or causal_attention)
        self.apply(_initialise)
        residual_scale = INITIAL_SCALE / (2 * config.n_layers) ** 0.5
        for name, weight in self.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                nn.init.normal_(weight, std=residual_scale)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.logits(self.model(tokens))

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., C] -> logits [..., V], so that a loss can skip positions of no weight."""
        return F.linear(hidden, self.model.embed_tokens.weight)


class Backbone(nn.Module):
    """tokens [B, T] -> hidden states [B, T, C] after the last norm."""

    cosine: Tensor  # [context, D]
    sine: Tensor

    def __init__(self, config: ModelConfig, attend: Attend) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary_size, config.d_model)
        self.layers = nn.ModuleList(Layer(config, attend) for _ in range(config.n_layers))
        self.norm = RMSNorm(config.d_model, config.norm_eps)
        cosine, sine = rotary_table(config.context, config.head_dim, config.rope_base)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.shape[1]
        hidden = self.embed_tokens(tokens)  # [B, T, C]
        rotary = (self.cosine[:length], self.sine[:length])
        for layer in self.layers:
            hidden = layer(hidden, rotary)
        normed: Tensor = self.norm(hidden)
        return normed


class Layer(nn.Module):
    def __init__(self, config: ModelConfig, attend: Attend) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.d_model, config.norm_eps)
        self.self_attn = Attention(config, attend)
        self.post_attention_layernorm = RMSNorm(config.d_model, config.norm_eps)
        self.mlp = FeedForward(config)

    def forward(self, hidden: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotary)
        output: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return output


class Attention(nn.Module):
    """Causal attention in which H / K query heads share each key head."""

    def __init__(self, config: ModelConfig, attend: Attend) -> None:
        super().__init__()
        self.attend = attend
        self.n_heads, self.n_kv_heads, self.head_dim = config.n_heads, config.n_kv_heads, config.head_dim
        self.q_proj = nn.Linear(config.d_model, self.n_heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(config.d_model, self.n_kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(config.d_model, self.n_kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.n_heads * self.head_dim, config.d_model, bias=False)

    def forward(self, hidden: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        batch, length, _ = hidden.shape
        query = self.q_proj(hidden).view(batch, length, self.n_heads, self.head_dim).transpose(1, 2)
        key = self.k_proj(hidden).view(batch, length, self.n_kv_heads, self.head_dim).transpose(1, 2)
        value = self.v_proj(hidden).view(batch, length, self.n_kv_heads, self.head_dim).transpose(1, 2)
        query, key = rotate(query, rotary), rotate(key, rotary)  # [B, H, T, D], [B, K, T, D]
        mixed = self.attend(query, key, value)  # [B, H, T, D]
        output: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))
        return output


def causal_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """query [B, H, T, D], key and value [B, K, T, D] -> [B, H, T, D]."""
    shared = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    return F.scaled_dot_product_attention(query, key, value, is_causal=True)


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.up_proj = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.down_proj = nn.Linear(config.d_ff, config.d_model, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        output: Tensor = self.down_proj(F.silu(self.gate_proj(hidden)) * self.up_proj(hidden))
        return output


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        return F.rms_norm(hidden, self.weight.shape, self.weight, self.eps)


def rotary_table(context: int, head_dim: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each [context, D]; the halves of D turn together (half-split, not interleaved)."""
    frequencies = base ** -(torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies).repeat(1, 2)
    return angles.cos().float(), angles.sin().float()


def rotate(heads: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """heads [B, H, T, D], turned by each position's angle."""
    cosine, sine = (table.to(heads.dtype) for table in rotary)
    first, second = heads.chunk(2, dim=-1)
    return heads * cosine + torch.cat((-second, first), dim=-1) * sine


def _initialise(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=INITIAL_SCALE)
