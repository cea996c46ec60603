"""What a run writes down: metrics.jsonl, TensorBoard where it is installed, and one line on the terminal."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

QUIET_INTERVAL = 60.0  # seconds between progress lines where there is no terminal


class Log:
    def __init__(self, folder: Path, tensorboard: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._metrics = (folder / "metrics.jsonl").open("a", encoding="utf-8")
        self._writer = _summary_writer(folder) if tensorboard else None
        self._terminal = sys.stderr.isatty()
        self._next_line = 0.0

    def record(self, step: int, values: dict[str, Any]) -> None:
        self._metrics.write(json.dumps({"step": step, **values}) + "\n")
        self._metrics.flush()
        if self._writer is not None:
            for name, value in values.items():
                if isinstance(value, dict):
                    for part, number in value.items():
                        self._writer.add_scalar(f"{name}/{part}", number, step)
                elif value is not None:
                    self._writer.add_scalar(name, value, step)

    def progress(self, line: str) -> None:
        """One line that updates in place; a line a minute where output is no terminal."""
        if self._terminal:
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + QUIET_INTERVAL
            print(line, file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        print(f"\r{line}\033[K" if self._terminal else line, file=sys.stderr, flush=True)

    def close(self) -> None:
        self._metrics.close()
        if self._writer is not None:
            self._writer.close()


def _summary_writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
