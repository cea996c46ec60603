"""Makes the models of the published tables; each command goes on from where its folder stands.

    python -m bandmate_models.evaluation.published rolls --manifest manifest.csv --midi midi -o rolls.npz
    python -m bandmate_models.evaluation.published pre-train --rolls rolls.npz --benchmark FOLDER \\
        --run runs/rolls
    python -m bandmate_models.evaluation.published fine-tune jsb --benchmark FOLDER \\
        --from runs/rolls/latest.pt --run runs/jsb

FOLDER holds jsb-chorales-quarter.json and Nottingham.mat. `benchmarks/published.py` measures the result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ...errors import BandmateError
from . import corpus, rolls, training


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bandmate_models.evaluation.published",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("rolls", help="piano-rolls of the corpus").add_argument
    add("--manifest", type=Path, required=True, help="manifest.csv of the corpus")
    add("--midi", type=Path, required=True, help="folder of its MIDI files")
    add("--workers", type=int, default=1)
    add("-o", "--output", type=Path, required=True)
    add = commands.add_parser("pre-train", help="on the corpus's rolls").add_argument
    add("--rolls", type=Path, required=True)
    add("--benchmark", type=Path, required=True, help="its valid splits are watched, not learnt")
    add("--run", type=Path, required=True)
    add = commands.add_parser("fine-tune", help="on a benchmark's train split").add_argument
    add("table", choices=rolls.TABLES)
    add("--benchmark", type=Path, required=True)
    add("--from", dest="start", type=Path, required=True, help="checkpoint of the pre-training")
    add("--run", type=Path, required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        if args.command == "rolls":
            rolls.save(corpus.collections(args.manifest, args.midi, args.workers), args.output)
            return 0
        tables = {name: rolls.read_table(args.benchmark / table.file) for name, table in rolls.TABLES.items()}
        if args.command == "pre-train":
            training.pre_train(rolls.load(args.rolls), training.watched(tables), args.run)
        else:
            best = training.fine_tune(args.table, tables[args.table], args.start, args.run)
            print(f"the best checkpoint is {best}")
    except (BandmateError, OSError) as error:
        print(f"published: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
