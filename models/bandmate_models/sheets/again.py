"""Playing the same again, otherwise: vary a phrase, or play stiff notes as a person would."""

from __future__ import annotations

from dataclasses import replace

from ..controls import Controls
from ..corpus.sequences import HUMANISE_LAG, VARY_LAG, stiff
from ..encoding import PartLine, chord_marks, plays_freely, rows_of
from ..errors import BandmateError
from ..frames import bars_of, frames_of_bars
from ..grammar import Constraints
from ..guides.bending import bent
from ..score import Part, Score
from ..slots import assign_slots, twin_slot
from ..steering import onset_rates
from ..theme import Theme, strength_of
from ..tonal_home import tonal_home
from ..wishes import for_role
from .common import empty, guides_for, harmony_of, header_for, key_of, lines_of, with_notes
from .parts import heights_of, pitches_near
from .sheet import Sheet

USUAL_CREATIVITY = 0.5
DISTANCES = 8


def distance_of(creativity: float) -> int:
    """The step of distance (see attributes.distance_step) that a creativity of 0 … 1 asks for."""
    return min(DISTANCES - 1, int(creativity * DISTANCES))


def vary(phrase: Score, controls: Controls) -> Sheet:
    """A phrase in all its parts, played anew; parts that have no twin slot are not (see `in_the_locks`)."""
    given = with_notes(phrase)
    parts, slots, twins = _twins(given)
    theme = replace(given, parts=tuple(parts))
    edges = lines_of(given)
    bars = bars_of(given, edges[-1])
    free, key = plays_freely(theme), key_of(theme, controls)
    creativity = USUAL_CREATIVITY if controls.creativity is None else controls.creativity
    chords, harmony = harmony_of(given, controls, edges, detect=False)
    header = header_for(theme, controls, _lines(parts, twins, slots), key, lag=VARY_LAG)
    return Sheet(
        header=replace(header, distance=distance_of(creativity)),
        bars=bars,
        rows=rows_of(theme, twins, free=free),
        slots=slots,
        template=empty(parts, theme, key),
        constraints=Constraints(
            frozenset([*twins, *slots]), pitches_near(parts, slots), shifts=free, pedal=False
        ),
        first=0,
        last=sum(1 for _ in frames_of_bars(bars)),
        chords=chord_marks(chords, bars),
        guides=guides_for(controls, parts, slots, key=key, harmony=harmony, phrase=theme),
        rates=onset_rates(theme, slots, edges[-1]),
        home=tonal_home(theme, key, asked=controls.asked_key is not None),
        heights=heights_of(theme, slots),
        pull=Theme(rows_of(theme, slots, free=free), strength_of(creativity)),
    )


def in_the_locks(phrase: Score, controls: Controls) -> Score:
    """A phrase whose parts that `vary` does not play anew keep the locks: their notes are bent to them."""
    given = with_notes(phrase)
    parts, slots, _ = _twins(given)
    key = key_of(replace(given, parts=tuple(parts)), controls)
    _, harmony = harmony_of(given, controls, lines_of(given), detect=False)
    most = controls.polyphonies()
    taken = iter(assign_slots(given.parts))

    def kept(part: Part) -> Part:
        slot = next(taken) if part.notes else slots[0]
        if slot in slots:
            return part
        guides = guides_for(controls, [part], [slot], key=key, harmony=harmony)
        return bent(part, slot, guides, for_role(most, part.role))

    return replace(phrase, parts=tuple(map(kept, phrase.parts)))


def humanise(phrase: Score, controls: Controls) -> Sheet:
    """A phrase's own notes, whose timing and velocities are to be played (see performing.perform)."""
    given = with_notes(phrase)
    parts, slots, twins = _twins(given)
    straight = stiff(replace(given, parts=tuple(parts)))
    bars = bars_of(given, lines_of(given)[-1])
    key = key_of(given, controls)
    header = header_for(straight, controls, _lines(parts, twins, slots), key, lag=HUMANISE_LAG)
    return Sheet(
        header=replace(header, free_timing=True),
        bars=bars,
        rows=rows_of(straight, twins, free=False),
        slots=slots,
        template=empty(parts, straight, key),
        constraints=Constraints(frozenset([*twins, *slots])),
        performed=rows_of(straight, slots, free=False, keep_flat=True),
        first=0,
        last=sum(1 for _ in frames_of_bars(bars)),
    )


def _twins(phrase: Score) -> tuple[list[Part], list[int], list[int]]:
    """Parts that have a twin slot, their slots, and the twins. Raises BandmateError where there is none."""
    chosen = [
        (part, slot, twin)
        for part, slot in zip(phrase.parts, assign_slots(phrase.parts), strict=True)
        if (twin := twin_slot(slot)) is not None
    ]
    if not chosen:
        raise BandmateError("this phrase has no part that can be varied", "silent")
    parts, slots, twins = zip(*chosen, strict=True)
    return list(parts), list(slots), list(twins)


def _lines(parts: list[Part], twins: list[int], slots: list[int]) -> list[PartLine]:
    theirs = [PartLine(t, player=True, program=p.program) for p, t in zip(parts, twins, strict=True)]
    return theirs + [PartLine(s, program=p.program) for p, s in zip(parts, slots, strict=True)]
