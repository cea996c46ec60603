"""Where everything is: the device's view in Live, from a table; the patch's own view, by its cords."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from bandmate_device.patch import Patch, Rect

MARGIN, GAP = 8, 9  # left and right of the device; either side of the line between two sections
TITLE_Y, ROWS_Y, PITCH, ROW = 4, 22, 18, 15
_SECTION = re.compile(r"## (?:(.+) )?(\d+)")
_TITLE_ROW = -1
_EDGE, _BETWEEN, _LINE = 20.0, 60.0, 36.0  # of the patch's own view
_BLOCK, _PAGE = 1100.0, 2200.0  # where a row of boxes, and of blocks, is broken
_WORDS = {"label", "line", "title"}  # their letters want more room above and below than they have height


class BadLayout(ValueError):
    """A line that says nothing the layout knows."""


class Cell(NamedTuple):
    """One element: its look, its name (of a label: its text), and where it is seen."""

    look: str
    name: str
    rect: Rect


@dataclass
class Layout:
    """All elements of a device, the lines between its sections (as x), and its width."""

    cells: list[Cell]
    lines: list[int]
    width: int


def read_layout(text: str) -> Layout:
    """The layout that a source says. Raises BadLayout."""
    cells: list[Cell] = []
    lines: list[int] = []
    left, right = 0, MARGIN - 2 * GAP
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if found := _SECTION.fullmatch(words):
            left = right + 2 * GAP
            if cells:
                lines.append(left - GAP)
            right = left + int(found[2])
            if found[1]:
                cells.append(_cell("title", found[1], left, _TITLE_ROW, int(found[2]), 1))
        elif words and not words.startswith("#"):
            try:
                look, name, place = (part.strip() for part in words.split("|"))
                row, x, width, *rows = (int(number) for number in place.split())
            except ValueError as error:
                raise BadLayout(f"line {number}: {words}: {error}") from error
            if x + width > right - left:
                raise BadLayout(f"line {number}: {name} reaches over its section's edge")
            cells.append(_cell(look, name, left + x, row, width, rows[0] if rows else 1))
    return Layout(cells, lines, right + MARGIN)


def _cell(look: str, name: str, x: int, row: int, width: int, rows: int) -> Cell:
    y = TITLE_Y if row == _TITLE_ROW else ROWS_Y + row * PITCH
    height = (rows - 1) * PITCH + ROW
    if look in _WORDS:
        return Cell(look, name, Rect(x, y - 2, width, height + 3))
    if look == "light":
        return Cell(look, name, Rect(x, y + 2, width, width))
    return Cell(look, name, Rect(x, y, width, height))


def lay_out_patch(patch: Patch, blocks: list[list[str]]) -> None:
    """Gives every box its place in the patch's own view: blocks side by side, boxes below their sources."""
    x = y = lowest = _EDGE
    for block in blocks:
        width, height = _lay_out_block(patch, block, x, y)
        x += width + _BETWEEN
        lowest = max(lowest, y + height + _BETWEEN)
        if x > _PAGE:
            x, y = _EDGE, lowest


def _lay_out_block(patch: Patch, block: list[str], left: float, top: float) -> tuple[float, float]:
    """Rows of boxes, those that lie as deep as each other side by side. Answers how wide and high it is."""
    depths = _depths(patch, block)
    wide, y = 0.0, top
    for depth in sorted(set(depths.values())):
        x = left
        for name in block:
            if depths[name] != depth:
                continue
            box = patch.boxes[name]
            width = max(34.0, 7.0 * len(box.text or name) + 12)
            if x > left and x + width > left + _BLOCK:
                x, y = left, y + _LINE
            box.place = Rect(x, y, width, 20.0)
            x += width + 16
            wide = max(wide, x - left)
        y += _LINE
    return wide, y - top


def _depths(patch: Patch, block: list[str]) -> dict[str, int]:
    """How deep each box of a block lies: one below the deepest that leads to it; headings at 0."""
    order = {name: number for number, name in enumerate(block)}
    depths = {name: 0 if patch.boxes[name].maxclass == "comment" else 1 for name in block}
    for name in block:
        for cord in patch.cords:
            if cord.source == name and order.get(cord.target, -1) > order[name]:
                depths[cord.target] = max(depths[cord.target], depths[name] + 1)
    return depths
