"""The files of a corpus: those of a manifest, or those of a folder of one's own."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..ableton import SUFFIX as LIVE_SET
from ..errors import BandmateError
from .genres import genre_of, grooves_of
from .sources import BY_NAME, USER, VERSIONS_PER_GROUP, Source

SPLITS = ("train", "valid", "test")
SUFFIXES = (".mid", ".midi", LIVE_SET)
_BACKUPS = "Backup"
"""The folder of a Live project that holds earlier states of its sets."""


class Piece(NamedTuple):
    """A MIDI file or Live set, its source, its split, the group no split may cut, its genre if known."""

    path: Path
    source: Source
    split: str
    group: str
    genre: str | None = None


def pieces_of_manifest(
    manifest: Path, folder: Path, *, synthetic: bool = True, every_version: bool = False
) -> Iterator[Piece]:
    """Pieces of the corpus `manifest.csv`, its archives unpacked under `folder`; its split is kept as it is.

    Of each group at most so many files as VERSIONS_PER_GROUP says go into training.
    """
    versions: Counter[str] = Counter()
    grooves: dict[str, dict[str, str]] = {}
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            source = BY_NAME.get(row["source"])
            if source is None or not (source.real or synthetic):
                continue
            if row["split"] == "train":
                versions[row["source"] + row["group"]] += 1
                most = VERSIONS_PER_GROUP.get(source.name)
                if not every_version and most is not None and versions[row["source"] + row["group"]] > most:
                    continue
            path = folder / row["path"]
            if source.name not in grooves:
                grooves[source.name] = grooves_of(folder, source.name)
            genre = genre_of(source, path, grooves[source.name])
            yield Piece(path, source, row["split"], row["group"], genre)


def pieces_of_folder(folder: Path, *, held_out: float = 0.05) -> Iterator[Piece]:
    """Every MIDI file and Live set under `folder`; a share `held_out`, picked by name, is for validation.

    The backups that Live keeps of its sets are left out. Raises BandmateError when there is none.
    """
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.parent.name != _BACKUPS and path.is_file()
    )
    if not paths:
        raise BandmateError(
            f"no music under {folder}; name a folder that holds MIDI files or Live sets (.als)", "bad_file"
        )
    for path in paths:
        name = path.relative_to(folder).as_posix()
        chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
        yield Piece(path, USER, "valid" if chance < held_out else "train", name)
