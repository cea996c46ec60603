"""Stems to a mix: each part through its strip, the room they share, and the master."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from bandmate_bridge.audio.mix.loudness import Loudness
from bandmate_bridge.audio.mix.master import master
from bandmate_bridge.audio.mix.presets import Preset
from bandmate_bridge.audio.mix.presets import preset as preset_of
from bandmate_bridge.audio.mix.reverb import reverberated
from bandmate_bridge.audio.mix.strip import processed, stand
from bandmate_bridge.audio.signal import Audio, amplitude, peak
from bandmate_bridge.audio.stems import Progress, Stem, Stems
from bandmate_models.errors import BandmateError
from bandmate_models.score import Role

TARGET = -14.0
"""LUFS: what the large streaming services play music at."""

CEILING = -1.0
"""dBTP: what is left to the rounding of lossy formats (EBU R 128, AES TD1008)."""

ROOM = "room"
"""Name of the stem that holds what the room gives back."""

_TARGETS, _CEILINGS = (-50.0, -6.0), (-20.0, 0.0)
_CENTRED: tuple[Role, ...] = ("bass", "drums")
_ROW = 0.3  # pan of the outermost of several parts of one role
_HIGHEST = -1.0  # dBFS of the highest sample in any stem or in their sum


@dataclass(frozen=True, slots=True)
class Track:
    """A part as it stands in the mix, or the room."""

    name: str
    role: Role | None  # None: the room
    audio: Audio  # [2, frames]


@dataclass(frozen=True, slots=True)
class Mix:
    """A finished mix and what it is made of, all of one length. The tracks add up to `dry`."""

    audio: Audio  # [2, frames], mastered
    dry: Audio  # [2, frames], before the master
    tracks: tuple[Track, ...]  # the stems after processing, and the room last
    rate: int
    preset: str
    loudness: Loudness
    true_peak: float  # dBTP
    reduction: float  # dB that the limiter took from the highest peak


def in_memory(frames: int) -> Audio:
    """Silence [2, frames]."""
    return np.zeros((2, frames), np.float32)


def mixdown(
    stems: Stems,
    preset: str | Preset = "default",
    target: float = TARGET,
    ceiling: float = CEILING,
    *,
    binaural: bool = False,
    silence: Callable[[int], Audio] = in_memory,
    progress: Progress | None = None,
) -> Mix:
    """Mix dry stems to `target` LUFS under `ceiling` dBTP; `binaural` for headphones.

    `silence` makes the arrays, [2, frames] of zeros, that the sound is written to. `progress` is told of
    parts and the master. Raises BandmateError: "bad_value" (target, ceiling, preset), "bad_audio" (a stem
    that holds no numbers).
    """
    chosen = preset_of(preset) if isinstance(preset, str) else preset
    _check("a loudness", target, _TARGETS, "LUFS")
    _check("a ceiling", ceiling, _CEILINGS, "dBTP")
    frames = stems.frames + round(chosen.room.tail * stems.rate)
    send, dry = silence(frames)[0], silence(frames)
    told, steps = progress or _unheard, len(stems) + 2
    tracks = []
    for done, (stem, pan) in enumerate(zip(stems, _pans(stems.stems, chosen), strict=True)):
        told(done, steps)
        audio = silence(frames)
        strip = chosen.strips[stem.role]._replace(pan=pan)
        sounding = audio[:, : stems.frames]
        processed(stem.audio, strip, stems.rate, sounding)
        stand(sounding, strip, send[: stems.frames], stems.rate, binaural)
        tracks.append(Track(stem.name, stem.role, audio))
        dry += audio
    told(steps - 2, steps)
    room = silence(frames)
    reverberated(send, chosen.room, stems.rate, room)
    tracks.append(Track(ROOM, None, room))
    dry += room
    _make_room(dry, tracks)
    told(steps - 1, steps)
    audio = silence(frames)
    result = master(dry, chosen, target, ceiling, stems.rate, audio)
    told(steps, steps)
    measured = (result.loudness, result.true_peak, result.reduction)
    return Mix(audio, dry, tuple(tracks), stems.rate, chosen.name, *measured)


def _pans(stems: Sequence[Stem], preset: Preset) -> list[float]:
    """Where each part stands: as its MIDI says, as its role does, or in a row with others of its role."""
    pans = []
    for index, stem in enumerate(stems):
        mates = [n for n, other in enumerate(stems) if other.role == stem.role]
        pan = preset.strips[stem.role].pan
        if len(mates) > 1 and stem.role not in _CENTRED:
            reach = max(abs(pan), _ROW)
            pan = reach * (2 * mates.index(index) / (len(mates) - 1) - 1)
        pans.append(pan if stem.pan is None else stem.pan)
    return pans


def _make_room(dry: Audio, tracks: Sequence[Track]) -> None:
    """Turn all down alike, in place, so that each fits a file of whole numbers."""
    levels = [peak(sound) for sound in (dry, *(track.audio for track in tracks))]
    for level, track in zip(levels[1:], tracks, strict=True):
        if not isfinite(level):
            raise BandmateError(f"the sound of {track.name} holds values that are no numbers", "bad_audio")
    if max(levels) > amplitude(_HIGHEST):
        gain = np.float32(amplitude(_HIGHEST) / max(levels))
        dry *= gain
        for track in tracks:
            track.audio[:] *= gain


def _check(what: str, value: float, bounds: tuple[float, float], unit: str) -> None:
    if not bounds[0] <= value <= bounds[1]:
        low, high = bounds
        raise BandmateError(f"{what} of {value:g} {unit} is not between {low:g} and {high:g}", "bad_value")


def _unheard(done: int, steps: int) -> None:
    """Progress that nobody watches."""
