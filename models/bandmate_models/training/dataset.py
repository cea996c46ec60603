"""Windows of a prepared corpus: what a training step sees, as a pure function of seed and step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..corpus.pieces import SPLITS
from ..corpus.sequences import KINDS
from ..errors import BandmateError

PLAYER_WEIGHT = 0.3
"""Loss weight of the player's stream; the model's own weighs 1, headers 0."""
SHARES: dict[str, float] = {"alone": 0.23, "duo": 0.60, "infill": 0.07, "vary": 0.06, "humanise": 0.04}
"""Share of windows of each kind of sequence; a kind of which there is none leaves its share to the others."""
LAG_WEIGHTS: dict[int, float] = {-4: 0.2, -2: 2.0, -1: 0.2, 0: 1.0, 1: 1.5, 2: 0.2}
"""How likely a duo of each lag is drawn: those that the tasks ask for more often than the others."""
CHORDS_DROPPED = 0.65
"""Share of windows in which the chords are not told."""
FROM_THE_START = 0.35
"""Share of windows that begin where the piece begins; the others begin at any bar."""
WHOLE = frozenset(("infill", "vary", "humanise"))
"""Kinds of sequence that are always read from their beginning."""
TRANSPOSITIONS = range(-5, 7)

DROPS: dict[str, float] = {
    "special": 0.1,
    "tempo": 0.4,
    "key": 0.4,
    "genre": 0.7,
    "program": 0.25,
    "density": 0.75,
    "polyphony": 0.8,
    "register": 0.8,
    "loudness": 0.8,
    "valence": 0.75,
    "arousal": 0.75,
    "swing": 0.7,
}
"""How often a header token of each field is left out, so that each is optional ("special": the timing)."""

_DROP = np.zeros(v.SIZE)
for _name, _share in DROPS.items():
    _DROP[v.ids(_name).start : v.ids(_name).stop] = _share
_DROP[: len(v.SPECIALS)] = 0.0
_DROP[[v.GRID_TIMING, v.FREE_TIMING]] = DROPS["special"]


class Held(NamedTuple):
    """One held-out window: tokens [T + 1], loss weights [T], notes of the model's stream, its source."""

    tokens: NDArray[np.int64]
    weights: NDArray[np.float32]
    notes: int
    source: str


