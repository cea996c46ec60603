"""The part of the desk for controllers: learning them over OSC, and keeping what was learnt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bandmate.band.bindings import Binding
from bandmate.band.control_file import save_bindings
from bandmate.band.control_map import ControlMap
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_server import Handler
from bandmate_models.errors import BandmateError


class ControlDesk:
    """Answers for a control map. What it learns is told to everybody, and kept in `file`.

    The file is written on a thread of its own, for whoever hears a controller must not wait for a disk.
    """

    def __init__(self, controls: ControlMap, file: Path, notice: Callable[[str, str], None]) -> None:
        self._controls = controls
        self._file = file
        self._notice = notice
        self._writing = threading.Lock()
        controls.learnt = self._learnt

    def handlers(self) -> Mapping[str, Handler]:
        return {"learn": self._learn}

    def _learn(self, client: Client, request: int, dial: str) -> None:
        self._controls.learn(dial or None, time.perf_counter())
        client.tell("ok", request)

    def _learnt(self, new: Binding) -> None:
        self._notice("learnt", f"{new.source} turns {new.dial} ({new.mode}, {new.low:g} to {new.high:g})")
        threading.Thread(target=self._save, name="controls", daemon=True).start()

    def _save(self) -> None:
        with self._writing:
            try:
                save_bindings(self._controls.bindings, self._file)
            except BandmateError as error:
                self._notice(error.code, str(error))
