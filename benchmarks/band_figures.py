"""What a run of the live band is worth: figures of what its player sent and of what came back."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import Any

from harness import percentiles

GRID = 12
IN_TIME_MS = 5.0
CHANNELS = {"drums": 9, "bass": 1, "chords": 2, "guitar": 3}
"""On which channel, from 0, each part plays."""
EDGE = 60.0
"""Seconds at both ends of a run whose places on the grid are compared."""


def figures(
    bpm: float,
    minutes: float,
    with_hog: bool,
    status: dict[str, Any],
    told: dict[str, Any],
    machine: dict[str, Any],
    levels: list[str],
) -> dict[str, Any]:
    end = told["sent"][0][0] + 60.0 * minutes
    on = [entry for entry in told["heard"] if entry[2][0] & 0xF0 == 0x90 and entry[2][2] and entry[0] < end]
    band = [(at, data) for at, name, data in on if name == "band" and data[0] & 15]
    ways = {name: round_trips(told, name) for name in ("echo", "band")}
    off = off_grid([at for at, _ in band], bpm)
    return {
        "bpm": bpm,
        "minutes": minutes,
        "hog": with_hog,
        "in_time": status["band_in_time"],
        "planned": status["band_planned"],
        "dropped": status["band_dropped"],
        "recorded": len(band),
        "recorded_in_time": sum(abs(ms) <= IN_TIME_MS for ms in off) / max(1, len(off)),
        "off_the_grid_ms": percentiles([abs(ms) for ms in off]),
        "age_p95_beats": status["band_age_p95"],
        "plan_p50_ms": status["band_plan_p50"],
        "plan_p99_ms": status["band_plan_p99"],
        "degraded_bars": status["band_degraded_bars"] / max(1, status["band_bars"]),
        "slides": status["band_slides"],
        "given_up": ", ".join(levels),
        "longest_silence_s": max((b - a for a, b in pairwise(at for at, _ in band)), default=0.0),
        "drift_ms": drift(off, [at for at, _ in band]),
        "notes_a_second": {
            role: sum(data[0] & 15 == channel for _, data in band) / (60.0 * minutes)
            for role, channel in CHANNELS.items()
        },
        "echo_ms": percentiles(ways["echo"]),
        "band_ms": percentiles(ways["band"]),
        "beyond_the_echo_p99_ms": percentiles(ways["band"])["p99"] - percentiles(ways["echo"])["p99"],
        **machine,
    }


def round_trips(told: dict[str, Any], name: str) -> list[float]:
    """Milliseconds of each of the player's notes from its sending to its coming back on channel 1."""
    back: dict[int, list[float]] = {}
    for at, source, data in told["heard"]:
        if source == name and data[0] == 0x90 and data[2]:
            back.setdefault(data[1], []).append(at)
    ways = []
    for at, sink, data in told["sent"]:
        if sink == name and data[0] == 0x90:
            later = [heard for heard in back.get(data[1], ()) if 0 <= heard - at < 0.2]
            if later:
                ways.append(1000 * (later[0] - at))
    return ways


def off_grid(times: list[float], bpm: float) -> list[float]:
    """Milliseconds from each time to the nearest twelfth of a beat, the median taken off."""
    step = 60.0 / bpm / GRID
    first = times[0] if times else 0.0
    phases = [((at - first + step / 2) % step - step / 2) * 1000 for at in times]
    middle = statistics.median(phases) if phases else 0.0
    return [((ms - middle + 500 * step) % (1000 * step)) - 500 * step for ms in phases]


def drift(off: list[float], times: list[float]) -> float:
    """Milliseconds by which the last minute's notes are later on the grid than the first minute's."""
    first = [ms for ms, at in zip(off, times, strict=True) if at < times[0] + EDGE]
    last = [ms for ms, at in zip(off, times, strict=True) if at > times[-1] - EDGE]
    return statistics.median(last) - statistics.median(first) if off else 0.0
