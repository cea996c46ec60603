"""Stems: how fast a take of four parts and three minutes is on the disk, and whether all lines up.

python benchmarks/stems.py [--runs N]

A run is the whole command with its defaults, from its start until all files are on the disk (fsync). The
song is played once on the grid, as a model plays it, and once loosely, so that no two notes are equal and
nothing can be reused. "seconds" is the quickest run, "cpu seconds" what it computed on all cores. The dry
mix is read back from its file and compared with the sum of the stems' files. Onsets are found in the drums'
file by a detector that knows no MIDI (a rise of 6 dB or more in a high-passed signal, 25 ms apart), and
compared with the drums' notes.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from bandmate_bridge.audio.signal import decibels
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Note, Part, Score, Tempo
from harness import percentiles, table, write_result

SECONDS, BPM = 180, 120.0
SLOWEST = 40
"""Times real time, on two cores."""
QUIETEST = -90
"""dBFS that the sum of the stems may differ from the dry mix."""
NEAR = 5.0
"""ms within which drums must sound."""

HOP, AFTER, BEFORE, APART = 0.0005, 0.002, 0.008, 0.025  # seconds: of the detector
RISE = 6.0  # dB
Samples = npt.NDArray[np.float32]


def song(loosely: bool) -> Score:
    """Drums, bass, chords and a melody in sixteenths and longer; the same every time."""
    chance = random.Random(6)
    beats = round(SECONDS * BPM / 60)

    def note(start: float, length: float, pitch: int) -> Note:
        velocity = chance.randrange(40, 120, 4)
        if loosely:
            start, length = max(0.0, start + chance.gauss(0, 0.02)), length * chance.uniform(0.7, 1.0)
        return Note(start, length, pitch, velocity)

    drums, bass, chords, melody = [], [], [], []
    for beat in range(beats):
        drums.append(note(beat, 0.25, 38 if beat % 2 else 36))
        drums += [note(beat + step / 2, 0.25, 42) for step in (0, 1)]
        if beat % 4 == 3:
            drums.append(note(beat + 0.75, 0.25, 36))
        bass += [note(beat + step / 2, 0.45, chance.choice((33, 36, 38, 40, 43))) for step in (0, 1)]
        if beat % 2 == 0:
            length = chance.choice((0.9, 1.4, 1.9))
            chords += [note(beat, length, pitch + chance.randrange(3)) for pitch in (53, 57, 60, 64)]
        for step in range(4):
            if chance.random() < 0.5:
                melody.append(
                    note(beat + step / 4, chance.choice((0.25, 0.5, 0.9)), chance.randrange(60, 84))
                )
    lines = {"drums": (drums, 0), "bass": (bass, 33), "chords": (chords, 4), "melody": (melody, 65)}
    parts = tuple(Part(role, tuple(sorted(notes)), program) for role, (notes, program) in lines.items())  # type: ignore[arg-type]
    return Score(parts, (Tempo(0.0, BPM),))


def exported(file: Path, folder: Path, *flags: str) -> tuple[float, float]:
    """Seconds, and seconds of computing, that `bandmate stems` takes, its start included."""
    before, begun = _computed(), time.perf_counter()
    command = [sys.executable, "-m", "bandmate", "stems", str(file), "-o", str(folder), *flags]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun, _computed() - before


def _computed() -> float:
    """Seconds that ended children have computed on all cores."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def speed(file: Path, folder: Path, runs: int, *flags: str) -> dict[str, Any]:
    """Of several exports."""
    took = []
    for _ in range(runs):
        place = Path(tempfile.mkdtemp(dir=folder))
        took.append(exported(file, place, *flags))
        shutil.rmtree(place)
    times = percentiles([seconds * 1e3 for seconds, _ in took])
    return {
        "notes": read_midi(file).note_count,
        "seconds": min(seconds for seconds, _ in took),
        "times real time": SECONDS / min(seconds for seconds, _ in took),
        "times real time (median)": SECONDS / times["p50"] * 1e3,
        "cpu seconds": min(cpu for _, cpu in took),
    }


