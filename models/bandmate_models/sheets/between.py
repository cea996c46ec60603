"""A way from one phrase to another: interpolate."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .. import vocabulary as v
from ..controls import Controls
from ..encoding import PartLine, chord_marks, encode_body, plays_freely, rows_of
from ..frames import bars_of, frames_of_bars
from ..grammar import Constraints
from ..score import Part, Score
from ..slots import assign_slots
from ..steering import onset_rates
from ..theme import Theme, Themes
from ..tonal_home import tonal_home
from .common import empty, guides_for, harmony_of, header_for, key_of, lines_of, with_notes
from .own import PREFIX_BARS, SUFFIX_BARS
from .parts import heights_of, pitches_near
from .sheet import Sheet

LIKENESS = 3.0
"""Push in nats towards what a phrase plays, where the way leaves it or arrives at it."""


def interpolate(first: Score, second: Score, controls: Controls) -> Sheet:
    """`controls.bars` bars that lead from one phrase to another, in the first one's tempo and metre.

    Silent bars before the other's first note are passed over.
    """
    one, other = with_notes(first), with_notes(second)
    edges, later = lines_of(one), lines_of(other)
    begin = edges[max(0, len(edges) - 1 - PREFIX_BARS)]
    prefix = one.excerpt(begin, edges[-1])
    onset = min(note.start for part in other.parts for note in part.notes)
    opens = bisect_right(later, onset) - 1
    heard = later[min(opens + SUFFIX_BARS, len(later) - 1)] - later[opens]
    suffix = other.excerpt(later[opens], later[opens] + heard)
    parts, slots, theirs = _matched(one.parts, other.parts)
    metre = prefix.metre_at(edges[-1] - begin - 1e-6)
    until = edges[-1] - begin
    whole = replace(prefix, metres=(*prefix.metres, metre._replace(beat=until)))
    bars = bars_of(whole, until + controls.bars * metre.bar_length)
    opened = bars_of(prefix, until)
    free, key = plays_freely(one), key_of(one, controls)
    lines = [PartLine(slot, program=part.program) for part, slot in zip(parts, slots, strict=True)]
    tail = encode_body(rows_of(suffix, theirs, free=free), bars_of(suffix, heard))
    mine = slots[: len(prefix.parts)]
    opening, count = len(opened), controls.bars
    frame = replace(prefix, parts=tuple(parts), metres=(metre._replace(beat=0.0),))
    between = [until + metre.bar_length * number for number in range(controls.bars + 1)]
    chords, harmony = harmony_of(prefix, controls, between, detect=False)
    return Sheet(
        header=replace(header_for(prefix, controls, lines, key), suffix=tuple(tail.tokens)),
        bars=bars,
        rows=rows_of(prefix, mine, free=free),
        slots=slots,
        template=empty(parts, replace(frame, tempos=(one.tempo_at(edges[-1])._replace(beat=0.0),)), key),
        constraints=Constraints(
            frozenset(slots),
            pitches_near([*prefix.parts, *suffix.parts], [*mine, *theirs]),
            shifts=free,
            pedal=False,
            longest_rest=2.0,
        ),
        first=sum(1 for _ in frames_of_bars(opened)),
        last=sum(1 for _ in frames_of_bars(bars)),
        chords=chord_marks(chords, bars),
        guides=guides_for(controls, parts, slots, key=key, harmony=harmony, phrase=prefix),
        rates=_blend(
            {**dict.fromkeys(slots, 0.0), **onset_rates(prefix, mine, until)},
            {**dict.fromkeys(slots, 0.0), **onset_rates(suffix, theirs, heard)},
            opening,
            count,
        ),
        home=_blend(
            tonal_home(prefix, key, asked=False),
            tonal_home(suffix, key_of(suffix, controls), asked=False),
            opening,
            count,
        ),
        heights=_blend(heights_of(prefix, mine), heights_of(suffix, theirs), opening, count),
        pull=Themes(
            [
                _fading(prefix, mine, bars, opening, free=free, last=True),
                _fading(suffix, theirs, bars, opening, free=free, last=False),
            ]
        ),
    )


def _fading(
    phrase: Score, slots: Sequence[int], bars: list[int], opening: int, *, free: bool, last: bool
) -> Theme:
    """A phrase's own bars over the bars from `opening` on, as a theme that fades, or with `last` False grows.

    The phrase that is left goes on with its last bars in order, the one that is led to begins so that its own
    beginning follows; where there are more bars to write than it has, they come again.
    """
    count = len(bars) - opening
    edges = [round(line * v.TICKS_PER_BEAT) for line in lines_of(phrase)]
    known = min(count, len(edges) - 1)
    starts = [frame.start for frame in frames_of_bars(bars) if frame.bar_token is not None][opening:]
    rows = rows_of(phrase, slots, free=free)
    blocks = []
    for number, start in enumerate(starts):
        bar = len(edges) - 1 - known + number % known if last else (number - count) % known
        length = min(edges[bar + 1] - edges[bar], v.bar_ticks(bars[opening + number]))
        inside = rows[(edges[bar] <= rows[:, 0]) & (rows[:, 0] < edges[bar] + length)].copy()
        inside[:, 0] += start - edges[bar]
        blocks.append(inside)

    def strength(bar: int) -> float:
        way = min(1.0, max(0.0, (bar - opening + 0.5) / count))
        return LIKENESS * ((1 - way) if last else way) ** 2

    return Theme(np.concatenate(blocks), strength)


def _matched(ours: Sequence[Part], theirs: Sequence[Part]) -> tuple[list[Part], list[int], list[int]]:
    """Parts of both phrases, each role's first with the other's first; their slots; the second's slots."""
    free = {index: part.role for index, part in enumerate(ours)}
    places: list[int] = []
    extra: list[Part] = []
    for part in theirs:
        match = next((index for index, role in free.items() if role == part.role), None)
        if match is None:
            places.append(len(ours) + len(extra))
            extra.append(part)
        else:
            del free[match]
            places.append(match)
    parts = [*ours, *extra]
    slots = assign_slots(parts)
    return parts, slots, [slots[place] for place in places]


def _blend(
    one: Mapping[int, float], other: Mapping[int, float], opening: int, bars: int
) -> Callable[[int], dict[int, float]]:
    """A target that goes from one to another over `bars` bars, from bar `opening` of the sequence on.

    What only one of them has stays as it is.
    """

    def at(bar: int) -> dict[int, float]:
        share = min(1.0, max(0.0, (bar - opening + 0.5) / bars))
        keys = one.keys() | other.keys()
        return {
            key: one.get(key, other.get(key, 0.0)) * (1 - share) + other.get(key, one.get(key, 0.0)) * share
            for key in keys
        }

    return at
