"""A soundfont in memory: for a program, a key and a velocity, the regions of samples that sound together."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.soundfont.reader import presets
from bandmate_models.errors import BandmateError

Floats = npt.NDArray[np.float32]

GUARD = 4
"""Silent frames around all samples, so that looking at a frame's neighbours never leaves the array."""

# Generators of the SoundFont 2.01 specification, section 8.1.3.
_START, _END, _LOOP_START, _LOOP_END, _START_COARSE, _END_COARSE = 0, 1, 2, 3, 4, 12
_PAN, _DELAY, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE = 17, 33, 34, 35, 36, 37, 38
_INSTRUMENT, _KEYS, _VELOCITIES, _LOOP_START_COARSE = 41, 43, 44, 45
_ATTENUATION, _LOOP_END_COARSE, _COARSE_TUNE, _FINE_TUNE, _SAMPLE, _MODES, _SCALE, _CLASS, _ROOT = (
    48, 50, 51, 52, 53, 54, 56, 57, 58,
)  # fmt: skip
_DEFAULTS = dict.fromkeys((_DELAY, _ATTACK, _HOLD, _DECAY, _RELEASE), -12000) | {_SCALE: 100, _ROOT: -1}
_COMPRESSED, _ROM = 0x10, 0x8000
_ATTENUATION_SHARE = 0.4  # of what a file says, as the EMU chips do it and every player since
_WHOLE = (0, 127)


