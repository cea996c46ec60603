"""Which short notes of a beat hang on one beam."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bandmate.notation.voices import Value

_LEVELS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4}


def beams_of(values: Sequence[Value], pulse: int) -> list[list[str]]:
    """For each value the states of its beams, from the outermost: "begin", "continue", "end" or a hook.

    Neighbours in a beat of `pulse` ticks are joined; a rest parts them, and a note alone keeps its flag.
    """
    states: list[list[str]] = [[] for _ in values]
    numbers = range(len(values))

    def group(number: int) -> tuple[int, bool]:
        value = values[number]
        return value.start // pulse, bool(value.pitches) and value.name in _LEVELS

    for (_, short), members in groupby(numbers, key=group):
        joined = list(members)
        if short and len(joined) > 1:
            levels = [_LEVELS[values[number].name] for number in joined]
            for place, number in enumerate(joined):
                states[number] = [_state(levels, place, level) for level in range(1, levels[place] + 1)]
    return states


def _state(levels: Sequence[int], place: int, level: int) -> str:
    """What the beam of one level does at one note."""
    before = place > 0 and levels[place - 1] >= level
    after = place + 1 < len(levels) and levels[place + 1] >= level
    if before and after:
        return "continue"
    if before or after:
        return "end" if before else "begin"
    return "backward hook" if place > 0 else "forward hook"
