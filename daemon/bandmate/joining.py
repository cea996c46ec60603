"""Two scores on one time line: one after the other, or one in the bars of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bandmate_models.score import Part, Score


def joined(first: Score, second: Score, seam: float) -> Score:
    """`first` up to beat `seam`, then `second` from there; parts of one role, program and name become one."""
    cut = [_cut(part, seam) for part in first.parts]
    moved = [_moved(part, seam) for part in second.parts]
    parts, extra = _matched(first.parts, moved)
    return Score(
        parts=(
            *(part if more is None else _followed(part, more) for part, more in zip(cut, parts, strict=True)),
            *extra,
        ),
        tempos=_changes(first.tempos, second.tempos, seam),
        metres=_changes(first.metres, second.metres, seam),
        keys=_changes(first.keys, second.keys, seam),
        markers=_changes(first.markers, second.markers, seam),
    )


def replaced(whole: Score, bars: Score, start: float, end: float) -> Score:
    """`whole` with what its parts play in [start, end) as `bars`, from beat 0, has it.

    Parts that `bars` does not have stay as they are. A note that rings into the bars ends where its pitch is
    struck there.
    """
    moved = [_moved(part, start) for part in bars.parts]
    parts, extra = _matched(whole.parts, moved)
    kept = (
        part if new is None else _renewed(part, new, start, end)
        for part, new in zip(whole.parts, parts, strict=True)
    )
    return replace(whole, parts=(*kept, *extra))


def _renewed(part: Part, new: Part, start: float, end: float) -> Part:
    before, after = _cut(part, start), _from(part, end)
    struck: dict[int, float] = {}
    for note in new.notes:
        struck.setdefault(note.pitch, note.start)
    held = (n._replace(duration=min(n.duration, struck.get(n.pitch, n.end) - n.start)) for n in before.notes)
    return replace(
        part,
        notes=(*held, *new.notes, *after.notes),
        controls=(*before.controls, *new.controls, *after.controls),
    )


def _matched(parts: Sequence[Part], others: Sequence[Part]) -> tuple[list[Part | None], list[Part]]:
    """For each part the other of its role, program and name, and those that are left over.

    Of several that are alike the first goes to the first; parts that play come before silent ones.
    """
    matches: list[Part | None] = [None] * len(parts)
    extra = []
    for other in others:
        alike = [i for i, part in enumerate(parts) if matches[i] is None and _same(part, other)]
        if alike:
            matches[min(alike, key=lambda index: not parts[index].notes)] = other
        else:
            extra.append(other)
    return matches, extra


def _same(one: Part, other: Part) -> bool:
    return (one.role, one.program, one.name) == (other.role, other.program, other.name)


def _followed(part: Part, more: Part) -> Part:
    return replace(part, notes=part.notes + more.notes, controls=part.controls + more.controls)


def _from(part: Part, beat: float) -> Part:
    """What begins at `beat` or later, with a pedal that is down there pressed again."""
    pedal = [c for c in part.controls if c.beat < beat and c.kind == "cc" and c.number == 64]
    controls = tuple(c for c in part.controls if c.beat >= beat)
    if pedal and pedal[-1].value >= 64:
        controls = (pedal[-1]._replace(beat=beat), *controls)
    return replace(part, notes=tuple(n for n in part.notes if n.start >= beat), controls=controls)


def _cut(part: Part, seam: float) -> Part:
    """What begins before the seam; a last note may ring over it, a pedal may not."""
    controls = tuple(c for c in part.controls if c.beat < seam)
    pedal = [c for c in controls if c.kind == "cc" and c.number == 64]
    if pedal and pedal[-1].value >= 64:
        controls += (pedal[-1]._replace(beat=seam, value=0),)
    return replace(part, notes=tuple(n for n in part.notes if n.start < seam), controls=controls)


def _moved(part: Part, beats: float) -> Part:
    return replace(
        part,
        notes=tuple(n._replace(start=n.start + beats) for n in part.notes),
        controls=tuple(c._replace(beat=c.beat + beats) for c in part.controls),
    )


def _changes(first: tuple, second: tuple, seam: float) -> tuple:  # type: ignore[type-arg]
    """A map's changes before the seam and after it, without those that change nothing."""
    before = tuple(change for change in first if change.beat < seam)
    after = tuple(change._replace(beat=change.beat + seam) for change in second)
    if before and after and before[-1][1:] == after[0][1:]:
        after = after[1:]
    return before + after
