"""The optimiser: AdamW throughout, or Muon for the matrices between the embeddings."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

KINDS = ("adamw", "muon")
BETAS = (0.9, 0.95)


class Optimiser:
    """Steps a model's parameters; every group shares one learning rate, set before each step.

    `muon` gives each hidden matrix an orthogonalised step whose size matches AdamW's (Jordan et al. 2024;
    scale of Liu et al. 2025, arXiv 2502.16982), so that one schedule serves both. Embeddings and norms are
    AdamW's in either case. Weight decay is on matrices alone.
    """

    def __init__(self, model: nn.Module, kind: str, peak: float, weight_decay: float) -> None:
        self.kind = kind
        named = list(model.named_parameters())
        hidden = [w for name, w in named if w.dim() == 2 and "embed" not in name] if kind == "muon" else []
        theirs = {id(weight) for weight in hidden}
        others = [weight for _, weight in named if id(weight) not in theirs]
        groups = [
            {"params": [w for w in others if w.dim() >= 2], "weight_decay": weight_decay},
            {"params": [w for w in others if w.dim() < 2], "weight_decay": 0.0},
        ]
        self._all: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=peak, betas=BETAS, fused=True)]
        if hidden:
            self._all.append(
                torch.optim.Muon(hidden, lr=peak, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
            )

    def step(self, rate: float) -> None:
        """One step at a learning rate."""
        for optimiser in self._all:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes back."""
        return {"kind": self.kind, "parts": [optimiser.state_dict() for optimiser in self._all]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from an earlier state. ValueError when it is of another kind."""
        if state.get("kind") != self.kind:
            raise ValueError(f"the run's optimiser is {state.get('kind', 'of an earlier version')}")
        for optimiser, part in zip(self._all, state["parts"], strict=True):
            optimiser.load_state_dict(part)
