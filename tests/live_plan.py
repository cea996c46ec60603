"""Live sets for the stand-in of tests/max_for_live/live_set.js, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Plan = dict[str, Any]
Row = tuple[float, float, int, int]
"""A note: start, duration (beats), pitch, velocity."""

TUNE: tuple[Row, ...] = (
    (0.0, 1.0, 60, 90), (1.0, 0.5, 62, 80), (1.5, 0.5, 64, 85), (2.0, 2.0, 67, 100),
    (4.0, 1.0, 65, 90), (5.0, 1.0, 64, 80), (6.0, 2.0, 60, 95),
)  # fmt: skip
"""Two bars of 4/4."""


def note(row: Row, **more: float) -> dict[str, float]:
    """A note as Live has it, with what it has besides: mute, probability."""
    return dict(zip(("start_time", "duration", "pitch", "velocity"), row, strict=True), **more)


def clip(rows: Sequence[Row] = TUNE, length: float = 8.0, **more: Any) -> Plan:
    """A clip; `more`: name, color, metre, launch, looping, markers, selected, detail, audio, at (a beat)."""
    return {"notes": [note(row) for row in rows], "length": length, "name": "Riff", **more}


def track(name: str, **more: Any) -> Plan:
    """A track; `more`: clips (by row), arrangement, rack (pads as [key, name]), midi, group, frozen."""
    return {"name": name, **more}


def live_set(tracks: Sequence[Plan], **more: Any) -> Plan:
    """A set of 4 scenes, the device on its first track. `without`: what this version of Live lacks."""
    song = {"tempo": 120.0, "metre": (4, 4), "time": 0.0, "root": 0, "scale": ""}
    return {
        "scenes": 4, "own": 0, "without": (), **more, "tracks": tracks,
        "song": {**song, **more.get("song", {})},
    }  # fmt: skip


def band(phrase: Plan | None = None, **more: Any) -> Plan:
    """A set with a lead whose first slot holds the phrase, in the detail view, and a track for every role."""
    lead = track("Lead", clips={"0": {**(phrase or clip()), "detail": True}})
    roles = ("Drums", "Bass", "Chords", "Guitar", "Strings")
    return live_set([lead, *(track(f"Bandmate {role}") for role in roles)], **more)
