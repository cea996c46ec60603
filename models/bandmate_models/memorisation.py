"""Whether notes stand in the training music, transposed or not: a hashed filter that ships with the weights.

Of each pitched part every stretch of GRAM notes is a key: the intervals and the times between its
onsets. The filter is a Bloom filter (Bloom, 1970) of all keys of the training music, so it never misses
one, and takes about one in twenty others for one. A match of n notes is a run of n - GRAM + 1 keys, so
chance adds a fraction of a note to its length and cannot make a long one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import BandmateError
from .score import Note
from .vocabulary import SHIFTS_PER_TICK, TICKS_PER_BEAT

GRAM = 16
"""Notes of one key."""
VARIED = 5
"""Kinds of step that a key has at least; fewer are an ostinato, a scale or a trill, which is nobody's."""
LONGEST_STEP = 4 * TICKS_PER_BEAT
"""Ticks between two onsets beyond which a rest is a rest."""
LIMIT = 24
"""Notes beyond which a match is too much, and a bar is written again."""
FILE_NAME = "memory.bin"

_HEAD = struct.Struct("<4sBBBxQ")
_MAGIC, _VERSION = b"BMEM", 1
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))

Ticks = NDArray[np.int64]
Keys = NDArray[np.uint64]


def steps(ticks: Ticks, pitches: Ticks) -> Keys:
    """The way from each note to the next, [N - 1]: interval and ticks, in one number."""
    rests = np.minimum(np.diff(ticks), LONGEST_STEP)
    return (((np.diff(pitches) + 128) << 8) | rests).astype(np.uint64)


def stretch_keys(way: Keys, notes: int) -> Keys:
    """A hash of each stretch of so many notes along a way of steps [S], [S - notes + 2].

    Polynomial, modulo 2^64, of hashed steps: a stretch has the same key wherever it stands.
    """
    width = notes - 1
    if len(way) < width:
        return np.zeros(0, dtype=np.uint64)
    powers = _powers(_BASE, len(way))
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(_mixed(way) * powers, dtype=np.uint64)])
    back = _powers(_INVERSE, len(way) - width + 1)
    return _mixed((sums[width:] - sums[:-width]) * back)


def varied(way: Keys, notes: int = GRAM, kinds: int = VARIED) -> NDArray[np.bool_]:
    """Whether each stretch of so many notes has at least so many kinds of step, [S - notes + 2]."""
    width = notes - 1
    if len(way) < width:
        return np.zeros(0, dtype=bool)
    order = np.argsort(way, kind="stable")
    before = np.full(len(way), -1, dtype=np.int64)
    again = way[order[1:]] == way[order[:-1]]
    before[order[1:][again]] = order[:-1][again]
    starts = np.arange(len(way) - width + 1)
    fresh = np.zeros(len(starts), dtype=np.int64)
    for offset in range(width):
        fresh += before[offset : offset + len(starts)] < starts
    result: NDArray[np.bool_] = fresh >= kinds
    return result


def line_of(notes: Iterable[Note]) -> tuple[Ticks, Ticks]:
    """Onset ticks and pitches of one part, in order, as the token format rounds them."""
    grid = [(int(np.rint(note.start * TICKS_PER_BEAT * SHIFTS_PER_TICK)), note.pitch) for note in notes]
    rows = sorted(((onset + 2) // SHIFTS_PER_TICK, pitch) for onset, pitch in grid)
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


class MemoryFilter:
    """A set of keys that may err on the side of "seen"; `bits` is an array of bytes."""

    def __init__(self, bits: NDArray[np.uint8], hashes: int) -> None:
        self._bits = bits
        self._hashes = hashes

    @classmethod
    def of(cls, keys: Keys, size: int) -> MemoryFilter:
        """The filter of some keys in `size` bytes, with as many hashes as errs least."""
        hashes = max(1, round(np.log(2) * 8 * size / max(len(keys), 1)))
        made = cls(np.zeros(size, dtype=np.uint8), min(hashes, 8))
        for index in made._places(keys):
            np.bitwise_or.at(made._bits, (index >> np.uint64(3)).astype(np.int64), _bit(index))
        return made

    @classmethod
    def load(cls, path: Path) -> MemoryFilter:
        """The filter in a file. BandmateError("bad_weights") when missing, cut off or of another kind."""
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise _bad(path, f"cannot be read ({error.strerror})") from None
        if len(blob) < _HEAD.size:
            raise _bad(path, "is cut off")
        magic, version, gram, hashes, size = _HEAD.unpack_from(blob)
        if (magic, version, gram) != (_MAGIC, _VERSION, GRAM) or not hashes:
            raise _bad(path, "is no filter of this version")
        if size == 0 or len(blob) != _HEAD.size + size:
            raise _bad(path, "is cut off")
        return cls(np.frombuffer(blob, dtype=np.uint8, offset=_HEAD.size), hashes)

    def save(self, path: Path) -> None:
        """Write the file, complete or not at all."""
        beside = path.with_name(path.name + ".part")
        beside.write_bytes(
            _HEAD.pack(_MAGIC, _VERSION, GRAM, self._hashes, len(self._bits)) + self._bits.tobytes()
        )
        beside.replace(path)

    @property
    def error_rate(self) -> float:
        """Chance that a key which is not in the set is taken for one that is."""
        filled = float(np.unpackbits(self._bits).mean())
        return float(filled**self._hashes)

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """Whether each key may be in the set."""
        seen = np.ones(len(keys), dtype=bool)
        for index in self._places(keys):
            seen &= (self._bits[(index >> np.uint64(3)).astype(np.int64)] & _bit(index)) > 0
        return seen

    def longest(self, notes: Iterable[Note]) -> int:
        """Notes of one pitched part's longest stretch that may stand in the training music; 0 below GRAM."""
        way = steps(*line_of(notes))
        hits = self.contains(stretch_keys(way, GRAM)) & varied(way)
        run = longest_run(hits)
        return run + GRAM - 1 if run else 0

    def _places(self, keys: Keys) -> Iterable[Keys]:
        second = _mixed(keys) | np.uint64(1)
        bits = np.uint64(8 * len(self._bits))
        for turn in range(self._hashes):
            yield (keys + np.uint64(turn) * second) % bits


def longest_run(hits: NDArray[np.bool_]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hits, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _bit(index: Keys) -> NDArray[np.uint8]:
    bit: NDArray[np.uint8] = np.left_shift(np.uint8(1), (index & np.uint64(7)).astype(np.uint8))
    return bit


def _powers(base: np.uint64, count: int) -> Keys:
    table = np.full(count, base, dtype=np.uint64)
    table[:1] = 1
    return np.cumprod(table, dtype=np.uint64)


def _mixed(values: Keys) -> Keys:
    """splitmix64's finaliser (Steele, Lea and Flood, 2014)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = z ^ (z >> np.uint64(31))
    return mixed


def _bad(path: Path, what: str) -> BandmateError:
    return BandmateError(
        f"the filter {path} {what}; install Bandmate again, or build it again with"
        " bandmate_models.evaluation.memorisation",
        "bad_weights",
    )
