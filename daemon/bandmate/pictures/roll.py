"""A score as a piano roll: keys upwards, time to the right, a colour for each part, drums on lines below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bandmate.pianoroll import DRUM_ROWS, OTHER_DRUMS
from bandmate.pictures.drawing import GROUND, INK, LINE, SHADE, STRONG, Box, Colour, Drawing, Words
from bandmate_models.errors import BandmateError
from bandmate_models.score import Bar, Note, Part, Role, Score

COLOURS: dict[Role, Colour] = {
    "melody": Colour(214, 154, 0),
    "chords": Colour(58, 134, 214),
    "guitar": Colour(232, 116, 24),
    "bass": Colour(128, 84, 204),
    "drums": Colour(214, 66, 72),
    "strings": Colour(58, 158, 84),
    "other": Colour(150, 122, 84),
}

_BLACK = (1, 3, 6, 8, 10)
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 16.0, 62.0, 30.0
_KEYBOARD = 26.0  # width of the keys
_ROW, _LANE, _GAP = 7.0, 13.0, 12.0  # a key's height, a drum's, and what parts the two
_LEAST = 14  # keys that are shown at least
_MOST_BARS = 512


class _Frame(NamedTuple):
    """Where beats and keys lie on the page."""

    bars: tuple[Bar, ...]
    left: float
    per_beat: float
    top: float
    low: int
    high: int

    def x(self, beat: float) -> float:
        return self.left + beat * self.per_beat

    def y(self, key: int) -> float:
        return self.top + (self.high - key) * _ROW

    @property
    def end(self) -> float:
        return self.bars[-1].end

    @property
    def below(self) -> float:
        return self.y(self.low) + _ROW if self.high >= self.low else self.top


def draw_roll(score: Score, title: str, *, beats: float | None = None, per_beat: float = 24.0) -> Drawing:
    """`beats` is the length where the last bars are silent. Raises BandmateError ("silent", "too_long")."""
    if not score.note_count:
        raise BandmateError(f"{title} holds no notes to draw", "silent")
    bars = tuple(score.bars(max(beats or 0.0, score.end)))
    if len(bars) > _MOST_BARS:
        raise BandmateError(
            f"{len(bars)} bars are too many for one picture; {_MOST_BARS} is the most", "too_long"
        )
    pitched = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    low, high = _span(pitched) if pitched else (0, -1)
    frame = _Frame(bars, _LEFT, per_beat, _TOP, low, high)
    lanes = _lanes(score)
    drums_top = frame.below + (_GAP if pitched and lanes else 0.0)
    bottom = drums_top + _LANE * len(lanes)
    legend = list(_legend(score))
    words_end = max(_LEFT + 9 * len(title), legend[-1].x + 7 * len(score.parts[-1].name))
    wide = max(frame.x(frame.end), words_end) + _RIGHT
    drawing = Drawing(wide, bottom + _BOTTOM, f"Piano roll of {title}")
    drawing.add(Words(_LEFT, 22, title, 15), *legend)
    if pitched:
        _ground(drawing, frame)
    for number, (name, _) in enumerate(lanes):
        y = drums_top + number * _LANE
        drawing.add(Box(_LEFT, y, frame.end * per_beat, _LANE, SHADE if number % 2 else GROUND))
        drawing.add(Words(_LEFT - 6, y + _LANE - 3.5, name, 9, INK, "end"))
    _grid(drawing, frame, bottom)
    for part in score.parts:
        drawing.add(*(_strokes(part, frame, lanes, drums_top) if part.is_drums else _notes(part, frame)))
    _time_axis(drawing, score, frame, bottom)
    return drawing


def _span(keys: list[int]) -> tuple[int, int]:
    """Lowest and highest key shown: a little more than is played."""
    low, high = min(keys) - 2, max(keys) + 2
    missing = max(0, _LEAST - (high - low + 1))
    return max(0, low - missing // 2), min(127, high + missing - missing // 2)


def _lanes(score: Score) -> list[tuple[str, frozenset[int]]]:
    """The drums that are struck, cymbals on top."""
    struck = {note.pitch for part in score.parts if part.is_drums for note in part.notes}
    named = frozenset().union(*(keys for _, keys in DRUM_ROWS))
    rows = (*DRUM_ROWS, (OTHER_DRUMS, frozenset(struck - named)))
    return [(name, keys) for name, keys in rows if struck & keys]


def _legend(score: Score) -> Iterator[Box | Words]:
    x = _LEFT
    for part in score.parts:
        if part.notes:
            name = part.name or part.role
            yield Box(x, 33, 9, 9, COLOURS[part.role])
            yield Words(x + 13, 41.5, name, 10)
            x += 30 + 6.5 * len(name)


def _ground(drawing: Drawing, frame: _Frame) -> None:
    """Rows of the keys, and the keys themselves."""
    width = frame.end * frame.per_beat
    for key in range(frame.low, frame.high + 1):
        black, y = key % 12 in _BLACK, frame.y(key)
        drawing.add(Box(_LEFT, y, width, _ROW, SHADE if black else GROUND))
        drawing.add(
            Box(
                _LEFT - _KEYBOARD - 2,
                y,
                _KEYBOARD * (0.62 if black else 1.0),
                _ROW - 0.5,
                INK if black else LINE,
            )
        )
        if key % 12 == 0:
            drawing.add(Words(_LEFT - _KEYBOARD - 6, y + _ROW - 0.5, f"C{key // 12 - 1}", 9, INK, "end"))
            drawing.horizontal(y + _ROW, _LEFT, _LEFT + width, LINE)


def _grid(drawing: Drawing, frame: _Frame, bottom: float) -> None:
    """Beats, and bar lines with the bars' numbers as far as they have room."""
    room = 0.0
    for bar in frame.bars:
        pulse = 4.0 / bar.metre.denominator
        for beat in range(1, int(bar.length / pulse + 1e-6)):
            if pulse * frame.per_beat >= 8:
                drawing.vertical(frame.x(bar.start + beat * pulse), _TOP, bottom)
        x = frame.x(bar.start)
        drawing.vertical(x, _TOP - 6, bottom, STRONG)
        if x >= room:
            drawing.add(Words(x + 3, _TOP - 3, str(bar.number + 1), 9))
            room = x + 12 + 7 * len(str(bar.number + 1))
    drawing.vertical(frame.x(frame.end), _TOP - 6, bottom, STRONG)


