"""Standard MIDI files out: a file is there whole or not at all, and never over another unasked."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import BandmateError
from ..score import Score
from .tracks import TICKS_PER_BEAT, midi_bytes

__all__ = ["midi_bytes", "write_midi"]

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_midi(
    score: Score,
    path: Path | str,
    *,
    overwrite: bool = False,
    ticks_per_beat: int = TICKS_PER_BEAT,
    length: float | None = None,
    provenance: Mapping[str, str] | None = None,
) -> None:
    """Write `score` to `path` as `midi_bytes` spells it.

    Raises BandmateError: "exists" for a file that is there, unless `overwrite`; "disk_full", "read_only" or
    "bad_path" where the disk refuses; "bad_value" as `midi_bytes` does. After any of them the folder is as
    before.
    """
    target = Path(path)
    with _refusals(target):
        if not overwrite and target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        data = midi_bytes(score, ticks_per_beat=ticks_per_beat, length=length, provenance=provenance)
        working = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with working.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _put(working, target, overwrite)
        finally:
            with suppress(OSError):
                working.unlink()


def _put(working: Path, target: Path, overwrite: bool) -> None:
    """Give the finished file its name. A file that came there meanwhile is safe wherever hard links exist."""
    if overwrite:
        working.replace(target)
        return
    try:
        os.link(working, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        working.rename(target)


@contextmanager
def _refusals(target: Path) -> Iterator[None]:
    """What the file system refuses, as a sentence."""
    try:
        yield
    except FileExistsError as error:
        raise BandmateError(
            f"{target} is there already: choose another name or ask to overwrite it", "exists"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        number = getattr(error, "errno", None)
        if number in _DISK_FULL:
            raise BandmateError(
                f"{target} cannot be written: the disk is full, free some space", "disk_full"
            ) from error
        if number in _READ_ONLY:
            raise BandmateError(
                f"{target} cannot be written: choose another folder ({reason})", "read_only"
            ) from error
        raise BandmateError(f"{target} cannot be written: {reason}", "bad_path") from error
