"""SoundFont 2.01 files: the few records that a bank of samples needs, and how they are laid out."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

PAN, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, DELAY = 17, 34, 35, 36, 37, 38, 33
INSTRUMENT, KEY_RANGE, ATTENUATION, SAMPLE, SAMPLE_MODES, EXCLUSIVE_CLASS = 41, 43, 48, 53, 54, 57
LOOPED = 1

_GUARD = 46  # silent frames that the standard wants after every sample

# Some players start a preset's envelope from the instrument's defaults and add the two; a zero is what the
# standard means, said aloud.
_NEUTRAL = dict.fromkeys((DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE), 0)


@dataclass(frozen=True)
class Sample:
    """Mono audio, int16 [frames], that sounds MIDI key `root` when played at `rate` Hz; `loop` in frames."""

    name: str
    audio: npt.NDArray[np.int16]
    rate: int
    root: int
    loop: tuple[int, int] | None = None


@dataclass(frozen=True)
class Zone:
    """The keys (both inclusive) that a sample answers to. Generators are SF2 numbers and signed amounts."""

    sample: Sample
    keys: tuple[int, int]
    generators: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Instrument:
    name: str
    zones: Sequence[Zone]


@dataclass(frozen=True)
class Preset:
    """What a bank and a program number sound: one instrument."""

    name: str
    bank: int
    program: int
    instrument: Instrument


def timecents(seconds: float) -> int:
    return round(1200 * math.log2(seconds))


def sf2_bytes(name: str, presets: Sequence[Preset]) -> bytes:
    """The file of all presets, sorted by bank and program; instruments and samples are stored once each."""
    presets = sorted(presets, key=lambda preset: (preset.bank, preset.program))
    instruments = list({id(preset.instrument): preset.instrument for preset in presets}.values())
    samples = list(
        {id(zone.sample): zone.sample for instrument in instruments for zone in instrument.zones}.values()
    )
    info = (
        _chunk("ifil", struct.pack("<HH", 2, 1))
        + _chunk("isng", b"EMU8000\0")
        + _chunk("INAM", _text(name))
        + _chunk("ICOP", _text("Apache-2.0"))
    )
    audio, headers = _samples(samples)
    body = (
        b"sfbk"
        + _chunk("LIST", b"INFO" + info)
        + _chunk("LIST", b"sdta" + _chunk("smpl", audio))
        + _chunk(
            "LIST", b"pdta" + _presets(presets, instruments) + _instruments(instruments, samples) + headers
        )
    )
    return _chunk("RIFF", body)


def _presets(presets: Sequence[Preset], instruments: Sequence[Instrument]) -> bytes:
    place = {id(instrument): index for index, instrument in enumerate(instruments)}
    rows, zones = [], []
    for index, preset in enumerate(presets):
        rows.append(_preset_row(preset.name, preset.program, preset.bank, index))
        zones.append([*_NEUTRAL.items(), (INSTRUMENT, place[id(preset.instrument)])])
    rows.append(_preset_row("EOP", 0, 0, len(presets)))
    return _chunk("phdr", b"".join(rows)) + _zones("p", zones)


def _preset_row(name: str, program: int, bank: int, first_zone: int) -> bytes:
    return struct.pack("<20sHHHIII", name.encode()[:19], program, bank, first_zone, 0, 0, 0)


def _instruments(instruments: Sequence[Instrument], samples: Sequence[Sample]) -> bytes:
    place = {id(sample): index for index, sample in enumerate(samples)}
    rows: list[bytes] = []
    zones: list[list[tuple[int, int]]] = []
    for instrument in instruments:
        rows.append(struct.pack("<20sH", instrument.name.encode()[:19], len(zones)))
        for zone in instrument.zones:
            low, high = zone.keys
            mode = LOOPED if zone.sample.loop else 0
            settings = [*zone.generators.items(), (SAMPLE_MODES, mode), (SAMPLE, place[id(zone.sample)])]
            zones.append([(KEY_RANGE, low | high << 8), *sorted(settings[:-1]), settings[-1]])
    rows.append(struct.pack("<20sH", b"EOI", len(zones)))
    return _chunk("inst", b"".join(rows)) + _zones("i", zones)


def _zones(kind: str, zones: Sequence[Sequence[tuple[int, int]]]) -> bytes:
    """The bag, modulator and generator chunks of presets ("p") or instruments ("i")."""
    bags: list[bytes] = []
    generators: list[bytes] = []
    for zone in zones:
        bags.append(struct.pack("<HH", len(generators), 0))
        generators += [struct.pack("<HH", number, amount & 0xFFFF) for number, amount in zone]
    bags.append(struct.pack("<HH", len(generators), 0))
    generators.append(bytes(4))
    return (
        _chunk(f"{kind}bag", b"".join(bags))
        + _chunk(f"{kind}mod", bytes(10))
        + _chunk(f"{kind}gen", b"".join(generators))
    )


def _samples(samples: Sequence[Sample]) -> tuple[bytes, bytes]:
    """The audio of all samples, and the chunk of their headers."""
    audio, rows, start = [], [], 0
    for sample in samples:
        frames = len(sample.audio)
        loop = sample.loop or (0, frames)
        places = (start, start + frames, start + loop[0], start + loop[1])
        row = struct.pack(
            "<20sIIIIIBbHH", sample.name.encode()[:19], *places, sample.rate, sample.root, 0, 0, 1
        )
        rows.append(row)
        audio += [sample.audio.astype("<i2").tobytes(), bytes(2 * _GUARD)]
        start += frames + _GUARD
    rows.append(struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0))
    return b"".join(audio), _chunk("shdr", b"".join(rows))


def _chunk(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return data + bytes(len(data) % 2)
