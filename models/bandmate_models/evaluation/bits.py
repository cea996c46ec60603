"""What counts as a bit: which tokens are charged, and how unknown velocities are left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..training.dataset import Held

VELOCITY_BINS = len(v.VELOCITIES)
_DURVEL, _DRUMVEL = v.ids("durvel"), v.ids("drumvel")


def charged(held: Held) -> NDArray[np.bool_]:
    """Positions of targets that count, [T]: the model's own stream, no unknown velocity of a drum."""
    target = held.tokens[1:]
    result: NDArray[np.bool_] = (held.weights > 0) & (target != _DRUMVEL.start) & (target != v.EOS)
    return result


def candidates(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids whose probabilities add up to the target's, [T, 9], the target first, absent ones -1.

    A note of unknown velocity is charged for its duration alone: the sum over all velocities.
    """
    table = np.full((len(targets), VELOCITY_BINS), -1, dtype=np.int64)
    table[:, 0] = targets
    inside = (targets >= _DURVEL.start) & (targets < _DURVEL.stop)
    flat = inside & ((targets - _DURVEL.start) % VELOCITY_BINS == 0)
    table[flat] = targets[flat, None] + np.arange(VELOCITY_BINS)
    return table


def summed(p: NDArray[np.float64], table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Row sums of candidate probabilities [T, 9], absent candidates left out."""
    total: NDArray[np.float64] = np.where(table >= 0, p, 0.0).sum(axis=1)
    return total
