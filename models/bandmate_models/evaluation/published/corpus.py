"""What the benchmarks' models are pre-trained on: piano-rolls of the corpus, without what the tables hold."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from ...corpus.pieces import pieces_of_manifest
from ...errors import BandmateError
from ...midi import read_midi
from .rolls import Collection, Roll, roll_of

SHORTEST = 16
"""Frames of a roll that is worth reading."""


class Ingredient(NamedTuple):
    source: str
    beats: float
    share: float


INGREDIENTS = (
    Ingredient("openhymnal", 1.0, 0.30),
    Ingredient("openscore_lieder", 1.0, 0.12),
    Ingredient("openscore_quartets", 1.0, 0.08),
    Ingredient("mutopia", 1.0, 0.08),
    Ingredient("polish_piano", 1.0, 0.06),
    Ingredient("pop909", 1.0, 0.04),
    Ingredient("openewld", 0.5, 0.14),
    Ingredient("openhymnal", 0.5, 0.05),
    Ingredient("pop909", 0.5, 0.08),
    Ingredient("openscore_lieder", 0.5, 0.05),
)
"""Left out: bach_chorales_m21, nottingham and piano_midi_de, whose pieces are the benchmarks'; fiddle tunes,
as some may be in Nottingham too; what is drums or generated; each file that the manifest marks as a leak."""


def collections(manifest: Path, midi: Path, workers: int = 1) -> Iterator[Collection]:
    """The training pieces of INGREDIENTS. BandmateError where the corpus holds none of them."""
    with manifest.open(newline="", encoding="utf-8") as file:
        leaks = {midi / row["path"] for row in csv.DictReader(file) if row["bench_leak"]}
    paths: defaultdict[str, list[Path]] = defaultdict(list)
    for piece in pieces_of_manifest(manifest, midi, synthetic=False):
        if piece.split == "train" and piece.path not in leaks:
            paths[piece.source.name].append(piece.path)
    with ProcessPoolExecutor(workers) as pool:
        for source, beats, share in INGREDIENTS:
            jobs = [(path, beats) for path in paths[source]]
            rolls = [roll for roll in pool.map(_roll_of_file, jobs, chunksize=16) if roll is not None]
            if rolls:
                yield Collection(source, beats, share, rolls)


def _roll_of_file(job: tuple[Path, float]) -> Roll | None:
    path, beats = job
    try:
        roll = roll_of(read_midi(path), beats)
    except BandmateError:
        return None
    return roll if len(roll) >= SHORTEST else None
