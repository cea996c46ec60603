"""A process that does nothing but sound, and the engine's handle on it.

They speak lines of JSON: settings in, `{"ready": ...}` or `{"error": [code, sentence]}` out, then whatever
the process has to say. It ends when its input does, so it never outlives the engine.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any, Protocol

from bandmate_bridge.children import child_command, child_environment
from bandmate_models.errors import BandmateError

Said = Mapping[str, Any]

_PATIENCE = 20.0  # seconds until it must be ready
_PAUSE = 1.0  # seconds before one that died is started again
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_SWITCH_INTERVAL = 1e-4  # seconds for which a thread may keep the interpreter from the sound


class AudioProcess:
    """Runs a module's `main` from `start` to `close`, and starts it again when it dies.

    `on_said` hears its lines and `on_fault(code, sentence)` its deaths, on a thread of this object's own.
    """

    def __init__(
        self,
        module: str,
        settings: Said,
        on_said: Callable[[Said], None],
        on_fault: Callable[[str, str], None],
    ) -> None:
        self._module = module
        self._settings = settings
        self._on_said = on_said
        self._on_fault = on_fault
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Said:
        """What it says when it is ready. Raises the BandmateError with which it refused, or "no_audio"."""
        ready = self._launch()
        self._thread = threading.Thread(target=self._watch, name="audio process", daemon=True)
        self._thread.start()
        return ready

    def tell(self, line: str) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()
            except (OSError, ValueError):
                return

    def close(self) -> None:
        self._closing.set()
        self._end()
        if self._thread is not None:
            self._thread.join(3.0)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def _launch(self) -> Said:
        process = subprocess.Popen(
            child_command(self._module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**child_environment(), **_ONE_THREAD},
            start_new_session=True,
        )
        self._process = process
        self.tell(json.dumps(self._settings))
        assert process.stdout is not None
        timer = threading.Timer(_PATIENCE, process.kill)
        timer.start()
        try:
            said = _parsed(process.stdout.readline())
        finally:
            timer.cancel()
        if "ready" in said:
            return dict(said["ready"])
        self._end()
        code, sentence = said.get(
            "error", ("no_audio", "the process for live sound did not start; see above")
        )
        raise BandmateError(str(sentence), str(code))

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _watch(self) -> None:
        while True:
            assert self._process is not None and self._process.stdout is not None
            self._read(self._process.stdout)
            code = self._process.wait()
            if self._closing.is_set():
                return
            self._on_fault("audio_restarted", f"live sound ended with status {code}; it is started again")
            while not self._closing.wait(_PAUSE):
                try:
                    self._launch()
                except BandmateError:
                    continue
                break
            if self._closing.is_set():
                self._end()
                return

    def _read(self, stream: IO[bytes]) -> None:
        for line in iter(stream.readline, b""):
            said = _parsed(line)
            if said:
                self._on_said(said)


class Sounding(Protocol):
    """What such a process does."""

    def start(self) -> Said:
        """Begins; what the engine should know. Raises BandmateError."""

    def told(self, line: str) -> None:
        """One line from the engine."""

    def stop(self) -> None: ...


def run_process(make: Callable[[Said, Callable[[Said], None]], Sounding]) -> int:
    """The `main` of such a process: `make` takes the settings and the way to say something."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print goes to standard error
    lock = threading.Lock()

    def say(said: Said) -> None:
        with lock:
            try:
                out.write(json.dumps(said).encode() + b"\n")
            except OSError:
                return

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    settings = _parsed(sys.stdin.buffer.readline())
    try:
        work = make(settings, say)
        ready = work.start()
    except BandmateError as error:
        say({"error": [error.code, str(error)]})
        return 1
    gc.collect()
    gc.freeze()
    gc.disable()
    say({"ready": ready})
    for line in iter(sys.stdin.buffer.readline, b""):
        work.told(line.decode("utf-8", "replace").strip())
    work.stop()
    time.sleep(0.01)
    return 0


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
