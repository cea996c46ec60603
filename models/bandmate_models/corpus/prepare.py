"""Prepare a corpus once: music -> `tokens.bin` (uint16) and `index.npz`, memory-mapped by training.

Music are MIDI files and Ableton Live sets.

python -m bandmate_models.corpus.prepare --manifest manifest.csv --midi FOLDER -o prepared/
python -m bandmate_models.corpus.prepare --midi MY_MIDI_FOLDER -o prepared/
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import vocabulary as v
from ..errors import BandmateError
from ..music_file import read_music
from .pieces import SPLITS, Piece, pieces_of_folder, pieces_of_manifest
from .sequences import KINDS
from .variants import variants

CHUNK = 32


class Prepared(NamedTuple):
    """What one file gave: packed sequences, or why it was left out."""

    piece: int
    sequences: list[tuple[bytes, int, list[int], int]]
    notes: int
    refused: str = ""


def prepare_piece(number: int, piece: Piece) -> Prepared:
    """Read and encode one file; a file that cannot be used is told, never raised."""
    try:
        score = read_music(piece.path)
    except BandmateError as error:
        return Prepared(number, [], 0, str(error))
    rng = random.Random(f"{piece.group}/{piece.path.name}")
    packed = [
        (np.array(s.header + s.body, dtype=np.uint16).tobytes(), len(s.header), s.bars, KINDS.index(s.kind))
        for s in variants(score, piece.source, rng, genre=piece.genre, held_out=piece.split != "train")
    ]
    return Prepared(number, packed, score.note_count, "" if packed else "no notes to learn from")


def _prepare_chunk(chunk: list[tuple[int, Piece]]) -> list[Prepared]:
    return [prepare_piece(number, piece) for number, piece in chunk]


def prepare(pieces: Sequence[Piece], folder: Path, *, workers: int = 2) -> dict[str, object]:
    """Write the prepared corpus into `folder` and return its report."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted({piece.source.name for piece in pieces})
    numbered = list(enumerate(pieces))
    chunks = [numbered[i : i + CHUNK] for i in range(0, len(numbered), CHUNK)]
    offsets, headers, bar_offsets, bars = [0], [], [0], []
    source_ids, splits, kinds, piece_ids = [], [], [], []
    refused: list[str] = []
    notes: Counter[tuple[str, str]] = Counter()
    began = time.monotonic()
    with (folder / "tokens.bin.part").open("wb") as out, ProcessPoolExecutor(workers) as pool:
        for done, results in enumerate(pool.map(_prepare_chunk, chunks), 1):
            for result in results:
                piece = pieces[result.piece]
                if result.refused:
                    refused.append(f"{piece.path.name}: {result.refused}")
                notes[(piece.source.name, piece.split)] += result.notes
                for data, header, starts, kind in result.sequences:
                    out.write(data)
                    offsets.append(offsets[-1] + len(data) // 2)
                    headers.append(header)
                    bars.extend(starts)
                    bar_offsets.append(len(bars))
                    source_ids.append(sources.index(piece.source.name))
                    splits.append(SPLITS.index(piece.split))
                    kinds.append(kind)
                    piece_ids.append(result.piece)
            _show_progress(min(done * CHUNK, len(pieces)), len(pieces), offsets[-1], began)
    (folder / "tokens.bin.part").replace(folder / "tokens.bin")
    np.savez(
        folder / "index.npz",
        offset=np.array(offsets, dtype=np.int64),
        header=np.array(headers, dtype=np.int32),
        bar_offset=np.array(bar_offsets, dtype=np.int64),
        bar=np.array(bars, dtype=np.int32),
        source=np.array(source_ids, dtype=np.int16),
        split=np.array(splits, dtype=np.int8),
        kind=np.array(kinds, dtype=np.int8),
        piece=np.array(piece_ids, dtype=np.int32),
    )
    report: dict[str, object] = {
        "format": v.FORMAT_VERSION,
        "vocabulary_size": v.SIZE,
        "kinds": {kind: kinds.count(number) for number, kind in enumerate(KINDS)},
        "sources": sources,
        "weights": {piece.source.name: piece.source.weight for piece in pieces},
        "sequences": len(headers),
        "tokens": offsets[-1],
        "notes": {f"{name}/{split}": count for (name, split), count in sorted(notes.items())},
        "refused": refused,
    }
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def _show_progress(done: int, total: int, tokens: int, began: float) -> None:
    rate = done / max(time.monotonic() - began, 1e-9)
    left = (total - done) / rate
    bar = "#" * (30 * done // total)
    print(
        f"\r[{bar:<30}] {done}/{total} files  {tokens / 1e6:.1f} M tokens  {left:4.0f} s left",
        end="",
        file=sys.stderr,
    )


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.corpus.prepare", description=__doc__)
    parser.add_argument("--midi", type=Path, required=True, help="folder of MIDI files and Live sets")
    parser.add_argument("--manifest", type=Path, help="manifest.csv of the corpus, with sources and splits")
    parser.add_argument("--no-synthetic", action="store_true", help="leave the generated band parts out")
    parser.add_argument(
        "--strict", action="store_true", help="CC0, PD, CC-BY, BSD and Artistic sources alone"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("prepared"))
    args = parser.parse_args(None if argv is None else list(argv))
    try:
        if args.manifest:
            pieces = list(pieces_of_manifest(args.manifest, args.midi, synthetic=not args.no_synthetic))
        else:
            pieces = list(pieces_of_folder(args.midi))
        if args.strict:
            pieces = [piece for piece in pieces if piece.source.strict]
        report = prepare(pieces, args.output, workers=args.workers)
    except (BandmateError, OSError) as error:
        print(f"prepare: {error}", file=sys.stderr)
        return 2
    refused = report["refused"]
    assert isinstance(refused, list)
    print(
        f"\n{report['sequences']} sequences, {report['tokens']} tokens; {len(refused)} files left out",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
