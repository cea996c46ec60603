"""Held-out bits per note of the model, of every precision asked for, and of an order-5 n-gram.

    python -m bandmate_models.evaluation.heldout --data prepared --weights DIR [DIR …] -o heldout.json

The model's notes only, headers without controls, unknown velocities left out, averaged over the real sources;
the interval is a bootstrap over pieces within each source.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..corpus.sources import BY_NAME
from ..decoder import Decoder
from ..errors import BandmateError
from ..training.dataset import Held, Windows
from ..weights import Weights
from .bits import candidates, charged, summed
from .ngram import Ngram

Probabilities = Callable[[Held], NDArray[np.float64]]
"""p of each charged target of a window."""

BOOTSTRAPS = 1000


def by_decoder(weights: Weights) -> Probabilities:
    """The model through its cached decoder, one token at a time, as it is used."""
    decoder = Decoder(weights)

    def probabilities(held: Held) -> NDArray[np.float64]:
        wanted = charged(held)
        table = candidates(held.tokens[1:])
        start = int(np.argmax(wanted))
        decoder.rewind_to(0)
        logits = decoder.append(held.tokens[: start + 1].tolist())
        p = []
        for position in range(start, len(wanted)):
            if position > start:
                logits = decoder.step(int(held.tokens[position]))
            if wanted[position]:
                exact = logits.astype(np.float64)
                shares = np.exp(exact - exact.max())
                row = table[position]
                p.append(shares[row[row >= 0]].sum() / shares.sum())
        return np.array(p)

    return probabilities


def by_ngram(ngram: Ngram) -> Probabilities:
    """The n-gram on the same tokens, from the same start."""

    def probabilities(held: Held) -> NDArray[np.float64]:
        wanted = charged(held)
        table = candidates(held.tokens[1:])
        whole = np.concatenate([np.full((1, table.shape[1]), -1), table])
        p = ngram.probabilities(held.tokens, np.where(whole >= 0, whole, 0))
        return summed(p, whole)[1:][wanted]

    return probabilities


class Figures:
    """Bits per note by source: the total, and each window's, for the bootstrap."""

    def __init__(self, windows: list[Held], probabilities: Probabilities, name: str) -> None:
        self._windows: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        began = time.monotonic()
        for done, held in enumerate(windows, 1):
            bits = float(-np.log2(np.maximum(probabilities(held), 1e-30)).sum())
            self._windows[held.source].append((bits, held.notes))
            left = (time.monotonic() - began) / done * (len(windows) - done)
            print(f"\r{name}: {done}/{len(windows)} windows, {left:.0f} s left   ", end="", file=sys.stderr)
        print(file=sys.stderr)

    @property
    def by_source(self) -> dict[str, float]:
        return {
            source: sum(bits for bits, _ in rows) / max(sum(notes for _, notes in rows), 1)
            for source, rows in sorted(self._windows.items())
        }

    def mean(self) -> float:
        """Average over sources, each counted once."""
        return float(np.mean(list(self.by_source.values())))

    def interval(self) -> tuple[float, float]:
        """95 % of the mean under resampling of each source's pieces."""
        rng = np.random.default_rng(0)
        means = np.zeros(BOOTSTRAPS)
        for rows in self._windows.values():
            table = np.array(rows)
            picks = rng.integers(len(table), size=(BOOTSTRAPS, len(table)))
            means += table[picks, 0].sum(1) / np.maximum(table[picks, 1].sum(1), 1)
        means /= len(self._windows)
        return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def train_ngram(data: Path) -> Ngram:
    """The n-gram of all real sequences that training sees without a player, headers without controls."""
    train = Windows(data, "train", 4096, 0)
    return Ngram(train.sequences(lambda source: BY_NAME[source].real if source in BY_NAME else True), v.SIZE)


def table(columns: dict[str, dict[str, float]]) -> str:
    """Sources down, models across, the average last."""
    sources = sorted(next(iter(columns.values())))
    lines = ["| source | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for source in sources:
        lines.append(
            f"| {source} | " + " | ".join(f"{column[source]:.2f}" for column in columns.values()) + " |"
        )
    means = " | ".join(f"**{np.mean(list(column.values())):.3f}**" for column in columns.values())
    return "\n".join([*lines, f"| **average** | {means} |"])


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.evaluation.heldout", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="folders of exported weights")
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--windows", type=int, default=12, help="pieces of each source")
    parser.add_argument("--no-ngram", action="store_true")
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args(None if argv is None else list(argv))
    try:
        held_out = Windows(args.data, args.split, args.context, 0)
        windows = [
            held
            for held in held_out.validation(args.windows)
            if held.source not in BY_NAME or BY_NAME[held.source].real
        ]
        figures = {}
        if not args.no_ngram:
            figures["5-gram"] = Figures(windows, by_ngram(train_ngram(args.data)), "5-gram")
        for folder in args.weights:
            weights = Weights.load(folder)
            name = f"{weights.config.name or folder.name} {weights.config.precision}"
            figures[name] = Figures(windows, by_decoder(weights), name)
    except BandmateError as error:
        print(f"heldout: {error}", file=sys.stderr)
        return 2
    print(table({name: figure.by_source for name, figure in figures.items()}))
    report = {
        "split": args.split,
        "context": args.context,
        "windows": len(windows),
        "notes": sum(held.notes for held in windows),
        "models": {
            name: {"mean": figure.mean(), "interval": figure.interval(), "by_source": figure.by_source}
            for name, figure in figures.items()
        },
    }
    if args.output:
        args.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