def body_weights(body: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Loss weight of each body token: PLAYER_WEIGHT in the player's frames, 0 for chords (given), else 1.

    The token that ends a frame belongs to it: to stop is the choice of who was playing.
    """
    m, u, bar, chord = v.ids("frame_m"), v.ids("frame_u"), v.ids("bar"), v.ids("chord")
    stream = np.full(len(body), -1, dtype=np.int8)
    stream[(body >= m.start) & (body < m.stop)] = 0
    stream[(body >= u.start) & (body < u.stop)] = 1
    stream[(body >= bar.start) & (body < v.ids("odd_bar").stop)] = 0
    opened = np.where(stream >= 0, np.arange(len(body)), 0)
    np.maximum.accumulate(opened, out=opened)
    before = np.concatenate([[0], opened[:-1]]).astype(np.int64)
    weights = np.where(stream[before] == 1, PLAYER_WEIGHT, 1.0)
    weights[(body >= chord.start) & (body < chord.stop)] = 0.0
    return weights.astype(np.float32)


def without_chords(body: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """A body that does not tell its chords."""
    chord = v.ids("chord")
    return body[(body < chord.start) | (body >= chord.stop)]


class Windows:
    """Random windows of one split; the same (seed, step, size) always gives the same batch.

    Raises BandmateError when `folder` was not prepared for this vocabulary.
    """

    def __init__(self, folder: Path, split: str, context: int, seed: int) -> None:
        try:
            report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
            index = np.load(folder / "index.npz")
        except (OSError, ValueError) as error:
            raise BandmateError(
                f"{folder} holds no prepared corpus ({error}); run corpus.prepare first"
            ) from None
        if (report["format"], report["vocabulary_size"]) != (
            v.FORMAT_VERSION,
            v.SIZE,
        ) or "kinds" not in report:
            raise BandmateError(f"{folder} was prepared for another format; run corpus.prepare again")
        self.context = context
        self.seed = seed
        self.sources: list[str] = report["sources"]
        self._tokens = np.memmap(folder / "tokens.bin", dtype=np.uint16, mode="r")
        self._offset = index["offset"]
        self._header = index["header"]
        self._bar_offset = index["bar_offset"]
        self._bar = index["bar"]
        self._source = index["source"]
        chosen = np.flatnonzero(index["split"] == SPLITS.index(split))
        weights = self._weights = np.array([report["weights"][name] for name in self.sources])
        length = (self._offset[1:] - self._offset[:-1])[chosen] * weights[self._source[chosen]]
        kinds = index["kind"][chosen]
        duos = kinds == KINDS.index("duo")
        length[duos] *= [LAG_WEIGHTS[self._lag(int(sequence))] for sequence in chosen[duos]]
        drawn = {kind: _lottery(chosen[kinds == n], length[kinds == n]) for n, kind in enumerate(KINDS)}
        self._lotteries = [(kind, lottery) for kind, lottery in drawn.items() if len(lottery[0])]
        shares = np.cumsum([SHARES[kind] for kind, _ in self._lotteries])
        self._kind_chance = shares / shares[-1] if len(shares) else shares
        self._held = chosen[kinds == KINDS.index("alone")]
        self._transposed = [v.transposition(semitones) for semitones in TRANSPOSITIONS]

    def batch(self, step: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Tokens [size, context + 1] and loss weights [size, context]; short pieces follow one another."""
        tokens = np.zeros((size, self.context + 1), dtype=np.int64)
        weights = np.zeros((size, self.context), dtype=np.float32)
        for row in range(size):
            rng = np.random.default_rng((self.seed, step, row))
            filled = 0
            while filled < self.context + 1:
                window, loss = self._window(rng)
                take = min(len(window), self.context + 1 - filled)
                tokens[row, filled : filled + take] = window[:take]
                first = max(filled, 1)
                weights[row, first - 1 : filled + take - 1] = loss[first - filled : take]
                filled += take
        return tokens, weights

    def _window(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        kind, (pool, chance) = self._lotteries[np.searchsorted(self._kind_chance, rng.random())]
        sequence = int(pool[np.searchsorted(chance, rng.random())])
        header, body = self._parts(sequence)
        bars = self._bar[self._bar_offset[sequence] : self._bar_offset[sequence + 1]]
        if kind not in WHOLE and rng.random() > FROM_THE_START and len(bars) > 8:
            body = body[bars[rng.integers(len(bars) - 4)] :]
        body = body[: self.context + 1]
        if rng.random() < CHORDS_DROPPED:
            body = without_chords(body)
        header = header[rng.random(len(header)) >= _DROP[header]]
        weights = np.concatenate([np.zeros(len(header), dtype=np.float32), body_weights(body)])
        table = self._transposed[rng.integers(len(self._transposed))]
        return table[np.concatenate([header, body])].astype(np.int64), weights

    def _parts(self, sequence: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        start, end = self._offset[sequence], self._offset[sequence + 1]
        middle = start + self._header[sequence]
        return np.asarray(self._tokens[start:middle]), np.asarray(self._tokens[middle:end])

    def _lag(self, sequence: int) -> int:
        """The lag that a duo's header tells."""
        header, _ = self._parts(sequence)
        lags = v.ids("lag")
        return v.LAGS[int(header[(header >= lags.start) & (header < lags.stop)][0]) - lags.start]

    def sequences(self, wanted: Callable[[str], bool]) -> Iterator[NDArray[np.int64]]:
        """Whole sequences of this split without a player, headers without controls, of the wanted sources."""
        for sequence in self._held:
            if (
                wanted(self.sources[int(self._source[sequence])])
                and self._weights[self._source[sequence]] > 0
            ):
                header, body = self._parts(int(sequence))
                yield np.concatenate([plain_header(header), without_chords(body)]).astype(np.int64)

    def validation(self, windows_per_source: int = 12) -> Iterator[Held]:
        """The first window of up to so many held-out pieces of each source, headers without controls."""
        seen: dict[int, int] = {}
        for sequence in self._held:
            source = int(self._source[sequence])
            if seen.get(source, 0) >= windows_per_source:
                continue
            seen[source] = seen.get(source, 0) + 1
            header, body = self._parts(int(sequence))
            header = plain_header(header)
            body = without_chords(body)[: self.context + 1 - len(header)]
            tokens = np.concatenate([header, body]).astype(np.int64)
            weights = np.concatenate([np.zeros(len(header), dtype=np.float32), body_weights(body)])[1:]
            yield Held(tokens, np.floor(weights), count_notes(body), self.sources[source])


def plain_header(header: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """A header without controls: the timing, tempo, parts and programs alone."""
    controls = np.zeros(v.SIZE, dtype=bool)
    for name in (
        "key",
        "genre",
        "valence",
        "arousal",
        "swing",
        "density",
        "polyphony",
        "register",
        "loudness",
    ):
        controls[v.ids(name).start : v.ids(name).stop] = True
    return header[~controls[header]]


def count_notes(tokens: NDArray[np.uint16]) -> int:
    """Notes among tokens, those of the drums too."""
    pitch, drum = v.ids("pitch"), v.ids("drum")
    return int(((tokens >= pitch.start) & (tokens < drum.stop)).sum())


def _lottery(
    sequences: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Sequences that can be drawn, and their cumulative chances."""
    drawn = weights > 0
    chance = np.cumsum(weights[drawn], dtype=np.float64)
    return sequences[drawn], chance / chance[-1] if len(chance) else chance
