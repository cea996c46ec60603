"""`bandmate evaluate`: the table and the picture of the model card, from weights and a corpus."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console
from bandmate_models.errors import BandmateError

SECTIONS = ("bits", "music", "accompaniment", "tasks", "controls")


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "evaluate",
        help="measure the model on held-out music",
        description="Measure the model on the held-out pieces of a corpus: bits per note, the music it "
        "writes beside real music and an n-gram's, its tasks, its controls, and how much it has by heart. "
        "Prints one table; -o keeps the figures, --picture draws them.",
    )
    command.add_argument("--midi", type=Path, required=True, metavar="FOLDER", help="the corpus's MIDI files")
    command.add_argument(
        "--manifest", type=Path, required=True, metavar="CSV", help="its sources, splits and groups"
    )
    command.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="the corpus prepared for training: without it there is no n-gram, no retrieval, no memorisation",
    )
    command.add_argument("--split", choices=("test", "valid"), default="test", help="default: %(default)s")
    command.add_argument(
        "--only", metavar="LIST", help=f"sections, separated by commas: {','.join(SECTIONS)}; default: all"
    )
    command.add_argument("--quick", action="store_true", help="a few pieces of each kind, for a first look")
    command.add_argument(
        "--samples", type=int, metavar="N", help="continuations that are looked at; default: 500"
    )
    command.add_argument(
        "--workers", type=int, metavar="N", help="processes; default: 2, or 1 on a single core"
    )
    command.add_argument("-o", "--output", type=Path, metavar="JSON", help="write the figures here")
    command.add_argument("--picture", type=Path, metavar="SVG", help="draw them here")
    add_settings(command, "weights", "precision")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from dataclasses import replace

    from bandmate.evaluating.running import evaluate, the_pieces
    from bandmate.evaluating.sizes import FULL, QUICK
    from bandmate_models.evaluation.picture import picture
    from bandmate_models.evaluation.report import lines_of
    from bandmate_models.weights import Weights

    sections = _sections(options.only)
    workers = _at_least_one("workers", options.workers) or min(2, os.cpu_count() or 1)
    sizes = QUICK if options.quick else FULL
    samples = _at_least_one("samples", options.samples)
    if samples is not None:
        sizes = replace(sizes, samples=samples)
    for path in (options.output, options.picture):
        if path is not None and not path.parent.is_dir():
            raise BandmateError(f"there is no folder {path.parent} to write {path.name} to; make it first")
    weights = Weights.load(config.weights, config.precision)
    pieces = the_pieces(options.manifest, options.midi, options.split, sizes)
    record = evaluate(
        weights, config.precision, pieces, options.data, sizes, workers, sections, partial(_bar, console)
    )
    record["split"], record["quick"] = options.split, options.quick
    for line in lines_of(record):
        console.line(line)
    if options.output is not None:
        options.output.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.picture is not None:
        options.picture.write_text(picture(record), encoding="utf-8")
    return 0


def _bar(console: Console, label: str) -> Callable[[int, int], None]:
    """A progress bar that goes away when all is done."""
    progress = console.progress(label)

    def tell(done: int, total: int) -> None:
        progress(done, total)
        if done == total:
            progress.clear()

    return tell


def _sections(asked: str | None) -> list[str]:
    names = asked.split(",") if asked else list(SECTIONS)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise BandmateError(f"there is no section {unknown[0]!r}; known are {', '.join(SECTIONS)}")
    return names


def _at_least_one(name: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise BandmateError(f"--{name} is a whole number from 1, not {value}")
    return value
