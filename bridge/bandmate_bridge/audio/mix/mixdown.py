"""Stems to a mix: each part through its strip, the room they share, and the master."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from bandmate_bridge.audio.mix.compressor import BLOCK, own_level
from bandmate_bridge.audio.mix.levels import powers
from bandmate_bridge.audio.mix.loudness import Loudness
from bandmate_bridge.audio.mix.master import master
from bandmate_bridge.audio.mix.presets import Preset
from bandmate_bridge.audio.mix.presets import preset as preset_of
from bandmate_bridge.audio.mix.reverb import reverberated
from bandmate_bridge.audio.mix.strip import processed, stand
from bandmate_bridge.audio.signal import Audio, amplitude, decibels, peak
from bandmate_bridge.audio.stems import Progress, Silence, Stem, Stems, in_memory, untold
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
_MOST_LIFT = 9.0  # dB
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
    tracks: tuple[Track, ...]  # the stems after processing, the room last; none where they are not kept
    rate: int
    preset: str
    loudness: Loudness
    true_peak: float  # dBTP
    reduction: float  # dB that the limiter took from the highest peak


def mixdown(
    stems: Stems,
    preset: str | Preset = "default",
    target: float = TARGET,
    ceiling: float = CEILING,
    *,
    binaural: bool = False,
    keep_tracks: bool = True,
    silence: Silence = in_memory,
    progress: Progress = untold,
) -> Mix:
    """Mix dry stems to `target` LUFS under `ceiling` dBTP; `binaural` for headphones.

    The tracks take as much memory as the stems; where nobody wants them, they need not be kept.

    `silence` makes the arrays, [2, frames] of zeros, that the sound is written to. `progress` is told of
    parts and the master. Raises BandmateError: "bad_value" (target, ceiling, preset), "bad_audio" (a stem
    that holds no numbers).
    """
    chosen = preset_of(preset) if isinstance(preset, str) else preset
    require_target(target)
    _check("a ceiling", ceiling, _CEILINGS, "dBTP")
    frames = stems.frames + round(chosen.room.tail * stems.rate)
    send, dry, steps = silence(frames)[0], silence(frames), len(stems) + 2
    tracks: list[Track] = []
    sheet = silence(frames)

    def added(name: str, role: Role | None) -> Audio:
        """Adds the sheet to the mix; gives the next sheet."""
        np.add(dry, sheet, out=dry)
        if not keep_tracks:
            return sheet
        tracks.append(Track(name, role, sheet))
        return silence(frames)

    pans, lifts = _pans(stems.stems, chosen), _lifts(stems.stems, chosen.balance)
    for done, (stem, pan, lift) in enumerate(zip(stems, pans, lifts, strict=True)):
        progress(done, steps)
        strip = chosen.strips[stem.role]
        strip = strip._replace(pan=pan, gain=strip.gain + lift)
        sounding = sheet[:, : stems.frames]
        processed(stem.audio, strip, stems.rate, sounding)
        stand(sounding, strip, send[: stems.frames], stems.rate, binaural)
        sheet = added(stem.name, stem.role)
    progress(steps - 2, steps)
    reverberated(send, chosen.room, stems.rate, sheet)
    sheet = added(ROOM, None)
    _make_room(dry, tracks)
    progress(steps - 1, steps)
    result = master(dry, chosen, target, ceiling, stems.rate, sheet)
    progress(steps, steps)
    measured = (result.loudness, result.true_peak, result.reduction)
    return Mix(sheet, dry, tuple(tracks), stems.rate, chosen.name, *measured)


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


def _lifts(stems: Sequence[Stem], balance: float) -> list[float]:
    """dB for each part: `balance` of what it is quieter than the loudest while it plays, within bounds."""
    levels = []
    for stem in stems:
        power = powers(stem.audio, BLOCK)
        if not isfinite(power.sum()):
            raise BandmateError(f"the sound of {stem.name} holds values that are no numbers", "bad_audio")
        levels.append(decibels(own_level(power)) / 2 if power.any() else -inf)
    highest = max(levels, default=-inf)
    return [min(balance * (highest - level), _MOST_LIFT) if isfinite(level) else 0.0 for level in levels]


def _make_room(dry: Audio, tracks: Sequence[Track]) -> None:
    """Turn all down alike, in place, so that each fits a file of whole numbers."""
    highest = max(peak(sound) for sound in (dry, *(track.audio for track in tracks)))
    if highest > amplitude(_HIGHEST):
        gain = np.float32(amplitude(_HIGHEST) / highest)
        dry *= gain
        for track in tracks:
            track.audio[:] *= gain


def require_target(lufs: float) -> None:
    """Raises BandmateError ("bad_value") for a loudness that no mix is given."""
    _check("a loudness", lufs, _TARGETS, "LUFS")


def _check(what: str, value: float, bounds: tuple[float, float], unit: str) -> None:
    if not bounds[0] <= value <= bounds[1]:
        low, high = bounds
        raise BandmateError(f"{what} of {value:g} {unit} is not between {low:g} and {high:g}", "bad_value")
