"""Averages over sources, each counted once, and how sure they are: groups are resampled within sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

BOOTSTRAPS = 1000


class Row(NamedTuple):
    """What one group gave: a sum, and of how many (bits and notes, hits and tries)."""

    source: str
    group: str
    total: float
    size: float


class Figure(NamedTuple):
    """A mean over sources with 95 % of its bootstrap, and each source's own."""

    mean: float
    low: float
    high: float
    by_source: dict[str, float]
    groups: int


def figure_of(rows: Iterable[Row]) -> Figure | None:
    """The figure of some rows; None where nothing was counted."""
    sources: defaultdict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for row in rows:
        if row.size:
            total, size = sources[row.source].get(row.group, (0.0, 0.0))
            sources[row.source][row.group] = total + row.total, size + row.size
    if not sources:
        return None
    tables = {source: np.array(list(groups.values())) for source, groups in sorted(sources.items())}
    by_source = {source: float(table[:, 0].sum() / table[:, 1].sum()) for source, table in tables.items()}
    rng = np.random.default_rng(0)
    means = np.zeros(BOOTSTRAPS)
    for table in tables.values():
        picks = rng.integers(len(table), size=(BOOTSTRAPS, len(table)))
        means += table[picks, 0].sum(1) / table[picks, 1].sum(1)
    means /= len(tables)
    return Figure(
        float(np.mean(list(by_source.values()))),
        float(np.quantile(means, 0.025)),
        float(np.quantile(means, 0.975)),
        by_source,
        sum(len(table) for table in tables.values()),
    )
