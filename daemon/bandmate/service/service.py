"""The service itself: installed, removed, asked how it is."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from bandmate.config import load_config
from bandmate.files import write_durably
from bandmate.service.answering import answers
from bandmate.service.manager import MARK, Command, Manager
from bandmate_bridge.children import foreign_environment
from bandmate_models.errors import BandmateError

NOT_FOUND = 127  # the exit code by which shells say that a program is not there
_PAUSE = 1.0  # seconds between two tries
_PATIENCE = 30.0  # seconds for a daemon to load its model and answer
_LEAVING = 5  # seconds for one that was stopped to be silent

Address = tuple[str, int]  # host and UDP port
Owner = Literal["nobody", "us", "another"]


class Done(NamedTuple):
    """What became of a command: its exit code, and what it said."""

    code: int
    said: str


def run_command(command: Command) -> Done:
    """Runs a program of the system's. One that is not there ends with NOT_FOUND."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=foreign_environment(), check=False
        )
    except OSError as error:
        return Done(NOT_FOUND, f"{command[0]} cannot be run: {error.strerror}")
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return Done(done.returncode, said[0] if said else "")


class Status(NamedTuple):
    """How the service is; `address` is where its daemon should answer."""

    owner: Owner
    known: bool  # whether the system's manager knows it
    address: Address | None
    answering: bool


class Service:
    """`bandmate serve` from login on, by a manager of the system's. `run` carries its commands out."""

    def __init__(self, manager: Manager, run: Callable[[Command], Done] = run_command) -> None:
        self._manager = manager
        self._run = run

    def plan(self, arguments: Sequence[str]) -> tuple[bytes, tuple[Command, ...]]:
        """What `install` would write, and the commands that it would run. Raises BandmateError."""
        return self._description(arguments), self._manager.starting

    def install(self, arguments: Sequence[str], patience: float = _PATIENCE) -> bool:
        """Write, enable and start it, and wait until it answers; False where all that was done already.

        Raises BandmateError: "not_ours", "port_taken", "no_service" (the manager refuses; nothing is left
        behind), "no_answer" (it is installed and silent).
        """
        description = self._description(arguments)
        host, port = address = address_in(arguments)
        before = self.status()
        if before.owner == "another":
            raise self._not_ours()
        if before.owner == "us" and before.answering and self._manager.file.read_bytes() == description:
            return False
        if before.owner == "us" and before.known:
            self._stop()
        if not _falls_silent(address):
            raise BandmateError(
                f"a Bandmate that is no service answers on {host} port {port}: stop it first", "port_taken"
            )
        self._write(description)
        for command in self._manager.starting:
            done = self._started(command)
            if done.code:
                for undoing in self._manager.stopping:
                    self._run(undoing)
                self._take_away()
                raise BandmateError(f"{' '.join(command[:3])} failed: {done.said}", "no_service")
        if not answers(host, port, patience):
            log = self._manager.log
            raise BandmateError(f"installed, but {host} port {port} does not answer; see {log}", "no_answer")
        return True

    def remove(self) -> bool:
        """Stop it and take it away; False where there was nothing.

        Raises BandmateError: "not_ours", "no_service" (the manager refuses to stop it).
        """
        before = self.status()
        if before.owner == "another":
            raise self._not_ours()
        if before.owner == "nobody":
            return False
        if before.known:
            self._stop()
        self._take_away()
        return True

    def status(self) -> Status:
        known = self._run(self._manager.knowing).code == 0
        owner, address = self._owner(known), None
        if owner == "us":
            address = self._installed_address()
        return Status(owner, known, address, address is not None and answers(*address))

    def _started(self, command: Command) -> Done:
        """What became of a starting command, given as often as this manager needs it."""
        for _ in range(self._manager.tries - 1):
            done = self._run(command)
            if done.code in (0, NOT_FOUND):
                return done
            time.sleep(_PAUSE)
        return self._run(command)

    def _description(self, arguments: Sequence[str]) -> bytes:
        return self._manager.describe(self._manager.command(arguments))

    def _owner(self, known: bool) -> Owner:
        file = self._manager.file
        if not (file.exists() or file.is_symlink()):
            return "another" if known else "nobody"
        try:
            self._manager.command_in(file.read_bytes())
        except (OSError, ValueError):
            return "another"
        marks = (MARK.encode(), MARK.encode("utf-16-le"))
        return "us" if any(mark in file.read_bytes() for mark in marks) else "another"

    def _installed_address(self) -> Address:
        return address_in(self._manager.command_in(self._manager.file.read_bytes()))

    def _write(self, description: bytes) -> None:
        file = self._manager.file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(file, description)
        except OSError as error:
            raise BandmateError(f"{file} cannot be written: {error.strerror}", "bad_path") from error

    def _stop(self) -> None:
        for command in self._manager.stopping:
            done = self._run(command)
        if done.code:
            raise BandmateError(f"{' '.join(command[:3])} failed: {done.said}", "no_service")

    def _take_away(self) -> None:
        try:
            self._manager.file.unlink(missing_ok=True)
        except OSError as error:
            raise BandmateError(
                f"{self._manager.file} cannot be removed: {error.strerror}", "bad_path"
            ) from error
        for command in self._manager.after_removal:
            self._run(command)

    def _not_ours(self) -> BandmateError:
        return BandmateError(
            f"{self._manager.name} was not made by `bandmate service install`, and is left as it is; "
            f"look at {self._manager.file}",
            "not_ours",
        )


def address_in(arguments: Sequence[str]) -> Address:
    """Where a daemon that is started so listens. Raises BandmateError where its settings are bad."""
    given = dict(pairwise(arguments))
    port = given.get("--osc-port")
    file = given.get("--config")
    flags = {"host": given.get("--host"), "osc_port": int(port) if port else None}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BANDMATE_")}
    config = load_config(Path(file) if file else None, flags, environ)
    return config.host, config.osc_port


def _falls_silent(address: Address) -> bool:
    """Whether nobody answers there, or not much longer."""
    return any(not answers(*address) for _ in range(_LEAVING))
