"""The pieces that twins are trained and judged on, drawn from the corpus."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...corpus import pieces as corpus
from ...corpus.sources import SOURCES
from ...errors import BandmateError
from ...midi import read_midi
from . import remi
from .pieces import Piece, plain, rows_and_parts


def drawn(manifest: Path, midi: Path, most: dict[str, int], seed: int = 0) -> Iterator[tuple[str, Piece]]:
    """(split, piece): of each source and split at most `most[split]` files, drawn at random.

    Held-out pieces are of real sources alone, one of a group.
    """
    grouped: defaultdict[tuple[str, str], list[corpus.Piece]] = defaultdict(list)
    for piece in corpus.pieces_of_manifest(manifest, midi):
        if piece.split == "train" or piece.source.real:
            grouped[piece.split, piece.source.name].append(piece)
    for (split, source), files in sorted(grouped.items()):
        random.Random(f"{seed}/{split}/{source}").shuffle(files)
        kept, groups = 0, set()
        for file in files:
            if kept == most.get(split, 0):
                break
            if split != "train" and file.group in groups:
                continue
            groups.add(file.group)
            found = read(file)
            if found is not None:
                kept += 1
                yield split, found


def read(file: corpus.Piece) -> Piece | None:
    """A file as a piece; None where it cannot be used or the tokenisations do not hold the same notes."""
    try:
        score = plain(read_midi(file.path), file.source)
    except BandmateError:
        return None
    if score is None:
        return None
    rows, parts = rows_and_parts(score)
    ids = remi.ids_of(score)
    metre = score.metres[0]
    piece = Piece(file.source.name, rows, parts, (metre.numerator, metre.denominator), ids, remi.bars_of(ids))
    before = piece.notes_before()
    edges = np.append(piece.remi_bars, len(ids))
    same = len(edges) == len(before) and all(
        remi.notes_of(ids[start:end]) == count
        for start, end, count in zip(edges[:-1], edges[1:], np.diff(before), strict=True)
    )
    return piece if same else None


def shares(notes: dict[str, int], *, strict: bool = False) -> dict[str, float]:
    """How often each source is drawn, as in default training: its weight times its notes in training."""
    return {
        source.name: source.weight * notes.get(f"{source.name}/train", 0)
        for source in SOURCES
        if source.strict or not strict
    }
