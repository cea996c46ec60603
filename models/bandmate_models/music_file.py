"""Music from a file, by its name: a standard MIDI file, or an Ableton Live set."""

from __future__ import annotations

from pathlib import Path

from . import ableton
from .ableton import Reading
from .midi import read_midi
from .score import Score


def open_music(path: Path) -> Reading:
    """The music, and what a listener should know of how it was found.

    Raises BandmateError as `read_midi` and `read_live_set` do.
    """
    if path.suffix.lower() == ableton.SUFFIX:
        return ableton.read_live_set(path)
    return Reading(read_midi(path))


def read_music(path: Path) -> Score:
    """The music alone."""
    return open_music(path).score
