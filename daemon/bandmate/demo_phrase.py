"""The phrase of the demo: four bars of funk in D minor for saxophone, piano, guitar, bass and drums."""

from __future__ import annotations

from bandmate_models.score import Key, Metre, Note, Part, Role, Score, Tempo

BARS = 4

# Every line: (bar from 0, beat from 1, pitch, beats, velocity); chords have several pitches.
_Line = tuple[tuple[int, float, tuple[int, ...], float, int], ...]

_BASS: _Line = (
    (0, 1.0, (38,), 0.7, 104),
    (0, 1.75, (38,), 0.2, 74),
    (0, 2.5, (50,), 0.2, 88),
    (0, 3.0, (36,), 0.4, 84),
    (0, 3.5, (38,), 0.45, 96),
    (0, 4.5, (41,), 0.2, 82),
    (0, 4.75, (42,), 0.2, 78),
    (1, 1.0, (43,), 0.7, 104),
    (1, 1.75, (43,), 0.2, 74),
    (1, 2.5, (55,), 0.2, 88),
    (1, 3.0, (41,), 0.4, 84),
    (1, 3.5, (43,), 0.45, 96),
    (1, 4.5, (40,), 0.2, 82),
    (1, 4.75, (38,), 0.2, 78),
    (2, 1.0, (46,), 0.7, 104),
    (2, 1.75, (46,), 0.2, 74),
    (2, 2.5, (41,), 0.4, 88),
    (2, 3.0, (36,), 0.7, 100),
    (2, 3.75, (36,), 0.2, 74),
    (2, 4.5, (40,), 0.4, 84),
    (3, 1.0, (38,), 0.7, 104),
    (3, 1.75, (38,), 0.2, 74),
    (3, 2.5, (50,), 0.2, 88),
    (3, 3.0, (45,), 0.9, 96),
    (3, 4.0, (43,), 0.4, 88),
    (3, 4.5, (40,), 0.2, 84),
    (3, 4.75, (37,), 0.2, 80),
)
_KEYS: _Line = (
    (0, 1.0, (60, 65, 69), 0.35, 82),
    (0, 2.25, (60, 65, 69), 0.2, 70),
    (0, 2.75, (60, 65, 69), 0.2, 78),
    (0, 4.0, (60, 64, 69), 0.7, 74),
    (1, 1.0, (59, 65, 69), 0.35, 82),
    (1, 2.25, (59, 65, 69), 0.2, 70),
    (1, 2.75, (59, 65, 69), 0.2, 78),
    (1, 4.0, (59, 62, 67), 0.7, 74),
    (2, 1.0, (58, 62, 65), 0.35, 82),
    (2, 2.25, (58, 62, 65), 0.2, 70),
    (2, 3.0, (58, 64, 67), 0.35, 80),
    (2, 4.25, (58, 64, 67), 0.45, 74),
    (3, 1.0, (57, 62, 65), 0.35, 82),
    (3, 2.25, (57, 62, 65), 0.2, 70),
    (3, 3.0, (55, 61, 64), 0.9, 84),
    (3, 4.5, (55, 61, 64), 0.2, 72),
)
_GUITAR: _Line = tuple(
    (bar, beat, shape, 0.15, velocity)
    for bar, shape in ((0, (69, 74, 77)), (1, (69, 74, 79)), (2, (70, 74, 77)), (3, (69, 73, 76)))
    for beat, velocity in ((1.5, 62), (2.0, 86), (2.5, 58), (3.25, 64), (3.5, 72), (4.0, 86))
)
_TUNE: _Line = (
    (0, 2.5, (74,), 0.4, 92),
    (0, 3.0, (77,), 0.4, 96),
    (0, 3.5, (81,), 0.9, 104),
    (0, 4.5, (79,), 0.45, 90),
    (1, 1.0, (77,), 0.7, 96),
    (1, 1.75, (74,), 0.7, 88),
    (1, 3.5, (74,), 0.2, 82),
    (1, 3.75, (77,), 0.2, 86),
    (1, 4.0, (79,), 0.9, 98),
    (2, 1.0, (81,), 0.7, 102),
    (2, 1.75, (79,), 0.2, 88),
    (2, 2.0, (77,), 0.45, 90),
    (2, 2.5, (74,), 0.9, 94),
    (2, 3.5, (76,), 0.4, 88),
    (2, 4.0, (79,), 0.45, 94),
    (2, 4.5, (76,), 0.45, 88),
    (3, 1.0, (77,), 0.45, 98),
    (3, 1.5, (76,), 0.2, 84),
    (3, 1.75, (74,), 1.2, 96),
    (3, 3.5, (73,), 0.45, 86),
    (3, 4.0, (76,), 0.8, 92),
)

# One character a sixteenth: "X" strong, "x" plain, "." soft, "-" rest; a string for each bar.
_DRUMS: dict[int, tuple[str, str, str, str]] = {
    36: ("X--x---x--X-----", "X--x---x--X-----", "X--x---x--X--x--", "X--x---x--X-----"),
    38: ("----X--.-.--X--.", "----X--.-.--X--.", "----X--.-.--X--.", "----X--.-.x-X.xx"),
    42: ("x.x.x.x.x.x.x.--", "x.x.x.x.x.x.x.x.", "x.x.x.x.x.x.x.--", "x.x.x.x.x.------"),
    46: ("--------------x-", "----------------", "--------------x-", "----------------"),
    49: ("x---------------", "----------------", "----------------", "----------------"),
    45: ("----------------", "----------------", "----------------", "-----------xx---"),
}
_STROKES = {"X": 112, "x": 84, ".": 46}

_PARTS: tuple[tuple[Role, int, str, _Line], ...] = (
    ("melody", 65, "Alto sax", _TUNE),
    ("chords", 4, "Electric piano", _KEYS),
    ("guitar", 27, "Guitar", _GUITAR),
    ("bass", 33, "Bass", _BASS),
)


def demo_phrase() -> Score:
    """Four bars of 4/4 in D minor at 102 quarter notes a minute: i7, IV7, VI-VII, i-V."""
    parts = [Part(role, _notes(line), program, name=name) for role, program, name, line in _PARTS]
    parts.append(Part("drums", _strokes(), 0, name="Drums"))
    return Score(
        parts=tuple(parts),
        tempos=(Tempo(0.0, 102.0),),
        metres=(Metre(0.0, 4, 4),),
        keys=(Key(0.0, 2, "minor"),),
    )


def _notes(line: _Line) -> tuple[Note, ...]:
    return tuple(
        sorted(
            Note(4.0 * bar + beat - 1, length, pitch, velocity)
            for bar, beat, pitches, length, velocity in line
            for pitch in pitches
        )
    )


def _strokes() -> tuple[Note, ...]:
    return tuple(
        sorted(
            Note(4.0 * bar + step / 4, 0.125, key, _STROKES[stroke])
            for key, bars in _DRUMS.items()
            for bar, pattern in enumerate(bars)
            for step, stroke in enumerate(pattern)
            if stroke in _STROKES
        )
    )
