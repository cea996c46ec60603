"""The systems' managers of background programs as far as Bandmate uses them; they refuse every other command.

Each starts the program that its description names, as a process of this machine, and ends it.
"""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

from bandmate.service.service import Done

_TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


class Program:
    """A program that is started and stopped; its output goes to a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, words: list[str]) -> None:
        self.stop()
        self.starts += 1
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with (self._folder / "program.log").open("ab") as log:
            self._process = subprocess.Popen(words, cwd=self._folder, env=environ, stdout=log, stderr=log)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(120)
            self._process = None


class FakeManager:
    """A manager that records what it is told; `broken` is what it says to everything instead of obeying."""

    FORMS: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path) -> None:
        self.program = Program(folder)
        self.told: list[str] = []
        self.broken = ""

    def __call__(self, command: tuple[str, ...]) -> Done:
        line = " ".join(command)
        self.told.append(line)
        if self.broken:
            return Done(1, self.broken)
        for form, name in self.FORMS.items():
            match = re.fullmatch(form, line)
            if match:
                return getattr(self, name)(*match.groups())
        raise AssertionError(f"no such command: {line}")


class FakeSystemd(FakeManager):
    """systemctl --user: knows a unit from daemon-reload on."""

    FORMS: ClassVar = {
        r"systemctl --user daemon-reload": "reload",
        r"systemctl --user cat bandmate\.service": "cat",
        r"systemctl --user enable bandmate\.service": "enable",
        r"systemctl --user restart bandmate\.service": "restart",
        r"systemctl --user disable --now bandmate\.service": "disable",
    }

    def __init__(self, folder: Path, unit: Path) -> None:
        super().__init__(folder)
        self.enabled = False
        self._unit = unit
        self._loaded: str | None = None

    def reload(self) -> Done:
        self._loaded = self._unit.read_text() if self._unit.exists() else None
        return Done(0, "")

    def cat(self) -> Done:
        return Done(0, self._loaded) if self._loaded else Done(1, "No files found for bandmate.service.")

    def enable(self) -> Done:
        self.enabled = self._loaded is not None
        return Done(0 if self.enabled else 1, "")

    def restart(self) -> Done:
        unit = ConfigParser(interpolation=None, delimiters=("=",))
        unit.read_string(self._loaded or "")
        program, *words = shlex.split(unit["Service"]["ExecStart"].replace("%%", "%"))
        self.program.start([program, *(word.replace("$$", "$") for word in words)])
        return Done(0, "")

    def disable(self) -> Done:
        self.enabled = False
        self.program.stop()
        return Done(0, "")


class FakeLaunchd(FakeManager):
    """launchctl of user 501: an agent that is there already is not bootstrapped again."""

    FORMS: ClassVar = {
        r"launchctl print gui/501/org\.bandmate\.daemon": "print",
        r"launchctl enable gui/501/org\.bandmate\.daemon": "enable",
        r"launchctl bootstrap gui/501 (.+)": "bootstrap",
        r"launchctl bootout gui/501/org\.bandmate\.daemon": "bootout",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._loaded = False
        self.leaving = 0  # bootstraps that come too soon after a bootout

    def print(self) -> Done:
        return Done(0, "") if self._loaded else Done(113, "Could not find service")

    def enable(self) -> Done:
        return Done(0, "")

    def bootstrap(self, file: str) -> Done:
        self.leaving -= 1
        if self._loaded or self.leaving >= 0:
            return Done(5, "Bootstrap failed: 5: Input/output error")
        agent = plistlib.loads(Path(file).read_bytes())
        assert agent["RunAtLoad"] is True
        self._loaded = True
        self.program.start(agent["ProgramArguments"])
        return Done(0, "")

    def bootout(self) -> Done:
        if not self._loaded:
            return Done(3, "Boot-out failed: 3: No such process")
        self._loaded = False
        self.program.stop()
        return Done(0, "")


class FakeScheduler(FakeManager):
    """schtasks: reads the file's UTF-16 XML when the task is created."""

    FORMS: ClassVar = {
        r"schtasks /Query /TN Bandmate": "query",
        r"schtasks /Create /TN Bandmate /XML (.+) /F": "create",
        r"schtasks /Run /TN Bandmate": "run",
        r"schtasks /End /TN Bandmate": "end",
        r"schtasks /Delete /TN Bandmate /F": "delete",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._task: ElementTree.Element | None = None

    def query(self) -> Done:
        return Done(0 if self._task is not None else 1, "")

    def create(self, file: str) -> Done:
        self._task = ElementTree.fromstring(Path(file).read_bytes().decode("utf-16"))
        return Done(0, "")

    def run(self) -> Done:
        assert self._task is not None
        program, arguments = (self._task.findtext(f".//{_TASK}{name}") for name in ("Command", "Arguments"))
        self.program.start([str(program), *shlex.split(str(arguments))])
        return Done(0, "")

    def end(self) -> Done:
        self.program.stop()
        return Done(0, "")

    def delete(self) -> Done:
        self._task = None
        return Done(0, "")
