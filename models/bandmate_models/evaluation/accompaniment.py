"""How well an accompaniment goes with what it accompanies."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ..chords import ChordChange, chords_of
from ..harmony import CONSONANT
from ..score import Score
from .distributions import class_histogram, entropy, notes_of
from .measures import density
from .obedience import Kept

DENSITY_MARGIN = 0.20
ENTROPY_MARGIN = 0.15
"""How far, as a share of the real accompaniment's, a counted one's density and entropy may be off."""


def consonance(played: Score, accompaniment: Score) -> float | None:
    """Share of the time two notes sound together, one of each side, in which they are consonant.

    Every pair of notes counts with the beats that it sounds together. None where no pair does.
    """
    theirs = sorted(notes_of(played, drums=False))
    good = total = 0.0
    ours = sorted(notes_of(accompaniment, drums=False))
    longest = max((note.duration for note in ours), default=0.0)
    starts = [note.start for note in ours]
    for note in theirs:
        for other in ours[bisect_right(starts, note.start - longest - 1e-9) : bisect_right(starts, note.end)]:
            together = min(note.end, other.end) - max(note.start, other.start)
            if together > 1e-9:
                total += together
                good += together * ((note.pitch - other.pitch) % 12 in CONSONANT)
    return good / total if total else None


def note_in_chord(notes: Score, chords: Sequence[ChordChange]) -> float | None:
    """Share of the beats that pitched notes sound over a chord in which they are tones of it.

    None where no note sounds over a chord.
    """
    good = total = 0.0
    beats = [change.beat for change in chords]
    for note in notes_of(notes, drums=False):
        for index in range(max(0, bisect_right(beats, note.start) - 1), bisect_right(beats, note.end - 1e-9)):
            chord = chords[index].chord
            end = beats[index + 1] if index + 1 < len(beats) else note.end
            together = min(note.end, end) - max(note.start, beats[index])
            if chord is not None and together > 1e-9:
                total += together
                good += together * (note.pitch % 12 in chord.tones)
    return good / total if total else None


ChordName = tuple[int, int]
"""A chord's root, and its third in semitones (0 for none): what two readings of one chord should share."""


def chords_by_beat(score: Score, beats: float) -> list[ChordName | None]:
    """The chord at each whole beat of a score; None for no chord."""
    named: list[ChordName | None] = []
    now: ChordName | None = None
    rest = chords_of(score, beats)[::-1]
    for beat in range(int(beats)):
        while rest and rest[-1].beat <= beat + 1e-6:
            chord = rest.pop().chord
            if chord is None:
                now = None
                continue
            thirds = {(tone - chord.root) % 12 for tone in chord.tones} & {3, 4}
            now = chord.root, min(thirds, default=0)
        named.append(now)
    return named


def same_chords(before: Sequence[ChordName | None], after: Sequence[ChordName | None]) -> Kept:
    """Beats whose chord is the same after as before, of those that had one."""
    pairs = [(one, two) for one, two in zip(before, after, strict=True) if one is not None]
    return Kept(sum(one == two for one, two in pairs), len(pairs))


class Fit(NamedTuple):
    """One accompaniment beside the real one: its figures, and whether it is enough like it to count."""

    consonance: float | None
    note_in_chord: float | None
    density: float
    entropy: float
    counts: bool


def fit_of(played: Score, accompaniment: Score, real: Score, beats: float) -> Fit:
    """How `accompaniment` goes with `played` over so many beats; `real` is what was played there.

    Note-in-chord: the played notes against the chords that the accompaniment plays (chords.chords_of).
    """
    counted = density(accompaniment, beats, drums=False), entropy(class_histogram(accompaniment))
    wanted = density(real, beats, drums=False), entropy(class_histogram(real))
    return Fit(
        consonance(played, accompaniment),
        note_in_chord(played, chords_of(accompaniment, beats)),
        *counted,
        counts=all(
            abs(mine - theirs) <= margin * theirs + 1e-9
            for mine, theirs, margin in zip(counted, wanted, (DENSITY_MARGIN, ENTROPY_MARGIN), strict=True)
        ),
    )
