"""Small music for tests of tasks: a trio in 3/4, and what a player may give of it."""

from __future__ import annotations

from bandmate_models.score import Key, Metre, Note, Part, Role, Score, Tempo

BARS = 4
BEATS = 3.0 * BARS

MELODY = Part(
    "melody",
    tuple(Note(1.5 * step, 1.0, 62 + (0, 3, 5, 7, 5, 3, 2, 0)[step], 70 + 5 * step) for step in range(8)),
    65,
    name="tune",
)
CHORDS = Part(
    "chords",
    tuple(
        Note(3.0 * bar, 2.5, pitch, 60 + bar)
        for bar, triad in enumerate(((50, 53, 57), (43, 50, 58), (48, 52, 55), (50, 53, 57)))
        for pitch in triad
    ),
    4,
    name="keys",
)
BASS = Part(
    "bass",
    tuple(Note(1.5 * step, 1.25, (38, 45, 43, 46, 36, 43, 38, 33)[step], 80 + step) for step in range(8)),
    33,
    name="bass",
)
DRUMS = Part(
    "drums",
    tuple(
        sorted(Note(beat / 2, 0.25, 36 if beat % 3 == 0 else 42, 64 + beat) for beat in range(2 * 3 * BARS))
    ),
    name="kit",
)
_OF_ROLE = {part.role: part for part in (MELODY, CHORDS, BASS, DRUMS)}


def trio(*roles: Role) -> Score:
    """These parts of the band (melody, chords and bass where none are named): 4 bars of 3/4 in D minor."""
    return Score(
        tuple(_OF_ROLE[role] for role in roles or ("melody", "chords", "bass")),
        (Tempo(0.0, 96.0),),
        (Metre(0.0, 3, 4),),
        (Key(0.0, 2, "minor"),),
    )


def notes_of(score: Score) -> dict[Role, tuple[Note, ...]]:
    """The notes of each role."""
    return {part.role: part.notes for part in score.parts}
