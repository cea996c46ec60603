"""A short song for stems, and what other programs make of sound files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from bandmate_models.midi import midi_bytes
from bandmate_models.score import Control, Key, Marker, Metre, Note, Part, Score, Tempo

SOUNDS = ("00 Mix", "01 Drums", "02 Fingered", "03 Chords", "04 Chords 2")

HITS = tuple(Note(float(beat), 0.25, 37, 100) for beat in range(8))
SONG = Score(
    parts=(
        Part("chords", tuple(Note(2.0, 1.5, pitch, 70) for pitch in (60, 64, 67)), 0),
        Part("drums", HITS),
        Part("bass", (Note(0.0, 2.0, 33, 90), Note(4.0, 1.0, 36, 90)), 33, name="Fingered"),
        Part("chords", (Note(0.0, 4.0, 72, 60),), 48, (Control(0.0, "cc", 10, 100),)),
    ),
    tempos=(Tempo(0.0, 120.0), Tempo(4.0, 90.0)),
    metres=(Metre(0.0, 3, 4), Metre(3.0, 5, 8)),
    keys=(Key(0.0, 3, "major"),),
    markers=(Marker(3.0, "five"),),
)


def song(folder: Path, score: Score = SONG) -> Path:
    file = folder / "song.mid"
    file.write_bytes(midi_bytes(score))
    return file


def program(name: str, *arguments: object) -> str:
    """What a program prints; skips where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr}"
    return done.stdout


class Probed(NamedTuple):
    """What ffprobe says of a file."""

    codec: str
    rate: int
    channels: int
    seconds: float
    tags: dict[str, str]


def probed(file: Path) -> Probed:
    entries = "stream=codec_name,sample_rate,channels,duration:stream_tags:format_tags"
    found: dict[str, Any] = json.loads(
        program("ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", file)
    )
    [stream] = found["streams"]
    tags = {**stream.get("tags", {}), **found.get("format", {}).get("tags", {})}
    lowered = {name.lower(): text for name, text in tags.items()}
    rate, seconds = int(stream["sample_rate"]), float(stream["duration"])
    return Probed(stream["codec_name"], rate, stream["channels"], seconds, lowered)


def decoded(file: Path, rate: int = 44_100) -> npt.NDArray[np.float32]:
    """The sound as ffmpeg reads it, [2, frames]."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(file), "-f", "f32le", "-ac", "2", "-ar", str(rate), "-"],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2).T
