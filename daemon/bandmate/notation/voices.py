"""Notes of a staff as voices: chords one after the other, cut into values that can be written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bandmate.notation.quantising import DIVISIONS, THIRDS, Ruled, Written

MOST = 4
"""Voices on a staff; a fifth cuts short what ends first."""

_NAMES = {192: "whole", 96: "half", 48: "quarter", 24: "eighth", 12: "16th", 6: "32nd", 3: "64th"}
_VALUES = {
    ticks * (2 * (1 << dots) - 1) // (1 << dots): (name, dots)
    for ticks, name in _NAMES.items()
    for dots in (0, 1)
    if not ticks % (1 << dots)
}
"""What a note of so many ticks is called, and its dots."""


class Chord(NamedTuple):
    """Pitches that begin and end together; none is a rest."""

    start: int
    end: int
    pitches: tuple[int, ...]


class Value(NamedTuple):
    """A written note or rest: ticks from the bar's beginning, its name, and whether it is of a triplet."""

    start: int
    ticks: int
    name: str
    dots: int
    third: bool
    pitches: tuple[int, ...]
    tied_from: bool  # to the one before
    tied_to: bool


def voices(notes: Sequence[Written]) -> list[list[Chord]]:
    """At most MOST lines of chords that do not overlap, the higher notes first."""
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    for note in notes:
        together[note.start, note.end].append(note.pitch)
    lines: list[list[Chord]] = []
    for (start, end), pitches in sorted(together.items(), key=lambda item: (item[0][0], -max(item[1]))):
        chord = Chord(start, end, tuple(sorted(pitches)))
        line = next((line for line in lines if line[-1].end <= start), None)
        if line is not None:
            line.append(chord)
        elif len(lines) < MOST:
            lines.append([chord])
        else:
            _squeeze(lines, chord)
    return lines


def _squeeze(lines: list[list[Chord]], chord: Chord) -> None:
    """Finds room where there is none: a chord is cut short, or joined where it begins at the same time."""
    line = min(lines, key=lambda line: (line[-1].start == chord.start, line[-1].end))
    last = line[-1]
    if last.start == chord.start:
        line[-1] = last._replace(pitches=tuple(sorted({*last.pitches, *chord.pitches})))
    else:
        line[-1] = last._replace(end=chord.start)
        line.append(chord)


def in_bar(line: Sequence[Chord], bar: Ruled) -> list[Value]:
    """What a voice has in a bar, with its rests; nothing where it is silent."""
    here = [chord for chord in line if chord.start < bar.end and chord.end > bar.start]
    if not here:
        return []
    found: list[Value] = []
    place = bar.start
    for chord in here:
        if chord.start > place:
            found += _values(Chord(place, chord.start, ()), bar)
        found += _values(chord, bar)
        place = min(chord.end, bar.end)
    if place < bar.end:
        found += _values(Chord(place, bar.end, ()), bar)
    return found


def _values(chord: Chord, bar: Ruled) -> Iterator[Value]:
    """A chord within a bar as values that show the beats, tied to each other."""
    first, last = max(chord.start, bar.start) - bar.start, min(chord.end, bar.end) - bar.start
    pieces = list(_pieces(first, last, bar))
    for index, (start, ticks, third) in enumerate(pieces):
        name, dots = _VALUES[ticks * 3 // 2 if third else ticks]
        tied = bool(chord.pitches)
        before = tied and (index > 0 or chord.start < bar.start)
        after = tied and (index < len(pieces) - 1 or chord.end > bar.end)
        yield Value(start, ticks, name, dots, third, chord.pitches, before, after)


def _pieces(first: int, last: int, bar: Ruled) -> Iterator[tuple[int, int, bool]]:
    """Start, ticks and whether it is of a triplet, of what [first, last) is written with."""
    place = first
    while place < last:
        beat_end = (place // bar.pulse + 1) * bar.pulse
        inside, on_beat = min(last, beat_end) - place, place % bar.pulse == 0
        third = bar.grid_at(place) in THIRDS and not (on_beat and inside == bar.pulse)
        if third and bar.pulse == DIVISIONS:
            ticks = max((t * 2 // 3 for t in _VALUES if t * 2 % 3 == 0 and t * 2 // 3 <= inside), default=0)
        elif on_beat and last >= beat_end:
            whole = last - (last % bar.pulse if _thirds_follow(last, bar) else 0) - place
            ticks, third = max(t for t in _VALUES if t <= whole), False
        else:
            ticks, third = max((t for t in _VALUES if t <= inside), default=0), False
        if not ticks:
            return  # less than a 64th
        yield place, ticks, third
        place += ticks


def _thirds_follow(tick: int, bar: Ruled) -> bool:
    """Whether a note that ends at `tick` ends within a beat of thirds, and so must be cut before it."""
    return tick % bar.pulse != 0 and bar.grid_at(tick) in THIRDS
