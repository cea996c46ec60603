"""The terminal: colours where there are any, its width, lines, and a bar that shows how far a job is."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

_BAR = 28  # characters
_REFRESH = 0.1  # seconds


class Console:
    """Results go to `out`, progress to `err`. Colour and progress appear only where a person looks."""

    def __init__(
        self, out: TextIO | None = None, err: TextIO | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.colour = _wants_colour(self.out, environ)
        self.unicode = _can_draw(self.out)
        self.width = shutil.get_terminal_size((100, 24)).columns

    def line(self, text: str = "") -> None:
        if not self.unicode:
            text = text.encode(self.out.encoding or "ascii", "replace").decode(self.out.encoding or "ascii")
        print(text, file=self.out)

    def warn(self, text: str) -> None:
        """One line on the side of errors, for what went wrong beside the job."""
        print(f"bandmate: {' '.join(text.split())}", file=self.err)

    def paint(self, text: str, style: str) -> str:
        """The text in an SGR style, such as "1" (bold) or "38;5;75", where colours are shown."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour else text

    def progress(self, label: str) -> Progress:
        return Progress(label, self.err, self.err.isatty())


class Progress:
    """A bar on one line that is overwritten, with an estimate of the time left; silent unless `shown`."""

    def __init__(self, label: str, stream: TextIO, shown: bool) -> None:
        self._label = label
        self._stream = stream
        self._shown = shown
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` parts are done."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn < _REFRESH and done < total):
            return
        self._drawn = now
        share = done / total if total else 1.0
        filled = round(share * _BAR)
        spent = now - self._began
        left = f"{spent * (1 - share) / share:4.0f} s left" if 0 < share < 1 else f"{spent:4.1f} s     "
        bar = "#" * filled + "-" * (_BAR - filled)
        self._stream.write(f"\r{self._label} [{bar}] {done}/{total} {left} ")
        self._stream.flush()

    def clear(self) -> None:
        if self._shown and self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """NO_COLOR and FORCE_COLOR decide before the terminal does."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    if sys.platform == "win32" and stream.isatty():
        os.system("")  # switches the console's escape sequences on
    return stream.isatty() and environ.get("TERM") != "dumb"


def _can_draw(stream: TextIO) -> bool:
    try:
        "▀▄│".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
