"""Ableton Live sets in."""

from .reader import SUFFIX, Reading, read_live_set

__all__ = ["SUFFIX", "Reading", "read_live_set"]
