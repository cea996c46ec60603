"""What a part's notes and controls come to: when each key sounds and how loud, its swells and bends."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from bandmate_bridge.audio.curve import Steps, TimeLine
from bandmate_models.score import Control, Note, Part

_DATA, _VOLUME, _PAN, _EXPRESSION, _PEDAL, _PARAMETER, _PARAMETER_HIGH = 6, 7, 10, 11, 64, 100, 101
_BEND_RANGE, _WIDEST = 2, 24  # semitones: until a registered parameter says otherwise, and at most
_CHOKES = {42: 46, 44: 46, 46: 46}  # hi-hats: which key of the kit a key silences
PEDAL_FOREVER = 4.0  # beats that a note sounds on under a pedal that never rises


class Struck(NamedTuple):
    """A note in seconds; `level` is an amplitude; `choked`: when another drum silences it."""

    start: float
    end: float
    pitch: int
    program: int
    level: float
    choked: float | None = None


def strokes(part: Part, line: TimeLine) -> Iterator[Struck]:
    """The part's notes as they sound: held by the pedal, in the program of the moment.

    A velocity is 40 log10(velocity / 127) dB, the curve that General MIDI level 2 recommends.
    """
    programs = [(c.beat, c.value) for c in part.controls if c.kind == "program"]
    chokes = _chokes(part) if part.is_drums else {}
    for note in _held(part.notes, _timeline(part, _PEDAL)):
        silencing = chokes.get(note.pitch, [])
        after = bisect_right(silencing, note.start + 1e-6)
        yield Struck(
            line.seconds(note.start),
            line.seconds(note.end),
            note.pitch,
            _value(programs, note.start, part.program),
            (note.velocity / 127) ** 2,
            line.seconds(silencing[after]) if after < len(silencing) else None,
        )


def pan(part: Part) -> float | None:
    """Where the part's own controls put it, -1 left to 1 right; None where they say nothing."""
    return next((max(-1.0, (c.value - 64) / 63) for c in part.controls if _is(c, _PAN)), None)


def swells(part: Part, line: TimeLine) -> Steps:
    """The part's amplitude by volume and expression; 1 at a volume of 100."""
    volume, expression = _timeline(part, _VOLUME), _timeline(part, _EXPRESSION)
    beats = sorted({0.0, *(beat for beat, _ in (*volume, *expression))})
    return Steps(
        [
            (line.seconds(beat), (_value(volume, beat, 100) / 100 * _value(expression, beat, 127) / 127) ** 2)
            for beat in beats
        ]
    )


def bends(part: Part, line: TimeLine) -> Steps:
    """The part's pitch wheel, in semitones."""
    reach, parameter = float(_BEND_RANGE), [127, 127]
    changes = [(0.0, 0.0)]
    for control in part.controls:
        if control.kind == "bend":
            changes.append((line.seconds(control.beat), control.value / 8192 * reach))
        elif _is(control, _PARAMETER_HIGH) or _is(control, _PARAMETER):
            parameter[control.number == _PARAMETER] = control.value
        elif _is(control, _DATA) and parameter == [0, 0]:
            reach = float(min(control.value, _WIDEST))
    return Steps(changes)


def _is(control: Control, number: int) -> bool:
    return control.kind == "cc" and control.number == number


def _timeline(part: Part, number: int) -> list[tuple[float, int]]:
    return [(c.beat, c.value) for c in part.controls if _is(c, number)]


def _value(timeline: list[tuple[float, int]], beat: float, before: int) -> int:
    index = bisect_right(timeline, (beat + 1e-6, 128))
    return timeline[index - 1][1] if index else before


def _chokes(part: Part) -> dict[int, list[float]]:
    """For each key of the kit that others silence: the beats at which they do."""
    beats: dict[int, list[float]] = defaultdict(list)
    for note in part.notes:
        if note.pitch in _CHOKES:
            beats[_CHOKES[note.pitch]].append(note.start)
    return {key: sorted(found) for key, found in beats.items()}


def _held(notes: tuple[Note, ...], pedal: list[tuple[float, int]]) -> Iterator[Note]:
    """Notes that end under the pedal sound until it rises, or until their key is struck again."""
    if not pedal:
        yield from notes
        return
    rises = [beat for beat, value in pedal if value < 64]
    strikes: dict[int, list[float]] = defaultdict(list)
    for note in notes:
        strikes[note.pitch].append(note.start)
    for note in notes:
        end = note.end
        if _value(pedal, end, 0) >= 64:
            rise = bisect_right(rises, end)
            end = rises[rise] if rise < len(rises) else end + PEDAL_FOREVER
            again = bisect_right(strikes[note.pitch], note.start + 1e-6)
            if again < len(strikes[note.pitch]):
                end = max(note.end, min(end, strikes[note.pitch][again]))
        yield note._replace(duration=end - note.start)
