"""From the sound of one voice to notes: where one begins, which it is, how loud, when it has ended."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.live.pitch import WINDOW, pitch_of

HOP = 256
"""Frames between two looks."""

_GATE = -50.0  # dBFS below which nothing is played
_FADED = 26.0  # dB below its loudest at which a note has ended
_ATTACK = 7.0  # dB within _RISE hops that make an attack
_RISE = 3
_APART = 0.06  # seconds between two attacks at least
_CLEAR, _UNCLEAR = 0.86, 0.6
_STEADY, _NEAR = 3, 0.45  # looks in a row, and semitones between them, that make a pitch sure
_SETTLED = 7  # looks in a row after which a pitch that moved without an attack has arrived
_FORGET = WINDOW // (2 * HOP) + 1  # hops after an attack that still hold the note before it
_GIVE_UP = 30  # hops after an attack that stays without a pitch
_SILENT = 3  # hops
_CHANGED = 0.65  # semitones from its key at which a held note has become another


class Tracked(NamedTuple):
    """A key went down (velocity 1-127) or came up (0), at a time in seconds."""

    time: float
    key: int
    velocity: int


class NoteTracker:
    """Hears one voice, HOP frames at a time. A note is told some 40 ms after it began, with its true time."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._window = np.zeros(WINDOW)
        self._levels: deque[float] = deque([-120.0] * 16, maxlen=16)
        self._keys: deque[tuple[float, float]] = deque(maxlen=16)  # time and key of clear looks in a row
        self._key: int | None = None
        self._loudest = -120.0
        self._attack: float | None = None
        self._since = 0  # hops since the attack
        self._last_attack = -1.0
        self._quiet = 0
        self._dull = 0

    def hear(self, block: npt.NDArray[np.floating], time: float) -> list[Tracked]:
        """What [HOP] frames tell whose first was at `time`."""
        self._window = np.concatenate([self._window[len(block) :], block])
        level = 10 * np.log10(float(np.mean(np.square(block, dtype=np.float64))) + 1e-12)
        told: list[Tracked] = []
        self._look_for_attack(level, time)
        self._look_at_pitch(level, time)
        self._levels.append(level)
        self._loudest = max(self._loudest, level)
        self._since += 1
        sure = self._sure()
        if self._attack is not None:
            if sure is not None and self._since > (_FORGET if self._key is not None else _STEADY):
                told += self._begin(sure, self._attack)
            elif self._since > _GIVE_UP:
                self._attack = None
        elif self._key is not None and sure is not None and self._has_left(sure, self._key):
            told += self._begin(sure, self._keys[0][0] - WINDOW / 2 / self._rate)
        return told + self._look_for_end(level, time)

    def _look_for_attack(self, level: float, time: float) -> None:
        before = min(islice(reversed(self._levels), _RISE))
        if level < _GATE or level - before < _ATTACK or time - self._last_attack < _APART:
            return
        self._attack, self._last_attack = time + self._into_hop(), time
        self._since, self._loudest = 0, level
        self._keys.clear()

    def _into_hop(self) -> float:
        """Seconds into the newest hop at which it becomes loud."""
        size = np.abs(self._window[-HOP:])
        return float(np.argmax(size > 0.25 * size.max())) / self._rate

    def _look_at_pitch(self, level: float, time: float) -> None:
        found = pitch_of(self._window, self._rate) if level > _GATE - _FADED else None
        self._dull = self._dull + 1 if found is None or found.clarity < _UNCLEAR else 0
        if found is None or found.clarity < _CLEAR:
            self._keys.clear()
            return
        if self._keys and abs(self._keys[-1][1] - found.key) > _NEAR:
            self._keys.clear()
        self._keys.append((time, found.key))

    def _sure(self) -> float | None:
        """The pitch of the last looks, if they agree."""
        if len(self._keys) < _STEADY:
            return None
        return float(np.median([key for _, key in islice(reversed(self._keys), _STEADY)]))

    def _has_left(self, pitch: float, key: int) -> bool:
        """Whether a held note has become another, and arrived there."""
        return abs(pitch - key) > _CHANGED and len(self._keys) >= _SETTLED

    def _begin(self, pitch: float, time: float) -> list[Tracked]:
        ended = [] if self._key is None else [Tracked(time, self._key, 0)]
        self._key, self._attack = round(pitch), None
        velocity = int(np.clip(127 + 2.2 * (self._loudest + 6), 1, 127))
        return [*ended, Tracked(time, self._key, velocity)]

    def _look_for_end(self, level: float, time: float) -> list[Tracked]:
        if self._key is None:
            return []
        self._quiet = self._quiet + 1 if level < max(_GATE - 6, self._loudest - _FADED) else 0
        hops = max(self._quiet if self._quiet >= _SILENT else 0, self._dull if self._dull >= _GIVE_UP else 0)
        if not hops or self._attack is not None:
            return []
        key, self._key, self._quiet, self._dull = self._key, None, 0, 0
        return [Tracked(time - (hops - 1) * HOP / self._rate, key, 0)]
