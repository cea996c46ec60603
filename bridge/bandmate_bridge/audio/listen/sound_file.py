"""Sound files, read block by block so that hours of them never fill the memory."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.resample import Resampler
from bandmate_bridge.children import foreign_environment
from bandmate_models.errors import BandmateError

Audio = npt.NDArray[np.float32]

SUFFIXES = frozenset(
    (
        ".wav",
        ".wave",
        ".w64",
        ".rf64",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".caf",
        ".au",
    )
)
"""What libsndfile reads."""

FFMPEG_SUFFIXES = frozenset((".m4a", ".mp4", ".aac", ".wma", ".webm", ".mka", ".mov", ".ac3", ".amr"))
"""What the system's ffmpeg reads for us, where there is one."""

LONGEST = 10 * 60.0
"""Seconds of sound that are listened to as one phrase."""

BLOCK = 1 << 16
SLOWEST, FASTEST = 4_000, 768_000  # Hz, sampling rates that are believed
MOST_CHANNELS = 64
SILENCE = 10 ** (-70 / 20)  # -70 dBFS, the peak of what counts as silent
CLIPPED = 0.001
"""Share of the frames in flat tops from which a recording is called clipped."""

_FLAT = 3  # equal samples in a row, near the peak, that make a flat top


class Recording(NamedTuple):
    """What a file holds: sound at `rate` Hz ([frames], or [2, frames]), and what is wrong with it."""

    audio: Audio
    rate: int
    notices: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return float(self.audio.shape[-1] / self.rate)


def is_sound(path: Path) -> bool:
    """Whether the file's name is that of sound."""
    return path.suffix.lower() in SUFFIXES | FFMPEG_SUFFIXES


class SoundFile:
    """An open sound file: `rate` in Hz, `channels`, and `frames` as its header says.

    Raises BandmateError: "bad_file" (missing, not sound, damaged), "no_ffmpeg".
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = ExitStack()
        try:
            self._file = self._opened(path)
        except BaseException:
            self._stack.close()
            raise
        self.rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.frames = max(0, int(self._file.frames))
        if not (SLOWEST <= self.rate <= FASTEST and 1 <= self.channels <= MOST_CHANNELS):
            self.close()
            sentence = f"{path} says it has {self.channels} channels at {self.rate} Hz, which no sound has"
            raise BandmateError(sentence, "bad_file")

    def __enter__(self) -> SoundFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def blocks(self, frames: int = BLOCK) -> Iterator[Audio]:
        """[channels, up to `frames`] from the beginning on; what is no number is silence."""
        try:
            self._file.seek(0)
            while True:
                block = self._file.read(frames, dtype="float32", always_2d=True).T
                if not block.shape[1]:
                    return
                yield np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        except RuntimeError as error:
            raise BandmateError(f"{self.path} is damaged: {_reason(error)}", "bad_file") from error

    def _opened(self, path: Path) -> Any:
        if not path.exists():
            raise BandmateError(f"there is no file {path}", "bad_file")
        if not path.is_file():
            raise BandmateError(f"{path} is not a file", "bad_file")
        try:
            if not path.stat().st_size:
                raise BandmateError(f"{path} is empty", "bad_file")
            if path.suffix.lower() in FFMPEG_SUFFIXES:
                path = self._converted(path)
            return self._stack.enter_context(_soundfile().SoundFile(str(path)))
        except RuntimeError as error:
            raise BandmateError(f"{path} cannot be read as sound: {_reason(error)}", "bad_file") from error
        except OSError as error:
            raise BandmateError(f"{path} cannot be read: {error.strerror or error}", "bad_file") from error

    def _converted(self, path: Path) -> Path:
        """The file as FLAC in a temporary folder that goes when this closes; nothing but files is opened."""
        program = shutil.which("ffmpeg")
        if program is None:
            kinds = "WAV, FLAC, OGG, MP3 or AIFF"
            raise BandmateError(
                f"{path} needs ffmpeg to be read: install it, or convert it to {kinds}", "no_ffmpeg"
            )
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bandmate-"))
        flac = Path(folder) / "sound.flac"
        quiet = [program, "-v", "error", "-nostdin", "-protocol_whitelist", "file"]
        job = [*quiet, "-i", f"file:{path}", "-vn", "-sn", "-c:a", "flac", f"file:{flac}"]
        done = subprocess.run(
            job, capture_output=True, text=True, errors="replace", env=foreign_environment()
        )
        if done.returncode or not flac.exists():
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise BandmateError(f"{path} cannot be read as sound: {why}", "bad_file")
        return flac


def listen(path: Path, rate: int, *, longest: float = LONGEST) -> Recording:
    """The file in mono at `rate` Hz. Channels that cancel each other out give way to the strongest.

    Raises BandmateError: "bad_file" as SoundFile does, "silent", "too_long".
    """
    with SoundFile(path) as file:
        _refuse_long(file, longest)
        levels = _Levels(file.channels)
        audio = _read(file, rate, longest, levels, None)
        levels.refuse_silence(path)
        if levels.cancels:
            audio = _read(file, rate, longest, _Levels(file.channels), levels.strongest)
        notices = levels.notices(path)
    return Recording(audio[0], rate, notices)


def read_stereo(path: Path, rate: int, *, longest: float = LONGEST) -> Recording:
    """The file's first two channels, or its one twice, at `rate` Hz, [2, frames]. Raises as `listen` does."""
    with SoundFile(path) as file:
        _refuse_long(file, longest)
        resampler = Resampler(file.rate, rate)
        pieces = [resampler.push(block[:2]) for block in file.blocks()]
    audio = np.concatenate([*pieces, resampler.flush()], axis=1) if pieces else np.zeros((1, 0), np.float32)
    return Recording(np.broadcast_to(audio, (2, audio.shape[1])).copy(), rate)


