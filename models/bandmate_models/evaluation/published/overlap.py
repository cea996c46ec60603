"""How much of a benchmark's pieces stands in other rolls, in any key: what is known beforehand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .rolls import Collection, Frame, Roll

FRAMES = 6
"""Frames of a stretch that is looked up."""
FEWEST_CHORDS = 3
"""Different frames that it has at least: held and repeated chords are in all music."""

Stretch = tuple[Frame, ...]


class Overlap(NamedTuple):
    """Share of all stretches that stand in other rolls; the largest share of one piece's in a single one."""

    all: float
    largest: float


def overlap(pieces: Sequence[Roll], others: Sequence[Roll]) -> Overlap:
    """How much of `pieces` stands in `others`; zeros where no piece is long enough."""
    where: defaultdict[Stretch, set[int]] = defaultdict(set)
    for number, roll in enumerate(others):
        for stretch in _stretches(roll):
            where[stretch].add(number)
    found = total = 0
    largest = 0.0
    for piece in pieces:
        stretches = list(_stretches(piece))
        counts = Counter(number for stretch in stretches for number in where.get(stretch, ()))
        found += sum(stretch in where for stretch in stretches)
        total += len(stretches)
        if counts:
            largest = max(largest, max(counts.values()) / len(stretches))
    return Overlap(found / max(total, 1), largest)


def at_both_speeds(collections: Iterable[Collection]) -> list[Roll]:
    """The rolls of collections, and those in eighths at every other frame too, as quarters."""
    rolls: list[Roll] = []
    for collection in collections:
        rolls += collection.rolls
        if collection.beats < 1:
            rolls += [roll[phase::2] for roll in collection.rolls for phase in (0, 1)]
    return rolls


def _stretches(roll: Roll) -> Iterator[Stretch]:
    """Stretches of sounding frames, told from the lowest pitch of their first."""
    for start in range(len(roll) - FRAMES + 1):
        frames = roll[start : start + FRAMES]
        if all(frames) and len(set(frames)) >= FEWEST_CHORDS:
            lowest = frames[0][0]
            yield tuple(tuple(pitch - lowest for pitch in frame) for frame in frames)
