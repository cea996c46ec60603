"""A score as stems: each part's sound for itself, all on one time line, frame by frame."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from bandmate_bridge.audio.bending import covered, read_at
from bandmate_bridge.audio.curve import Steps, TimeLine
from bandmate_bridge.audio.performance import PEDAL_FOREVER, Struck, bends, pan, strokes, swells
from bandmate_bridge.audio.signal import Audio, cut
from bandmate_bridge.audio.synthesiser import Synthesiser, synthesiser
from bandmate_models.errors import BandmateError
from bandmate_models.score import Part, Role, Score

RATE = 44_100  # Hz, where nothing else is asked for
RATES = (44_100, 48_000)
PIECE = 1 << 16  # frames that are worked on at a time, so that they stay in the processor's cache
LONGEST = 2 * 3600.0  # seconds

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done; what it raises ends the work."""

Silence = Callable[[int], Audio]
"""Makes a silent sound [2, frames] that can be written to."""

_RING = 30.0  # seconds after the last note, within which all rings out: what rings longer is cut
_FADE = 0.004  # seconds in which a drum is choked
_IN_MEMORY = 2400.0  # seconds of all parts that are held in memory, some 850 MB; more lies in files


def untold(done: int, total: int) -> None:
    """Progress that nobody asked for."""


def require_rate(rate: int) -> None:
    """Raises BandmateError ("bad_value") for a rate that sound is not made at."""
    if rate not in RATES:
        raise BandmateError(f"sound is made at {' or '.join(map(str, RATES))} Hz, not {rate}", "bad_value")


def in_memory(frames: int) -> Audio:
    """Silence in memory."""
    return np.zeros((2, frames), np.float32)


def silence_for(seconds: float, scratch: Path | None = None) -> Silence:
    """Makes silence in memory; where all parts have many seconds, in unnamed files in `scratch`, or the
    system's folder for such.

    What it makes raises OSError where the disk is full.
    """
    return in_memory if seconds <= _IN_MEMORY else partial(_on_disk, scratch)


@dataclass(frozen=True, slots=True)
class Stem:
    """One part's sound, dry and unpanned; `pan` is what its own MIDI asks for, None for nothing."""

    name: str
    role: Role
    program: int
    pan: float | None
    audio: Audio  # [2, frames], not to be written to


@dataclass(frozen=True, slots=True)
class Stems:
    """The stems of a score, in the order of its parts. Frame 0 is beat 0, where its first bar begins.

    All are of equal length: until the last of them has rung out, with silence where a part rests.
    """

    stems: tuple[Stem, ...]
    rate: int
    frames: int

    def __iter__(self) -> Iterator[Stem]:
        return iter(self.stems)

    def __len__(self) -> int:
        return len(self.stems)

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def dry_mix(stems: Stems, progress: Progress = untold, silence: Silence = in_memory) -> Audio:
    """The sum of the stems, sample by sample, [2, frames]."""
    total = silence(stems.frames)
    for number, stem in enumerate(stems, 1):
        total += stem.audio
        progress(number, len(stems))
    return total


def stems_of(
    score: Score,
    soundfont: Path | None = None,
    rate: int = RATE,
    *,
    progress: Progress = untold,
    scratch: Path | None = None,
) -> Stems:
    """Each part of the score through a soundfont, our own where none is named.

    Velocity, volume, expression, pedal, program changes and pitch bends are heard; pan is left to the mix.
    `progress` is told of notes; `scratch` is what `silence_for` takes. Raises BandmateError: "bad_soundfont",
    "bad_value" (rate), "too_long"; OSError where the disk is full.
    """
    require_rate(rate)
    line = TimeLine(score)
    seconds = line.seconds(score.end)
    if not seconds <= LONGEST:
        most, asked = LONGEST / 3600, seconds / 3600
        raise BandmateError(f"{asked:.1f} hours are too long to sound; {most:.0f} is the most", "too_long")
    player = _Player(synthesiser(soundfont, rate), line, progress, score.note_count)
    capacity = round((line.seconds(score.end + PEDAL_FOREVER) + _RING) * rate)
    silence, sheets = silence_for(seconds * len(score.parts), scratch), []
    for part in score.parts:
        sheets.append(_Sheet(silence(capacity)))
        player.play(part, sheets[-1])
    frames = max([round(seconds * rate) + 1, *(sheet.end for sheet in sheets)])
    stems = tuple(
        Stem(part.name or part.role, part.role, part.program, pan(part), sheet.audio[:, :frames])
        for part, sheet in zip(score.parts, sheets, strict=True)
    )
    for stem in stems:
        stem.audio.flags.writeable = False
    return Stems(stems, rate, frames)


class _Sheet:
    """What a part has played so far."""

    def __init__(self, audio: Audio) -> None:
        self.audio = audio
        self.end = 0

    def add(self, start: int, sound: Audio, level: float) -> None:
        end = min(start + sound.shape[1], self.audio.shape[1])
        self.audio[:, start:end] += sound[:, : end - start] * np.float32(level)
        self.end = max(self.end, end)

    def shape(self, curve: Steps, rate: int) -> None:
        for start in range(0, self.end, PIECE):
            piece = self.audio[:, start : min(start + PIECE, self.end)]
            piece *= curve.sampled(start / rate, piece.shape[1], rate).astype(np.float32)


class _Player:
    """Plays one part after the other."""

    def __init__(self, synthesiser: Synthesiser, line: TimeLine, progress: Progress, notes: int) -> None:
        self._synthesiser = synthesiser
        self._line = line
        self._progress = progress
        self._notes = notes
        self._played = 0

    def play(self, part: Part, sheet: _Sheet) -> None:
        rate = self._synthesiser.rate
        wheel, swell = bends(part, self._line), swells(part, self._line)
        for struck in strokes(part, self._line):
            sound = self._sound(struck, part.is_drums, wheel)
            if struck.choked is not None:
                sound = cut(sound, round((struck.choked - struck.start) * rate), round(_FADE * rate))
            sheet.add(max(0, round(struck.start * rate)), sound, struck.level)
            self._played += 1
            self._progress(self._played, self._notes)
        if not swell.is_always(1.0):
            sheet.shape(swell, rate)

    def _sound(self, struck: Struck, drums: bool, wheel: Steps) -> Audio:
        play, rate, held = self._synthesiser.sound, self._synthesiser.rate, struck.end - struck.start
        straight = play(struck.program, drums, struck.pitch, held)
        if wheel.is_within(struck.start, struck.start + straight.shape[1] / rate, 0.0):
            return straight
        key_down = covered(wheel.sampled(struck.start, round(held * rate), rate))
        sound = play(struck.program, drums, struck.pitch, key_down[-1] / rate if len(key_down) else 0.0)
        frames = int(sound.shape[1] / 2 ** (wheel.lowest / 12)) + 1
        places = np.concatenate([[0.0], covered(wheel.sampled(struck.start, frames, rate))])
        return read_at(sound, places[: np.searchsorted(places, sound.shape[1])])


def _on_disk(folder: Path | None, frames: int) -> Audio:
    """Silence in a file without a name, all of its room taken at once: a disk that is full says so here."""
    with tempfile.TemporaryFile(dir=folder) as file:
        _reserve(file, 2 * frames * np.dtype(np.float32).itemsize)
        return np.memmap(file, np.float32, "r+", shape=(2, frames))


def _reserve(file: IO[bytes], size: int) -> None:
    """Writing through a map to a file with holes would be fatal where the disk is full."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    block = bytes(1 << 20)
    for start in range(0, size, len(block)):
        file.write(block[: size - start])
    file.flush()
