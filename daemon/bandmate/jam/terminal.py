"""The terminal for the screen alone: what this process and its children complain of goes to a file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
