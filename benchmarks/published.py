"""Published tables: JSB Chorales and Nottingham, in joint nats per frame of the test splits.

python benchmarks/published.py --benchmark FOLDER --rolls rolls.npz

A frame's pitches and its end are counted. The models are checkpoints of this repository, pre-trained on
piano-rolls of the corpus without the tables' pieces and fine-tuned on the train splits, transposed at
random. "Averaged" is the mean probability of each token over readings in several transpositions, each
trusted by how it has told the piece so far: a distribution again. The published figures are those of joint
models (Boulanger-Lewandowski, Bengio and Vincent 2012).

It says, too, how much of the test split stands in the train split and, given the rolls of the pre-training
(`python -m bandmate_models.evaluation.published rolls`), in those: by stretches of six frames, in any key.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch

from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.published import likelihood, rolls
from bandmate_models.evaluation.published.overlap import Overlap, at_both_speeds, overlap
from harness import ROOT, table, write_result

CHECKPOINTS = ROOT / "models" / "checkpoints"
CONTEXTS = {"jsb": 1024, "nottingham": 1024}
READINGS = {"jsb": (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, 6), "nottingham": (0, -1, 1, -2, 2, -3, 3)}
"""Transpositions that are averaged, in semitones."""


def measured(
    name: str, benchmark: Path, checkpoint: Path, pre_training: list[rolls.Roll] | None
) -> dict[str, Any]:
    """One table's row."""
    about = rolls.TABLES[name]
    splits = rolls.read_table(benchmark / about.file)
    test = splits["test"]
    model = likelihood.load(checkpoint)
    readings = []
    for done, semitones in enumerate(READINGS[name], 1):
        readings.append(likelihood.nats(model, test, about.beats, CONTEXTS[name], semitones))
        print(f"\r{about.name}: {done}/{len(READINGS[name])} readings", end="", file=sys.stderr)
    print(file=sys.stderr)
    alone = likelihood.figures(test, readings[0])
    averaged = likelihood.figures(test, likelihood.averaged(readings))
    return {
        **about.published,
        "ours": alone.frame,
        "ours, averaged": averaged.frame,
        "ours, averaged, mean of pieces": averaged.piece,
        "readings": len(readings),
        "test frames": sum(map(len, test)),
        "parameters": model.config.parameter_count,
        **_shares("train", overlap(test, splits["train"])),
        **(_shares("pre-training", overlap(test, pre_training)) if pre_training else {}),
    }


def _shares(where: str, found: Overlap) -> dict[str, float]:
    return {f"in {where}": found.all, f"of one piece in one of {where}": found.largest}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--benchmark",
        type=Path,
        required=True,
        help="folder with jsb-chorales-quarter.json and Nottingham.mat",
    )
    parser.add_argument("--rolls", type=Path, help="rolls of the pre-training, for the overlap")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    try:
        known = at_both_speeds(rolls.load(args.rolls)) if args.rolls else None
        rows = {
            about.name: measured(name, args.benchmark, args.checkpoints / f"{name}.pt", known)
            for name, about in rolls.TABLES.items()
        }
    except BandmateError as error:
        print(f"published: {error}", file=sys.stderr)
        return 2
    print(table([{"": name, **row} for name, row in rows.items()]))
    print(f"written to {write_result('published', rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
