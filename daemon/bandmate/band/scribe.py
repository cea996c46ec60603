"""The thread behind the recorder: it alone touches the tape, the journal and the library."""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from bandmate.band.journal import Journal, Origin, encode, kept_line
from bandmate.band.sessions import last_bars, recover, takes_of
from bandmate.band.tape import Down, Entry, Sound, Tape
from bandmate.library import Library
from bandmate.take import Take
from bandmate_models.errors import BandmateError

MOST_BARS = 64
"""Bars that can be kept at any moment; what is older is in the journal alone until the session ends."""
SYNC = 1.0
"""Seconds of music that a loss of power may cost; a crash costs what came in the last few milliseconds."""

_Answer = TypeVar("_Answer", Take, tuple[Take, ...])
log = logging.getLogger("bandmate.recording")


class Reporter(NamedTuple):
    """Who is told, on the scribe's thread: of a take that is on the disk, of a notice (code, sentence)."""

    take: Callable[[Take], None] = lambda take: None
    notice: Callable[[str, str], None] = lambda code, sentence: log.warning("%s", sentence)


LOG = Reporter()


class Keep(NamedTuple):
    """The last `bars` whole bars before the beat `now` of the tape are wanted."""

    bars: int
    now: float
    future: Future[Take]


class Finish(NamedTuple):
    """The session ends at the beat `now` of the tape."""

    now: float
    future: Future[tuple[Take, ...]]


class Scribe:
    """Does what is put to it, in order. First of all it recovers what was left of earlier sessions.

    A session's journal begins with its first note.
    """

    def __init__(self, folder: Path, library: Library, origin: Origin, reporter: Reporter) -> None:
        self._folder = folder
        self._library = library
        self._origin = origin
        self._reporter = reporter
        self._inbox: queue.SimpleQueue[Entry | Keep | Finish | None] = queue.SimpleQueue()
        self._tape = Tape()
        self._line = -math.inf
        self._journal = Journal(folder, origin)
        self._playing = False  # whether anything was played in this session
        self._stalled = self._losing = False
        self._synced = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, item: Entry | Keep | Finish) -> None:
        """From any thread; returns at once."""
        self._inbox.put(item)

    def stop(self, patience: float) -> None:
        """Waits until all that was put is done, but not longer than `patience` seconds."""
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        self._attempt(lambda: recover(self._folder, self._library, *self._reporter))
        while True:
            with contextlib.suppress(queue.Empty):
                item = self._inbox.get(timeout=SYNC)
                if item is None:
                    break
                self._attempt(partial(self._serve, item))
            if time.monotonic() - self._synced >= SYNC:
                self._synced = time.monotonic()
                self._attempt(self._sync)
        self._journal.close(remove=False)

    def _attempt(self, work: Callable[[], object]) -> None:
        """A mistake costs an entry, not the recording."""
        try:
            work()
        except Exception:
            log.exception("a mistake in the recording")

    def _sync(self) -> None:
        """Also where the disk was full a moment ago, and may have room now."""
        if self._playing:
            self._on_disk(self._journal.sync)

    def _serve(self, item: Entry | Keep | Finish) -> None:
        if isinstance(item, Keep):
            self._answer(item.future, lambda: self._keep(item.bars, item.now))
        elif isinstance(item, Finish):
            self._answer(item.future, lambda: self._finish(item.now))
        else:
            self._hear(item)

    def _hear(self, entry: Entry) -> None:
        try:
            line = encode(entry)
        except ValueError as error:
            self._reporter.notice("bad_note", f"what cannot be recorded is left out: {error}")
            return
        if not self._playing and isinstance(entry, Sound | Down):
            self._playing = True
            begun = entry.start if isinstance(entry, Sound) else entry.beat
            for before in self._tape.standing(begun):
                self._write(encode(before))
        if self._playing:
            self._write(line)
        self._tape.hear(entry)
        self._forget()

    def _forget(self) -> None:
        """At each bar line, the bars that are too old to be kept."""
        now = self._tape.now
        line = self._tape.bar_before(now) if math.isfinite(now) else self._line
        if line != self._line:
            self._line = line
            self._tape.forget(self._tape.bars_before(line, MOST_BARS))

    def _write(self, line: bytes) -> None:
        """To the journal; a disk that takes nothing is told of once, and when it is better."""
        if not self._journal.add(line) and not self._losing:
            self._losing = True
            sentence = "more of the session waits for the disk than memory is meant for: the rest is lost"
            self._reporter.notice("recording_lost", sentence)
        if not self._stalled:
            self._on_disk(self._journal.flush)

    def _on_disk(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            if not self._stalled:
                self._stalled = True
                sentence = (
                    f"the session cannot be written to {self._folder} ({error.strerror or error}): "
                    "it is held in memory until there is room again"
                )
                self._reporter.notice("recording_stalled", sentence)
        else:
            if self._stalled:
                self._stalled = self._losing = False
                self._reporter.notice("recording_resumed", "the session is being written again")

    def _keep(self, bars: int, now: float) -> Take:
        take = self._library.add(last_bars(self._tape, bars, now, self._origin))
        self._reporter.take(take)
        return take

    def _finish(self, now: float) -> tuple[Take, ...]:
        """The journal is read as a recovery would read it, then removed; it stays where that fails."""
        self._tape.stop(now)
        journal, self._journal = self._journal, Journal(self._folder, self._origin)
        self._playing = self._losing = False
        try:
            tape = Tape.of(journal.read().entries)
            tape.stop(now)
            takes = tuple(takes_of(tape, self._origin))
            journal.add(kept_line(take.id for take in takes))
            with contextlib.suppress(OSError):
                journal.flush()
                journal.sync()
            stored = tuple(self._library.add(take) for take in takes)
        except (BandmateError, OSError) as error:
            with contextlib.suppress(OSError):
                journal.flush()
            journal.close(remove=False)
            sentence = f"the session is not in the library yet ({error}); it is kept in {journal.path}"
            raise BandmateError(sentence, getattr(error, "code", "library_unusable")) from error
        journal.close(remove=True)
        for take in stored:
            self._reporter.take(take)
        return stored

    def _answer(self, future: Future[_Answer], work: Callable[[], _Answer]) -> None:
        """The future gets what comes of the work; what it refuses is also a notice."""
        try:
            future.set_result(work())
        except BandmateError as error:
            self._reporter.notice(error.code, str(error))
            future.set_exception(error)
        except Exception as error:
            log.exception("a mistake in the recording")
            future.set_exception(error)
