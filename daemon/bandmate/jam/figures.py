"""The band's figures in words: the same on the screen and in the lines of a headless session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bandmate.band.status import BandStatus
from bandmate_bridge.messages import ClockState
from bandmate_models.score import Role

_ENERGY_CELLS = 10
_SLACK = 1e-6


class Item(NamedTuple):
    """One figure; `weight` says how it is to be seen."""

    text: str
    weight: str = ""  # "", "strong", "quiet" or "bad"


class Position(NamedTuple):
    """Where the clock is, as musicians count: bar and beat from 1, the beats of the metre."""

    bar: int
    beat: int
    beats: int


def position(clock: ClockState, time: float) -> Position:
    """The place at a time (seconds of perf_counter); bar 0 and below are counted in."""
    beat = clock.beat_at(time)
    line = clock.bar_before(beat)
    within = int((beat - line + _SLACK) * clock.denominator / 4.0)
    return Position(round(line / clock.bar_length) + 1, min(within, clock.numerator - 1) + 1, clock.numerator)


def clock_items(status: BandStatus, time: float) -> list[Item]:
    """State, place, tempo, metre, clock, chord, players."""
    clock, place = status.clock, position(status.clock, time)
    lights = "".join("●" if number == place.beat else "○" for number in range(1, place.beats + 1))
    players = {0: "nobody plays in", 1: "1 player"}.get(status.players, f"{status.players} players")
    return [
        Item(status.state, "strong" if status.state != "resting" else "quiet"),
        Item(f"{place.bar}.{place.beat} {lights if clock.running else '○' * place.beats}", "strong"),
        Item(f"{clock.bpm:.1f} bpm"),
        Item(f"{clock.numerator}/{clock.denominator}"),
        Item(f"{clock.source} clock" + ("" if clock.running else " stands still")),
        Item(f"chord {status.chord or '-'}", "strong" if status.chord else "quiet"),
        Item(players, "" if status.players else "quiet"),
    ]


def dial_items(status: BandStatus, chosen: Role | None) -> list[Item]:
    """How the band is led, and whose density, register and level the keys turn."""
    dials = status.dials
    trade, energy = dials.get("trade", 0.0), dials.get("energy", 0.5)
    filled = round(energy * _ENERGY_CELLS)
    return [
        Item(f"energy {'▰' * filled}{'▱' * (_ENERGY_CELLS - filled)}"),
        _share("swing", dials.get("swing", 0.0)),
        Item(f"trade {trade:g} bars") if trade else Item("no trading", "quiet"),
        *(_switch(name, dials.get(name, 0.0)) for name in ("follow", "stop_time", "chord_lock")),
        Item(f"turns {chosen or 'every part'}", "strong" if chosen else "quiet"),
    ]


def timing_items(status: BandStatus) -> list[Item]:
    """How well the band keeps up, and what it gave up for that."""
    timing = status.timing
    late, degraded = timing.planned and timing.in_time < 0.9995, timing.degraded_bars
    return [
        Item(f"in time {percent(timing.in_time)}", "bad" if late else ""),
        Item(f"{timing.planned} notes"),
        Item(f"{timing.dropped} dropped", "bad" if timing.dropped else ""),
        Item(f"re-plan p50 {timing.plan_p50:.1f} p99 {timing.plan_p99:.1f} ms"),
        Item(f"age p95 {timing.age_p95:.2f} beats"),
        Item(f"given up: {status.level}", "bad") if status.level else Item("nothing given up", "quiet"),
        Item(f"{degraded} of {timing.bars} bars degraded", "bad" if degraded else "quiet"),
    ]


def percent(share: float) -> str:
    """ "99.95 %"; never rounded up to 100."""
    return f"{int(share * 10_000 + _SLACK) / 100:.2f} %"


def _switch(name: str, value: float) -> Item:
    on = value >= 0.5
    return Item(f"{name.replace('_', ' ')} {'on' if on else 'off'}", "" if on else "quiet")


def _share(name: str, value: float) -> Item:
    return Item(f"{name} {value * 100:.0f} %", "" if value else "quiet")


def flowed(items: Iterable[Item], width: int, gap: int = 3) -> list[list[Item]]:
    """The items in lines of at most `width` columns; none is broken."""
    lines: list[list[Item]] = [[]]
    column = 0
    for item in items:
        wanted = len(item.text) + (gap if lines[-1] else 0)
        if lines[-1] and column + wanted > width:
            lines.append([])
            column, wanted = 0, len(item.text)
        lines[-1].append(item)
        column += wanted
    return lines
