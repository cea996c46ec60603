"""The lanes of the screen: who has one, what stands at its left, and its characters in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
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
Rgb = tuple[int, int, int]


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


def strips(
    lane: Lane, look: Look, silent: bool, dots: list[list[Dot]], view: View, lines: Mapping[int, int]
) -> list[Strip]:
    """A lane's lines, two rows of dots in each."""
    rows = len(dots) // 2
    colour = _mixed(lane.colour, 0.3, _BACK) if silent else lane.colour
    labels = label(lane, look, rows)
    drawn = []
    for row in range(rows):
        weight = _style(colour if row == 0 else _QUIET, _BACK, bold=row == 0)
        segments = [Segment(labels[row], weight)]
        segments += _cells(colour, dots[2 * row], dots[2 * row + 1], view, lines)
        drawn.append(Strip(segments, LABEL + view.columns))
    return drawn


def ruler_strip(text: str) -> Strip:
    return Strip([Segment(" " * LABEL + text, _style(_QUIET, _BACK))], LABEL + len(text))


def blank(width: int) -> Strip:
    return Strip([Segment(" " * width, _style(_TEXT, _BACK))], width)


def _cells(
    colour: Rgb, upper: list[Dot], lower: list[Dot], view: View, lines: Mapping[int, int]
) -> list[Segment]:
    """The characters of one line, those of one style together."""
    segments: list[Segment] = []
    text, style = "", Style.null()
    now, committed = view.column(view.now), view.column(view.committed)
    for column, (above, below) in enumerate(zip(upper, lower, strict=True)):
        ground = _AHEAD_BACK if column >= committed > now else _BACK
        if above is EMPTY and below is EMPTY:
            letter = "│" if column == now or column in lines else " "
            wanted = _style(_NOW if column == now else _GRID, ground)
        elif above.what == NOTHING:
            letter, wanted = "▄", _style(_shade(colour, below), ground)
        elif below.what == NOTHING:
            letter, wanted = "▀", _style(_shade(colour, above), ground)
        else:
            letter, wanted = "▀", _style(_shade(colour, above), _shade(colour, below))
        if wanted is not style and text:
            segments.append(Segment(text, style))
            text = ""
        text, style = text + letter, wanted
    segments.append(Segment(text, style))
    return segments


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
