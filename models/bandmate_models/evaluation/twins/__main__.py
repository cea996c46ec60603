"""Makes the twins; training goes on from where its folder stands.

    python -m bandmate_models.evaluation.twins pieces --manifest manifest.csv --midi midi -o pieces
    python -m bandmate_models.evaluation.twins train remi --pieces pieces --data prepared --run runs/remi
    python -m bandmate_models.evaluation.twins bundle ours=runs/ours remi=runs/remi … -o twins.pt

`prepared` is the prepared corpus whose report says how many notes each source has. `benchmarks/twins.py`
measures the result.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ...errors import BandmateError
from . import corpus, pieces, training

MOST = {"train": 100, "valid": 4, "test": 12}
"""Files of each source and split."""
STEPS = 140


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bandmate_models.evaluation.twins",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("pieces", help="what twins read, from the corpus").add_argument
    add("--manifest", type=Path, required=True, help="manifest.csv of the corpus")
    add("--midi", type=Path, required=True, help="folder of its MIDI files")
    add("-o", "--output", type=Path, required=True)
    add = commands.add_parser("train", help="one twin").add_argument
    add("twin", choices=training.TWINS)
    add("--pieces", type=Path, required=True)
    add("--data", type=Path, required=True, help="prepared corpus")
    add("--run", type=Path, required=True)
    add("--steps", type=int, default=STEPS)
    add = commands.add_parser("bundle", help="the twins in one file").add_argument
    add("runs", nargs="+", metavar="TWIN=RUN")
    add("-o", "--output", type=Path, required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        if args.command == "pieces":
            _pieces(args.manifest, args.midi, args.output)
        elif args.command == "train":
            _train(args)
        else:
            runs = {name: Path(run) for name, _, run in (pair.partition("=") for pair in args.runs)}
            training.bundle(runs, args.output)
    except (BandmateError, OSError) as error:
        print(f"twins: {error}", file=sys.stderr)
        return 2
    return 0


def _pieces(manifest: Path, midi: Path, output: Path) -> None:
    found: defaultdict[str, list[pieces.Piece]] = defaultdict(list)
    for split, piece in corpus.drawn(manifest, midi, MOST):
        found[split].append(piece)
    for split, kept in found.items():
        pieces.save(kept, output / f"{split}.npz")
        print(f"{split}: {len(kept)} pieces, {sum(len(piece.rows) for piece in kept)} notes")


def _train(args: argparse.Namespace) -> None:
    twin = training.TWINS[args.twin]
    notes = json.loads((args.data / "report.json").read_text(encoding="utf-8"))["notes"]
    train, valid = (list(pieces.load(args.pieces / f"{split}.npz")) for split in ("train", "valid"))
    shares = corpus.shares(notes, strict=twin.strict)
    print(f"stopped: {training.train(twin, train, valid, shares, args.run, args.steps)}")


if __name__ == "__main__":
    sys.exit(main())
