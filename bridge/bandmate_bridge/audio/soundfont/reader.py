"""Which presets a soundfont has, read before a synthesiser that trusts its input opens the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bandmate_models.errors import BandmateError

_RECORDS = {
    "phdr": 38,
    "pbag": 4,
    "pmod": 10,
    "pgen": 4,
    "inst": 22,
    "ibag": 4,
    "imod": 10,
    "igen": 4,
    "shdr": 46,
}


def presets(file: Path) -> frozenset[tuple[int, int]]:
    """The (bank, program) pairs of an SF2 or SF3 file.

    Raises BandmateError ("bad_soundfont") for a file that is missing, cut short or something else.
    """
    try:
        with file.open("rb") as stream:
            found = _presets(stream, file.stat().st_size)
    except OSError as error:
        raise BandmateError(f"cannot open the soundfont {file}: {error.strerror}", "bad_soundfont") from error
    except (ValueError, struct.error) as error:
        raise BandmateError(
            f"{file} is not a soundfont (SF2 or SF3), or is damaged", "bad_soundfont"
        ) from error
    return found


def _presets(stream: BinaryIO, size: int) -> frozenset[tuple[int, int]]:
    riff, length, form = struct.unpack("<4sI4s", stream.read(12))
    if riff != b"RIFF" or form != b"sfbk" or length + 8 > size:
        raise ValueError
    lists: dict[str, dict[str, tuple[int, int]]] = {}
    for name, start, count in _chunks(stream, 12, length + 8):
        if name == "LIST":
            stream.seek(start)
            kind = stream.read(4).decode("latin-1")
            lists[kind] = {sub: (place, n) for sub, place, n in _chunks(stream, start + 4, start + count)}
    records = lists.get("pdta", {})
    if "ifil" not in lists.get("INFO", {}) or "smpl" not in lists.get("sdta", {}):
        raise ValueError
    if any(name not in records or records[name][1] % size for name, size in _RECORDS.items()):
        raise ValueError
    start, count = records["phdr"]
    stream.seek(start)
    rows = struct.iter_unpack("<20sHHHIII", stream.read(count))
    heads = [(bank, program) for _, program, bank, *_ in rows]
    return frozenset(heads[:-1])


def _chunks(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Name, place of the data and its length, for each chunk between two places."""
    while start + 8 <= end:
        stream.seek(start)
        name, length = struct.unpack("<4sI", stream.read(8))
        if start + 8 + length > end:
            raise ValueError
        yield name.decode("latin-1"), start + 8, length
        start += 8 + length + length % 2
