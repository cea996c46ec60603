"""Run the format over every file of a corpus: what is exact, what is rounded, by how much.

python -m bandmate_models.corpus.check --manifest manifest.csv --midi FOLDER -o report.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from .. import vocabulary as v
from ..encoding import encode, plays_freely
from ..errors import BandmateError
from ..music_file import read_music
from ..reading import decode
from ..score import Note, Score
from .pieces import Piece, pieces_of_folder, pieces_of_manifest


class Checked(NamedTuple):
    """One file: its notes, mean onset error in beats, and whether a second trip gives the same."""

    source: str
    refused: str
    notes: int
    on_grid: int
    kept: int
    tokens: int
    onset_error: float
    stable: bool


def check_piece(piece: Piece) -> Checked:
    """Encode and decode one file, then what came back once more."""
    name = piece.source.name
    try:
        score = read_music(piece.path)
    except BandmateError as error:
        return Checked(name, str(error), 0, 0, 0, 0, 0.0, True)
    notes = [n for part in score.parts for n in part.notes]
    on_grid = sum(abs(n.start * v.GRID - round(n.start * v.GRID)) < 1e-6 for n in notes)
    tokens = encode(score)
    once = decode(tokens)
    off = sum(abs(n.start * v.GRID - round(n.start * v.GRID)) for n in notes) / v.GRID / max(len(notes), 1)
    twice = decode(encode(once, keep_flat=not _has_unknown(tokens)))
    stable = _notes(once) == _notes(twice) or plays_freely(once) != plays_freely(score)
    return Checked(name, "", len(notes), on_grid, once.note_count, len(tokens), off, stable)


def _has_unknown(tokens: list[int]) -> bool:
    durvel, drumvel = v.ids("durvel"), v.ids("drumvel").start
    bins = len(v.VELOCITIES)
    return any(t == drumvel or (t in durvel and (t - durvel.start) % bins == 0) for t in tokens)


def _notes(score: Score) -> list[tuple[Note, ...]]:
    plain = replace(score, parts=tuple(p for p in score.parts if p.notes))
    return [tuple(n._replace(velocity=0) for n in part.notes) for part in plain.parts]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.corpus.check", description=__doc__)
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args(argv)
    if args.manifest:
        pieces = list(pieces_of_manifest(args.manifest, args.midi, every_version=True))
    else:
        pieces = list(pieces_of_folder(args.midi))
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    errors: Counter[str] = Counter()
    with ProcessPoolExecutor(args.workers) as pool:
        for done, row in enumerate(pool.map(check_piece, pieces, chunksize=16), 1):
            counts = table[row.source]
            counts["files"] += 1
            counts["refused"] += bool(row.refused)
            counts["not_stable"] += not row.stable
            for name in ("notes", "on_grid", "kept", "tokens"):
                counts[name] += getattr(row, name)
            errors[row.source] += row.onset_error * row.notes  # type: ignore[assignment]
            if done % 50 == 0 or done == len(pieces):
                print(f"\r{done}/{len(pieces)} files", end="", file=sys.stderr)
    print("\nsource, files, refused, notes, on the grid, kept, tokens a note, onset error (beats), unstable")
    for source, c in sorted(table.items()):
        n = max(c["notes"], 1)
        print(
            f"{source:22} {c['files']:5} {c['refused']:7} {c['notes']:8} {c['on_grid'] / n:6.1%} "
            f"{c['kept'] / n:7.2%} {c['tokens'] / n:6.2f} {errors[source] / n:12.5f} {c['not_stable']:10}"
        )
    if args.output:
        report = {
            s: {**c, "onset_error_beats": errors[s] / max(c["notes"], 1)} for s, c in sorted(table.items())
        }
        args.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
