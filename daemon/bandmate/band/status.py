"""What can be seen of the live band at one moment: the screen, OSC and tests read it, nobody writes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from bandmate_bridge.messages import ClockState
from bandmate_models.score import Role

PLAYER = "player"
"""Whose the notes are that came in."""


class LiveNote(NamedTuple):
    """A note on the clock: beats, MIDI pitch and velocity, and who plays it: a role of the band or PLAYER."""

    who: Role | str
    start: float
    duration: float
    pitch: int
    velocity: int


def moved(notes: deque[LiveNote], beats: float) -> deque[LiveNote]:
    """Notes as if they had been played so many beats later."""
    return deque((note._replace(start=note.start + beats) for note in notes), maxlen=notes.maxlen)


class Timing(NamedTuple):
    """How well the band keeps up, since it began to play.

    `in_time` is the share of planned notes that left within 5 ms of their beat (drops count against it);
    latencies are of one re-planning, ms; `age` is beats from the player's newest note that a planned note
    could know of to that note; `slides` counts how often another cache has taken over.
    """

    in_time: float = 1.0
    planned: int = 0
    dropped: int = 0
    plan_p50: float = 0.0
    plan_p99: float = 0.0
    age_p95: float = 0.0
    degraded_bars: int = 0
    bars: int = 0
    slides: int = 0


class BandStatus(NamedTuple):
    """`state` is resting, counting, playing or ending; `level` is what was given up to keep up.

    `planned` are notes that have not sounded yet (committed ones and, behind `committed`, those that may
    still change), `heard` those of the last bars, the player's and the band's.
    """

    state: str
    clock: ClockState
    roles: tuple[Role, ...]
    dials: Mapping[str, float]
    chord: str
    planned: tuple[LiveNote, ...]
    committed: float
    heard: tuple[LiveNote, ...]
    timing: Timing
    level: str
    players: int
