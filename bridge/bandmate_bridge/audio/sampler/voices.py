"""Samples at work: every sounding voice in a few arrays, mixed a block at a time."""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.sampler.bank import Floats, Region
from bandmate_bridge.audio.sampler.records import GUARD

POLYPHONY = 64
"""Voices at once; one more takes the place of the quietest, those let go first."""

FALL = log(10 ** (100 / 20))
"""Nepers in 100 dB: what the times of decay and release mean."""
SHORTEST = 0.001
"""Seconds of attack, decay and release, so that nothing clicks."""
INAUDIBLE = 3e-5
"""The envelope at which a voice ends."""

_STOLEN = 0.005  # seconds of release of a voice that is silenced
_FREE, _HELD, _RELEASED = 0, 1, 2


class Struck(NamedTuple):
    """Which note a voice belongs to."""

    channel: int
    key: int
    group: int  # of its region


class Voices:
    """At most POLYPHONY voices at `rate` Hz. Frames of a block are counted from 0.

    A block costs the same whatever it holds: no allocation grows with time, and nothing is ever waited for.
    """

    def __init__(self, data: Floats, rate: int, polyphony: int = POLYPHONY) -> None:
        count = polyphony
        self._data = data
        self._rate = rate
        self._struck: list[Struck | None] = [None] * count
        self._stage = np.zeros(count, np.int8)
        self._position = np.zeros(count)
        self._step = np.zeros(count)  # of the sample, frames a frame, unbent
        self._bend = np.ones(count)
        self._loop_end = np.full(count, np.inf)
        self._loop_length = np.ones(count)
        self._end = np.zeros(count)
        self._sides = np.zeros((count, 2), np.float32)
        self._age = np.zeros(count)  # frames since it began; below 0 it has yet to
        self._attack = np.ones(count)  # frames
        self._hold = np.zeros(count)
        self._level = np.zeros(count)  # envelope at the end of the last block, without the attack
        self._target = np.zeros(count)
        self._decay = np.zeros(count)  # nepers a frame
        self._let_go = np.full(count, np.inf)  # frame of the next block at which it is released
        self._release = np.zeros(count)  # nepers a frame

    @property
    def sounding(self) -> int:
        return int((self._stage != _FREE).sum())

    def strike(self, region: Region, note: Struck, key: float, gain: float, pan: float, frame: int) -> None:
        """Begins a voice at `frame` of the next block; `key` is fractional where it is bent already."""
        index = self._place()
        self._struck[index] = note
        self._stage[index] = _HELD
        self._position[index] = region.start
        self._step[index] = region.speed(key) * region.rate / self._rate
        self._bend[index] = 1.0
        self._end[index] = region.end
        if region.loop:
            self._loop_end[index] = region.loop[1]
            self._loop_length[index] = region.loop[1] - region.loop[0]
        else:
            self._loop_end[index], self._loop_length[index] = np.inf, 1.0
        place = max(-1.0, min(1.0, pan + region.pan))
        self._sides[index] = (
            gain * region.gain * min(1.0, 1.0 - place),
            gain * region.gain * min(1.0, 1.0 + place),
        )
        self._age[index] = -frame
        self._attack[index] = max(region.attack, SHORTEST) * self._rate
        self._hold[index] = (region.attack + region.hold) * self._rate
        self._level[index] = 1.0
        self._target[index] = region.sustain
        self._decay[index] = FALL / (max(region.decay, SHORTEST) * self._rate)
        self._release[index] = FALL / (max(region.release, SHORTEST) * self._rate)
        self._let_go[index] = np.inf

    def release(self, channel: int, key: int, frame: int) -> None:
        """Lets the voices of a note go at `frame` of the next block."""
        for index, note in enumerate(self._struck):
            if note is not None and note[:2] == (channel, key) and self._stage[index] == _HELD:
                self._let_go[index] = min(self._let_go[index], frame)

    def choke(self, channel: int, group: int, frame: int) -> None:
        """Silences quickly the voices of an exclusive group, or a channel's all (group 0)."""
        for index, note in enumerate(self._struck):
            if note is not None and note.channel == channel and group in (0, note.group):
                self._silence(index, frame)

    def bend(self, channel: int, semitones: float) -> None:
        for index, note in enumerate(self._struck):
            if note is not None and note.channel == channel:
                self._bend[index] = 2 ** (semitones / 12)

    def block(self, frames: int) -> Floats:
        """The next [2, frames]."""
        live = np.flatnonzero(self._stage)
        if not len(live):
            return np.zeros((2, frames), np.float32)
        step = (self._step[live] * self._bend[live])[:, None]
        time = np.arange(frames)
        age = self._age[live][:, None] + time
        place = (
            self._position[live][:, None]
            + np.maximum(age - np.maximum(self._age[live], 0)[:, None], 0) * step
        )
        past = place >= self._loop_end[live][:, None]
        if past.any():
            length, end = self._loop_length[live][:, None], self._loop_end[live][:, None]
            over = np.where(past, place - end, 0.0)
            place = np.where(past, end - length + over % length, place)
        ended = place >= self._end[live][:, None]
        np.minimum(place, len(self._data) - GUARD, out=place)
        sound = between(self._data, place) * self._envelope(live, age, frames)
        sound[ended & np.isinf(self._loop_end[live])[:, None]] = 0.0
        self._advance(live, place, step[:, 0], frames, ended[:, -1])
        return np.ascontiguousarray((self._sides[live].T @ sound).astype(np.float32))

    def _envelope(self, live: npt.NDArray[np.intp], age: npt.NDArray[np.float64], frames: int) -> Floats:
        """[voices, frames] of gain; what the levels are after the block is kept."""
        rising = np.clip(age / self._attack[live][:, None], 0.0, 1.0)
        decaying = np.maximum(age - self._hold[live][:, None], 0.0)
        falling = np.exp(-np.minimum(decaying * self._decay[live][:, None], 60.0))
        held = np.maximum(falling, self._target[live][:, None])
        let_go = np.maximum(np.arange(frames) - self._let_go[live][:, None], 0.0)
        fading = self._level[live][:, None] * np.exp(-np.minimum(let_go * self._release[live][:, None], 60.0))
        return np.asarray(rising * held * fading, np.float32)

    def _advance(
        self,
        live: npt.NDArray[np.intp],
        place: npt.NDArray[np.float64],
        step: npt.NDArray[np.float64],
        frames: int,
        ended: npt.NDArray[np.bool_],
    ) -> None:
        begun = np.minimum(np.maximum(self._age[live] + frames, 0), 1) > 0
        self._position[live] = np.where(begun, place[:, -1] + step, self._position[live])
        gone = np.maximum(frames - np.maximum(self._let_go[live], 0.0), 0.0)
        self._level[live] *= np.exp(-np.minimum(gone * self._release[live], 60.0))
        released = self._let_go[live] < frames
        self._stage[live[released]] = _RELEASED
        self._let_go[live] = np.where(released, 0.0, self._let_go[live] - frames)
        self._age[live] += frames
        decayed = np.exp(
            -np.minimum(np.maximum(self._age[live] - self._hold[live], 0) * self._decay[live], 60.0)
        )
        level = self._level[live] * np.maximum(decayed, self._target[live])
        silent = (level < INAUDIBLE) | (ended & np.isinf(self._loop_end[live]))
        for index in live[silent]:
            self._stage[index], self._struck[index] = _FREE, None

    def _silence(self, index: int, frame: int) -> None:
        if self._stage[index] != _FREE:
            self._release[index] = FALL / (_STOLEN * self._rate)
            self._let_go[index] = min(self._let_go[index], frame)

    def _place(self) -> int:
        """A free voice, or the one that is missed least: the quietest of those let go, else of all."""
        free = np.flatnonzero(self._stage == _FREE)
        if len(free):
            return int(free[0])
        decayed = np.exp(-np.minimum(np.maximum(self._age - self._hold, 0) * self._decay, 60.0))
        loud = self._level * np.maximum(decayed, self._target) * self._sides.max(axis=1)
        loud = np.where(self._stage == _RELEASED, loud, loud + 1e3)
        return int(loud.argmin())


def between(data: Floats, place: npt.NDArray[np.float64]) -> Floats:
    """The data at fractional frames: the cubic through the four around each (Catmull and Rom)."""
    index = place.astype(np.intp)
    t = (place - index).astype(np.float32)
    before, at, after, beyond = (data[index + offset] for offset in (-1, 0, 1, 2))
    a = 0.5 * (3.0 * (at - after) + beyond - before)
    b = before - 2.5 * at + 2.0 * after - 0.5 * beyond
    c = 0.5 * (after - before)
    return np.asarray(((a * t + b) * t + c) * t + at, np.float32)
