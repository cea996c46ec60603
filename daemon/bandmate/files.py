"""Writing files so that nothing is lost: whole or not at all, and never over what is there unasked."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Write the file and put it on the disk before it takes its name. Replaces what has that name."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_beside(path: Path, data: bytes) -> Path:
    """Write to `path`, or to "name-2.mid", "name-3.mid"... where that is taken; the path that was free."""
    target = claim(path)
    try:
        write_durably(target, data)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def claim(path: Path) -> Path:
    """Create an empty file of a name that nobody has, `path` if it can be; safe between processes."""
    number, target = 1, path
    while True:
        try:
            target.open("xb").close()
        except FileExistsError:
            number += 1
            target = path.with_name(f"{path.stem}-{number}{path.suffix}")
        else:
            return target


def sync_folder(folder: Path) -> None:
    """Put the folder's list of names on the disk, where the platform can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems refuse, and need none
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Put a file's content on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def safe_stem(text: str) -> str:
    """`text` as a file's name without a suffix, valid on every platform; "take" where nothing is left."""
    stem = re.sub(r"[^\w \-+#]+", "-", text).strip(" -")[:80].rstrip(" -") or "take"
    return f"{stem}-" if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem) else stem


def umask() -> int:
    """What new files are not permitted, as this process has it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
