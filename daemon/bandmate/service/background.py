"""`python -m bandmate.service.background LOG ARGUMENTS`: `bandmate ARGUMENTS` where no terminal is.

For Windows, where a task has no standard output: what the program says goes to the file LOG, line by line.
The file of the runs before is kept once more under `.old` when it has grown past a megabyte.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from bandmate.cli import main

_LONGEST = 1_000_000  # bytes


def run(log: Path, arguments: list[str]) -> int:
    """The exit code of the program. Raises OSError where the log cannot be written."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LONGEST:
        log.replace(log.with_suffix(".old"))
    with (
        log.open("a", encoding="utf-8", buffering=1) as file,
        redirect_stdout(file),
        redirect_stderr(file),
    ):
        return main(arguments)


if __name__ == "__main__":
    raise SystemExit(run(Path(sys.argv[1]), sys.argv[2:]))
