"""How fast the model is on this machine: a decode step behind so many tokens, and request to first note."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bandmate.demo_phrase import demo_phrase
from bandmate.tasks.continuation import Continuation
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.score import Score
from bandmate_models.weights import Weights

PASTS = (64, 512, 1900, 4000)  # tokens


class Times(NamedTuple):
    """Milliseconds: the middle, and what 95 and 99 of 100 stay under."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        return cls(*(1000 * float(value) for value in np.percentile(seconds, (50, 95, 99))))

    def __str__(self) -> str:
        return f"{self.p50:.3g} ms (p95 {self.p95:.3g}, p99 {self.p99:.3g})"


def step_times(weights: Weights, past: int, steps: int = 64) -> Times:
    """One token after `past` others, which must fit into the model's context with the steps."""
    decoder = Decoder(weights)
    size = weights.config.vocabulary_size
    decoder.append([token % size for token in range(past)])
    return Times.of([_seconds(decoder.step, step % size) for step in range(steps)])


def first_note_times(weights: Weights, phrase: Score | None = None, times: int = 10) -> Times:
    """From a phrase that the model has not heard to the first note of its answer."""
    phrase = phrase or demo_phrase()
    return Times.of([_seconds(_first_note, weights, phrase, seed) for seed in range(times)])


def fitting_pasts(weights: Weights, steps: int = 64) -> list[int]:
    return [past for past in PASTS if past + steps <= weights.config.context]


def _first_note(weights: Weights, phrase: Score, seed: int) -> None:
    continuation, controls = Continuation(weights), Controls(bars=4)
    prompt = continuation.hear(phrase, controls)
    next(played for played, _ in continuation.events(prompt, controls, seed) if played is not None)


def _seconds(action: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - began