class Region(NamedTuple):
    """A sample as it answers to some keys; frames count in the bank's `data`, times are seconds."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    start: int
    end: int
    loop: tuple[int, int] | None
    root: float  # key at which it sounds as recorded, tuning included
    rate: int
    scale: float  # semitones a key
    gain: float
    pan: float  # -1 left, 1 right
    attack: float
    hold: float
    decay: float  # until it would be 100 dB down
    sustain: float  # gain
    release: float  # until it would be 100 dB down
    group: int  # a new note silences those of the same group other than 0


class _Header(NamedTuple):
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: int
    cents: int
    kind: int


class Bank:
    """What a soundfont holds. Raises BandmateError ("bad_soundfont") for what is none, or is compressed."""

    def __init__(self, file: Path) -> None:
        presets(file)
        try:
            chunks = _chunks(file.read_bytes())
            self.data, self._regions = _read(chunks)
        except OSError as error:
            raise BandmateError(
                f"cannot open the soundfont {file}: {error.strerror}", "bad_soundfont"
            ) from error
        except (ValueError, IndexError, KeyError, struct.error) as error:
            why = str(error) if isinstance(error, _UnusableError) else "it is damaged"
            raise BandmateError(f"{file} cannot be played live: {why}", "bad_soundfont") from error

    def regions(self, program: int, drums: bool, key: int, velocity: int) -> list[Region]:
        """What sounds for a key; of the program's family, else of the first, where it is not there."""
        bank = 128 if drums else 0
        wanted = ((bank, program), (bank, program // 8 * 8), (bank, 0))
        preset = next((self._regions[choice] for choice in wanted if choice in self._regions), [])
        return [
            region
            for region in preset
            if region.keys[0] <= key <= region.keys[1]
            and region.velocities[0] <= velocity <= region.velocities[1]
        ]


class _UnusableError(ValueError):
    """Says why a sound soundfont cannot be used."""


def _chunks(data: bytes) -> Mapping[str, memoryview]:
    """The sub-chunks of a soundfont's lists, by name."""
    found: dict[str, memoryview] = {}
    view = memoryview(data)
    for name, body in _walk(view[12:]):
        if name == "LIST":
            found.update(_walk(body[4:]))
    return found


def _walk(view: memoryview) -> Iterator[tuple[str, memoryview]]:
    place = 0
    while place + 8 <= len(view):
        name, length = struct.unpack_from("<4sI", view, place)
        yield name.decode("latin-1"), view[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _read(chunks: Mapping[str, memoryview]) -> tuple[Floats, dict[tuple[int, int], list[Region]]]:
    samples = np.frombuffer(chunks["smpl"], "<i2")
    data = np.zeros(len(samples) + 2 * GUARD, np.float32)
    data[GUARD:-GUARD] = samples
    data /= 32768.0
    headers = [
        _Header._make((*row[1:8], row[9])) for row in struct.iter_unpack("<20sIIIIIBbHH", chunks["shdr"])
    ]
    instruments = [row[1] for row in struct.iter_unpack("<20sH", chunks["inst"])]
    made = [
        [
            _region(zone, headers[zone[_SAMPLE]], len(samples))
            for zone in _zones(chunks, "i", instruments[index], instruments[index + 1], _SAMPLE)
        ]
        for index in range(len(instruments) - 1)
    ]
    rows = list(struct.iter_unpack("<20sHHHIII", chunks["phdr"]))
    regions: dict[tuple[int, int], list[Region]] = {}
    for row, following in pairwise(rows):
        own = regions.setdefault((row[2], row[1]), [])
        for zone in _zones(chunks, "p", row[3], following[3], _INSTRUMENT):
            own.extend(filter(None, (_offset(region, zone) for region in made[zone[_INSTRUMENT]])))
    return data, regions


def _zones(
    chunks: Mapping[str, memoryview], kind: str, first: int, last: int, end: int
) -> Iterator[dict[int, int]]:
    """The generators of each zone that ends in `end`, over those of the global zone, if there is one."""
    bags, generators = chunks[f"{kind}bag"], chunks[f"{kind}gen"]
    common: dict[int, int] = {}
    for index in range(first, last):
        (begin, _), (until, _) = (struct.unpack_from("<HH", bags, 4 * (index + step)) for step in (0, 1))
        own = dict(struct.unpack_from("<Hh", generators, 4 * place) for place in range(begin, until))
        if end in own:
            yield common | own
        elif index == first:
            common = own


def _range(zone: Mapping[int, int], which: int) -> tuple[int, int]:
    amount = zone.get(which)
    return _WHOLE if amount is None else (amount & 127, amount >> 8 & 127)


def _region(zone: Mapping[int, int], header: _Header, frames: int) -> Region:
    if header.kind & _COMPRESSED:
        raise _UnusableError("its samples are compressed (SF3); use its SF2")
    if header.kind & _ROM or not header.rate:
        raise _UnusableError("its samples are not in the file")
    value = {**_DEFAULTS, **zone}
    start = header.start + value.get(_START, 0) + 32768 * value.get(_START_COARSE, 0)
    end = header.end + value.get(_END, 0) + 32768 * value.get(_END_COARSE, 0)
    first = header.loop_start + value.get(_LOOP_START, 0) + 32768 * value.get(_LOOP_START_COARSE, 0)
    last = header.loop_end + value.get(_LOOP_END, 0) + 32768 * value.get(_LOOP_END_COARSE, 0)
    if not 0 <= start < end <= frames:
        raise ValueError(start)
    looped = value.get(_MODES, 0) & 1 and start <= first < last <= frames
    root = value[_ROOT] if 0 <= value[_ROOT] <= 127 else header.root if header.root <= 127 else 60
    tuning = value.get(_COARSE_TUNE, 0) + (value.get(_FINE_TUNE, 0) + header.cents) / 100
    return Region(
        _range(zone, _KEYS),
        _range(zone, _VELOCITIES),
        start + GUARD,
        end + GUARD,
        (first + GUARD, last + GUARD) if looped else None,
        root - tuning,
        header.rate,
        value[_SCALE] / 100,
        10 ** (-_ATTENUATION_SHARE * value.get(_ATTENUATION, 0) / 200),
        max(-1.0, min(1.0, value.get(_PAN, 0) / 500)),
        _seconds(value[_ATTACK]),
        _seconds(value[_HOLD]) + _seconds(value[_DELAY]),
        _seconds(value[_DECAY]),
        10 ** (-max(0, min(1440, value.get(_SUSTAIN, 0))) / 200),
        _seconds(value[_RELEASE]),
        value.get(_CLASS, 0),
    )


def _offset(region: Region, zone: Mapping[int, int]) -> Region | None:
    """The region as a preset's zone changes it; None where the two share no key or velocity."""
    keys, velocities = (
        (max(own[0], theirs[0]), min(own[1], theirs[1]))
        for own, theirs in (
            (region.keys, _range(zone, _KEYS)),
            (region.velocities, _range(zone, _VELOCITIES)),
        )
    )
    if keys[0] > keys[1] or velocities[0] > velocities[1]:
        return None
    stretch = {which: 2 ** (zone.get(which, 0) / 1200) for which in (_ATTACK, _HOLD, _DECAY, _RELEASE)}
    tuning = zone.get(_COARSE_TUNE, 0) + zone.get(_FINE_TUNE, 0) / 100
    return region._replace(
        keys=keys,
        velocities=velocities,
        root=region.root - tuning,
        gain=region.gain * 10 ** (-_ATTENUATION_SHARE * zone.get(_ATTENUATION, 0) / 200),
        pan=max(-1.0, min(1.0, region.pan + zone.get(_PAN, 0) / 500)),
        attack=region.attack * stretch[_ATTACK],
        hold=region.hold * stretch[_HOLD],
        decay=region.decay * stretch[_DECAY],
        sustain=min(1.0, region.sustain * 10 ** (-zone.get(_SUSTAIN, 0) / 200)),
        release=region.release * stretch[_RELEASE],
    )


def _seconds(timecents: int) -> float:
    """0 for the least, which means at once."""
    return 0.0 if timecents <= -12000 else float(2 ** (min(timecents, 8000) / 1200))
