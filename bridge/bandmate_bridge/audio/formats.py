"""Sound files: what there is to choose, and writing one block by block."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from bandmate_bridge.audio.signal import Audio
from bandmate_models.errors import BandmateError

_BLOCK = 1 << 16  # frames; libsndfile's Vorbis encoder takes no more than a few seconds at a time
_PROBE = 1 << 16  # bytes that are written to hear why a file cannot be


class Format(NamedTuple):
    """A kind of sound file: libsndfile's names for it, and how it is packed."""

    suffix: str
    container: str
    bits: Mapping[str, str]  # what may be asked for: libsndfile's subtype; the first is the default
    compression: float | None = None  # libsndfile's: 0 the best sound, or the quickest, 1 the smallest file


FORMATS: Mapping[str, Format] = {
    "wav": Format(".wav", "WAV", {"24": "PCM_24", "16": "PCM_16", "32f": "FLOAT"}),
    "flac": Format(".flac", "FLAC", {"24": "PCM_24", "16": "PCM_16"}, 0.4),
    "ogg": Format(".ogg", "OGG", {"": "VORBIS"}, 0.2),
    "mp3": Format(".mp3", "MP3", {"": "MPEG_LAYER_III"}, 0.0),
}
BITS = tuple(dict.fromkeys(bits for known in FORMATS.values() for bits in known.bits if bits))

TAGS = ("title", "artist", "album", "tracknumber", "date", "software", "comment")
"""What may be said of a sound file within it, as far as its kind has room for it."""


class Encoding(NamedTuple):
    """A format and its bits a sample ("" where the format has none)."""

    format: str
    bits: str

    @classmethod
    def of(cls, name: str, bits: str | None = None) -> Encoding:
        """Raises BandmateError ("bad_value") for what there is not."""
        if name not in FORMATS:
            raise BandmateError(f"a format is {', '.join(FORMATS)}, not {name!r}", "bad_value")
        known = FORMATS[name].bits
        if bits is None:
            return cls(name, next(iter(known)))
        if bits not in known:
            choice = f"has {' or '.join(known)} bits, not {bits!r}" if "" not in known else "takes no bits"
            raise BandmateError(f"{name} {choice}", "bad_value")
        return cls(name, bits)

    @property
    def suffix(self) -> str:
        return FORMATS[self.format].suffix


def write_sound(
    path: Path,
    audio: Audio,
    rate: int,
    encoding: Encoding,
    *,
    gain: float = 1.0,
    frames: int | None = None,
    tags: Mapping[str, str] | None = None,
    told: Callable[[int], None] | None = None,
) -> None:
    """Write [channels, frames] times `gain`, and silence up to `frames`; 16 bits are dithered.

    `told` hears how many frames were written; what it raises stops the writing. Raises OSError where the disk
    refuses, BandmateError ("no_soundfile") where the package soundfile is missing.
    """
    kind, last = FORMATS[encoding.format], max(frames or 0, audio.shape[1])
    chance = np.random.RandomState(crc32(path.stem.encode()))
    soundfile = _soundfile()
    settings = {} if kind.compression is None else {"compression_level": kind.compression}
    try:
        with soundfile.SoundFile(
            path, "w", rate, audio.shape[0], kind.bits[encoding.bits], format=kind.container, **settings
        ) as file:
            for name, text in (tags or {}).items():
                with contextlib.suppress(soundfile.LibsndfileError):  # no room for it in this format
                    setattr(file, name, text)
            for start in range(0, last, _BLOCK):
                block = _block(audio, start, min(start + _BLOCK, last)) * np.float32(gain)
                file.write(_dithered(block, chance) if encoding.bits == "16" else block)
                if told is not None:
                    told(min(start + _BLOCK, last))
    except soundfile.LibsndfileError as error:
        _raise_why(path)
        raise OSError(0, f"the sound library says: {error}", str(path)) from error


def _block(audio: Audio, start: int, end: int) -> Audio:
    """Frames of the sound, [end - start, channels], silent after its end."""
    block = np.zeros((end - start, audio.shape[0]), np.float32)
    piece = audio[:, start:end]
    block[: piece.shape[1]] = piece.T
    return block


def _dithered(block: Audio, chance: np.random.RandomState) -> Any:
    """16-bit samples with triangular noise of two steps, so that the error is no distortion of the sound.

    Digital silence stays so.
    """
    noise = chance.random_sample(block.shape) - chance.random_sample(block.shape)
    samples = np.where(block == 0, 0.0, np.round(block * 32767.0 + noise))
    return np.clip(samples, -32768, 32767).astype(np.int16)


def _raise_why(path: Path) -> None:
    """libsndfile does not say why a disk refuses; the disk does, where more is written. Raises OSError."""
    with path.open("ab") as file:
        file.write(bytes(_PROBE))


def _soundfile() -> Any:
    try:
        return import_module("soundfile")
    except (ImportError, OSError) as error:
        raise BandmateError(f"sound files need the package soundfile: {error}", "no_soundfile") from error
