"""Weights in whole numbers: blocks along the input dimension, one float scale each, no offset."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CANDIDATES = np.linspace(0.75, 1.0, 11, dtype=np.float32)
"""Fractions of the scale that would just hold a block's largest weight; 4 bits gain by clipping it."""


class Blocks(NamedTuple):
    """A matrix [rows, columns] as onnxruntime's MatMulNBits takes it."""

    packed: NDArray[np.uint8]
    """[rows, blocks, block * bits / 8]; two 4-bit values a byte, the even column in the low half."""
    scales: NDArray[np.float32]
    """[rows, blocks]"""
    bits: int
    block: int
    columns: int


def quantise(matrix: NDArray[np.float32], bits: int, block: int) -> Blocks:
    """`matrix` [rows, columns] in 4 or 8 bits, each block's scale the one of least squared error."""
    rows, columns = matrix.shape
    padded = np.pad(matrix, ((0, 0), (0, -columns % block)))
    blocks = padded.reshape(rows, -1, block)
    middle = 2 ** (bits - 1)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)[..., 0]
    exact = extreme / (-middle if bits == 4 else middle - 1)  # 4 bits: the lone -8 holds the largest weight
    best, least = exact, np.full(exact.shape, np.inf, np.float32)
    for fraction in CANDIDATES if bits == 4 else CANDIDATES[-1:]:
        scale = exact * fraction
        error = np.square(_levels(blocks, scale, middle) * scale[..., None] - blocks).sum(-1)
        better = error < least
        best, least = np.where(better, scale, best), np.where(better, error, least)
    codes = (_levels(blocks, best, middle) + middle).astype(np.uint8)
    packed = codes if bits == 8 else codes[..., ::2] | (codes[..., 1::2] << 4)
    return Blocks(packed, best.astype(np.float32), bits, block, columns)


def restore(blocks: Blocks) -> NDArray[np.float32]:
    """The matrix [rows, columns] that `blocks` stands for."""
    middle = 2 ** (blocks.bits - 1)
    packed = blocks.packed
    codes = (
        packed
        if blocks.bits == 8
        else np.stack([packed & 15, packed >> 4], -1).reshape(*packed.shape[:2], -1)
    )
    values = (codes.astype(np.float32) - middle) * blocks.scales[..., None]
    return np.ascontiguousarray(values.reshape(len(values), -1)[:, : blocks.columns])


def _levels(blocks: NDArray[np.float32], scale: NDArray[np.float32], middle: int) -> NDArray[np.float32]:
    """The whole numbers in [-middle, middle - 1] nearest to blocks / scale; 0 for a block of zeros."""
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale != 0)
    levels: NDArray[np.float32] = np.clip(np.rint(blocks * inverse[..., None]), -middle, middle - 1)
    return levels