def _notes(part: Part, frame: _Frame) -> Iterator[Box]:
    for note in part.notes:
        x, width = frame.x(note.start), max(1.5, note.duration * frame.per_beat - 0.75)
        yield Box(
            x,
            frame.y(note.pitch) + 0.5,
            width,
            _ROW - 1,
            COLOURS[part.role],
            _strength(note),
            _said(part, note),
        )


def _strokes(part: Part, frame: _Frame, lanes: list[tuple[str, frozenset[int]]], top: float) -> Iterator[Box]:
    for note in part.notes:
        lane = next(index for index, (_, keys) in enumerate(lanes) if note.pitch in keys)
        height = (_LANE - 3) * (0.4 + 0.6 * note.velocity / 127)
        y = top + (lane + 1) * _LANE - 1.5 - height
        yield Box(frame.x(note.start), y, 3.0, height, COLOURS["drums"], 1.0, _said(part, note))


def _strength(note: Note) -> float:
    return 0.45 + 0.55 * note.velocity / 127


def _said(part: Part, note: Note) -> str:
    return f"{part.name or part.role}: key {note.pitch}, beat {note.start:g}, velocity {note.velocity}"


def _time_axis(drawing: Drawing, score: Score, frame: _Frame, bottom: float) -> None:
    """Seconds along the tempo map, told as far as they have room."""
    room = 0.0
    total = score.seconds(frame.end)
    step = next(step for step in (1, 2, 5, 10, 30, 60, 300, 1e9) if total / step <= 14)
    beat = 0.0
    for mark in range(int(total / step) + 1):
        while score.seconds(beat) < mark * step - 1e-6:
            beat += 1 / 96
        x = frame.x(beat)
        drawing.vertical(x, bottom, bottom + 4, STRONG)
        minutes, seconds = divmod(int(mark * step), 60)
        if x >= room:
            drawing.add(Words(x, bottom + 15, f"{minutes}:{seconds:02}", 9, INK, "middle"))
            room = x + 28
