"""The lanes of the screen: who has one, what stands at its left, and its characters in colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from bandmate.band.status import PLAYER, BandStatus, LiveNote
from bandmate.jam.roll import EMPTY, MAYBE, NOTHING, NOW, PAST, SURE, Dot, View
from bandmate.pianoroll import COLOURS
from bandmate_models.score import Role

LABEL = 19
"""Columns at the left of the music."""
LEVEL_CELLS = 8
MOST_ROWS, MOST_DRUM_ROWS = 12, 3

_BACK, _AHEAD_BACK = (16, 16, 18), (26, 26, 32)  # where the plan may change, the ground is lighter
_TEXT, _QUIET, _GRID, _NOW = (215, 215, 215), (120, 120, 128), (62, 62, 70), (235, 235, 235)
_PLAYER_COLOUR = "38;5;255"
_STRENGTH = {PAST: 0.5, NOW: 1.0, SURE: 0.85, MAYBE: 0.35}
_HELD = 0.72  # of the colour that a note begins with
_FREE = (EMPTY, EMPTY)
Rgb = tuple[int, int, int]
Cell = tuple[str, Style]


class Lane(NamedTuple):
    """One line of music: a player's or a role's, which has `number` on the keys (0: none)."""

    who: str
    number: int
    colour: Rgb
    drums: bool


class Look(NamedTuple):
    """How a part stands: what is turned of it, and whether it is chosen."""

    dials: Mapping[str, float]
    chosen: bool

    def of(self, lane: Lane, name: str, usual: float = 0.0) -> float:
        return self.dials.get(f"{lane.who}.{name}", usual)


def lanes_of(status: BandStatus) -> list[Lane]:
    """The players that were heard, then the band."""
    heard = sorted({note.who for note in status.heard if note.who.startswith(PLAYER)}) or [PLAYER]
    players = [Lane(who, 0, _rgb(_PLAYER_COLOUR), False) for who in heard]
    band = enumerate(status.roles, 1)
    return [*players, *(Lane(role, number, _rgb(COLOURS[role]), role == "drums") for number, role in band)]


def rows_of(lanes: Sequence[Lane], height: int) -> list[int]:
    """Lines of each lane: as even as may be, drums with no more than they can use."""
    rows = [1 if index < height else 0 for index in range(len(lanes))]
    most = [MOST_DRUM_ROWS if lane.drums else MOST_ROWS for lane in lanes]
    while sum(rows) < height:
        open_ = [index for index in range(len(lanes)) if rows[index] < most[index]]
        if not open_:
            break
        rows[min(open_, key=lambda index: rows[index])] += 1
    return rows


def label(lane: Lane, look: Look, rows: int) -> list[str]:
    """[rows] texts of LABEL columns: the part and its mute or solo, its level, its density and register."""
    if not lane.number:
        return [f"  {lane.who}".ljust(LABEL)[:LABEL], *[" " * LABEL] * (rows - 1)]
    muted, solo = look.of(lane, "mute") >= 0.5, look.of(lane, "solo") >= 0.5
    state = "MUTE" if muted else "SOLO" if solo else ""
    level = look.of(lane, "level", 0.75)
    filled = round(level * LEVEL_CELLS)
    lines = [
        f"{'▸' if look.chosen else ' '}{lane.number} {lane.who:<8} {state}",
        f"   {'▰' * filled}{'▱' * (LEVEL_CELLS - filled)} {level * 100:3.0f} %",
        f"   dens {_step(look.of(lane, 'density', -1))} reg {_step(look.of(lane, 'register', -1))}",
    ]
    return [line.ljust(LABEL)[:LABEL] for line in [*lines, *[""] * rows][:rows]]


def is_silent(lane: Lane, status: BandStatus) -> bool:
    """Whether a part of the band is muted, or others are solo."""
    solo = [role for role in status.roles if status.dials.get(f"{role}.solo", 0) >= 0.5]
    muted = status.dials.get(f"{lane.who}.mute", 0) >= 0.5
    return bool(lane.number) and (muted or bool(solo and lane.who not in solo))


class Ground(NamedTuple):
    """What stands behind the notes of every line: [columns] of character and style, and the same joined."""

    cells: list[Cell]
    segments: list[Segment]


def ground(view: View, lines: Iterable[int]) -> Ground:
    """Bar lines at the columns `lines`, the line of now, and lighter from where the plan may change."""
    cells = [(" ", _style(_GRID, _back(column, view))) for column in range(view.columns)]
    for column in lines:
        cells[column] = ("│", cells[column][1])
    now = view.column(view.now)
    cells[now] = ("│", _style(_NOW, _back(now, view)))
    return Ground(cells, _joined(cells))


def strips(
    lane: Lane, look: Look, silent: bool, dots: list[list[Dot]], view: View, behind: Ground
) -> list[Strip]:
    """A lane's lines, two rows of dots in each."""
    rows = len(dots) // 2
    colour = _mixed(lane.colour, 0.3, _BACK) if silent else lane.colour
    drawn = []
    for row, text in enumerate(label(lane, look, rows)):
        weight = _style(colour if row == 0 else _QUIET, _BACK, bold=row == 0)
        upper, lower = dots[2 * row], dots[2 * row + 1]
        filled = [column for column, pair in enumerate(zip(upper, lower, strict=True)) if pair != _FREE]
        segments = behind.segments
        if filled:
            cells = list(behind.cells)
            for column in filled:
                cells[column] = _cell(colour, upper[column], lower[column], _back(column, view))
            segments = _joined(cells)
        drawn.append(Strip([Segment(text, weight), *segments], LABEL + view.columns))
    return drawn


