"""A soundfont in memory: for a program, a key and a velocity, the regions of samples that sound together."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.sampler.compressed import COMPRESSED, decompressed
from bandmate_bridge.audio.sampler.records import GUARD, Header, Samples
from bandmate_bridge.audio.soundfont.reader import presets
from bandmate_models.errors import BandmateError

Floats = npt.NDArray[np.float32]

# Generators of the SoundFont 2.01 specification, section 8.1.3.
_START, _END, _LOOP_START, _LOOP_END, _START_COARSE, _END_COARSE = 0, 1, 2, 3, 4, 12
_PAN, _DELAY, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE = 17, 33, 34, 35, 36, 37, 38
_INSTRUMENT, _KEYS, _VELOCITIES, _LOOP_START_COARSE = 41, 43, 44, 45
_ATTENUATION, _LOOP_END_COARSE, _COARSE_TUNE, _FINE_TUNE, _SAMPLE, _MODES, _SCALE, _CLASS, _ROOT = (
    48, 50, 51, 52, 53, 54, 56, 57, 58,
)  # fmt: skip
_DEFAULTS = dict.fromkeys((_DELAY, _ATTACK, _HOLD, _DECAY, _RELEASE), -12000) | {_SCALE: 100, _ROOT: -1}
_ROM = 0x8000
_ATTENUATION_SHARE = 0.4  # of what a file says, as the EMU chips do it and every player since
_WHOLE = (0, 127)


class Region(NamedTuple):
    """A sample as it answers to some keys; frames count in the bank's `data`, times are seconds."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    start: int
    end: int
    loop: tuple[int, int] | None
    root: int  # key at which it sounds as recorded, but for the tuning
    tuning: float  # semitones
    scale: float  # semitones a key
    rate: int
    gain: float
    pan: float  # -1 left, 1 right
    attack: float
    hold: float
    decay: float  # until it would be 100 dB down
    sustain: float  # gain
    release: float  # until it would be 100 dB down
    group: int  # a new note silences those of the same group other than 0

    def speed(self, key: float) -> float:
        """How fast it is played for a key, 1 being as recorded."""
        return float(2 ** (((key - self.root) * self.scale + self.tuning) / 12))


class Bank:
    """What a soundfont holds. Raises BandmateError ("bad_soundfont") for what is none, or has no samples."""

    def __init__(self, file: Path) -> None:
        presets(file)
        try:
            chunks = _chunks(np.memmap(file, np.uint8, "r").data)
            self._samples, self._regions = _read(chunks)
        except OSError as error:
            raise BandmateError(
                f"cannot open the soundfont {file}: {error.strerror}", "bad_soundfont"
            ) from error
        except (ValueError, IndexError, KeyError, struct.error) as error:
            why = str(error) if isinstance(error, _UnusableError) else "it is damaged"
            raise BandmateError(f"{file} cannot be played: {why}", "bad_soundfont") from error

    @cached_property
    def data(self) -> Floats:
        """All samples, in memory."""
        return self.sound(0, len(self._samples) + 2 * GUARD)

    def sound(self, start: int, end: int) -> Floats:
        """The frames from `start` to `end` of `data`, read from the file where they are not in memory."""
        sound = np.zeros(end - start, np.float32)
        first, last = max(start - GUARD, 0), max(end - GUARD, 0)
        part = self._samples[first:last]
        place = first + GUARD - start
        np.multiply(part, np.float32(2**-15), out=sound[place : place + len(part)])
        return sound

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


def _chunks(view: memoryview) -> Mapping[str, memoryview]:
    """The sub-chunks of a soundfont's lists, by name."""
    found: dict[str, memoryview] = {}
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


def _read(chunks: Mapping[str, memoryview]) -> tuple[Samples, dict[tuple[int, int], list[Region]]]:
    headers = [
        Header._make((*row[1:8], row[9])) for row in struct.iter_unpack("<20sIIIIIBbHH", chunks["shdr"])
    ]
    if any(header.kind & COMPRESSED for header in headers):
        samples, headers = decompressed(chunks["smpl"], headers)
    else:
        samples = np.frombuffer(chunks["smpl"], "<i2")
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
            own.extend(_offset(made[zone[_INSTRUMENT]], zone))
    return samples, regions


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


def _region(zone: Mapping[int, int], header: Header, frames: int) -> Region:
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
    return Region(
        _range(zone, _KEYS),
        _range(zone, _VELOCITIES),
        start + GUARD,
        end + GUARD,
        (first + GUARD, last + GUARD) if looped else None,
        root,
        _tuning(zone) + header.cents / 100,
        value[_SCALE] / 100,
        header.rate,
        _gain(zone),
        max(-1.0, min(1.0, value.get(_PAN, 0) / 500)),
        _seconds(value[_ATTACK]),
        _seconds(value[_HOLD]) + _seconds(value[_DELAY]),
        _seconds(value[_DECAY]),
        10 ** (-max(0, min(1440, value.get(_SUSTAIN, 0))) / 200),
        _seconds(value[_RELEASE]),
        value.get(_CLASS, 0),
    )


def _offset(regions: Iterable[Region], zone: Mapping[int, int]) -> Iterator[Region]:
    """The regions as a preset's zone changes them, without those that share no key or velocity with it."""
    keys, velocities = _range(zone, _KEYS), _range(zone, _VELOCITIES)
    tuning, scale = _tuning(zone), zone.get(_SCALE, 0) / 100
    gain, pan = _gain(zone), zone.get(_PAN, 0) / 500
    attack, hold, decay, release = (
        2 ** (zone.get(which, 0) / 1200) for which in (_ATTACK, _HOLD, _DECAY, _RELEASE)
    )
    sustain = 10 ** (-zone.get(_SUSTAIN, 0) / 200)
    for region in regions:
        both = _shared(keys, region.keys), _shared(velocities, region.velocities)
        if both[0] and both[1]:
            yield region._replace(
                keys=both[0],
                velocities=both[1],
                tuning=region.tuning + tuning,
                scale=region.scale + scale,
                gain=region.gain * gain,
                pan=max(-1.0, min(1.0, region.pan + pan)),
                attack=region.attack * attack,
                hold=region.hold * hold,
                decay=region.decay * decay,
                sustain=min(1.0, region.sustain * sustain),
                release=region.release * release,
            )


def _shared(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int] | None:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else None


def _tuning(zone: Mapping[int, int]) -> float:
    return zone.get(_COARSE_TUNE, 0) + zone.get(_FINE_TUNE, 0) / 100


def _gain(zone: Mapping[int, int]) -> float:
    return float(10 ** (-_ATTENUATION_SHARE * zone.get(_ATTENUATION, 0) / 200))


def _seconds(timecents: int) -> float:
    """0 for the least, which means at once."""
    return 0.0 if timecents <= -12000 else float(2 ** (min(timecents, 8000) / 1200))
