"""A session's journal: what happened, a line each, on the disk at once, so that it outlives the program.

The first line says the version and what made the session; each other line is an entry of a `Tape`,
`["Sound", "bass", 1, 33, 12.0, 0.5, 40, 90]`. Lines that cannot be read are passed over.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from bandmate.band.tape import Entry
from bandmate.files import sync_folder
from bandmate.take import new_id
from bandmate_models.errors import BandmateError

VERSION = 1
SUFFIX = ".journal"
MOST_WAITING = 4 << 20
"""Bytes that wait in memory for a disk that is full; about half an hour of a busy band."""
_FARTHEST = 1e6

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Entry)}
_LIMITS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("pitch", "program", "number", "value"), (0, 127)),
    **dict.fromkeys(("beat", "start", "after", "place"), (-_FARTHEST, _FARTHEST)),
    "duration": (0, _FARTHEST),
    "velocity": (1, 127),
    "channel": (0, 15),
    "bpm": (1, 1000),
    "numerator": (1, 64),
    "denominator": (1, 64),
    "tonic": (0, 11),
}
_CHOICES: dict[str, tuple[object, ...]] = {
    "mode": ("major", "minor"),
    "denominator": (1, 2, 4, 8, 16, 32, 64),
}
_WHOLE = {"pitch", "program", "number", "value", "velocity", "channel", "numerator", "denominator", "tonic"}


class Origin(NamedTuple):
    """What made the session: the model's name, the seed, what was asked for."""

    model: str = ""
    seed: int | None = None
    controls: Mapping[str, Any] = {}


NOBODY = Origin()


def encode(entry: Entry) -> bytes:
    """One line; ValueError for what no tape can hold, as a pitch of 200."""
    return _line([type(_checked(entry)).__name__, *entry])


def decode(line: bytes) -> Entry:
    """The entry of one line; ValueError where it is none."""
    try:
        name, *fields = json.loads(line)
        return _checked(_KINDS[name](*fields))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not an entry: {line[:80]!r}") from error


class Journal:
    """A journal that is being written; its file is made with the first line. One thread uses it.

    What the disk does not take waits in memory, so that a full disk loses nothing once there is room again.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.path = Path(folder) / f"{new_id()}{SUFFIX}"
        self._handle: int | None = None
        self._waiting = bytearray(_line(["Journal", VERSION, origin._asdict()]))
        self._unsynced = False

    def add(self, line: bytes) -> bool:
        """Puts a line to what waits to be written; False where it is lost, because too much waits already."""
        fits = len(self._waiting) + len(line) <= MOST_WAITING
        if fits:
            self._waiting += line
        return fits

    def flush(self) -> None:
        """Gives the system what waits; from then on it outlives the program. Raises OSError."""
        if self._handle is None:
            self._handle = self._open()
        while self._waiting:
            written = os.write(self._handle, self._waiting)
            del self._waiting[:written]
            self._unsynced = True

    def sync(self) -> None:
        """Writes what waits and puts it on the disk; from then on it outlives the machine. Raises OSError."""
        self.flush()
        if self._handle is not None and self._unsynced:
            os.fsync(self._handle)
            self._unsynced = False

    def read(self) -> Found:
        """All that was written, and what waits. Raises OSError."""
        written = self.path.read_bytes() if self._handle is not None else b""
        return parse(written + self._waiting)

    def close(self, *, remove: bool) -> None:
        """Lets go of the file, which is no longer needed or is left for a recovery."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
            if remove:
                self.path.unlink(missing_ok=True)

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        handle = os.open(self.path, flags, 0o666)
        _lock(handle)
        sync_folder(self.path.parent)
        return handle


class Found(NamedTuple):
    """What a journal says. `lost` lines could not be read; `kept` are the takes that were made of it."""

    origin: Origin
    entries: tuple[Entry, ...]
    lost: int
    kept: tuple[str, ...]


def kept_line(takes: Iterable[str]) -> bytes:
    """Written before a finished session's takes are stored: a recovery looks for them, not for notes."""
    return _line(["Kept", *takes])


def parse(data: bytes) -> Found:
    """A journal as far as it can be read. Raises BandmateError ("bad_journal") for one of a newer version."""
    head, *lines = data.split(b"\n")
    origin, entries, kept, lost = Origin(), [], [], 0
    try:
        name, version, about = json.loads(head)
        if name == "Journal" and version > VERSION:
            raise BandmateError("it was written by a newer Bandmate; let that one recover it", "bad_journal")
        origin = Origin(str(about["model"]), about["seed"], dict(about["controls"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        lost += 1
    for line in filter(None, lines):
        try:
            entries.append(decode(line))
        except ValueError:
            takes = _kept(line)
            kept += takes
            lost += not takes
    return Found(origin, tuple(entries), lost, tuple(kept))


def abandoned(folder: Path) -> Iterator[Path]:
    """The journals in a folder whose writers are gone; each is this process's alone until the next is asked.

    Not every system lets go of a file's name while it is open: remove them afterwards.
    """
    for path in sorted(Path(folder).glob(f"*{SUFFIX}")):
        try:
            handle = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            if _lock(handle):
                yield path
        finally:
            os.close(handle)


def _kept(line: bytes) -> list[str]:
    try:
        name, *takes = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return []
    return takes if name == "Kept" and all(isinstance(take, str) for take in takes) else []


def _line(row: list[Any]) -> bytes:
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _checked(entry: Any) -> Entry:
    """The entry, when every field is of its kind and within its limits; else ValueError."""
    for name, value in zip(entry._fields, entry, strict=True):
        if name in _LIMITS:
            low, high = _LIMITS[name]
            kind = int if name in _WHOLE else (int, float)
            sound = isinstance(value, kind) and math.isfinite(value) and low <= value <= high
        else:
            sound = isinstance(value, str)
        if not sound or value not in _CHOICES.get(name, (value,)):
            raise ValueError(f"{name} is {value!r}")
    return entry  # type: ignore[no-any-return]


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # beyond what is ever written

    def _lock(handle: int) -> bool:
        """Whether this process alone has the file, until the handle is closed."""
        place = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, place, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(handle: int) -> bool:
        """Whether this process alone has the file, until the handle is closed."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
