"""How near twenty takes come to their loudness, and how fast a mix is made.

python benchmarks/loudness.py [--seconds N] [--runs N]

The takes: the eleven phrases of the tests, and nine answers to them by the model that ships. Each goes
through a preset to -14 LUFS under -1 dBTP; what came of it is measured again by ffmpeg's ebur128, from
24-bit samples, where ffmpeg is there. The tracks of each mix are summed and held against the mix before its
master. Speed is that of the processor: a rock band of four parts, played over and over, seconds of music
for one of its time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from math import log10
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bandmate.answers import answers
from bandmate.tasks.studio import Request
from bandmate_bridge.audio.mix.mixdown import CEILING, TARGET, Mix, mixdown
from bandmate_bridge.audio.mix.presets import PRESETS
from bandmate_bridge.audio.stems import Stems, stems_of
from bandmate_models.controls import Controls
from bandmate_models.midi import read_midi
from bandmate_models.score import Score
from bandmate_models.weights import Weights
from harness import ROOT, table, write_result

LIMITS = {
    "off by, LU": 0.5,
    "true peak, dBTP": CEILING,
    "sum of tracks, dBFS": -90.0,
    "times real time": 80.0,
}

PHRASES = ROOT / "tests" / "data" / "phrases"
GENRES = {
    "band": "funk", "drums": "latin", "hymn": "hymn", "jazz": "jazz", "jig-6-8": "folk", "piano": "romantic",
    "quartet": "classical", "reel": "country", "rock-band": "rock", "song": "pop", "waltz-3-4": "default",
}  # fmt: skip
ANSWERED = {
    "band": "metal", "drums": "electronic", "hymn": "film", "jazz": "blues", "piano": "ambient",
    "quartet": "classical", "rock-band": "game", "song": "electronic", "waltz-3-4": "default",
}  # fmt: skip


def takes() -> Iterator[tuple[str, str, Score]]:
    """Name, preset and music of each take."""
    for name, preset in GENRES.items():
        yield name, preset, read_midi(PHRASES / f"{name}.mid")
    weights = Weights.load()
    for seed, (name, preset) in enumerate(ANSWERED.items(), 1):
        controls = Controls.parse({"bars": 8, "seed": seed})
        request = Request("continue", read_midi(PHRASES / f"{name}.mid"), controls)
        for take in answers(request, weights, name):
            yield f"{name}, answered", preset, take.in_place().score


def measured(name: str, preset: str, score: Score) -> dict[str, Any]:
    mix = mixdown(stems_of(score), preset)
    row: dict[str, Any] = {
        "take": name,
        "preset": preset,
        "seconds": round(mix.audio.shape[1] / mix.rate, 1),
        "LUFS": mix.loudness.integrated,
        "off by, LU": abs(mix.loudness.integrated - TARGET),
        "true peak, dBTP": mix.true_peak,
        "range, LU": round(mix.loudness.range, 2),
        "limiter, dB": round(mix.reduction, 2),
        "sum of tracks, dBFS": apart(mix),
    }
    return row | by_ffmpeg(mix)


def apart(mix: Mix) -> float:
    """dBFS of the largest difference between the sum of the tracks and the mix before its master."""
    total = np.zeros(mix.dry.shape)
    for track in mix.tracks:
        total += track.audio
    return 20 * log10(max(float(np.abs(total - mix.dry).max()), 1e-10))


def by_ffmpeg(mix: Mix) -> dict[str, float]:
    """Loudness and true peak as `ffmpeg -af ebur128` has them, of 24-bit samples."""
    if shutil.which("ffmpeg") is None:
        return {}
    whole = (np.round(mix.audio.T * (2**23 - 1)).astype("<i4") << 8).tobytes()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mix.raw"
        file.write_bytes(whole)
        source = ["-f", "s32le", "-ar", str(mix.rate), "-ac", "2", "-i", str(file)]
        command = [
            "ffmpeg",
            "-hide_banner",
            "-nostats",
            *source,
            "-af",
            "ebur128=peak=true",
            "-f",
            "null",
            "-",
        ]
        log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = {
        name: float(value) for name, value in re.findall(r"(I|Peak): +(\S+)", log[log.index("Summary:") :])
    }
    return {"ffmpeg, LUFS": found["I"], "ffmpeg, dBTP": found["Peak"]}


def long_take(seconds: float) -> Stems:
    """A rock band of four parts, again and again."""
    score = read_midi(PHRASES / "rock-band.mid")
    times = int(seconds / score.seconds(score.end)) + 1
    parts = [
        replace(
            part,
            notes=tuple(n._replace(start=n.start + k * score.end) for k in range(times) for n in part.notes),
        )
        for part in score.parts[:4]
    ]
    return stems_of(replace(score, parts=tuple(parts)))


def speed(stems: Stems, runs: int) -> list[dict[str, Any]]:
    """The best of some runs for every way: a machine with other work only makes it slower."""
    rows = []
    for preset, binaural in (("default", False), ("rock", False), ("classical", False), ("rock", True)):
        spent = []
        for _ in range(runs):
            begin = time.process_time()
            mixdown(stems, preset, binaural=binaural, keep_tracks=False)
            spent.append(time.process_time() - begin)
        name = f"{preset}, binaural" if binaural else preset
        rows.append(
            {
                "preset": name,
                "parts": len(stems),
                "music, s": round(stems.seconds, 1),
                "processor, s": min(spent),
                "times real time": stems.seconds / min(spent),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=180.0, help="music for the speed; default: %(default)s"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each speed; default: %(default)s")
    options = parser.parse_args()
    rows = [measured(*take) for take in takes()]
    print(table(rows))
    speeds = speed(long_take(options.seconds), options.runs)
    print(table(speeds))
    result: dict[str, Any] = {
        "takes_measured": len(rows),
        "target_lufs": TARGET,
        "ceiling_dbtp": CEILING,
        "limit_lu": LIMITS["off by, LU"],
        "largest_miss_lu": max(row["off by, LU"] for row in rows),
        "highest_true_peak_dbtp": max(row["true peak, dBTP"] for row in rows),
        "largest_sum_difference_dbfs": max(row["sum of tracks, dBFS"] for row in rows),
        "speed_limit_times_real_time": LIMITS["times real time"],
    }
    if "ffmpeg, LUFS" in rows[0]:
        result["largest_miss_by_ffmpeg_lu"] = max(abs(row["ffmpeg, LUFS"] - TARGET) for row in rows)
        result["highest_true_peak_by_ffmpeg_dbtp"] = max(row["ffmpeg, dBTP"] for row in rows)
    print(write_result("loudness", result | {"presets": len(PRESETS), "takes": rows, "speed": speeds}))


if __name__ == "__main__":
    main()
