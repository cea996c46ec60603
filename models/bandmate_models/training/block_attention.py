"""Causal attention in bfloat16 for CPUs: blocks of queries against the keys they may see, as matrix products.

About twice as fast there, forwards and backwards, as the fused kernel with its small bfloat16 products.
The probabilities are kept for the backward pass: about n_heads * T * T bytes a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

BLOCK = 256  # queries


def block_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """query [B, H, T, D], key and value [B, K, T, D] -> [B, H, T, D]; H / K query heads share a key head."""
    output: Tensor = _BlockAttention.apply(query, key, value)  # type: ignore[no-untyped-call]
    return output


class _BlockAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        shared = query.shape[1] // key.shape[1]
        query = query * query.shape[-1] ** -0.5
        future = torch.full((BLOCK, BLOCK), -torch.inf, dtype=query.dtype).triu(1)
        output = torch.empty_like(query, memory_format=torch.contiguous_format)
        kept = []
        for start, end in _blocks(query.shape[2]):
            size = end - start
            scores = _stack(query, start, end, shared) @ key[:, :, :end].transpose(-1, -2)
            scores.view(*key.shape[:2], shared, size, end)[..., start:].add_(future[:size, :size])
            chances = torch.softmax(scores, dim=-1)  # [B, K, shared * size, end]
            kept.append(chances)
            output[:, :, start:end] = _unstack(chances @ value[:, :, :end], size)
        ctx.save_for_backward(query, key, value, *kept)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (gradient,) = gradients
        query, key, value, *kept = ctx.saved_tensors
        shared = query.shape[1] // key.shape[1]
        to_query = torch.empty_like(query)
        to_key, to_value = (torch.zeros(key.shape, dtype=torch.float32) for _ in range(2))
        for (start, end), chances in zip(_blocks(query.shape[2]), kept, strict=True):
            block = _stack(gradient, start, end, shared)
            to_value[:, :, :end] += chances.transpose(-1, -2) @ block
            to_chances = block @ value[:, :, :end].transpose(-1, -2)
            to_scores = torch._softmax_backward_data(to_chances, chances, -1, chances.dtype)
            to_query[:, :, start:end] = _unstack(to_scores @ key[:, :, :end], end - start)
            to_key[:, :, :end] += to_scores.transpose(-1, -2) @ _stack(query, start, end, shared)
        return to_query * query.shape[-1] ** -0.5, to_key.to(key.dtype), to_value.to(value.dtype)


def _blocks(length: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + BLOCK, length)) for start in range(0, length, BLOCK))


def _stack(heads: Tensor, start: int, end: int, shared: int) -> Tensor:
    """[B, H, T, D] -> [B, K, shared * block, D]: the query heads of one key head below each other."""
    return heads[:, :, start:end].reshape(heads.shape[0], -1, shared * (end - start), heads.shape[-1])


def _unstack(rows: Tensor, size: int) -> Tensor:
    """The inverse: [B, K, shared * size, D] -> [B, H, size, D]."""
    return rows.reshape(rows.shape[0], -1, size, rows.shape[-1])
