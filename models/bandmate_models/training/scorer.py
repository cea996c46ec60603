"""A model on its device, and what it makes of batches: gradients to train on, bits to compare."""

from __future__ import annotations

import ctypes
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from bandmate_models.errors import BandmateError
from bandmate_models.training.block_attention import block_attention
from bandmate_models.transformer import Transformer


class Scorer:
    """Scores batches of tokens, int64 [B, T+1], with a bfloat16 copy of the model (float32 on MPS).

    On a CPU each of `threads` takes whole micro-batches on one core, so that no core waits for another within
    a pass; on an accelerator there is one thread. `refresh` follows the model after it changed.
    """

    def __init__(
        self, model: Transformer, device: torch.device, threads: int, compiled: bool = False
    ) -> None:
        self.device = device
        self._masters: list[Tensor] = list(model.parameters())
        attend = block_attention if device.type == "cpu" else None
        kind = torch.float32 if device.type == "mps" else torch.bfloat16
        self._copy = Transformer(model.config, attend).to(device, kind)
        self._weights: list[Tensor] = list(self._copy.parameters())
        self._backbone = torch.compile(self._copy.model) if compiled else self._copy.model
        self._pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        torch._foreach_copy_(self._weights, self._masters)

    def accumulate(self, tokens: npt.NDArray[Any], weights: npt.NDArray[Any], micro_rows: int) -> Tensor:
        """Sets the model's gradients to those of the weighted mean cross-entropy, and returns it in nats."""
        total = max(float(weights.sum()), 1.0)
        sums = [torch.zeros_like(master) for master in self._masters]
        slices = [slice(start, start + micro_rows) for start in range(0, len(tokens), micro_rows)]
        parts = self._pool.map(lambda rows: self._gradients(tokens[rows], weights[rows], total), slices)
        losses = []
        for loss, gradients in parts:
            losses.append(loss)
            torch._foreach_add_(sums, list(gradients))
        for master, gradient in zip(self._masters, sums, strict=True):
            master.grad = gradient
        return torch.stack(losses).sum()

    def bits(self, tokens: npt.NDArray[Any], scored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """-log2 p summed over each row's scored positions: bool [B, T] -> float64 [B]."""
        nats = np.zeros(scored.shape)
        with torch.no_grad():
            nats[scored] = self._nats(tokens, np.flatnonzero(scored)).double().cpu().numpy()
        bits: npt.NDArray[Any] = nats.sum(axis=1) / math.log(2)
        return bits

    def _gradients(
        self, tokens: npt.NDArray[Any], weights: npt.NDArray[Any], total: float
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        positions = np.flatnonzero(weights)
        nats = self._nats(tokens, positions)  # no weight, no logits
        loss = (nats * self._to_device(weights.reshape(-1)[positions])).sum() / total
        return loss.detach(), torch.autograd.grad(loss, self._weights)

    def _nats(self, tokens: npt.NDArray[Any], positions: npt.NDArray[Any]) -> Tensor:
        """-ln p at `positions` of the flattened [B, T] predictions."""
        targets = self._to_device(tokens[:, 1:].reshape(-1)[positions])
        hidden = self._backbone(self._to_device(tokens[:, :-1])).flatten(0, 1)
        logits = self._copy.logits(hidden[self._to_device(positions)])
        return F.cross_entropy(logits.float(), targets, reduction="none")

    def _to_device(self, array: npt.NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)


def keep_freed_memory() -> None:
    """Tells glibc to reuse large blocks: giving each back to the system costs more than a pass over it."""
    mmap_max, trim_threshold, top_pad = -4, -1, -2  # malloc.h
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, value in ((mmap_max, 0), (trim_threshold, 2**31 - 2**22), (top_pad, 2**26)):
            libc.mallopt(option, value)


def pick_device(wanted: str) -> torch.device:
    """The device of that name, or the fastest for "auto"; BandmateError("bad_value") where there is none."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        wanted = next(device for device, present in available.items() if present)
    if not available[wanted]:
        raise BandmateError(f"there is no {wanted} device here; choose --device auto", "bad_value")
    return torch.device(wanted)
