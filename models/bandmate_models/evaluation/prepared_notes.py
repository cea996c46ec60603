"""The notes of prepared sequences as columns, read from their tokens many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v

Ints = NDArray[np.int64]

CHUNK_TOKENS = 4_000_000
_BAR_TICKS = np.zeros(v.SIZE, dtype=np.int64)
for _token in range(v.ids("bar").start, v.ids("odd_bar").stop):
    _BAR_TICKS[_token] = v.bar_ticks(_token)
_DURATIONS = np.array(v.DURATIONS, dtype=np.int64)


class Columns(NamedTuple):
    """One row a note, [N] each, ordered by sequence, slot, tick and pitch.

    `tick` counts from the first bar of its chunk, `bar` is the tick at which the note's bar begins and
    `metre` its bar token; `duration` is in ticks.
    """

    sequence: Ints
    slot: Ints
    tick: Ints
    pitch: Ints
    duration: Ints
    bar: Ints
    metre: Ints


def columns_of(sequences: Iterable[NDArray[np.integer]]) -> Iterator[Columns]:
    """Notes of whole single-stream sequences (header and body), some thousand pieces a time.

    Sequences are numbered from 0 through all chunks.
    """
    bodies: list[NDArray[np.integer]] = []
    first, held = 0, 0
    for sequence in sequences:
        body = sequence[int(np.argmax(sequence == v.START)) + 1 :]
        bodies.append(body)
        held += len(body)
        if held >= CHUNK_TOKENS:
            yield _columns(bodies, first)
            first, held = first + len(bodies), 0
            bodies = []
    if bodies:
        yield _columns(bodies, first)


def _columns(bodies: list[NDArray[np.integer]], first: int) -> Columns:
    tokens = np.concatenate(bodies).astype(np.int64)
    number = np.repeat(np.arange(first, first + len(bodies)), [len(body) for body in bodies])
    bars = _BAR_TICKS[tokens] > 0
    opened = np.cumsum(_BAR_TICKS[tokens])
    metre = _last(tokens, bars)
    bar = opened - _BAR_TICKS[metre]
    frames = _in(tokens, "frame_m")
    beat = _last(tokens, frames) - v.BASE["frame_m"]
    onsets = _in(tokens, "onset")
    onset = _last(tokens, onsets) - v.BASE["onset"]
    tick = bar + beat * v.TICKS_PER_BEAT + onset % v.TICKS_PER_BEAT
    pitched, drums = _in(tokens, "pitch"), _in(tokens, "drum")
    at = np.flatnonzero(pitched | drums)
    pitch = tokens[at] - np.where(drums[at], v.BASE["drum"], v.BASE["pitch"])
    rows = Columns(
        number[at], onset[at] // v.TICKS_PER_BEAT, tick[at], pitch, _durations(tokens)[at], bar[at], metre[at]
    )
    order = np.lexsort((rows.pitch, rows.tick, rows.slot, rows.sequence))
    return Columns(*(column[order] for column in rows))


def _durations(tokens: Ints) -> Ints:
    """Ticks of the note that begins at each token; of any other token it means nothing."""
    lengths = np.where(_in(tokens, "long"), (tokens - v.BASE["long"] + 1) * v.TICKS_PER_BEAT, 0)
    ends = _in(tokens, "durvel")
    index = np.where(ends, tokens - v.BASE["durvel"], 0) // len(v.VELOCITIES)
    lengths = np.where(ends, _DURATIONS[index], lengths)
    lengths = np.where(_in(tokens, "drumvel"), v.DRUM_TICKS, lengths)
    ended = np.flatnonzero(ends | _in(tokens, "drumvel"))
    if not len(ended):
        return np.zeros(len(tokens), dtype=np.int64)
    following = ended[np.minimum(np.searchsorted(ended, np.arange(len(tokens))), len(ended) - 1)]
    total = np.cumsum(lengths)
    since: Ints = total[following] - total
    return since


def _in(tokens: Ints, field: str) -> NDArray[np.bool_]:
    ids = v.ids(field)
    inside: NDArray[np.bool_] = (tokens >= ids.start) & (tokens < ids.stop)
    return inside


def _last(tokens: Ints, marked: NDArray[np.bool_]) -> Ints:
    """The newest marked token at each place."""
    place = np.where(marked, np.arange(len(tokens)), 0)
    return tokens[np.maximum.accumulate(place)]
