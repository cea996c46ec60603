"""Marks in sound files."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import numpy as np

from bandmate_bridge.audio.listen.resample import Resampler
from bandmate_bridge.audio.listen.sound_file import SoundFile
from bandmate_bridge.audio.watermark.code import BITS, KEY
from bandmate_bridge.audio.watermark.detecting import LONGEST, SHORTEST, Finding, search
from bandmate_bridge.audio.watermark.masking import RATE
from bandmate_models.errors import BandmateError


def number_of(take: str) -> int:
    """What the mark of a take says: a number that its id decides."""
    return crc32(take.encode()) >> 32 - BITS


def search_file(path: Path, key: bytes = KEY) -> Finding:
    """The likeliest mark in the first LONGEST seconds of a file.

    Raises BandmateError: "bad_file" as SoundFile does, "too_short".
    """
    with SoundFile(path) as file:
        resampler, pieces, heard = Resampler(file.rate, RATE), [], 0
        for block in file.blocks():
            pieces.append(resampler.push(block.mean(axis=0, keepdims=True)))
            heard += block.shape[1]
            if heard >= LONGEST * file.rate:
                break
        if heard < SHORTEST * file.rate:
            seconds = heard / file.rate
            raise BandmateError(
                f"{path} lasts {seconds:.1f} s; a mark shows in {SHORTEST:g} s and more", "too_short"
            )
        return search(np.concatenate([*pieces, resampler.flush()], axis=1), key)
