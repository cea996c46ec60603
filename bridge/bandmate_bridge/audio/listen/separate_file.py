"""A sound file taken apart into files: by our own split, or by the user's own Demucs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bandmate_bridge.audio.listen.separation import Split, split
from bandmate_bridge.audio.listen.sound_file import SILENCE, SoundFile
from bandmate_models.errors import BandmateError

_SUBTYPE = "PCM_24"
_WAV_HOLDS = 2**32 - 2**16  # bytes; what is longer is written as RF64
_CEILING = 1 - 2**-23  # the loudest sample that 24 bits hold


def split_file(path: Path, folder: Path, told: Callable[[int, int], None] | None = None) -> list[Path]:
    """Write "harmonic.wav" and "percussive.wav", 24-bit at the file's own rate, whose sum is the file.

    Block by block, whatever its length; `told` hears frames done and all. Raises BandmateError ("bad_file",
    "silent", "no_ffmpeg"), OSError where the disk refuses.
    """
    soundfile: Any = import_module("soundfile")
    files = [folder / f"{name}.wav" for name in Split._fields]
    loudest, done = 0.0, 0
    with SoundFile(path) as sound, ExitStack() as stack:
        try:
            size = 3 * sound.channels * sound.frames
            container = "WAV" if size < _WAV_HOLDS else "RF64"
            outputs = [
                stack.enter_context(
                    soundfile.SoundFile(file, "w", sound.rate, sound.channels, _SUBTYPE, format=container)
                )
                for file in files
            ]
            for pair in split(sound.blocks()):
                for output, piece in zip(outputs, pair, strict=True):
                    output.write(np.clip(piece.T, -1, _CEILING))
                loudest = max(loudest, float(np.abs(pair.harmonic + pair.percussive).max(initial=0.0)))
                done += pair.harmonic.shape[1]
                if told is not None:
                    told(done, max(sound.frames, done))
        except soundfile.LibsndfileError as error:
            raise OSError(0, f"the sound library says: {error}", str(folder)) from error
    if not done:
        raise BandmateError(f"{path} holds no sound", "bad_file")
    if loudest < SILENCE:
        raise BandmateError(f"{path} is silent", "silent")
    return files


def demucs_file(path: Path, folder: Path, model: str, weights: Path | None = None) -> list[Path]:
    """Write the stems of a Demucs that the user has installed (Rouard et al., 2023).

    `weights` is a folder of their own (Demucs's --repo); Demucs fetches weights that are not there. Raises
    BandmateError: "no_demucs", "bad_file".
    """
    if find_spec("demucs") is None:
        sentence = "Demucs is not installed: `pip install demucs`, or separate without --demucs"
        raise BandmateError(sentence, "no_demucs")
    with SoundFile(path), tempfile.TemporaryDirectory(prefix="bandmate-") as scratch:
        job = [sys.executable, "-m", "demucs.separate", "-n", model, "-o", scratch, str(path.absolute())]
        if weights is not None:
            job += ["--repo", str(weights.absolute())]
        done = subprocess.run(job, capture_output=True, text=True, errors="replace")
        made = sorted(Path(scratch).rglob("*.wav"))
        if done.returncode or not made:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise BandmateError(f"Demucs could not separate {path}: {why}", "bad_file")
        return [Path(shutil.copyfile(file, folder / file.name)) for file in made]
