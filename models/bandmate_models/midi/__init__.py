"""Standard MIDI files in and out."""

from bandmate_models.midi.reader import read_midi

__all__ = ["read_midi"]
