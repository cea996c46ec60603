"""Music from a file, by its name: a standard MIDI file, or an Ableton Live set."""

from __future__ import annotations

from pathlib import Path

from . import ableton
from .midi import read_midi
from .score import Score


def read_music(path: Path) -> Score:
    """Raises BandmateError as `read_midi` and `read_live_set` do."""
    if path.suffix.lower() == ableton.SUFFIX:
        return ableton.read_live_set(path).score
    return read_midi(path)
