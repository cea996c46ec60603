"""What is heard of held-out phrases: notes beside Basic Pitch's own pipeline, tempo, metre, key.

python benchmarks/transcription.py --manifest manifest.csv --midi DIR --peer PYTHON [--phrases 50]

The first eight bars of pieces of the test split, as our soundfont sounds them, in 16-bit WAV files. `--peer`
is a Python that has basic-pitch, librosa and mir_eval; it hears the same files in the same run. Notes count
by onset (50 ms) and pitch. A tempo is right within 2 % of the file's quarter notes a minute; a key is that of
the file's key signature.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from bandmate.folders import data_folder
from bandmate.shelf import Shelf
from bandmate_bridge.audio.listen.heard import hear
from bandmate_bridge.audio.listen.note_tracking import track_notes
from bandmate_bridge.audio.listen.onsets import RATE
from bandmate_bridge.audio.listen.pitch_model import PitchModel
from bandmate_bridge.audio.listen.sound_file import listen
from bandmate_bridge.audio.render import render, wav_bytes
from bandmate_models.score import Key, Score
from harness import table, write_result
from phrases import Phrase, phrases

OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3)
"""Tempos that are another level of the same beat."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--midi", type=Path, required=True, help="folder of the manifest's paths")
    parser.add_argument("--peer", type=Path, required=True, help="Python with basic-pitch and mir_eval")
    parser.add_argument("--phrases", type=int, default=50)
    parser.add_argument("--split", default="test")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, help="nmp.onnx; default: the fetched one")
    options = parser.parse_args()
    file = options.model or Shelf(data_folder() / "models").get("basic-pitch")
    found = islice(phrases(options.manifest, options.midi, options.split, options.seed), options.phrases)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(options.jobs) as pool:
        work = [(phrase, Path(folder) / f"{number}.wav", file) for number, phrase in enumerate(found)]
        jobs = []
        for row, job in pool.map(heard_row, work):
            rows.append(row)
            jobs.append(job)
        results = peer_results(options.peer, jobs, Path(folder), options.jobs)
    for row, result in zip(rows, results, strict=True):
        row |= {"f1": result["ours"][2], "f1_basic_pitch": result["theirs"][2]}
        row["scores"] = result
    data = summary(rows)
    print(table([{"figure": name, "value": value} for name, value in data.items() if name != "each"]))
    print(f"written to {write_result('transcription', data)}")
    return 0


def peer_results(python: Path, jobs: list[dict[str, Any]], folder: Path, count: int) -> list[dict[str, Any]]:
    """What the peer made of every phrase, in `count` processes. Raises CalledProcessError."""
    script = Path(__file__).with_name("basic_pitch_peer.py")
    running = []
    for number in range(count):
        file = folder / f"job-{number}.json"
        file.write_text(json.dumps(jobs[number::count]), encoding="utf-8")
        running.append(subprocess.Popen([python, script, file], stdout=subprocess.PIPE, text=True))
    results: list[dict[str, Any]] = [{}] * len(jobs)
    for number, process in enumerate(running):
        out, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, str(script))
        results[number::count] = json.loads(out)
    return results


def heard_row(work: tuple[Phrase, Path, Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is heard of one phrase beside what is written; and for the peer, where it sounds and its notes."""
    phrase, wav, file = work
    model = PitchModel(file)
    wav.write_bytes(wav_bytes(render(phrase.score)))
    began = time.process_time()
    notes = track_notes(model.salience(listen(wav, RATE).audio))
    spent = time.process_time() - began
    heard = hear(wav, model)
    true, metre = phrase.score, phrase.score.metre_at(0.0)
    ratio = heard.pulse.quarters / true.tempo_at(0.0).bpm
    heard_metre, key = heard.score.metre_at(0.0), true.key_at(0.0)
    row = {
        "source": phrase.source,
        "seconds": true.seconds(true.end),
        "spent": spent,
        "bpm": true.tempo_at(0.0).bpm,
        "heard_bpm": heard.pulse.quarters,
        "tempo": within(ratio, 1.0),
        "tempo_octave": any(within(ratio, octave) for octave in OCTAVES),
        "metre": f"{metre.numerator}/{metre.denominator}",
        "heard_metre": f"{heard_metre.numerator}/{heard_metre.denominator}",
        "key": None if key is None else same_notes(key, heard.score.key_at(0.0)),
        "key_exact": None if key is None else key[1:] == (heard.score.key_at(0.0) or (0, 0, ""))[1:],
    }
    job = {"wav": str(wav), "reference": reference(phrase.score), "ours": [note[:3] for note in notes]}
    return row, job


def within(ratio: float, target: float) -> bool:
    return abs(ratio / target - 1) <= 0.02


def same_notes(key: Key, other: Key | None) -> bool:
    """Whether two keys are one, or relatives."""
    return other is not None and signature(key) == signature(other)


def signature(key: Key) -> int:
    return (key.tonic + 3) % 12 if key.mode == "minor" else key.tonic


def reference(score: Score) -> list[list[float]]:
    """Pitched notes in seconds; what two parts strike together on one pitch is one note."""
    found: dict[tuple[int, int], list[float]] = {}
    for part in score.parts:
        if not part.is_drums:
            for note in part.notes:
                start, end = score.seconds(note.start), score.seconds(note.end)
                key = (note.pitch, round(start * 50))
                if key not in found or end > found[key][1]:
                    found[key] = [start, max(end, start + 0.02), note.pitch]
    return sorted(found.values())


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    keyed = [row for row in rows if row["key"] is not None]
    peer_seconds = sum(row["scores"]["seconds"] for row in rows)
    ours, theirs = ([row["scores"][name] for row in rows] for name in ("ours", "theirs"))
    return {
        "phrases": len(rows),
        "note F1, ours": fmean(score[2] for score in ours),
        "note F1, Basic Pitch's pipeline": fmean(score[2] for score in theirs),
        "precision, ours": fmean(score[0] for score in ours),
        "precision, Basic Pitch's pipeline": fmean(score[0] for score in theirs),
        "recall, ours": fmean(score[1] for score in ours),
        "recall, Basic Pitch's pipeline": fmean(score[1] for score in theirs),
        "tempo within 2 %": fmean(row["tempo"] for row in rows),
        "tempo within 2 % of a level of the beat": fmean(row["tempo_octave"] for row in rows),
        "metre as written": fmean(row["metre"] == row["heard_metre"] for row in rows),
        "phrases with a key signature": len(keyed),
        "key right or relative": fmean(row["key"] for row in keyed) if keyed else None,
        "key right": fmean(row["key_exact"] for row in keyed) if keyed else None,
        "seconds of sound a second, ours": sum(row["seconds"] for row in rows)
        / sum(row["spent"] for row in rows),
        "seconds of sound a second, Basic Pitch's pipeline": sum(row["seconds"] for row in rows)
        / peer_seconds,
        "each": [{name: value for name, value in row.items() if name != "scores"} for row in rows],
    }


if __name__ == "__main__":
    sys.exit(main())
