"""From stems to a mix: every stem through its strip, some of it into a room, their sum through a master."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from bandmate_bridge.audio.room import reverberated
from bandmate_bridge.audio.signal import Audio, amplitude, padded
from bandmate_bridge.audio.stems import Stem, Stems
from bandmate_models.score import Role


class Strip(Protocol):
    """What one stem goes through in a mix; no state is kept from one stem to another."""

    @property
    def send(self) -> float:
        """Amplitude with which its output goes into the room as well; 0 for none."""

    def process(self, audio: Audio, rate: int) -> Audio:
        """[2, frames] to [2, as many or more]; `audio` must not be written to."""


class Master(Protocol):
    """What the sum of all goes through."""

    def process(self, audio: Audio, rate: int) -> Audio:
        """[2, frames] to [2, as many or more]; may write to `audio` and return it."""


class Place(NamedTuple):
    """Where a part stands in the mix: level in dB, pan (-1 left, 1 right), amplitude sent into the room."""

    level: float
    pan: float
    room: float


PLACES: dict[Role, Place] = {
    "melody": Place(1.0, 0.0, 0.22),
    "chords": Place(-1.0, -0.25, 0.2),
    "guitar": Place(-1.5, 0.35, 0.18),
    "bass": Place(-1.0, 0.0, 0.04),
    "drums": Place(-1.0, 0.0, 0.1),
    "strings": Place(-3.5, 0.15, 0.35),
    "other": Place(-2.0, -0.4, 0.2),
}


@dataclass(frozen=True, slots=True)
class PlainStrip:
    """Level in dB; pan, -1 left to 1 right, which turns the far side down; amplitude into the room."""

    level: float = 0.0
    pan: float = 0.0
    send: float = 0.0

    def process(self, audio: Audio, rate: int) -> Audio:
        sides = np.array([[min(1.0, 1 - self.pan)], [min(1.0, 1 + self.pan)]])
        return np.multiply(audio, amplitude(self.level) * sides, dtype=np.float32)


class PlainMaster:
    """Leaves the sum as it is."""

    def process(self, audio: Audio, rate: int) -> Audio:
        return audio


def plain_strip(stem: Stem) -> PlainStrip:
    """The place of the stem's role; its own pan, where its MIDI has one."""
    place = PLACES[stem.role]
    return PlainStrip(place.level, place.pan if stem.pan is None else stem.pan, place.room)


def dry_strip(stem: Stem) -> PlainStrip:
    """Nothing at all: with it the mix is the sum of the stems."""
    return PlainStrip()


@dataclass(frozen=True, slots=True)
class Mixer:
    """A strip for every stem, a room for what the strips send, a master for the sum of it all."""

    strip: Callable[[Stem], Strip] = plain_strip
    room: Callable[[Audio, int], Audio] = reverberated
    master: Master = PlainMaster()  # noqa: RUF009 (it has no state)

    def mix(self, stems: Stems, told: Callable[[int, int], None] | None = None) -> Audio:
        """The mix [2, frames]: as long as the stems, or longer where the room rings on.

        `told` hears how many of how many steps are done.
        """
        total = np.zeros((2, stems.frames), np.float32)
        sent: Audio | None = None
        for number, stem in enumerate(stems):
            if told is not None:
                told(number, len(stems) + 1)
            strip = self.strip(stem)
            sound = strip.process(stem.audio, stems.rate)
            total = _sum(total, sound)
            if strip.send:
                sound = sound * np.float32(strip.send)
                sent = sound if sent is None else _sum(sent, sound)
        if sent is not None:
            total = _sum(total, self.room(sent, stems.rate))
        mixed = self.master.process(total, stems.rate)
        if told is not None:
            told(len(stems) + 1, len(stems) + 1)
        return mixed


DRY = Mixer(dry_strip)
PLAIN = Mixer()


def _sum(mix: Audio, sound: Audio) -> Audio:
    """The mix with a sound in it from its first frame on, longer where the sound is."""
    mix = padded(mix, sound.shape[1])
    mix[:, : sound.shape[1]] += sound
    return mix
