"""Who starts `band_musician.py` and tells it what to play and when."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from harness import ROOT

Event = tuple[float, int, int]
"""A key at a beat: beat, pitch, velocity (0: up)."""


class Player:
    """A musician in a process of its own, connected to JACK ports by name: plays when told, and records."""

    def __init__(
        self, to: Mapping[str, str], events: Sequence[Event], seconds: float, source: Mapping[str, str] = {}
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "benchmarks" / "band_musician.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._tell({"to": to, "from": source, "notes": events, "seconds": seconds})
        self._line()

    def play(self, beat: float, moment: float, bpm: float) -> None:
        """Begins; `moment` is the time of beat `beat`."""
        self._tell([beat, moment, bpm])

    def told(self) -> Any:
        """Waits for the end; what was sent and heard (see band_musician)."""
        return json.loads(self._line())

    def leave(self) -> None:
        """Waits until it has closed its ports, and no longer than a while."""
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the musician has ended")
        return line
