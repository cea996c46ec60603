"""The bytes of a standard MIDI file as chunks, and the bytes of a track as events in ticks.

mido's own reader gives a file up at the first odd key signature or alien chunk, and loses the time before a
meta event it does not know; so the walk over a track is done here. mido decodes metas, and writes files.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ..errors import BandmateError

# (tick, status, first data byte, second data byte); for a meta event (tick, 0xFF, meta type, its bytes).
ChannelEvent = tuple[int, int, int, int]
MetaEvent = tuple[int, int, int, bytes]

META = 0xFF
END_OF_TRACK = 0x2F

_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}


class TrackEvents(NamedTuple):
    """What one track holds: channel events and meta events, each in file order, and its last tick."""

    events: list[ChannelEvent]
    metas: list[MetaEvent]
    end: int


class Chunks(NamedTuple):
    """A file taken apart: its type (0, 1, 2), ticks per beat, and tracks."""

    kind: int
    ticks_per_beat: int
    tracks: list[TrackEvents]


def bad_file(sentence: str) -> BandmateError:
    return BandmateError(sentence, code="bad_file")


def split_file(data: bytes) -> Chunks:
    """Take a file apart. Raises BandmateError (code "bad_file") for bytes that are no whole MIDI file."""
    if not data:
        raise bad_file("the MIDI file is empty: export it again")
    if data[:4] != b"MThd":
        raise bad_file("not a MIDI file: it does not begin with MThd")
    if len(data) < 14:
        raise bad_file("the MIDI file is cut short inside its header: export it again")
    size, kind, count, division = struct.unpack(">LHHH", data[4:14])
    if size < 6 or kind > 2:
        raise bad_file("the MIDI file's header is damaged: export it again as type 0 or 1")
    if division & 0x8000:
        raise bad_file("the MIDI file counts time in SMPTE frames: export it with ticks per beat instead")
    if division == 0:
        raise bad_file("the MIDI file's header is damaged: it has no ticks per beat")
    tracks: list[TrackEvents] = []
    position = 8 + size
    while len(tracks) < count:
        if position + 8 > len(data):
            raise bad_file(
                f"the MIDI file is cut short: {len(tracks)} of its {count} tracks are there; export it again"
            )
        name = data[position : position + 4]
        (size,) = struct.unpack(">L", data[position + 4 : position + 8])
        position += 8
        if position + size > len(data):
            raise bad_file(f"the MIDI file is cut short inside track {len(tracks) + 1}: export it again")
        if name == b"MTrk":
            tracks.append(split_track(data[position : position + size], len(tracks) + 1))
        position += size
    return Chunks(kind, division, tracks)


def split_track(data: bytes, number: int) -> TrackEvents:
    """The events of one MTrk chunk. Running status outlives meta events, as files in the wild have it."""
    try:
        return _split_track(data)
    except IndexError:
        raise bad_file(
            f"track {number} of the MIDI file breaks off inside an event: export it again"
        ) from None
    except ValueError as error:
        raise bad_file(f"track {number} of the MIDI file is damaged: {error}") from None


def _variable_length(data: bytes, position: int) -> tuple[int, int]:
    """A variable-length number of at most four bytes, and the position after it."""
    value = 0
    for place in range(position, position + 4):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    raise ValueError("a number is longer than four bytes")


def _split_track(data: bytes) -> TrackEvents:
    events: list[ChannelEvent] = []
    metas: list[MetaEvent] = []
    append = events.append
    tick = position = running = 0
    end = len(data)
    while position < end:
        delta = data[position]
        if delta < 0x80:
            position += 1
        else:
            delta, position = _variable_length(data, position)
        tick += delta
        status = data[position]
        if status < 0xF0:
            if status < 0x80:
                if not running:
                    raise ValueError("a data byte where an event should begin")
                status = running
            else:
                running = status
                position += 1
            first = data[position]
            if 0xC0 <= status < 0xE0:
                second = 0
                position += 1
            else:
                second = data[position + 1]
                position += 2
            if (first | second) & 0x80:
                first, second = min(first, 127), min(second, 127)
            append((tick, status, first, second))
        elif status == META:
            kind = data[position + 1]
            size, position = _variable_length(data, position + 2)
            if position + size > end:
                raise IndexError
            metas.append((tick, META, kind, data[position : position + size]))
            position += size
            if kind == END_OF_TRACK:
                break
        elif status in (0xF0, 0xF7):
            size, position = _variable_length(data, position + 1)
            if position + size > end:
                raise IndexError
            position += size
        elif status in _SYSTEM_DATA:
            position += 1 + _SYSTEM_DATA[status]
        else:
            raise ValueError(f"{status:#04x} begins no event")
    return TrackEvents(events, metas, tick)
