"""Which source leads the clock, by name."""

from __future__ import annotations

from bandmate_bridge.clock import Clock
from bandmate_bridge.clocks.host import HostClock
from bandmate_bridge.clocks.source import ClockSource, OwnClock
from bandmate_bridge.messages import Source
from bandmate_bridge.midi_clock import MidiClock


def source_of(name: Source, clock: Clock) -> ClockSource:
    """The source of that name, leading `clock`. Raises BandmateError("no_link") where Link is not there."""
    if name == "link":
        from bandmate_bridge.clocks.ableton_link import LinkClock

        return LinkClock(clock)
    if name == "midi":
        return MidiClock(clock)
    return HostClock(clock) if name == "host" else OwnClock(clock)
