"""A folder of files that comes into being whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bandmate.files import sync_file, sync_folder, umask

_ABANDONED = 3600.0  # seconds after which what is half written has no writer any more
_UNFINISHED, _REPLACED = ".unfinished", ".replaced"

Replaces = Callable[[Path], bool]


def _nothing(folder: Path) -> bool:
    return False


@contextmanager
def new_folder(path: Path, *, replaces: Replaces = _nothing) -> Iterator[Path]:
    """A hidden folder to write to, which becomes `path` when the block ends well and else is gone.

    Its files are on the disk before they take their place. A folder that is there already gives way where it
    is empty, or where `replaces` says so. What a writer that was killed leaves is hidden, and removed by the
    next one after an hour. Raises FileExistsError before anything is written; OSError where the disk refuses.
    """
    path = path.absolute()
    _recover(path)
    _require_free(path, replaces)
    if not path.parent.is_dir():
        _make(path.parent)
    _tidy(path)
    working = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_UNFINISHED, dir=path.parent))
    try:
        yield working
        for file in working.iterdir():
            sync_file(file)
        sync_folder(working)
        working.chmod(0o777 & ~umask())
        _require_free(path, replaces)
        _move(working, path)
    except BaseException:
        shutil.rmtree(working, ignore_errors=True)
        raise
    sync_folder(path.parent)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error


def _require_free(path: Path, replaces: Replaces) -> None:
    if not path.exists() and not path.is_symlink():
        return
    gives_way = path.is_dir() and not path.is_symlink() and path != Path.cwd()
    if not gives_way or (any(path.iterdir()) and not replaces(path)):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _move(working: Path, path: Path) -> None:
    """Give `working` the name `path`; what had it goes when that is done."""
    if not path.exists():
        working.rename(path)
        return
    old = working.with_name(f"{working.name.removesuffix(_UNFINISHED)}{_REPLACED}")
    path.rename(old)
    try:
        working.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _recover(path: Path) -> None:
    """Give a folder its name back whose writer was killed in the moment between the two renames."""
    for old in _leftovers(path, _REPLACED):
        if not path.exists():
            old.rename(path)


def _tidy(path: Path) -> None:
    """Remove what was replaced, and what writers that were killed left half-written."""
    for old in _leftovers(path, _REPLACED):
        shutil.rmtree(old, ignore_errors=True)
    for leftover in _leftovers(path, _UNFINISHED):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED:
                shutil.rmtree(leftover)


def _leftovers(path: Path, suffix: str) -> list[Path]:
    return sorted(path.parent.glob(f".{glob.escape(path.name)}.*{suffix}"))
