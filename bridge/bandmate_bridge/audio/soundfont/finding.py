"""Soundfonts by path, or by name in the folders where systems keep them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bandmate_bridge.audio.soundfont import BUILT
from bandmate_models.errors import BandmateError

SUFFIXES = (".sf2", ".sf3")

_UNIX = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
)
_HOME = (".local/share/sounds/sf2", ".local/share/soundfonts", ".sounds/sf2")
_MAC = ("Library/Audio/Sounds/Banks",)


def soundfont_folders(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Where a soundfont may lie: the user's folders, then the system's."""
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "win32":
        for variable in ("LOCALAPPDATA", "PROGRAMDATA", "COMMONPROGRAMFILES"):
            if environ.get(variable):
                yield Path(environ[variable]) / "SoundFonts"
        return
    yield from (home / folder for folder in (*_HOME, *(_MAC if sys.platform == "darwin" else ())))
    yield from map(Path, _UNIX)
    if sys.platform == "darwin":
        yield Path("/", *_MAC)


def find_soundfont(wish: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The file that is meant: our own for None; a path; else the first in those folders whose name begins so.

    "FluidR3" finds FluidR3_GM.sf2. Raises BandmateError ("bad_soundfont") where there is none.
    """
    if wish is None:
        return BUILT
    if wish.exists() or wish.name != str(wish):
        return wish
    sought = wish.stem.casefold() if wish.suffix.lower() in SUFFIXES else wish.name.casefold()
    for folder in soundfont_folders(environ):
        files = sorted(folder.glob("*")) if folder.is_dir() else []
        for file in files:
            if file.suffix.lower() in SUFFIXES and file.stem.casefold().startswith(sought):
                return file
    sentence = f"there is no soundfont {wish}: give a path, or a name out of {_folder_list(environ)}"
    raise BandmateError(sentence, "bad_soundfont")


def _folder_list(environ: Mapping[str, str]) -> str:
    there = [str(folder) for folder in soundfont_folders(environ) if folder.is_dir()]
    return ", ".join(there) or "a folder of soundfonts, of which there is none"
