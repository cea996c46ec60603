"""The same windows of the same pieces for every twin: drawn once, written in each tokenisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ... import vocabulary as v
from ...encoding import Header, PartLine, encode_body
from ...training.dataset import FROM_THE_START, TRANSPOSITIONS, Held, body_weights
from . import remi
from .pieces import Piece, metre_bar

NOTES = 256
"""Most notes of a row: whole bars of one piece, and of more pieces until it is nearly full."""
FEWEST = 24
DUO_SHARE = 0.25
"""Share of windows in which some parts are the player's, of pieces with more than one part."""
LAGS = (-2, 0, 1, 1)


class Excerpt(NamedTuple):
    """Bars [first, end) of a piece, transposed; `players` are the player's slots, heard at a lag in beats."""

    piece: Piece
    first: int
    end: int
    semitones: int = 0
    players: frozenset[int] = frozenset()
    lag: int | None = None

    @property
    def notes(self) -> int:
        before = self.piece.notes_before()
        return int(before[self.end] - before[self.first])


class Written(NamedTuple):
    """Tokens [T + 1], loss weights of their predictions [T], and notes of the model's stream."""

    tokens: NDArray[np.int64]
    weights: NDArray[np.float32]
    notes: int


class Tokenisation(Protocol):
    """How a twin writes an excerpt; None where nothing is left to predict."""

    def __call__(self, excerpt: Excerpt) -> Written | None: ...


class Ours:
    """The token format: header with timing and programs, no controls. `player` False leaves U and lag out."""

    def __init__(self, *, player: bool = True) -> None:
        self._player = player
        self._transposed = {semitones: v.transposition(semitones) for semitones in TRANSPOSITIONS}

    def __call__(self, excerpt: Excerpt, player_rows: NDArray[np.int32] | None = None) -> Written | None:
        """`player_rows`, where given, are played by the player instead of the piece's own."""
        piece, players = excerpt.piece, excerpt.players
        start, end = excerpt.first * piece.bar_ticks, excerpt.end * piece.bar_ticks
        rows = _between(piece.rows, start, end)
        heard = np.isin(rows[:, 1], sorted(players))
        notes = int((~heard).sum())
        if player_rows is not None:
            rows = _in_order(np.concatenate([rows[~heard], player_rows]))
        if not self._player:
            rows, players = rows[~heard], frozenset()
        lag = excerpt.lag if players else None
        lines = (
            PartLine(slot, slot in players, program)
            for slot, program in piece.parts
            if self._player or slot not in excerpt.players
        )
        header = Header(tuple(lines), free_timing=False, lag=lag).tokens()
        bars = [metre_bar(piece.metre)] * (excerpt.end - excerpt.first)
        body = np.array(encode_body(rows, bars, player_slots=players, lag=lag).tokens, dtype=np.uint16)
        weights = np.concatenate([np.zeros(len(header) - 1, np.float32), body_weights(body)])
        tokens = np.concatenate([np.array(header, dtype=np.uint16), body])
        moved = self._transposed[excerpt.semitones][tokens].astype(np.int64)
        return Written(moved, weights, notes) if notes else None


class Remi:
    """Plain REMI. The programs of the piece stand in front, as in our header, and are not charged."""

    def __init__(self) -> None:
        self._transposed = {semitones: remi.transposition(semitones) for semitones in TRANSPOSITIONS}

    def __call__(self, excerpt: Excerpt) -> Written | None:
        piece = excerpt.piece
        edges = np.append(piece.remi_bars, len(piece.remi))
        body = piece.remi[edges[excerpt.first] : edges[excerpt.end]]
        programs = [remi.program_id(program, slot in v.DRUM_SLOTS) for slot, program in piece.parts]
        tokens = np.concatenate([[remi.START, *programs], body]).astype(np.int64)
        weights = np.concatenate([np.zeros(len(programs)), np.ones(len(body))]).astype(np.float32)
        return Written(self._transposed[excerpt.semitones][tokens], weights, excerpt.notes)


