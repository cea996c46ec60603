"""Standard MIDI files in and out."""

from .reader import read_midi
from .writer import midi_bytes, write_midi

__all__ = ["midi_bytes", "read_midi", "write_midi"]
