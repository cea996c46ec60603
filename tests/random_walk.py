"""Sequences of a model that has no taste: what a grammar allows is all they have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandmate_models import vocabulary as v
from bandmate_models.encoding import Header, PartLine
from bandmate_models.frames import frames_of_bars, in_order
from bandmate_models.grammar import Constraints, Grammar
from bandmate_models.guides import Guide
from bandmate_models.reading import Reader


def write(
    seed: int,
    bars: list[int],
    constraints: Constraints,
    *,
    players: frozenset[int] = frozenset(),
    lag: int | None = None,
    guides: Sequence[Guide] = (),
) -> tuple[Reader, list]:
    """A sequence whose every token is drawn evenly among those that the grammar allows."""
    random = np.random.default_rng(seed)
    reader = Reader()
    header = Header(parts=tuple(PartLine(s, player=s in players) for s in sorted(constraints.slots)), lag=lag)
    for token in header.tokens():
        reader.feed(token)
    grammar = Grammar(reader, in_order(frames_of_bars(bars), lag), constraints, guides)
    played = []
    for _ in range(20_000):
        allowed = np.flatnonzero(grammar.mask())
        assert len(allowed), "the grammar must always leave a way on"
        structure = [
            t for t in allowed if v.field_of(int(t)) in ("bar", "odd_bar", "frame_m", "frame_u", "special")
        ]
        pick = int(random.choice(structure if structure and random.random() < 0.2 else allowed))
        event = grammar.advance(pick)
        if event is not None:
            played.append(event)
        if pick == v.EOS:
            return reader, played
    raise AssertionError("the sequence did not end")
