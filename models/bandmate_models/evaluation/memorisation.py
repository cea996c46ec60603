"""How much of what is written stands in the training music; and the filter that a bar is checked against.

    python -m bandmate_models.evaluation.memorisation --data prepared -o FOLDER

writes FOLDER/memory.bin (see bandmate_models.memorisation) from the training split of a prepared corpus.
Drums are left out: a bar of a rock beat stands in every corpus.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..errors import BandmateError
from ..memorisation import FILE_NAME, GRAM, MemoryFilter, line_of, steps, stretch_keys, varied
from ..score import Part
from .prepared_notes import Columns, columns_of
from .trained import trained_sequences

LARGEST = 5_000_000
"""Bytes that the filter's file has at most."""
SIZE = 4_800_000

_DRUM_SLOTS = sorted(v.DRUM_SLOTS)


class Stretches(NamedTuple):
    """The keys [K] of GRAM notes along some parts, and which of them count: within one part, and varied."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.bool_]


def stretches_of(columns: Columns) -> Stretches:
    """Of the pitched parts of prepared music."""
    pitched = ~np.isin(columns.slot, _DRUM_SLOTS)
    sequence, slot = columns.sequence[pitched], columns.slot[pitched]
    apart = (np.diff(sequence) != 0) | (np.diff(slot) != 0)
    return _stretches(columns.tick[pitched], columns.pitch[pitched], apart)


def _stretches(ticks: NDArray[np.int64], pitches: NDArray[np.int64], apart: NDArray[np.bool_]) -> Stretches:
    """`apart` [N - 1] tells where one part ends and the next begins."""
    if len(ticks) < GRAM:
        return Stretches(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=bool))
    way = np.where(apart, np.uint64(0), steps(ticks, pitches))
    part = np.concatenate([[0], np.cumsum(apart)])
    whole = part[GRAM - 1 :] == part[: -(GRAM - 1)]
    return Stretches(stretch_keys(way, GRAM), whole & varied(way))


def trained_stretches(data: Path) -> Iterator[Stretches]:
    """Of all music in the training split that is drawn from at all, rule-made bands too."""
    return map(stretches_of, columns_of(trained_sequences(data, synthetic=True)))


def filter_of(stretches: Iterable[Stretches], size: int = SIZE) -> MemoryFilter:
    """The filter of all keys that count."""
    keys = [np.unique(some.keys[some.counts]) for some in stretches]
    return MemoryFilter.of(np.unique(np.concatenate([np.zeros(0, dtype=np.uint64), *keys])), size)


def longest_shared(parts: Sequence[Part], trained: Iterable[Stretches]) -> NDArray[np.int64]:
    """Notes of each part's longest stretch that stands in the training music, transposed or not; exact.

    0 below GRAM notes, and for drums. Stretches of GRAM notes that are not varied do not count.
    """
    lines = [line_of(part.notes) if not part.is_drums else line_of(()) for part in parts]
    sizes = np.array([len(ticks) for ticks, _ in lines], dtype=np.int64)
    part = np.repeat(np.arange(len(parts)), sizes)
    longest = np.zeros(len(parts), dtype=np.int64)
    if sizes.sum() < GRAM:
        return longest
    mine = _stretches(
        np.concatenate([ticks for ticks, _ in lines]),
        np.concatenate([pitches for _, pitches in lines]),
        np.diff(part) != 0,
    )
    places = np.flatnonzero(mine.counts)
    places = places[np.argsort(mine.keys[places], kind="stable")]
    known = mine.keys[places]
    for some in trained:
        for place, run in _runs(known, places, some):
            np.maximum.at(longest, part[place], run + GRAM - 1)
    return longest


def _runs(
    known: NDArray[np.uint64], places: NDArray[np.int64], trained: Stretches
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Where shared runs of keys begin among ours, and how long each is.

    A run is a diagonal: the next key of ours is the next key of theirs.
    """
    theirs = np.flatnonzero(trained.counts)
    first = np.searchsorted(known, trained.keys[theirs], side="left")
    after = np.searchsorted(known, trained.keys[theirs], side="right")
    theirs, first, count = theirs[after > first], first[after > first], (after - first)[after > first]
    if not len(theirs):
        return
    at = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
    ours, their = places[at], np.repeat(theirs, count)
    order = np.lexsort((ours, their - ours))
    ours, diagonal = ours[order], (their - ours)[order]
    begins = np.ones(len(ours), dtype=bool)
    begins[1:] = (diagonal[1:] != diagonal[:-1]) | (ours[1:] != ours[:-1] + 1)
    starts = np.flatnonzero(begins)
    yield ours[starts], np.diff(np.append(starts, len(ours)))


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bandmate_models.evaluation.memorisation",
        description="Write the filter of the training music beside the weights.",
    )
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the weights")
    parser.add_argument(
        "--size", type=int, default=SIZE, help=f"bytes, at most {LARGEST:,} (default: {SIZE:,})"
    )
    args = parser.parse_args(None if argv is None else list(argv))
    try:
        if not 1 <= args.size <= LARGEST:
            raise BandmateError(f"the filter takes 1 to {LARGEST:,} bytes, not {args.size:,}", "bad_value")
        made = filter_of(trained_stretches(args.data), args.size)
        args.output.mkdir(parents=True, exist_ok=True)
        made.save(args.output / FILE_NAME)
    except (BandmateError, OSError) as error:
        print(f"memorisation: {error}", file=sys.stderr)
        return 2
    print(f"{args.output / FILE_NAME}: {args.size:,} bytes, wrong about one key in {1 / made.error_rate:.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
