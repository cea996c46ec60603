"""MIDI files built byte by byte, for the tests of reading."""

from __future__ import annotations

import struct


def number(value: int) -> bytes:
    """A variable-length number."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.insert(0, value & 0x7F | 0x80)
    return bytes(digits)


def smf(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    return b"MThd" + struct.pack(">LHHH", 6, kind, len(tracks), division) + b"".join(tracks)


def track(*events: tuple[int, bytes], end: int = 0) -> bytes:
    """A track chunk of (ticks since the event before, bytes); `end` ticks more until its end."""
    body = b"".join(number(delta) + event for delta, event in (*events, (end, meta(0x2F))))
    return b"MTrk" + struct.pack(">L", len(body)) + body


def meta(kind: int, data: bytes = b"") -> bytes:
    return bytes([0xFF, kind]) + number(len(data)) + data


def on(pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes([0x80 | channel, pitch, 0])


def cc(control: int, value: int, channel: int = 0) -> bytes:
    return bytes([0xB0 | channel, control, value])


def program(number: int, channel: int = 0) -> bytes:
    return bytes([0xC0 | channel, number])


def bend(value: int, channel: int = 0) -> bytes:
    return bytes([0xE0 | channel, value + 8192 & 0x7F, value + 8192 >> 7])


def name(text: bytes) -> bytes:
    return meta(0x03, text)


def tempo(bpm: float) -> bytes:
    return meta(0x51, round(60e6 / bpm).to_bytes(3, "big"))


def metre(numerator: int, denominator: int) -> bytes:
    return meta(0x58, bytes([numerator, denominator.bit_length() - 1, 24, 8]))


def note(pitch: int, ticks: int, channel: int = 0, velocity: int = 64) -> tuple[tuple[int, bytes], ...]:
    """A note at once, `ticks` long."""
    return (0, on(pitch, velocity, channel)), (ticks, off(pitch, channel))