def ruler_strip(text: str) -> Strip:
    return Strip([Segment(" " * LABEL + text, _style(_QUIET, _BACK))], LABEL + len(text))


def blank(width: int) -> Strip:
    return Strip([Segment(" " * width, _style(_TEXT, _BACK))], width)


def _back(column: int, view: View) -> Rgb:
    """The ground of a column, lighter where the plan may change."""
    return _AHEAD_BACK if column >= view.column(view.committed) > view.column(view.now) else _BACK


def _cell(colour: Rgb, above: Dot, below: Dot, back: Rgb) -> Cell:
    if above.what == NOTHING:
        return "▄", _style(_shade(colour, below), back)
    return "▀", _style(_shade(colour, above), back if below.what == NOTHING else _shade(colour, below))


def _joined(cells: Iterable[Cell]) -> list[Segment]:
    """The characters, those of one style together."""
    return [
        Segment("".join(letter for letter, _ in run), style)
        for style, run in groupby(cells, key=itemgetter(1))
    ]


def _step(value: float) -> str:
    return f"{value:.0f}" if value >= 0 else "-"


@lru_cache(256)
def _shade(colour: Rgb, dot: Dot) -> Rgb:
    strength = _STRENGTH[dot.what] * (1.0 if dot.struck else _HELD)
    ground = _AHEAD_BACK if dot.what == MAYBE else _BACK
    bright = _mixed((255, 255, 255), 0.45, colour) if dot.what == NOW and dot.struck else colour
    return _mixed(bright, strength, ground)


def _mixed(colour: Rgb, share: float, ground: Rgb) -> Rgb:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(colour, ground, strict=True))
    return red, green, blue


@lru_cache(1024)
def _style(colour: Rgb, ground: Rgb, bold: bool = False) -> Style:
    return Style(color=Color.from_rgb(*colour), bgcolor=Color.from_rgb(*ground), bold=bold)


@lru_cache(32)
def _rgb(sgr: str) -> Rgb:
    """The colour of an SGR code like "38;5;220"."""
    triplet = Color.from_ansi(int(sgr.rsplit(";", 1)[1])).get_truecolor()
    return triplet.red, triplet.green, triplet.blue


def notes_of(lane: Lane, status: BandStatus) -> list[LiveNote]:
    """What of a lane is heard and planned."""
    return [note for note in (*status.heard, *status.planned) if note.who == lane.who]


def chosen_role(status: BandStatus, chosen: int) -> Role | None:
    """The role of a part's number; None for 0, which is everybody, and for a part that is not there."""
    return status.roles[chosen - 1] if 0 < chosen <= len(status.roles) else None
