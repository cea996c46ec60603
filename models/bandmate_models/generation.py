"""The loop that writes music: logits, mask, pick, step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .grammar import Grammar
from .reading import Played, Reader, Stage
from .sampler import Sampler
from .steering import Steering

NO_CHORDS: Mapping[int, int] = {}


class Predictor(Protocol):
    """What tells how likely each next token is: a model's `Context`, or a baseline."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """Logits [V] of the token after the last one."""
        ...

    def step(self, token: int) -> None: ...

    def extend(self, tokens: Sequence[int]) -> None: ...


class Progress(NamedTuple):
    """After each token: the event that it completed, if any, and the bars opened so far."""

    played: Played | None
    bars: int


def generate(
    context: Predictor,
    grammar: Grammar,
    sampler: Sampler,
    steering: Steering,
    *,
    until_bar: int,
    chords: Mapping[int, int] = NO_CHORDS,
) -> Iterator[Progress]:
    """Write until bar number `until_bar` (from 0, counted from the reader's first bar) would open.

    `chords` maps a frame's first tick to the chord token that is told there.

    The grammar's upcoming frames must reach at least one frame into that bar, so that the model may end the
    bar before it in its own words. The token that opens it is not taken.
    """
    reader = grammar.reader
    while True:
        token = sampler.pick(context.logits + steering.push, grammar.mask())
        opens_bar = reader.stage is not Stage.BAR and grammar.opens_bar(token)
        if opens_bar and len(reader.bars) >= until_bar:
            return
        played = grammar.advance(token)
        steering.heard(reader, token)
        context.step(token)
        if reader.stage is Stage.FRAME and reader.frame.start in chords:
            chord = chords[reader.frame.start]
            grammar.advance(chord)
            context.step(chord)
        yield Progress(played, len(reader.bars))


class Pull(Protocol):
    """What draws an answer to something as it is written (see theme.Theme)."""

    def push(self, reader: Reader) -> NDArray[np.float32] | None:
        """Added to the logits of the next token; None for nothing."""
        ...


class Filled(NamedTuple):
    """After each token: the event that it completed, if any, and the frames written so far."""

    played: Played | None
    frames: int


def fill(
    context: Predictor,
    grammar: Grammar,
    sampler: Sampler,
    steering: Steering,
    runs: Sequence[list[int]],
    pull: Pull | None = None,
) -> Iterator[Filled]:
    """Write one frame for each of `runs`, the tokens that stand after it and need no choice (see Opening).

    The context and the grammar stand after the first frame's marker. The last run ends with EOS;
    where it is nothing else, the model may open another bar instead, and ends there too.
    """
    reader = grammar.reader
    for number, run in enumerate(runs):
        last = run == [v.EOS]
        while True:
            mask = grammar.mask()
            if last and grammar.frame_may_end(mask):
                mask[v.EOS] = True
            logits = context.logits + steering.push
            push = pull.push(reader) if pull is not None else None
            token = sampler.pick(logits if push is None else logits + push, mask)
            if token == run[0] or (last and grammar.opens_bar(token)):
                break
            played = grammar.advance(token)
            steering.heard(reader, token)
            context.step(token)
            yield Filled(played, number)
        given = [token for token in run if token != v.EOS]
        for token in run if not last else ():
            grammar.advance(token)
            if reader.stream == "m":
                steering.heard(reader, token)
        context.extend(given)
        yield Filled(None, number + 1)
