"""A systemd user unit (systemd.service(5), systemd.syntax(7))."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from bandmate.service.manager import MARK, Command, plain
from bandmate_bridge.children import program_command

_UNIT = "bandmate.service"
_SYSTEMCTL = ("systemctl", "--user")
_TEXT = """# {mark}.
[Unit]
Description=Bandmate, a bandmate that lives in your DAW
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
ExecStart={command}
Environment=PYTHONUNBUFFERED=1
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=10

[Install]
WantedBy=default.target
"""
"""Exit status 2 is a user's mistake, which no restart mends; `mixed` lets the engine end its own children."""


class Systemd:
    """Linux. `environ` says where the user's units are."""

    name = f"the systemd user unit {_UNIT}"
    log = f"journalctl --user -u {_UNIT}"
    starting: tuple[Command, ...] = (
        (*_SYSTEMCTL, "daemon-reload"),
        (*_SYSTEMCTL, "enable", _UNIT),
        (*_SYSTEMCTL, "restart", _UNIT),
    )
    stopping: tuple[Command, ...] = ((*_SYSTEMCTL, "disable", "--now", _UNIT),)
    after_removal: tuple[Command, ...] = ((*_SYSTEMCTL, "daemon-reload"),)
    tries = 1
    knowing: Command = (*_SYSTEMCTL, "cat", _UNIT)

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        settings = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self.file = settings / "systemd" / "user" / _UNIT

    def command(self, arguments: Sequence[str]) -> list[str]:
        return program_command(*arguments)

    def describe(self, command: Sequence[str]) -> bytes:
        program, *arguments = plain(command)
        words = [_quoted(program), *(_quoted(word.replace("$", "$$")) for word in arguments)]
        return _TEXT.format(mark=MARK, command=" ".join(words)).encode()

    def readable(self, description: bytes) -> str:
        return description.decode()

    def command_in(self, description: bytes) -> list[str]:
        unit = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
        try:
            unit.read_string(description.decode())
            program, *arguments = shlex.split(unit["Service"]["ExecStart"])
        except (ConfigError, KeyError) as error:
            raise ValueError(f"no systemd unit: {error}") from error
        return [word.replace("%%", "%") for word in (program, *(a.replace("$$", "$") for a in arguments))]


def _quoted(word: str) -> str:
    """A word of a command line: quotes keep spaces, `%` would begin a specifier."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
