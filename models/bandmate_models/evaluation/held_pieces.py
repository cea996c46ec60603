"""The held-out pieces that figures are made of: real ones, one file a group, tidied as training tidies."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..corpus.pieces import Piece, pieces_of_manifest
from ..corpus.sources import Source
from ..corpus.variants import tidy
from ..errors import BandmateError
from ..midi import read_midi
from ..score import Score

FEWEST_NOTES = 16


class HeldPiece(NamedTuple):
    """One piece; `group` is what no split cuts and what is resampled, `band` marks drums with a bass."""

    source: Source
    group: str
    name: str
    score: Score
    band: bool


def held_pieces(
    manifest: Path,
    midi: Path,
    *,
    split: str = "test",
    per_source: int = 12,
    more: Mapping[str, int] | None = None,
    all_bands: bool = True,
) -> Iterator[HeldPiece]:
    """Up to `per_source` groups of each real source, drawn by the hash of their names, and every band's.

    A group that stands in several sources counts for the first; of a band's group the file that is the band.

    `more` says for some sources how many groups they have instead.

    Raises BandmateError when the manifest or its MIDI files are not there.
    """
    bands = _bands(manifest)
    chosen = defaultdict(list)
    for piece in pieces_of_manifest(manifest, midi, synthetic=False, every_version=True):
        if piece.split == split:
            chosen[piece.source.name].append(piece)
    if not chosen:
        raise BandmateError(
            f"{manifest} names no real {split} pieces; name the corpus's manifest", "bad_file"
        )
    of_bands = {
        piece.group for pieces in chosen.values() for piece in pieces if _relative(piece, midi) in bands
    }
    heard: set[str] = set()
    for name, pieces in sorted(chosen.items()):
        groups: dict[str, Piece] = {}
        for piece in sorted(pieces, key=lambda piece: piece.path):
            if piece.group not in of_bands or _relative(piece, midi) in bands:
                groups.setdefault(piece.group, piece)
        taken = 0
        for group in sorted(groups.keys() - heard, key=lambda group: hashlib.sha256(group.encode()).digest()):
            band = group in of_bands
            if taken >= (more or {}).get(name, per_source) and not (band and all_bands):
                continue
            held = _read(groups[group], band)
            if held is not None:
                heard.add(group)
                taken += 1
                yield held


def _read(piece: Piece, band: bool) -> HeldPiece | None:
    """The piece, or None where it has next to no notes; BandmateError where there is no such MIDI file."""
    score = tidy(read_midi(piece.path), piece.source)
    if score.note_count < FEWEST_NOTES:
        return None
    return HeldPiece(piece.source, piece.group, piece.path.stem, score, band)


def _relative(piece: Piece, midi: Path) -> str:
    return piece.path.relative_to(midi).as_posix()


def _bands(manifest: Path) -> frozenset[str]:
    try:
        with manifest.open(newline="", encoding="utf-8") as file:
            return frozenset(row["path"] for row in csv.DictReader(file) if row.get("band") == "1")
    except OSError as error:
        raise BandmateError(f"the manifest {manifest} cannot be read: {error.strerror}", "bad_file") from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise BandmateError(f"{manifest} is no manifest of a corpus", "bad_file") from None
