"""A launchd agent of the user's (launchd.plist(5), launchctl(1))."""

from __future__ import annotations

import os
import plistlib
from collections.abc import Sequence
from pathlib import Path
from xml.parsers.expat import ExpatError

from bandmate.service.manager import MARK, Command, plain
from bandmate_bridge.children import program_command

_LABEL = "org.bandmate.daemon"
_PAUSE = 10  # seconds between two starts of a daemon that ends with an error


class Launchd:
    """macOS. `home` is the user's folder, `user` the number launchd knows them by."""

    name = f"the launchd agent {_LABEL}"
    tries = 6  # bootout returns before it is done, and bootstrap fails until it is

    def __init__(self, home: Path | None = None, user: int | None = None) -> None:
        home = home or Path.home()
        domain = f"gui/{os.getuid() if user is None else user}"  # type: ignore[attr-defined, unused-ignore]
        self.file = home / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
        self.log = str(home / "Library" / "Logs" / "Bandmate.log")
        self.starting: tuple[Command, ...] = (
            ("launchctl", "enable", f"{domain}/{_LABEL}"),
            ("launchctl", "bootstrap", domain, str(self.file)),
        )
        self.stopping: tuple[Command, ...] = (("launchctl", "bootout", f"{domain}/{_LABEL}"),)
        self.after_removal: tuple[Command, ...] = ()
        self.knowing: Command = ("launchctl", "print", f"{domain}/{_LABEL}")

    def command(self, arguments: Sequence[str]) -> list[str]:
        return program_command(*arguments)

    def describe(self, command: Sequence[str]) -> bytes:
        agent = {
            "Label": _LABEL,
            "ProgramArguments": plain(command),
            "EnvironmentVariables": {"PYTHONUNBUFFERED": "1"},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": _PAUSE,
            "ProcessType": "Interactive",  # others are slowed down, and music must not be late
            "StandardOutPath": self.log,
            "StandardErrorPath": self.log,
        }
        head, plist, body = plistlib.dumps(agent, sort_keys=False).partition(b"<plist")
        return head + f"<!-- {MARK}. -->\n".encode() + plist + body

    def readable(self, description: bytes) -> str:
        return description.decode()

    def command_in(self, description: bytes) -> list[str]:
        try:
            return [str(word) for word in plistlib.loads(description)["ProgramArguments"]]
        except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError) as error:
            raise ValueError(f"no launchd agent: {error}") from error
