"""Twins: bits per note of small models that differ in one thing, on the same held-out excerpts.

python benchmarks/twins.py --pieces pieces --data prepared

All have seen the same notes, but for the strict-licence twin, which has seen as many of fewer sources. Each
tokenisation writes the same notes: on 12 ticks a beat, without velocities; it is told the programs in front,
and charged for bars, onsets, parts, pitches and durations. Real pieces only; each source counts once in a
mean, and intervals are a bootstrap over pieces. Accompaniment charges the model's notes, other parts being
the player's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from bandmate_models.corpus.sources import BY_NAME
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.twins import comparison, corpus, pieces, training
from bandmate_models.evaluation.twins.__main__ import STEPS
from bandmate_models.evaluation.twins.windows import NOTES, Ours, TwinWindows, beginning
from bandmate_models.training.dataset import PLAYER_WEIGHT
from harness import ROOT, table, write_result

LAGS = {"look ahead 2 beats": -2, "same beat": 0, "live, 1 beat behind": 1}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pieces", type=Path, required=True, help="folder made by evaluation.twins pieces")
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "checkpoints" / "twins.pt")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps that the twins were trained for")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    try:
        models = training.unbundle(args.bundle)
        result = measured(models, list(pieces.load(args.pieces / "test.npz")))
    except (BandmateError, OSError) as error:
        print(f"twins: {error}", file=sys.stderr)
        return 2
    result["steps"] = args.steps
    result["player weight"] = PLAYER_WEIGHT
    result["notes seen"] = seen(args.pieces, args.data, args.steps)
    for name in ("twins", "accompaniment"):
        print(
            table(
                [
                    {"": key, **{k: v for k, v in row.items() if k != "by source"}}
                    for key, row in result[name].items()
                ]
            )
        )
    print(f"written to {write_result('twins', result)}")
    return 0


def measured(models: dict[str, Any], test: list[pieces.Piece]) -> dict[str, Any]:
    """The twins on whole excerpts, and the two of accompaniment beside a player."""
    excerpts = [beginning(piece, NOTES) for piece in test]
    strict = {name for name, source in BY_NAME.items() if source.strict}
    rows = {}
    for name, model in models.items():
        found = comparison.alone(model, training.TWINS[name].tokenisation(), excerpts)
        kept = [cost for source, cost in found.by_source.items() if source in strict]
        rows[name] = {
            "bits per note": found.mean,
            "interval": list(found.interval),
            "on strict sources": sum(kept) / len(kept),
            "parameters": model.config.parameter_count,
            "by source": found.by_source,
        }
    beside = {}
    for what, lag in LAGS.items():
        duos = comparison.duos(test, NOTES, lag)
        found_by_way = comparison.accompaniments(models["ours"], models["no-player"], duos)
        beside[what] = {way: found.mean for way, found in found_by_way.items()} | {
            "interval, heard": list(found_by_way["player heard"].interval),
            "pieces": len(duos),
        }
    return {
        "pieces": len(test),
        "notes": sum(e.notes for e in excerpts),
        "twins": rows,
        "accompaniment": beside,
    }


def seen(folder: Path, data: Path, steps: int) -> int:
    """Notes of the windows of so many steps."""
    notes = json.loads((data / "report.json").read_text(encoding="utf-8"))["notes"]
    windows = TwinWindows(list(pieces.load(folder / "train.npz")), corpus.shares(notes), Ours())
    return training.notes_seen(windows, steps)


if __name__ == "__main__":
    sys.exit(main())
