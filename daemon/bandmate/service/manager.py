"""What the systems' own managers of background programs have in common."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bandmate_models.errors import BandmateError

MARK = "Written by `bandmate service install`: without this line it is nobody's but yours"
"""What every description of ours holds; one without it is left alone."""

Command = tuple[str, ...]


class Manager(Protocol):
    """A system's way: a description in a file, and the commands that put it to work and take it back."""

    name: str  # "the systemd user unit bandmate.service"
    file: Path  # where the description is kept
    log: str  # where the daemon's words go, for people
    starting: tuple[Command, ...]  # once the file is written
    stopping: tuple[Command, ...]  # before the file is removed
    after_removal: tuple[Command, ...]
    tries: int  # how often a starting command may be given, a second apart
    knowing: Command  # succeeds where the manager knows the service

    def command(self, arguments: Sequence[str]) -> list[str]:
        """What is to be started so that `bandmate ARGUMENTS` runs: a program, absolute, and words."""

    def describe(self, command: Sequence[str]) -> bytes:
        """The file's content. Raises BandmateError ("bad_path") for a word that it cannot hold."""

    def readable(self, description: bytes) -> str:
        """A description of ours as text."""

    def command_in(self, description: bytes) -> list[str]:
        """What a description of ours starts. Raises ValueError where it cannot be read."""


def plain(command: Sequence[str]) -> list[str]:
    """The words, none of which holds a control character. Raises BandmateError ("bad_path")."""
    for word in command:
        if not word.isprintable():
            raise BandmateError(f"{word!r} holds a character that no service can be given", "bad_path")
    return list(command)


def manager() -> Manager:
    """This system's."""
    if sys.platform == "win32":
        from bandmate.service.windows_task import WindowsTask

        return WindowsTask()
    if sys.platform == "darwin":
        from bandmate.service.launchd import Launchd

        return Launchd()
    from bandmate.service.systemd import Systemd

    return Systemd()
