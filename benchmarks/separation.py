"""How well the embedded split takes drums out of a mix: SI-SDR of the strokes against that of the mixture.

python benchmarks/separation.py --manifest manifest.csv --midi DIR [--phrases 20]

Phrases of the test split with drums and other parts, sounded by our soundfont: the drums alone are the
reference, drums and the rest together the mixture. SI-SDR as Le Roux et al. define it (2019).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import fmean, median

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.separation import split
from bandmate_bridge.audio.render import SAMPLE_RATE, render
from bandmate_bridge.audio.signal import padded
from bandmate_models.score import Score
from harness import table, write_result
from phrases import phrases

FEWEST_STROKES = 16
SECONDS = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--phrases", type=int, default=20)
    options = parser.parse_args()
    found = (
        p for p in phrases(options.manifest, options.midi, "test", 1) if strokes(p.score) >= FEWEST_STROKES
    )
    rows = []
    sounded = spent = 0.0
    for phrase in islice(found, options.phrases):
        drums, others = (sound_of(phrase.score, only) for only in (True, False))
        mixture = drums + others
        began = time.process_time()
        percussive = np.concatenate([piece.percussive for piece in split([mixture])], axis=1)
        spent += time.process_time() - began
        sounded += mixture.shape[1] / SAMPLE_RATE
        before, after = si_sdr(mixture, drums), si_sdr(percussive, drums)
        rows.append(
            {"path": phrase.path, "mixture": before, "percussive": after, "improvement": after - before}
        )
    gains = [row["improvement"] for row in rows]
    data = {
        "phrases": len(rows),
        "SI-SDR of drums in the mixture, dB": fmean(row["mixture"] for row in rows),
        "SI-SDR of the strokes, dB": fmean(row["percussive"] for row in rows),
        "improvement, dB": fmean(gains),
        "median improvement, dB": median(gains),
        "least improvement, dB": min(gains),
        "share improved": fmean(gain > 0 for gain in gains),
        "seconds of stereo sound a second": sounded / spent,
        "each": rows,
    }
    print(table([{"figure": name, "value": value} for name, value in data.items() if name != "each"]))
    print(f"written to {write_result('separation', data)}")
    return 0


def strokes(score: Score) -> int:
    return sum(len(part.notes) for part in score.parts if part.is_drums)


def sound_of(score: Score, drums: bool) -> npt.NDArray[np.float32]:
    """The drums, or all else, as they sound in the plain mix, SECONDS long."""
    parts = tuple(part for part in score.parts if part.is_drums == drums)
    frames = SECONDS * SAMPLE_RATE
    return padded(render(replace(score, parts=parts)), frames)[:, :frames]


def si_sdr(estimate: npt.NDArray[np.float32], reference: npt.NDArray[np.float32]) -> float:
    """Scale-invariant signal-to-distortion ratio in decibels."""
    heard, true = (sound.astype(np.float64).ravel() for sound in (estimate, reference))
    target = true * (heard @ true) / (true @ true)
    return float(10 * np.log10((target @ target) / ((heard - target) @ (heard - target))))


if __name__ == "__main__":
    sys.exit(main())