class TwinWindows:
    """A WindowSource (training/batches.py). The excerpts depend on seed and step alone, not on the twin.

    `shares` says how often a source is drawn. Excerpts follow one another until a row has about NOTES notes.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        shares: Mapping[str, float],
        write: Tokenisation,
        held_out: Sequence[Excerpt] = (),
        seed: int = 0,
    ) -> None:
        self._write = write
        self._held_out = held_out
        self.seed = seed
        grouped: defaultdict[str, list[Piece]] = defaultdict(list)
        for piece in pieces:
            if shares.get(piece.source, 0) > 0:
                grouped[piece.source].append(piece)
        self._pools = list(grouped.values())
        chance = np.array([shares[name] for name in grouped])
        self._chance = np.cumsum(chance / chance.sum())

    def excerpts(self, step: int, row: int) -> list[Excerpt]:
        """What a row of a step holds."""
        rng = np.random.default_rng((self.seed, step, row))
        drawn: list[Excerpt] = []
        left = NOTES
        while left > FEWEST:
            pool = self._pools[int(np.searchsorted(self._chance, rng.random()))]
            piece = pool[rng.integers(len(pool))]
            first = 0 if rng.random() < FROM_THE_START else int(rng.integers(max(piece.bars - 3, 1)))
            excerpt = beginning(piece, left, first)._replace(
                semitones=int(rng.choice(np.array(TRANSPOSITIONS)))
            )
            if len(piece.parts) > 1 and rng.random() < DUO_SHARE:
                excerpt = with_player(excerpt, rng, int(rng.choice(LAGS)))
            drawn.append(excerpt)
            left -= max(excerpt.notes, FEWEST)
        return drawn

    def batch(self, step: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Tokens [size, T + 1] and weights [size, T], as long as the longest row."""
        rows = [self._row(self.excerpts(step, row)) for row in range(size)]
        rows.sort(key=lambda row: len(row[0]))
        tokens = np.zeros((size, len(rows[-1][0])), dtype=np.int64)
        weights = np.zeros((size, tokens.shape[1] - 1), dtype=np.float32)
        for index, (row_tokens, row_weights) in enumerate(rows):
            tokens[index, : len(row_tokens)] = row_tokens
            weights[index, : len(row_weights)] = row_weights
        return tokens, weights

    def _row(self, excerpts: Sequence[Excerpt]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        written = [found for found in map(self._write, excerpts) if found is not None]
        if not written:
            return np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.float32)
        weights = [np.append(found.weights, np.float32(0)) for found in written]  # none for the next's first
        return np.concatenate([found.tokens for found in written]), np.concatenate(weights)[:-1]

    def validation(self) -> Iterator[Held]:
        for excerpt in self._held_out:
            written = self._write(excerpt)
            if written is not None:
                yield Held(written.tokens, written.weights, written.notes, excerpt.piece.source)


def beginning(piece: Piece, notes: int, first: int = 0) -> Excerpt:
    """The bars from `first` on that hold at most so many notes, at least one."""
    before = piece.notes_before()
    end = int(np.searchsorted(before, before[first] + notes, side="right")) - 1
    return Excerpt(piece, first, min(max(end, first + 1), piece.bars))


def with_player(excerpt: Excerpt, rng: np.random.Generator, lag: int) -> Excerpt:
    """The same with some parts, not all, given to the player."""
    slots = [slot for slot, _ in excerpt.piece.parts]
    count = int(rng.integers(1, len(slots)))
    chosen = rng.choice(len(slots), size=count, replace=False)
    return excerpt._replace(players=frozenset(slots[index] for index in chosen), lag=lag)


def _between(rows: NDArray[np.int32], start: int, end: int) -> NDArray[np.int32]:
    """Rows of ticks [start, end), moved so that `start` is 0."""
    first, last = np.searchsorted(rows[:, 0], (start, end))
    cut: NDArray[np.int32] = rows[first:last].copy()
    cut[:, 0] -= start
    return cut


def _in_order(rows: NDArray[np.int32]) -> NDArray[np.int32]:
    order = np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))
    result: NDArray[np.int32] = rows[order]
    return result
