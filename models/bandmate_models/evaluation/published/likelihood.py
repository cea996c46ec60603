"""What a model makes of piano-rolls: nats per frame, alone and averaged over transpositions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...model_config import ModelConfig
from ...training import checkpoint
from ...transformer import Transformer
from .rolls import Roll
from .sequences import FRAMES_PER_BAR, allowed, sequence_of

BATCH_TOKENS = 8192
TRUST = 0.2
"""The best of 0 to 1 on JSB's valid split."""


class Excerpt(NamedTuple):
    """Frames [start, end) of a roll, of which those before `fresh` have been charged already."""

    start: int
    fresh: int
    end: int


class Figures(NamedTuple):
    """Nats per frame: over all frames, and as the mean of the pieces' means."""

    frame: float
    piece: float


def load(path: Path) -> Transformer:
    """The model of a checkpoint, in float32."""
    content = checkpoint.load(path)
    model = Transformer(ModelConfig.from_dict(content["config"]))
    model.load_state_dict(content["model"])
    return model.float().eval()


def excerpts(roll: Roll, context: int) -> Iterator[Excerpt]:
    """A roll in excerpts of at most `context` predictions, for contexts of two bars and more.

    Each but the first begins at a bar that leaves half of the context to new frames.
    """
    ends = np.cumsum([len(frame) + 1 for frame in roll])
    start = fresh = 0
    while fresh < len(roll):
        before = ends[start - 1] if start else 0
        end = max(int(np.searchsorted(ends, before + context - 1, side="right")), fresh + 1)
        yield Excerpt(start, fresh, end)
        fresh = end
        start = int(np.searchsorted(ends, ends[end - 1] - context // 2, side="right")) + 1
        start = min(-(-start // FRAMES_PER_BAR) * FRAMES_PER_BAR, fresh // FRAMES_PER_BAR * FRAMES_PER_BAR)


@torch.no_grad()
def nats(
    model: Transformer, rolls: Sequence[Roll], beats: float, context: int, semitones: int = 0
) -> list[NDArray[np.float64]]:
    """-ln p of each charged token of each roll, in order, among those that may stand at its place."""
    jobs = [(number, excerpt) for number, roll in enumerate(rolls) for excerpt in excerpts(roll, context)]
    found: list[list[NDArray[np.float64]]] = [[] for _ in rolls]
    for batch in _batches(jobs, context):
        sequences = [sequence_of(rolls[number][e.start : e.end], beats, semitones) for number, e in batch]
        tokens = np.zeros((len(batch), max(len(s.frame) for s in sequences)), dtype=np.int64)
        for row, sequence in zip(tokens, sequences, strict=True):
            row[: len(sequence.frame)] = sequence.tokens[:-1]
        logits = model(torch.from_numpy(tokens))
        for row, sequence, (number, excerpt) in zip(logits, sequences, batch, strict=True):
            charged = np.flatnonzero(sequence.frame >= excerpt.fresh - excerpt.start)
            charged = charged[sequence.frame[charged] >= 0]
            mask = torch.from_numpy(allowed(sequence, semitones)[charged])
            scores = row[charged].masked_fill(~mask, -torch.inf).double().log_softmax(-1)
            targets = torch.from_numpy(sequence.tokens[1:][charged])
            found[number].append(-scores.gather(1, targets[:, None])[:, 0].numpy())
    return [np.concatenate(parts) for parts in found]


def averaged(
    readings: Sequence[list[NDArray[np.float64]]], trust: float = TRUST
) -> list[NDArray[np.float64]]:
    """-ln of a weighted mean probability of each token over several readings of each roll.

    A reading weighs as the probability it gave to the roll so far, to the power `trust`: 0 weighs all alike,
    1 is the Bayesian mixture. Weights know only the past, so the mean is a distribution again.
    """
    result = []
    for each in zip(*readings, strict=True):
        log_p = -np.stack(each)  # [readings, tokens]
        past = trust * np.cumsum(np.pad(log_p, ((0, 0), (1, 0))), axis=1)[:, :-1]
        weights = past - np.logaddexp.reduce(past, axis=0)
        result.append(-np.logaddexp.reduce(weights + log_p, axis=0))
    return result


def figures(rolls: Sequence[Roll], charged: Sequence[NDArray[np.float64]]) -> Figures:
    totals = np.array([tokens.sum() for tokens in charged])
    frames = np.array([len(roll) for roll in rolls])
    return Figures(float(totals.sum() / frames.sum()), float((totals / frames).mean()))


def _batches(jobs: Sequence[tuple[int, Excerpt]], context: int) -> Iterator[Sequence[tuple[int, Excerpt]]]:
    rows = max(1, BATCH_TOKENS // context)
    for start in range(0, len(jobs), rows):
        yield jobs[start : start + rows]
