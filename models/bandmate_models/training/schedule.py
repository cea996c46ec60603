"""What the learning rate and the context length are at each point of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bandmate_models.errors import BandmateError


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up, then "cosine", or "wsd": stable, then linear over the last `decay` of the run."""

    peak: float = 3e-3
    warmup_steps: int = 150
    shape: str = "wsd"
    decay: float = 0.3
    floor: float = 0.01

    def learning_rate(self, progress: float, warm_steps: int) -> float:
        """`progress` 0..1 of the run; `warm_steps` the steps this optimiser has taken since it started."""
        warmth = min(1.0, (warm_steps + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        return (
            self.peak * warmth * (self.floor + (1 - self.floor) * self._height(min(max(progress, 0.0), 1.0)))
        )

    def _height(self, progress: float) -> float:
        if self.shape == "cosine":
            return 0.5 + 0.5 * math.cos(math.pi * progress)
        return min(1.0, (1 - progress) / self.decay)


@dataclass(frozen=True)
class Phases:
    """Context lengths in tokens, each for its share of the run."""

    contexts: tuple[int, ...]
    shares: tuple[float, ...]

    @classmethod
    def parse(cls, text: str) -> Phases:
        """Reads "1024" or "1024:0.8,4096:0.2"; BandmateError("bad_value") on anything else."""
        try:
            pairs = [entry.partition(":")[::2] for entry in text.split(",")]
            contexts = tuple(int(context) for context, _ in pairs)
            shares = tuple(float(share or 1) for _, share in pairs)
        except ValueError:
            raise _bad(text, "each phase is a context and its share") from None
        if min(contexts) < 1 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise _bad(text, "contexts must be positive and shares must add up to 1")
        return cls(contexts, shares)

    def context_at(self, progress: float) -> int:
        end = 0.0
        for context, share in zip(self.contexts, self.shares, strict=True):
            end += share
            if progress < end:
                return context
        return self.contexts[-1]


def _bad(text: str, why: str) -> BandmateError:
    return BandmateError(f'"{text}" is no list of phases: {why}, as in 1024:0.8,4096:0.2', "bad_value")
