"""A session without a screen: it plays, and prints a line a bar."""

from __future__ import annotations

import time
from collections.abc import Callable

from bandmate.band.status import BandStatus
from bandmate.console import Console
from bandmate.jam.figures import percent, position
from bandmate.jam.news import News
from bandmate.jam.stage import Stage

LOOK = 0.05
"""Seconds between two looks at the band."""


def play(
    stage: Stage,
    news: News,
    console: Console,
    seconds: float,
    ended: Callable[[float], bool],
    now: Callable[[], float] = time.perf_counter,
) -> None:
    """Lets the band play for so long, or until `ended` (which is given seconds to wait) says so."""
    stage.turn("play", 1.0)
    until, bar = now() + seconds, None
    while now() < until and not ended(LOOK):
        for sentence in news.read():
            console.line(sentence)
        status = stage.status()
        place = position(status.clock, now())
        if status.clock.running and place.bar != bar:
            bar = place.bar
            console.line(line(status, bar))
    for sentence in news.read():
        console.line(sentence)


def line(status: BandStatus, bar: int) -> str:
    """ "bar 12  playing  120.0 bpm 4/4  Dm7  in time 100.00 %  0 of 512 dropped  re-plan 12.0/31.0 ms"."""
    clock, timing = status.clock, status.timing
    figures = [
        f"bar {bar:<4} {status.state:<8}",
        f"{clock.bpm:.1f} bpm {clock.numerator}/{clock.denominator}",
        f"{status.chord or '-':<6}",
        f"in time {percent(timing.in_time)}",
        f"{timing.dropped} of {timing.planned} dropped",
        f"re-plan {timing.plan_p50:.1f}/{timing.plan_p99:.1f} ms",
        *([f"given up: {status.level}"] if status.level else []),
    ]
    return "  ".join(figures)
