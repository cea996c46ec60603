"""What Live sounds of a clip: from its start marker, around its loop, cut where the clip or the loop ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from ..errors import BandmateError
from ..score import Control, ControlKind, Note
from .live_set import Clip
from .tree import bad_file

MOST_NOTES = 500_000
"""Notes that a set may sound: loops make many of few."""
_NEAR = 1e-9  # beats


def span_of(clip: Clip) -> float:
    """Beats from a clip's start to the end of its first pass: what a clip in a slot says once."""
    return max(clip.loop_end - clip.start, 0.0) or max(clip.loop_end - clip.loop_start, 0.0)


def sounded(clip: Clip, span: float, budget: int = MOST_NOTES) -> list[Note]:
    """The clip's notes in the `span` beats from its start, at its place in the arrangement.

    A note sounds where it begins within what is played: one that began before is not heard, one that hangs
    over an end is cut there. A start marker behind the loop never comes into it. Raises BandmateError
    ("bad_file") for more than `budget` notes.
    """
    starts = [note.start for note in clip.notes]
    heard: list[Note] = []
    for first, last, at in _passes(clip, span, starts):
        for note in clip.notes[_within(starts, first, last)]:
            if len(heard) >= budget:
                raise _too_many()
            start, duration, pitch, velocity = note
            if start + duration > last:
                duration = last - start
            heard.append(Note(max(start - first, 0.0) + at, duration, pitch, velocity))
    return heard


def turned(clip: Clip, span: float, budget: int = MOST_NOTES) -> list[Control]:
    """The clip's controls in the `span` beats from its start, as `sounded` has its notes.

    Where the clip begins, or the loop begins anew, a control goes back to where it stands there.
    """
    beats = [control.beat for control in clip.controls]
    changes: list[Control] = []
    stands: dict[tuple[ControlKind, int], int] = {}
    before: dict[float, list[Control]] = {}  # what stands where a pass begins: at the start, or the loop's
    for first, last, at in _passes(clip, span, beats):
        inside = _within(beats, first, last)
        if first not in before:
            newest = {(c.kind, c.number): c for c in clip.controls[: inside.start]}
            before[first] = [control._replace(beat=first) for control in newest.values()]
        chased = [c for c in before[first] if stands.get((c.kind, c.number)) != c.value]
        for control in (*chased, *clip.controls[inside]):
            if len(changes) >= budget:
                raise _too_many()
            changes.append(control._replace(beat=max(control.beat - first, 0.0) + at))
            stands[control.kind, control.number] = control.value
    return changes


def _within(beats: list[float], first: float, last: float) -> slice:
    return slice(bisect_left(beats, first - _NEAR), bisect_left(beats, last - _NEAR))


def _too_many() -> BandmateError:
    return bad_file(f"the Live set sounds more than {MOST_NOTES} notes: save a part of it as a set")


def _passes(clip: Clip, span: float, starts: list[float]) -> Iterator[tuple[float, float, float]]:
    """(first, last, at): the content from `first` to `last` is heard from beat `at` on."""
    loop = clip.loop_end - clip.loop_start
    if span <= _NEAR:
        return
    if not clip.looped or loop <= _NEAR or clip.start >= clip.loop_end:
        yield clip.start, clip.start + span, clip.at
        return
    yield clip.start, min(clip.loop_end, clip.start + span), clip.at
    if not starts[_within(starts, clip.loop_start, clip.loop_end)]:
        return
    turn, first_end = 0, clip.loop_end - clip.start
    while (since := first_end + turn * loop) < span - _NEAR:
        yield clip.loop_start, min(clip.loop_end, clip.loop_start + span - since), clip.at + since
        turn += 1


def in_order(notes: list[Note]) -> tuple[Note, ...]:
    """Notes sorted as a part has them: by start, pitch, end, velocity."""
    return tuple(sorted(notes, key=lambda note: (note.start, note.pitch, note.end, note.velocity)))
