"""Writes bar by bar, and a bar again that stands in the training music."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from . import vocabulary as v
from .context import Context
from .generation import Filled, Pull, fill
from .memorisation import LIMIT, MemoryFilter
from .opening import Opening
from .reading import Played
from .sampler import Sampler
from .score import Note
from .steering import Steering

TRIES = 4
"""Drafts of one bar, at most; the last one stands."""


def write(
    context: Context,
    opening: Opening,
    sampler: Sampler,
    steering: Steering,
    memory: MemoryFilter | None = None,
    pull: Pull | None = None,
    each: Callable[[], None] | None = None,
) -> Iterator[Filled]:
    """Fill an opening that `context` has been set to. `each` is called after every token, and may raise.

    Without a `memory` events come as they are written. With one they come at the end of their bar: a bar that
    brings a part's longest match with the training music over memorisation.LIMIT notes, or further over it,
    is written again.
    """
    if memory is None:
        yield from _watched(fill(context, opening.grammar, sampler, steering, opening.runs, pull), each)
        return
    grammar = opening.grammar
    heard: list[Played] = []
    known: dict[int, int] = {}
    done = 0
    for runs in opening.bars:
        mark = context.mark()
        for attempt in range(TRIES):
            draft, steered = grammar.draft(), copy.deepcopy(steering)
            bar = list(_watched(fill(context, draft, sampler, steered, runs, pull), each))
            events = [filled.played for filled in bar if filled.played is not None]
            matches = matches_of(memory, [*heard, *events])
            if attempt == TRIES - 1 or all(
                notes <= max(LIMIT, known.get(slot, 0)) for slot, notes in matches.items()
            ):
                break
            if not context.back_to(mark):
                break
        grammar, steering = draft, steered
        heard += events
        known = matches
        for filled in bar:
            yield filled._replace(frames=done + filled.frames)
        done += len(runs)


def _watched(writing: Iterator[Filled], each: Callable[[], None] | None) -> Iterator[Filled]:
    for filled in writing:
        if each is not None:
            each()
        yield filled


def matches_of(memory: MemoryFilter, heard: Iterable[Played]) -> dict[int, int]:
    """Notes of each pitched slot's longest stretch that may stand in the training music."""
    notes: defaultdict[int, list[Note]] = defaultdict(list)
    for played in heard:
        if isinstance(played.event, Note) and played.slot not in v.DRUM_SLOTS:
            notes[played.slot].append(played.event)
    return {slot: memory.longest(part) for slot, part in notes.items()}
