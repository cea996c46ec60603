"""A small General MIDI soundfont, made of sums of sines, plucked strings and noise."""

from __future__ import annotations

from pathlib import Path

BUILT = Path(__file__).with_name("bandmate.sf2")
