"""Sixteen MIDI channels playing on a bank: programs, levels, pedals and bends, and what a note becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bandmate_bridge.audio.plain_mix import PLACES
from bandmate_bridge.audio.sampler.bank import Bank, Floats, Region
from bandmate_bridge.audio.sampler.voices import POLYPHONY, Struck, Voices
from bandmate_models.score import Role

DRUM_CHANNEL = 9
_VOLUME, _PAN, _EXPRESSION, _SUSTAIN = 7, 10, 11, 64
_ALL_SOUND_OFF, _RESET, _ALL_NOTES_OFF = 120, 121, 123
_BEND_RANGE = 2.0  # semitones
_CEILING = 0.5  # from which the mix is rounded off towards full scale
_HEADROOM = 0.35  # of full scale for one loud voice

_FAMILIES: tuple[tuple[range, Role], ...] = (
    (range(24, 32), "guitar"),
    (range(32, 40), "bass"),
    (range(40, 56), "strings"),
    (range(56, 88), "melody"),
    (range(88, 104), "strings"),
)
"""General MIDI programs and what they mostly play; the others are chords."""


def role_of(program: int, drums: bool) -> Role:
    """What a channel plays, as far as its program tells."""
    if drums:
        return "drums"
    return next((role for programs, role in _FAMILIES if program in programs), "chords")


@dataclass
class Channel:
    """What a channel has been told."""

    program: int = 0
    volume: int = 100
    expression: int = 127
    pan: int | None = None
    bend: float = 0.0  # semitones
    pedal: bool = False
    held: set[int] = field(default_factory=set)  # keys that are down
    under_pedal: set[int] = field(default_factory=set)  # keys that are up, and sound on


class Band:
    """Takes MIDI messages with the frame of the next block at which they act, and mixes that block."""

    def __init__(
        self,
        bank: Bank,
        rate: int,
        *,
        gains: Mapping[Role, float] | None = None,
        polyphony: int = POLYPHONY,
    ) -> None:
        """`gains` are decibels by role, on top of the plain mix's levels."""
        self._bank = bank
        self._voices = Voices(bank.data, rate, polyphony)
        self._gains = dict(gains or {})
        self._channels = [Channel() for _ in range(16)]
        self._regions: dict[tuple[int, bool, int, int], list[Region]] = {}

    @property
    def sounding(self) -> int:
        """Voices in use."""
        return self._voices.sounding

    def block(self, frames: int) -> Floats:
        """The next [2, frames], rounded off where it would clip."""
        mix = self._voices.block(frames) * np.float32(_HEADROOM)
        loud = np.abs(mix)
        if loud.max(initial=0.0) > _CEILING:
            room = 1.0 - _CEILING
            soft = _CEILING + room * np.tanh((loud - _CEILING) / room)
            mix = np.where(loud > _CEILING, np.copysign(soft, mix), mix).astype(np.float32)
        return np.asarray(mix)

    def take(self, data: tuple[int, ...] | bytes, frame: int = 0) -> None:
        """One MIDI message; what it does not know it leaves alone."""
        if (
            len(data) < 2
            or not 0x80 <= data[0] < 0xF0
            or (data[0] & 0xF0 not in (0xC0, 0xD0) and len(data) < 3)
        ):
            return
        kind, channel = data[0] & 0xF0, data[0] & 15
        if kind == 0x90 and data[2] > 0:
            self._strike(channel, data[1], data[2], frame)
        elif kind in (0x80, 0x90):
            self._lift(channel, data[1], frame)
        elif kind == 0xB0:
            self._control(channel, data[1], data[2], frame)
        elif kind == 0xC0:
            self._channels[channel].program = data[1]
        elif kind == 0xE0:
            state = self._channels[channel]
            state.bend = _BEND_RANGE * ((data[2] << 7 | data[1]) - 8192) / 8192
            self._voices.bend(channel, state.bend)

    def _strike(self, channel: int, key: int, velocity: int, frame: int) -> None:
        state, drums = self._channels[channel], channel == DRUM_CHANNEL
        if key in state.held or key in state.under_pedal:
            self._voices.release(channel, key, frame)
        state.held.add(key)
        state.under_pedal.discard(key)
        wanted = (state.program, drums, key, velocity)
        if wanted not in self._regions:
            self._regions[wanted] = self._bank.regions(*wanted)
        role = role_of(state.program, drums)
        place = PLACES[role]
        strength = (velocity / 127 * state.volume / 100 * state.expression / 127) ** 2
        gain = strength * 10 ** ((place.level + self._gains.get(role, 0.0)) / 20)
        pan = place.pan if state.pan is None else state.pan / 64 - 1
        for region in self._regions[wanted]:
            if region.group:
                self._voices.choke(channel, region.group, frame)
        for region in self._regions[wanted]:
            self._voices.strike(region, Struck(channel, key, region.group), key, gain, pan, frame)
        if state.bend:
            self._voices.bend(channel, state.bend)

    def _lift(self, channel: int, key: int, frame: int) -> None:
        state = self._channels[channel]
        state.held.discard(key)
        if state.pedal:
            state.under_pedal.add(key)
        else:
            self._voices.release(channel, key, frame)

    def _control(self, channel: int, number: int, value: int, frame: int) -> None:
        state = self._channels[channel]
        if number == _VOLUME:
            state.volume = value
        elif number == _EXPRESSION:
            state.expression = value
        elif number == _PAN:
            state.pan = value
        elif number == _SUSTAIN:
            state.pedal = value >= 64
            if not state.pedal:
                self._raise_pedal(channel, frame)
        elif number == _RESET:
            self._channels[channel] = Channel(program=state.program, held=state.held)
            self._raise_pedal(channel, frame)
        elif number == _ALL_NOTES_OFF:
            for key in list(state.held):
                self._lift(channel, key, frame)
        elif number == _ALL_SOUND_OFF:
            state.held.clear()
            state.under_pedal.clear()
            self._voices.choke(channel, 0, frame)

    def _raise_pedal(self, channel: int, frame: int) -> None:
        state = self._channels[channel]
        for key in list(state.under_pedal):
            self._voices.release(channel, key, frame)
        state.under_pedal.clear()
