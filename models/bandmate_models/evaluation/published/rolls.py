"""Piano-rolls: which pitches sound in each frame of a piece; from the benchmark's files, and from scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import BandmateError
from ...score import Score
from ...vocabulary import TICKS_PER_BEAT

Frame = tuple[int, ...]
"""MIDI pitches that sound, ascending."""
Roll = tuple[Frame, ...]

LOWEST, HIGHEST = 21, 108
"""The keys of a piano: all that Boulanger-Lewandowski's rolls can hold."""
SPLITS = {"train": "traindata", "valid": "validdata", "test": "testdata"}


class Table(NamedTuple):
    """One benchmark: its file, how long a frame lasts in beats, and what was published (nats per frame)."""

    name: str
    file: str
    beats: float
    published: dict[str, float]


TABLES = {
    "jsb": Table("JSB Chorales", "jsb-chorales-quarter.json", 1.0, {"RNN-RBM": 6.27, "RNN-NADE": 5.56}),
    "nottingham": Table("Nottingham", "Nottingham.mat", 0.5, {"RNN-RBM": 2.39, "RNN-NADE": 2.31}),
}
"""Figures of Boulanger-Lewandowski, Bengio and Vincent (2012), Modeling Temporal Dependencies in
High-Dimensional Sequences, table 1: the joint models."""


def read_table(path: Path) -> dict[str, list[Roll]]:
    """The rolls of each split, from the benchmark's JSON or .mat file; BandmateError where it is neither."""
    try:
        content = _from_mat(path) if path.suffix == ".mat" else json.loads(path.read_text(encoding="utf-8"))
        return {split: [_roll(piece) for piece in content[split]] for split in SPLITS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BandmateError(
            f"{path} is no piano-roll benchmark ({error}); unpack the benchmark's archive", "bad_file"
        ) from None


def _from_mat(path: Path) -> dict[str, list[list[list[int]]]]:
    """Splits of a MATLAB file whose cells are matrices [frames, 88]."""
    from scipy.io import loadmat

    content = loadmat(path)
    return {
        split: [
            [(np.flatnonzero(frame) + LOWEST).tolist() for frame in np.asarray(cell)]
            for cell in content[name].ravel()
        ]
        for split, name in SPLITS.items()
    }


def _roll(piece: Iterable[Iterable[int]]) -> Roll:
    roll = tuple(tuple(sorted({int(pitch) for pitch in frame})) for frame in piece)
    if any(frame and not LOWEST <= frame[0] <= frame[-1] <= HIGHEST for frame in roll):
        raise ValueError(f"a pitch lies outside {LOWEST} to {HIGHEST}")
    return roll


def roll_of(score: Score, beats: float, most: int = 8) -> Roll:
    """What sounds of a score's pitched parts every `beats` beats, the `most` outermost pitches of a frame."""
    step = round(beats * TICKS_PER_BEAT)
    frames: list[set[int]] = [set() for _ in range(int(score.end / beats) + 1)]
    for part in score.parts:
        for note in () if part.is_drums else part.notes:
            start, end = round(note.start * TICKS_PER_BEAT), round(note.end * TICKS_PER_BEAT)
            if LOWEST <= note.pitch <= HIGHEST:
                for number in range(-(-start // step), min(-(-end // step), len(frames))):
                    frames[number].add(note.pitch)
    return tuple(_outermost(sorted(frame), most) for frame in frames)


def _outermost(pitches: list[int], most: int) -> Frame:
    inner = len(pitches) - most
    if inner <= 0:
        return tuple(pitches)
    return (*pitches[: most // 2], *pitches[most // 2 + inner :])


class Collection(NamedTuple):
    """Rolls that share a name and a frame's length, and how often they are drawn beside others."""

    name: str
    beats: float
    share: float
    rolls: list[Roll]


def save(collections: Iterable[Collection], path: Path) -> None:
    """Keeps collections in one .npz file."""
    arrays: dict[str, NDArray[Any]] = {}
    for index, (name, beats, share, rolls) in enumerate(collections):
        frames = [frame for roll in rolls for frame in roll]
        arrays[f"{index}.name"] = np.array(name)
        arrays[f"{index}.numbers"] = np.array([beats, share])
        arrays[f"{index}.pitches"] = np.array([pitch for frame in frames for pitch in frame], dtype=np.uint8)
        arrays[f"{index}.frames"] = np.array([len(frame) for frame in frames], dtype=np.uint8)
        arrays[f"{index}.rolls"] = np.array([len(roll) for roll in rolls], dtype=np.int32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load(path: Path) -> list[Collection]:
    """What `save` has kept."""
    with np.load(path) as arrays:
        count = sum(key.endswith(".name") for key in arrays)
        return [
            Collection(
                str(arrays[f"{index}.name"]),
                float(arrays[f"{index}.numbers"][0]),
                float(arrays[f"{index}.numbers"][1]),
                _unpacked(arrays[f"{index}.pitches"], arrays[f"{index}.frames"], arrays[f"{index}.rolls"]),
            )
            for index in range(count)
        ]


def _unpacked(pitches: NDArray[Any], frames: NDArray[Any], rolls: NDArray[Any]) -> list[Roll]:
    pitch, frame = iter(pitches.tolist()), iter(frames.tolist())
    return [
        tuple(tuple(next(pitch) for _ in range(size)) for size in (next(frame) for _ in range(length)))
        for length in rolls.tolist()
    ]
