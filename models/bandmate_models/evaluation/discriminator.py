"""A classifier that is told to separate real bars from generated ones: half right is as good as it gets.

One hidden layer, trained with Adam (Kingma and Ba, 2015); everything in numpy. Its accuracy is measured on
pieces that it was not trained on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HIDDEN = 32
STEPS = 400
BATCH = 256
RATE = 3e-3
DECAY = 1e-3
FOLDS = 5


class Verdict(NamedTuple):
    """Share of held-out bars that are judged rightly, real and generated counted alike; 95 % of it."""

    accuracy: float
    low: float
    high: float
    bars: int


class Classifier:
    """P(generated) of rows of features; features are standardised by what it is trained on."""

    def __init__(self, features: Array, generated: NDArray[np.bool_], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self._mean, self._scale = features.mean(0), features.std(0) + 1e-6
        x, y = self._standard(features), generated.astype(np.float64)
        weight = np.where(generated, 0.5 / max(y.mean(), 1e-9), 0.5 / max(1 - y.mean(), 1e-9))
        width = x.shape[1]
        self._weights = [
            rng.normal(0, (2 / width) ** 0.5, (width, HIDDEN)),
            np.zeros(HIDDEN),
            rng.normal(0, (1 / HIDDEN) ** 0.5, HIDDEN),
            np.zeros(()),
        ]
        first = [np.zeros_like(w) for w in self._weights]
        second = [np.zeros_like(w) for w in self._weights]
        for step in range(1, STEPS + 1):
            rows = rng.integers(len(x), size=BATCH)
            gradients = self._gradients(x[rows], y[rows], weight[rows])
            rate = RATE * min(1.0, 2 * (1 - step / (STEPS + 1)))
            for index, gradient in enumerate(gradients):
                first[index] += 0.1 * (gradient - first[index])
                second[index] += 0.001 * (gradient**2 - second[index])
                change = (first[index] / (1 - 0.9**step)) / (
                    np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8
                )
                self._weights[index] = self._weights[index] * (1 - rate * DECAY) - rate * change

    def probabilities(self, features: Array) -> Array:
        """P(generated) [N] of features [N, F]."""
        return self._forward(self._standard(features))[1]

    def _standard(self, features: Array) -> Array:
        standard: Array = np.clip((features - self._mean) / self._scale, -8.0, 8.0)
        return standard

    def _forward(self, x: Array) -> tuple[Array, Array]:
        inner, bias, outer, offset = self._weights
        hidden: Array = np.maximum(x @ inner + bias, 0.0)
        return hidden, 1.0 / (1.0 + np.exp(-(hidden @ outer + offset)))

    def _gradients(self, x: Array, y: Array, weight: Array) -> list[Array]:
        hidden, p = self._forward(x)
        error = (p - y) * weight / len(x)
        back = error[:, None] * self._weights[2] * (hidden > 0)
        return [x.T @ back, back.sum(0), hidden.T @ error, error.sum()]


def separability(features: Array, generated: NDArray[np.bool_], pieces: NDArray[np.int64]) -> Verdict | None:
    """How well real and generated bars are told apart in pieces that the classifier has not seen.

    `pieces` [N] is the piece of each bar, real or answered; a piece is on one side of every split (FOLDS of
    them). None where there are fewer than two pieces or one kind of bar alone.
    """
    names = np.unique(pieces)
    if len(names) < 2 or generated.all() or not generated.any():
        return None
    fold_of = dict(zip(names.tolist(), np.random.default_rng(0).permutation(len(names)) % FOLDS, strict=True))
    folds = np.array([fold_of[piece] for piece in pieces.tolist()])
    right = np.zeros(len(features), dtype=bool)
    for fold in np.unique(folds):
        out = folds == fold
        if len(np.unique(generated[~out])) == 2:
            judged = Classifier(features[~out], generated[~out]).probabilities(features[out]) > 0.5
            right[out] = judged == generated[out]
    table = np.array([_counts(right[pieces == name], generated[pieces == name]) for name in names])
    picks = np.random.default_rng(0).integers(len(names), size=(1000, len(names)))
    means = _balanced(table[picks].sum(1))
    return Verdict(
        float(_balanced(table.sum(0))),
        float(np.quantile(means, 0.025)),
        float(np.quantile(means, 0.975)),
        len(features),
    )


def _counts(right: NDArray[np.bool_], generated: NDArray[np.bool_]) -> Array:
    """Right and all of the generated bars, right and all of the real ones, [4]."""
    sides = (generated, ~generated)
    return np.array([count for side in sides for count in (right[side].sum(), side.sum())], dtype=np.float64)


def _balanced(sums: Array) -> Array:
    """Mean of the two sides' shares of right ones, of rows of `_counts`."""
    shares: Array = (
        sums[..., 0] / np.maximum(sums[..., 1], 1) + sums[..., 2] / np.maximum(sums[..., 3], 1)
    ) / 2
    return shares
