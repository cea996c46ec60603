"""What Live sounds of a clip: from its start marker, around its loop, cut where the clip or the loop ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from ..score import Note
from .live_set import Clip
from .tree import bad_file

MOST_NOTES = 500_000
"""Notes that a set may sound: loops make many of few."""
_NEAR = 1e-9  # beats


def span_of(clip: Clip) -> float:
    """Beats from a clip's start to the end of its first pass: what a clip in a slot says once."""
    return max(clip.loop_end - clip.start, 0.0) or max(clip.loop_end - clip.loop_start, 0.0)


def sounded(clip: Clip, span: float, budget: int = MOST_NOTES) -> list[Note]:
    """The clip's notes in the `span` beats from its start, from beat 0 on.

    A note sounds where it begins within what is played: one that began before is not heard, one that hangs
    over an end is cut there. A start marker behind the loop never comes into it. Raises BandmateError
    ("bad_file") for more than `budget` notes.
    """
    starts = [note.start for note in clip.notes]
    heard: list[Note] = []
    for first, last, at in _passes(clip, span, starts):
        for note in clip.notes[bisect_left(starts, first - _NEAR) : bisect_left(starts, last - _NEAR)]:
            if len(heard) >= budget:
                raise bad_file(
                    f"the Live set sounds more than {MOST_NOTES} notes: save a part of it as a set"
                )
            duration = note.duration if note.end <= last else last - note.start
            heard.append(note._replace(start=max(note.start - first, 0.0) + at, duration=duration))
    return heard


def _passes(clip: Clip, span: float, starts: list[float]) -> Iterator[tuple[float, float, float]]:
    """(first, last, at): the content from `first` to `last` is heard from beat `at` on."""
    loop = clip.loop_end - clip.loop_start
    if not clip.looped or loop <= _NEAR or clip.start >= clip.loop_end:
        yield clip.start, clip.start + span, 0.0
        return
    yield clip.start, min(clip.loop_end, clip.start + span), 0.0
    inside = slice(bisect_left(starts, clip.loop_start - _NEAR), bisect_left(starts, clip.loop_end - _NEAR))
    if not starts[inside]:
        return
    turn, first_end = 0, clip.loop_end - clip.start
    while (at := first_end + turn * loop) < span - _NEAR:
        yield clip.loop_start, min(clip.loop_end, clip.loop_start + span - at), at
        turn += 1


def in_order(notes: list[Note]) -> tuple[Note, ...]:
    """Notes sorted as a part has them: by start, pitch, end, velocity."""
    return tuple(sorted(notes, key=lambda note: (note.start, note.pitch, note.end, note.velocity)))
