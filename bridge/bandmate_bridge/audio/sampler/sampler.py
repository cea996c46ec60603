"""Whole notes out of a bank, for sound that is written to files."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil, log
from pathlib import Path

import numpy as np

from bandmate_bridge.audio.sampler.bank import Bank, Floats, Region
from bandmate_bridge.audio.sampler.records import GUARD
from bandmate_bridge.audio.sampler.voices import FALL, INAUDIBLE, SHORTEST, between
from bandmate_bridge.audio.signal import Audio

_VELOCITY = 100  # whose samples are played: levels are the caller's
_LEVEL = 0.5  # of a sample in the middle, on either side
_LONGEST = 60.0  # seconds that a note rings on, whatever its soundfont says
_PIECE = 1 << 14  # frames that are interpolated at once, so that they stay in the processor's cache
_AHEAD = 1.5  # how much more of a sample is played than a note needs, for the next and longer one
_REMEMBERED = 128 << 20  # bytes of played samples


class Sampler:
    """Plays one soundfont at `rate` Hz, a note at a time. Raises BandmateError ("bad_soundfont")."""

    def __init__(self, soundfont: Path, rate: int) -> None:
        self._bank = Bank(soundfont)
        self._rate = rate
        self._played: OrderedDict[tuple[Region, int], Floats] = OrderedDict()
        self._bytes = 0

    def note(self, program: int, drums: bool, key: int, seconds: float) -> Audio:
        """[2, frames] from the start of a key that is held so long until it has rung out."""
        held = round(seconds * self._rate)
        regions = self._bank.regions(program, drums, key, _VELOCITY)
        sounds = [(region, self._sound(region, key, held)) for region in regions]
        audio = np.zeros((2, max([held, *(len(sound) for _, sound in sounds)])), np.float32)
        for region, sound in sounds:
            for side, share in zip(audio, (1 - region.pan, 1 + region.pan), strict=True):
                if share > 0:
                    side[: len(sound)] += sound * np.float32(_LEVEL * region.gain * min(1.0, share))
        return audio

    def _sound(self, region: Region, key: int, held: int) -> Floats:
        """[frames] of one region, without its gain."""
        shape = envelope(region, held, self._rate)
        sample = self._sample(region, key, len(shape))[: len(shape)]
        return sample * shape[: len(sample)]

    def _sample(self, region: Region, key: int, frames: int) -> Floats:
        """At least [frames] of a region's sample at a key's pitch, fewer where it ends before."""
        which = (region, key)
        known = self._played.get(which)
        step = region.speed(key) * region.rate / self._rate
        most = frames if region.loop else min(frames, ceil((region.end - region.start) / step))
        if known is not None and len(known) >= most:
            self._played.move_to_end(which)
            return known
        sample = _played(self._bank, region, step, round(_AHEAD * most) if region.loop else most)
        self._bytes += sample.nbytes - (known.nbytes if known is not None else 0)
        self._played[which] = sample
        self._played.move_to_end(which)
        while self._bytes > _REMEMBERED and len(self._played) > 1:
            self._bytes -= self._played.popitem(last=False)[1].nbytes
        return sample


def envelope(region: Region, held: int, rate: int) -> Floats:
    """The volume of a key that is held for some frames, [frames] until it is inaudible.

    A straight attack, then a hold, then decay and release, straight in dB (SoundFont 2.01, section 8.1.2).
    """
    attack = max(region.attack, SHORTEST) * rate
    begin = (region.attack + region.hold) * rate
    decay, release = (FALL / (max(time, SHORTEST) * rate) for time in (region.decay, region.release))
    deepest = -log(max(region.sustain, INAUDIBLE))
    let_go_at = min(max(held - begin, 0.0) * decay, deepest)
    silence = -log(INAUDIBLE)
    frames = min(held + ceil((silence - let_go_at) / release), held + round(_LONGEST * rate))
    if let_go_at >= silence:
        frames = ceil(begin + silence / decay)
    time = np.arange(frames, dtype=np.float32)
    fallen = np.minimum(np.maximum(time - np.float32(begin), 0) * np.float32(decay), np.float32(deepest))
    fallen[held:] = let_go_at + (time[held:] - held) * release
    shape: Floats = np.exp(-fallen)
    risen = min(attack, held)
    top = ceil(risen)
    shape[:top] *= time[:top] / np.float32(attack)
    if risen < attack:
        shape[top:] *= np.float32(risen / attack)
    return shape


def _played(bank: Bank, region: Region, step: float, frames: int) -> Floats:
    """[frames] of a region's sample, `step` of its frames apart."""
    needed = ceil(frames * step) + 2 * GUARD
    if region.loop and region.start + needed > region.loop[1]:
        once = bank.sound(region.start - GUARD, region.loop[1])
        loop = bank.sound(*region.loop)
        source = np.concatenate([once, np.resize(loop, needed + 2 * GUARD - min(len(once), needed))])
    else:
        source = bank.sound(region.start - GUARD, min(region.start + needed, region.end + GUARD))
    sound = np.empty(frames, np.float32)
    for first in range(0, frames, _PIECE):
        last = min(first + _PIECE, frames)
        place = GUARD + np.arange(first, last) * step
        sound[first:last] = between(source, np.minimum(place, len(source) - GUARD))
    return sound
