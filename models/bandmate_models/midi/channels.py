"""A track's events by channel: notes paired with their ends, program changes, controls. Times are ticks."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import NamedTuple

from ..score import ControlKind
from .chunks import ChannelEvent

TickNote = tuple[int, int, int, int]  # start, pitch, end, velocity
Change = tuple[int, ControlKind, int, int]  # tick, kind, number, value
Programs = list[tuple[int, int]]  # (tick, program), sorted


class Line(NamedTuple):
    """What one track plays on one channel. `notes` by program; None: the track had named no program yet."""

    notes: dict[int | None, list[TickNote]]
    programs: Programs
    changes: list[Change]

    def known(self, channel_programs: Programs) -> Programs:
        """The programs in force here: the channel's until the track's own first change, then its own."""
        if not self.programs:
            return channel_programs
        first = self.programs[0][0]
        return [change for change in channel_programs if change[0] < first] + self.programs


def lines_of(events: Iterable[ChannelEvent], end: int) -> dict[int, Line]:
    """The lines of a track by channel 0-15.

    A note-off ends the oldest note that sounds on its pitch; note-on with velocity 0 is a note-off; what
    still sounds at `end` ends there; a note without length gets one tick. Key pressure is left out.
    """
    lines: dict[int, Line] = {}
    playing: dict[int, list[TickNote]] = {}  # channel -> the notes of its program now
    sounding: defaultdict[int, deque[tuple[int, int, list[TickNote]]]] = defaultdict(deque)

    def line(channel: int) -> Line:
        if channel not in lines:
            lines[channel] = Line({None: []}, [], [])
            playing[channel] = lines[channel].notes[None]
        return lines[channel]

    for tick, status, first, second in events:
        if status < 0xA0:
            channel = status & 0x0F
            slot = channel << 7 | first
            if second and status >= 0x90:
                if channel not in playing:
                    line(channel)
                sounding[slot].append((tick, second, playing[channel]))
            else:
                waiting = sounding[slot]
                if waiting:
                    start, velocity, notes = waiting.popleft()
                    notes.append((start, first, tick if tick > start else start + 1, velocity))
        elif status >= 0xB0:
            kind, channel = status & 0xF0, status & 0x0F
            of_channel = line(channel)
            if kind == 0xB0:
                of_channel.changes.append((tick, "cc", first, second))
            elif kind == 0xC0:
                of_channel.programs.append((tick, first))
                playing[channel] = of_channel.notes.setdefault(first, [])
            elif kind == 0xD0:
                of_channel.changes.append((tick, "pressure", 0, first))
            else:
                of_channel.changes.append((tick, "bend", 0, (second << 7 | first) - 8192))
    for slot, waiting in sounding.items():
        for start, velocity, notes in waiting:
            notes.append((start, slot & 0x7F, max(end, start + 1), velocity))
    return lines


def program_at(programs: Programs, tick: int) -> int:
    """The program in force after every change at `tick`; 0 when none has come yet."""
    index = bisect_right(programs, (tick, 128))
    return programs[index - 1][1] if index else 0


def by_program(line: Line, channel_programs: Programs) -> dict[int, list[TickNote]]:
    """The line's notes by program, sorted; before the track's first change, the channel's programs hold."""
    notes = {program: list(of) for program, of in line.notes.items() if program is not None and of}
    for note in line.notes[None]:
        notes.setdefault(program_at(channel_programs, note[0]), []).append(note)
    for of in notes.values():
        of.sort()
    return notes


def changes_by_program(
    changes: list[Change], programs: Programs, played: Iterable[int]
) -> dict[int, list[Change]]:
    """Every change given to the one of the `played` programs that is in force.

    What comes before the first goes to the first. Where another takes over, it is told the values that the
    channel stands at (they are chased).
    """
    told: dict[int, dict[tuple[ControlKind, int], int]] = {program: {} for program in played}
    result: dict[int, list[Change]] = {program: [] for program in told}
    if len(told) == 1:
        return dict.fromkeys(told, changes)
    spans = [(tick, program) for tick, program in programs if program in told]
    if not spans or (spans[0][0] > 0 and 0 in told):
        spans.insert(0, (0, 0))
    state: dict[tuple[ControlKind, int], int] = {}
    current, upcoming = spans[0][1], deque(spans[1:])

    def take_over(tick: int, program: int) -> None:
        for (kind, number), value in state.items():
            if told[program].get((kind, number)) != value:
                result[program].append((tick, kind, number, value))
                told[program][kind, number] = value

    for change in changes:
        tick, kind, number, value = change
        while upcoming and upcoming[0][0] <= tick:
            since, current = upcoming.popleft()
            take_over(since, current)
        state[kind, number] = told[current][kind, number] = value
        result[current].append(change)
    for since, program in upcoming:
        take_over(since, program)
    return result
