"""What a command calls by one word: a take of the library, a MIDI file or a Live set."""

from __future__ import annotations

from pathlib import Path

from bandmate.config import Config
from bandmate.library import Library
from bandmate.stems.music import Music

_SUFFIXES = (".mid", ".midi", ".smf", ".als")


def is_file(name: str) -> bool:
    """Whether the word means a file, there or not, rather than a take."""
    file = Path(name)
    return file.suffix.lower() in _SUFFIXES or file.is_file()


def music_named(name: str, config: Config, *, with_phrase: bool = False) -> Music:
    """A file where the name is one's, else a take by what `Library.find` takes.

    Raises BandmateError as `read_music` and `Library.get` do.
    """
    if is_file(name):
        return Music.of_file(Path(name))
    return Music.of_take(Library(config.library_folder).get(name), with_phrase=with_phrase)
