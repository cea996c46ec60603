"""Bits per note of twins on the same held-out excerpts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ... import vocabulary as v
from ...transformer import Transformer
from .pieces import Piece
from .windows import Excerpt, Ours, Tokenisation, Written, beginning, with_player

BOOTSTRAPS = 1000


class Figure(NamedTuple):
    """Bits per note, averaged over sources; 95 % under resampling of each source's pieces; notes in all."""

    mean: float
    interval: tuple[float, float]
    notes: int
    by_source: dict[str, float]


@torch.no_grad()
def bits(model: Transformer, written: Written) -> float:
    """-log2 p of the tokens of full weight: the model's stream, the player's and headers left out."""
    charged = np.flatnonzero(written.weights == 1)
    hidden = model.model(torch.from_numpy(written.tokens[None, :-1]))[0, torch.from_numpy(charged)]
    targets = torch.from_numpy(written.tokens[1:][charged])
    return float(F.cross_entropy(model.logits(hidden), targets, reduction="sum")) / math.log(2)


def figure(rows: Iterable[tuple[str, float, int]]) -> Figure:
    """The figure of (source, bits, notes) of each excerpt."""
    grouped: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for source, cost, notes in rows:
        grouped[source].append((cost, notes))
    tables = {source: np.array(values) for source, values in sorted(grouped.items())}
    by_source = {source: float(table[:, 0].sum() / table[:, 1].sum()) for source, table in tables.items()}
    rng = np.random.default_rng(0)
    means = np.zeros(BOOTSTRAPS)
    for table in tables.values():
        picked = table[rng.integers(len(table), size=(BOOTSTRAPS, len(table)))]
        means += picked[..., 0].sum(1) / picked[..., 1].sum(1) / len(tables)
    low, high = np.quantile(means, (0.025, 0.975))
    notes = int(sum(table[:, 1].sum() for table in tables.values()))
    return Figure(float(np.mean(list(by_source.values()))), (float(low), float(high)), notes, by_source)


def alone(model: Transformer, write: Tokenisation, excerpts: Sequence[Excerpt]) -> Figure:
    """A twin on whole excerpts, every part its own."""
    rows = []
    for excerpt in excerpts:
        written = write(excerpt)
        if written is not None:
            rows.append((excerpt.piece.source, bits(model, written), written.notes))
    return figure(rows)


def duos(pieces: Sequence[Piece], notes: int, lag: int, seed: int = 0) -> list[Excerpt]:
    """The beginnings of the pieces of more than one part, some parts the player's, where both have notes."""
    rng = np.random.default_rng(seed)
    chosen = [with_player(beginning(piece, notes), rng, lag) for piece in pieces if len(piece.parts) > 1]
    write = Ours()
    return [e for e in chosen if (found := write(e)) is not None and found.notes < e.notes]


def accompaniments(ours: Transformer, without: Transformer, excerpts: Sequence[Excerpt]) -> dict[str, Figure]:
    """The model's notes beside the player's: heard, taken from another piece, and not there.

    `without` is the twin that never heard a player; it and "dropped" read the model's notes alone.
    """
    hearing, deaf = Ours(), Ours(player=False)
    rows: defaultdict[str, list[tuple[str, float, int]]] = defaultdict(list)
    for number, excerpt in enumerate(excerpts):
        others = excerpts[number + 1 :] + excerpts[:number]  # type: ignore[operator]
        swapped = next((found for other in others if len(found := foreign(excerpt, other))), None)
        heard, alone_, source = hearing(excerpt), deaf(excerpt), excerpt.piece.source
        if heard is None or alone_ is None or swapped is None:
            continue
        mixed = hearing(excerpt, swapped)
        assert mixed is not None
        rows["player heard"].append((source, bits(ours, heard), heard.notes))
        rows["player swapped"].append((source, bits(ours, mixed), heard.notes))
        rows["player dropped"].append((source, bits(ours, alone_), heard.notes))
        rows["trained without player"].append((source, bits(without, alone_), heard.notes))
    return {name: figure(found) for name, found in rows.items()}


def foreign(excerpt: Excerpt, other: Excerpt) -> NDArray[np.int32]:
    """Rows of another excerpt's player on this player's slots, within its bars: drums for drums."""
    start = other.first * other.piece.bar_ticks
    end = start + (excerpt.end - excerpt.first) * excerpt.piece.bar_ticks
    rows: NDArray[np.int32] = other.piece.rows
    rows = rows[
        np.isin(rows[:, 1], sorted(other.players)) & (rows[:, 0] >= start) & (rows[:, 0] < end)
    ].copy()
    rows[:, 0] -= start
    slots = rows[:, 1].copy()
    keep = np.zeros(len(rows), dtype=bool)
    for drums in (False, True):
        mine = sorted(slot for slot in excerpt.players if (slot in v.DRUM_SLOTS) == drums)
        theirs = sorted(slot for slot in other.players if (slot in v.DRUM_SLOTS) == drums)
        for index, slot in enumerate(theirs):
            if index < len(mine):
                rows[slots == slot, 1] = mine[index]
                keep |= slots == slot
    kept: NDArray[np.int32] = rows[keep]
    return kept
