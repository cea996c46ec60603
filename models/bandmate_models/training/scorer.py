"""A model on its device, and what it makes of batches: loss to train on, bits to compare."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from bandmate_models.errors import BandmateError
from bandmate_models.transformer import Transformer


class Scorer:
    """Scores batches of tokens, int64 [B, T+1], in bfloat16 where the device has it."""

    def __init__(self, model: Transformer, device: torch.device, compiled: bool = False) -> None:
        self.model = model
        self.device = device
        self._backbone = torch.compile(model.model) if compiled else model.model

    def loss(self, tokens: npt.NDArray[Any], weights: npt.NDArray[Any]) -> Tensor:
        """Sum over weights [B, T] of weight times cross-entropy in nats."""
        return (self._nats(tokens) * self._to_device(weights)).sum()

    @torch.no_grad()
    def bits(self, tokens: npt.NDArray[Any], scored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """-log2 p summed over each row's scored positions: bool [B, T] -> float64 [B]."""
        nats = self._nats(tokens).double().cpu().numpy()
        bits: npt.NDArray[Any] = np.where(scored, nats, 0.0).sum(axis=1) / math.log(2)
        return bits

    def _nats(self, tokens: npt.NDArray[Any]) -> Tensor:
        """-ln p of each target, [B, T].

        Every position is scored, wanted or not: a shape that changed with each batch would have oneDNN build
        its kernels anew at every step, which takes several times as long as the step itself.
        """
        targets = self._to_device(tokens[:, 1:])
        with self._autocast():
            logits = self.model.logits(self._backbone(self._to_device(tokens[:, :-1])))
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none").view_as(
            targets
        )

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.device.type == "mps":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _to_device(self, array: npt.NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)


def pick_device(wanted: str) -> torch.device:
    """The device of that name, or the fastest for "auto"; BandmateError("bad_value") where there is none."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        wanted = next(device for device, present in available.items() if present)
    if not available[wanted]:
        raise BandmateError(f"there is no {wanted} device here; choose --device auto", "bad_value")
    return torch.device(wanted)