def _read(file: SoundFile, rate: int, longest: float, levels: _Levels, channel: int | None) -> Audio:
    """[1, frames]: one channel, or the mean of all; `levels` sees what goes by."""
    resampler = Resampler(file.rate, rate)
    pieces, read = [], 0
    for block in file.blocks():
        levels.see(block)
        read += block.shape[1]
        if read > longest * file.rate:
            raise _too_long(file.path, read / file.rate, longest)
        mono = block.mean(axis=0, keepdims=True) if channel is None else block[channel : channel + 1]
        pieces.append(resampler.push(mono))
    if not read:
        raise BandmateError(f"{file.path} holds no sound", "bad_file")
    return np.concatenate([*pieces, resampler.flush()], axis=1)


def _refuse_long(file: SoundFile, longest: float) -> None:
    if file.seconds > longest:
        raise _too_long(file.path, file.seconds, longest)


def _too_long(path: Path, seconds: float, longest: float) -> BandmateError:
    minutes = f"{seconds / 60:.0f} minutes"
    return BandmateError(
        f"{path} is {minutes} long; a phrase has at most {longest / 60:.0f}: cut out what is meant",
        "too_long",
    )


class _Levels:
    """Loudness of each channel and of their mean, and how much is clipped."""

    def __init__(self, channels: int) -> None:
        self._energy = np.zeros(channels)
        self._mean_energy = 0.0
        self._peak = 0.0
        self._flat = 0
        self._frames = 0

    def see(self, block: Audio) -> None:
        self._energy += np.square(block, dtype=np.float64).sum(axis=1)
        self._mean_energy += float(np.square(block.mean(axis=0), dtype=np.float64).sum())
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        self._frames += block.shape[1]
        loud = np.abs(block) >= 0.98 * max(self._peak, 0.5)
        same = loud[:, 1:] & loud[:, :-1] & (np.abs(np.diff(block)) < 1e-4)
        runs = same[:, 1:] & same[:, :-1]  # _FLAT samples in a row
        self._flat += int(runs.any(axis=0).sum()) + (_FLAT - 1) * bool(runs.any())

    @property
    def strongest(self) -> int:
        return int(self._energy.argmax())

    @property
    def cancels(self) -> bool:
        return self._mean_energy < 0.02 * float(self._energy.max())

    def refuse_silence(self, path: Path) -> None:
        if self._peak < SILENCE:
            raise BandmateError(f"{path} is silent", "silent")

    def notices(self, path: Path) -> tuple[str, ...]:
        share = self._flat / max(self._frames, 1)
        if share < CLIPPED:
            return ()
        return (f"{path} is clipped ({100 * share:.1f} % of it): wrong notes are likely; record it quieter",)


def _reason(error: Exception) -> str:
    """libsndfile's own words, without the file's name."""
    return str(error).rsplit(": ", 1)[-1].rstrip(".").strip("'\"") or "no reason given"


def _soundfile() -> Any:
    try:
        return import_module("soundfile")
    except (ImportError, OSError) as error:
        raise BandmateError(f"sound files need the package soundfile: {error}", "no_soundfile") from error
