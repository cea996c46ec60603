"""A task of the Windows Task Scheduler, which runs at the user's logon (Task Scheduler schema 1.2)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from bandmate.folders import data_folder
from bandmate.service.manager import MARK, Command, plain
from bandmate_bridge.children import child_command

_TASK = "Bandmate"
_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "RestartOnFailure/Interval": "PT1M",
    "RestartOnFailure/Count": "3",
    "ExecutionTimeLimit": "PT0S",  # none
    "Priority": "4",  # normal; a task's usual 7 is below it
}
_WINDOWLESS = {"python.exe": "pythonw.exe"}


class WindowsTask:
    """Windows. A task has no log of its own: `bandmate.service.background` writes one."""

    name = f"the scheduled task {_TASK}"
    stopping: tuple[Command, ...] = (
        ("schtasks", "/End", "/TN", _TASK),
        ("schtasks", "/Delete", "/TN", _TASK, "/F"),
    )
    after_removal: tuple[Command, ...] = ()
    tries = 1
    knowing: Command = ("schtasks", "/Query", "/TN", _TASK)

    def __init__(self, folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        folder = folder or data_folder(environ) / "service"
        self.file = folder / f"{_TASK}.xml"
        self.log = str(folder / f"{_TASK}.log")
        self.starting: tuple[Command, ...] = (
            ("schtasks", "/Create", "/TN", _TASK, "/XML", str(self.file), "/F"),
            ("schtasks", "/Run", "/TN", _TASK),
        )
        self._user = "\\".join(filter(None, (environ.get("USERDOMAIN"), environ.get("USERNAME"))))

    def command(self, arguments: Sequence[str]) -> list[str]:
        python, *rest = child_command("bandmate.service.background", self.log, *arguments)
        quiet = Path(python).with_name(_WINDOWLESS.get(Path(python).name.lower(), Path(python).name))
        return [str(quiet if quiet.exists() else python), *rest]

    def describe(self, command: Sequence[str]) -> bytes:
        program, *arguments = plain(command)
        task = ElementTree.Element("Task", version="1.2", xmlns=_NAMESPACE)
        _write(task, "RegistrationInfo/Description", f"Bandmate, a bandmate that lives in your DAW. {MARK}.")
        _write(task, "Triggers/LogonTrigger/UserId", self._user)
        _write(task, "Principals/Principal/UserId", self._user)
        _write(task, "Principals/Principal/LogonType", "InteractiveToken")
        _write(task, "Principals/Principal/RunLevel", "LeastPrivilege")
        for name, value in _SETTINGS.items():
            _write(task, f"Settings/{name}", value)
        _write(task, "Actions/Exec/Command", program)
        _write(task, "Actions/Exec/Arguments", subprocess.list2cmdline(arguments))
        ElementTree.indent(task)
        head = '<?xml version="1.0" encoding="UTF-16"?>\n'
        return (head + ElementTree.tostring(task, encoding="unicode") + "\n").encode("utf-16")

    def readable(self, description: bytes) -> str:
        return description.decode("utf-16")

    def command_in(self, description: bytes) -> list[str]:
        try:
            task = ElementTree.fromstring(description.decode("utf-16"))
        except (ElementTree.ParseError, UnicodeDecodeError) as error:
            raise ValueError(f"no task: {error}") from error
        words = [task.findtext(f".//{{{_NAMESPACE}}}{name}") for name in ("Command", "Arguments")]
        if None in words:
            raise ValueError("no task: it starts nothing")
        return [str(words[0]), *_split(str(words[1]))]


def _write(task: ElementTree.Element, path: str, text: str) -> None:
    """Put a text at a path of elements, of which those that are missing are made."""
    for name in path.split("/"):
        found = task.find(name)
        task = ElementTree.SubElement(task, name) if found is None else found
    task.text = text


def _split(line: str) -> list[str]:
    """A command line's words, as Windows programs take them apart (CommandLineToArgvW)."""
    words, word, quoted, begun, slashes = [], "", False, False, 0
    for sign in f"{line} ":
        if sign == "\\":
            slashes, begun = slashes + 1, True
            continue
        if sign == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
            begun = True
        else:
            word += "\\" * slashes
            if sign in " \t" and not quoted:
                if begun:
                    words.append(word)
                word, begun = "", False
            else:
                word, begun = word + sign, True
        slashes = 0
    return words
