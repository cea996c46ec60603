"""Picks a token: temperature, nucleus, seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Sampler:
    """Draws from logits under a mask; the same seed and the same logits give the same picks.

    `temperature` 0 takes the likeliest; `top_p` keeps the smallest set with this share (Holtzman, 2020).
    """

    def __init__(self, temperature: float = 1.0, top_p: float = 0.95, seed: int = 0) -> None:
        self.temperature = temperature
        self.top_p = top_p
        self._random = np.random.Generator(np.random.PCG64(seed))

    def pick(self, logits: NDArray[np.float32], mask: NDArray[np.bool_]) -> int:
        """One id among those of `mask` [V], from `logits` [V]. Raises ValueError when the mask is empty."""
        allowed = np.flatnonzero(mask)
        if len(allowed) == 0:
            raise ValueError("no token may come next")
        if len(allowed) == 1:
            return int(allowed[0])
        scores = logits[allowed].astype(np.float64)
        if self.temperature <= 0.0:
            return int(allowed[np.argmax(scores)])
        scores = (scores - scores.max()) / self.temperature
        p = np.exp(scores)
        order = np.argsort(-p, kind="stable")
        total = np.cumsum(p[order])
        kept = int(np.searchsorted(total, self.top_p * total[-1])) + 1
        at = np.searchsorted(
            total[:kept], self._random.random() * total[min(kept, len(total)) - 1], side="right"
        )
        return int(allowed[order[min(int(at), len(order) - 1)]])
