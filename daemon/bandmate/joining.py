"""Two scores, one after the other, on one time line."""

from __future__ import annotations

from dataclasses import replace

from bandmate_models.score import Part, Score


def joined(first: Score, second: Score, seam: float) -> Score:
    """`first` up to beat `seam`, then `second` from there; parts of one role, program and name become one."""
    parts = [_cut(part, seam) for part in first.parts]
    for part in second.parts:
        moved = _moved(part, seam)
        match = next((i for i, known in enumerate(parts) if _same(known, moved)), None)
        if match is None:
            parts.append(moved)
        else:
            known = parts[match]
            parts[match] = replace(
                known, notes=known.notes + moved.notes, controls=known.controls + moved.controls
            )
    return Score(
        parts=tuple(parts),
        tempos=_changes(first.tempos, second.tempos, seam),
        metres=_changes(first.metres, second.metres, seam),
        keys=_changes(first.keys, second.keys, seam),
        markers=_changes(first.markers, second.markers, seam),
    )


def _same(one: Part, other: Part) -> bool:
    return (one.role, one.program, one.name) == (other.role, other.program, other.name)


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
