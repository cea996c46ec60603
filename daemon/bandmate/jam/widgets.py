"""What the screen is made of: lines of figures, and the lanes of the music."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from bandmate.band.status import BandStatus
from bandmate.jam.figures import Item
from bandmate.jam.lanes import (
    LABEL,
    Look,
    blank,
    ground,
    is_silent,
    lanes_of,
    notes_of,
    rows_of,
    ruler_strip,
    strips,
)
from bandmate.jam.roll import Register, View, bar_lines, dots, ruler

_STYLES = {"": "", "strong": "bold", "quiet": "grey50", "bad": "bold red"}


class Lines(Static):
    """Figures in lines, drawn where they have changed, and laid out anew where they are more or fewer."""

    _shown: Sequence[list[Item]] = ()

    def show(self, lines: list[list[Item]]) -> None:
        if lines == self._shown:
            return
        gap = Text("   ")
        painted = (gap.join(Text(item.text, _STYLES[item.weight]) for item in line) for line in lines)
        self.update(Text("\n").join(painted), layout=len(lines) != len(self._shown))
        self._shown = lines


class Roll(Widget):
    """The lanes. `show` draws; nothing else does, but a change of size."""

    def __init__(self) -> None:
        super().__init__(id="roll")
        self._status: BandStatus | None = None
        self._chosen = 0
        self._registers: dict[str, Register] = {}
        self._drawn: list[Strip] = []

    def show(self, status: BandStatus, chosen: int) -> None:
        self._status, self._chosen = status, chosen
        self._draw()
        self.refresh()

    def on_resize(self) -> None:
        self._draw()

    def render_line(self, y: int) -> Strip:
        return self._drawn[y] if y < len(self._drawn) else blank(self.size.width)

    def _draw(self) -> None:
        status, columns = self._status, self.size.width - LABEL
        if status is None or columns < 8:
            self._drawn = []
            return
        now = status.clock.beat_at(time.perf_counter())
        view = View.of(columns, now, max(status.committed, now))
        lines = bar_lines(view, status.clock)
        self._drawn = [ruler_strip(ruler(view, lines))]
        behind, lanes = ground(view, lines), lanes_of(status)
        for lane, rows in zip(lanes, rows_of(lanes, self.size.height - 1), strict=True):
            if not rows:
                continue
            register = self._registers.setdefault(lane.who, Register())
            picture = dots(notes_of(lane, status), view, 2 * rows, lane.drums, register)
            look = Look(status.dials, self._chosen == lane.number != 0)
            self._drawn += strips(lane, look, is_silent(lane, status), picture, view, behind)
