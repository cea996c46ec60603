"""The loop that writes music: logits, mask, pick, step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .context import Context
from .grammar import Grammar
from .reading import Played, Stage
from .sampler import Sampler
from .steering import Steering


class Progress(NamedTuple):
    """After each token: the event that it completed, if any, and the bars opened so far."""

    played: Played | None
    bars: int


def generate(
    context: Context, grammar: Grammar, sampler: Sampler, steering: Steering, *, until_bar: int
) -> Iterator[Progress]:
    """Write until bar number `until_bar` (from 0, counted from the reader's first bar) would open.

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
        yield Progress(played, len(reader.bars))
