"""How much is asked: the full evaluation, and a quick one that shows that everything works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many pieces, phrases and answers each part of an evaluation takes."""

    per_source: int = 12
    """Held-out groups of each real source; of the bands all, where `all_bands` says so."""
    all_bands: bool = True
    context: int = 1024
    """Tokens of a held-out sequence."""
    samples: int = 500
    """Continuations that are looked at and searched for what they have from training."""
    ngram_samples: int = 150
    lieder: int = 40
    """Songs that are accompanied, beside all bands."""
    takes: int = 5
    """Answers to each piece that is accompanied."""
    phrases: int = 24
    """Phrases of each task's gate."""
    locks: int = 16
    """Answers of each lock, and pairs of each control."""


FULL = Sizes()
QUICK = Sizes(
    per_source=2,
    all_bands=False,
    context=512,
    samples=24,
    ngram_samples=12,
    lieder=4,
    takes=1,
    phrases=4,
    locks=4,
)