def difference(folder: Path) -> dict[str, Any]:
    """Between the sum of the stems' files and the dry mix's, in dBFS; and the lengths of all."""
    sounds = {file.name: soundfile.read(file, dtype="float64")[0] for file in sorted(folder.glob("*.wav"))}
    mix = sounds.pop("00 Mix.wav")
    error = float(np.abs(sum(sounds.values()) - mix).max())
    lengths = {len(sound) for sound in (mix, *sounds.values())}
    return {
        "sum differs by at most (dBFS)": decibels(max(error, 1e-12)),
        "files": len(sounds) + 1,
        "lengths": len(lengths),
        "frames": lengths.pop(),
    }


def onsets(sound: Samples, rate: int) -> list[float]:
    """Seconds at which something begins in a sound [frames]."""
    edges = (
        np.diff(sound, n=2, prepend=[0.0, 0.0]) ** 2
    )  # the second difference: a high pass of 12 dB an octave
    total = np.concatenate([[0.0], np.cumsum(edges, dtype=np.float64)])
    hop, after, before = (round(seconds * rate) for seconds in (HOP, AFTER, BEFORE))
    places = np.arange(before, len(sound) - after, hop)
    new = (total[places + after] - total[places]) / after
    old = (total[places] - total[places - before]) / before
    rise = 10 * np.log10((new + 1e-12) / (old + 1e-12))
    return list(_peaks(places, rise, round(APART / HOP), rate, after))


def _peaks(
    places: npt.NDArray[Any], rise: npt.NDArray[Any], apart: int, rate: int, after: int
) -> Iterator[float]:
    """Where the rise is the largest within some hops: the sound begins at the end of what is still quiet."""
    for index in np.flatnonzero(rise > RISE):
        near = rise[max(0, index - apart) : index + apart + 1]
        if rise[index] == near.max() and index - max(0, index - apart) == int(near.argmax()):
            yield float(places[index]) / rate


def alignment(folder: Path, score: Score) -> dict[str, Any]:
    """How far from its notes each onset of the drums lies, in ms."""
    sound, rate = soundfile.read(folder / "01 Drums.wav", dtype="float32")
    lead = np.zeros(round(BEFORE * 2 * rate), np.float32)
    found = np.asarray(onsets(np.concatenate([lead, sound.mean(axis=1)]), rate)) - len(lead) / rate
    drums = next(part for part in score.parts if part.is_drums)
    written = np.unique([score.seconds(note.start) for note in drums.notes])
    nearest = np.abs(found[:, None] - written[None, :])
    heard = nearest.min(axis=0) < 0.05
    return {
        "beginnings in the MIDI": len(written),
        "heard": int(heard.sum()),
        "false": int((nearest.min(axis=1) >= 0.05).sum()),
        "distance_ms": percentiles(nearest.min(axis=0)[heard] * 1e3),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="bandmate-") as name:
        folder = Path(name)
        speeds: dict[str, Any] = {}
        for loosely, label in ((False, "on the grid"), (True, "loosely")):
            file = folder / f"{label}.mid"
            file.write_bytes(midi_bytes(song(loosely)))
            speeds[label] = speed(file, folder, runs)
        try:
            fluid = str(find_soundfont(Path("FluidR3")))
            file = folder / "on the grid.mid"
            speeds["on the grid, FluidR3"] = speed(file, folder, runs, "--soundfont", fluid)
        except BandmateError as error:
            print(f"left out: {error}")
        grid = folder / "on the grid.mid"
        exported(grid, folder / "dry", "--mix", "dry")
        sums, near = difference(folder / "dry"), alignment(folder / "dry", read_midi(grid))
    result = {
        "speed": speeds,
        "sum of the stems": sums,
        "onsets of the drums": near,
        "limits": {"times real time": SLOWEST, "dBFS": QUIETEST, "ms": NEAR},
    }
    print(table([{"": label, **row} for label, row in speeds.items()]))
    print(sums, near, sep="\n")
    print(write_result("stems", result))


if __name__ == "__main__":
    main()
