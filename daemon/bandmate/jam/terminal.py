"""The terminal for the screen alone: complaints go to a file, and where it is gone the session still ends."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK = 0.5
"""Seconds between two looks whether the terminal is still there."""
PATIENCE = 5.0
"""Seconds that the screen has for leaving."""


@contextmanager
def private_terminal(log: Path) -> Iterator[None]:
    """File descriptor 2 and the program's log lead to the file `log`, to which they are added.

    The screen writes to `sys.__stderr__`, which stays the terminal. A file that cannot be written is done
    without.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.open("a").close()
    except OSError:
        log = Path(os.devnull)
    sys.stderr.flush()
    usual = sys.__stderr__
    with (
        log.open("a", encoding="utf-8") as file,
        os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace") as terminal,
    ):
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(handler)
        os.dup2(file.fileno(), 2)
        sys.__stderr__ = terminal  # type: ignore[misc]
        try:
            yield
        finally:
            sys.__stderr__ = usual  # type: ignore[misc]
            sys.stderr.flush()
            os.dup2(terminal.fileno(), 2)
            logging.getLogger().removeHandler(handler)


class Guard(threading.Thread):
    """Ends a session in order when it is asked to, or when the terminal is gone.

    `leave` asks the screen to leave. A screen whose terminal is gone may hang: where it does, `end` is
    called, and the process ends with it.
    """

    def __init__(self, leave: Callable[[], object], end: Callable[[], object]) -> None:
        super().__init__(name="guard", daemon=True)
        self.asked = threading.Event()
        self.left = threading.Event()
        self._leave = leave
        self._end = end

    def run(self) -> None:
        while os.isatty(0) and not self.asked.wait(LOOK):
            if self.left.is_set():
                return
        self._leave()
        if not self.left.wait(PATIENCE):
            try:
                self._end()
            finally:
                os._exit(1)
