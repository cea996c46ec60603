"""The live session recorded as it happens: a journal, bars kept at any moment, takes at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from bandmate.band.journal import NOBODY, Origin
from bandmate.band.scribe import LOG, MOST_BARS, Finish, Keep, Reporter, Scribe
from bandmate.band.splice import Splice
from bandmate.band.tape import Down, Entry, Sound, Turn, Up, Void
from bandmate.library import Library
from bandmate.take import Take
from bandmate_bridge.messages import ClockState, Jumped
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key

PATIENCE = 120.0
"""Seconds that a session may take to become a take; one of an hour takes a few."""


class Recorder:
    """Hears the session from any thread and returns at once: the disk is another thread's.

    Beats are the clock's. What is told before the clock jumps stays where it was, what is told after belongs
    to the new place. A whole note may be told before it sounds, and be taken back by `cancel`.
    """

    def __init__(
        self,
        folder: Path,
        library: Library,
        origin: Origin = NOBODY,
        reporter: Reporter = LOG,
        time: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Journals go to `folder`, takes to the library; both may refuse, which is told as a notice."""
        self._scribe = Scribe(folder, library, origin, reporter)
        self._time = time
        self._splice = Splice()
        self._closed = False
        self._lock = threading.Lock()  # of the splice, and of the order in which things are told

    def start(self) -> None:
        """Recovers what was left of earlier sessions, then records."""
        self._scribe.start()

    def close(self) -> tuple[Take, ...]:
        """Ends the session and the recorder; the session's takes, none the second time.

        Raises BandmateError with what the library refuses, TimeoutError after PATIENCE seconds; the journal
        is then left for a recovery.
        """
        if self._closed:
            return ()
        self._closed = True
        try:
            return self.finish().result(PATIENCE)
        finally:
            self._scribe.stop(PATIENCE)

    def clock(self, state: ClockState) -> None:
        """Where the clock is: at every change, and now and then while it runs."""
        with self._lock:
            for entry in self._splice.hear(state):
                self._scribe.put(entry)

    def jumped(self, jumped: Jumped) -> None:
        """The clock has jumped, which its next state will show; what was told may have been carried along."""
        with self._lock:
            self._splice.carry(jumped)

    def note(
        self, who: str, channel: int, program: int, start: float, duration: float, pitch: int, velocity: int
    ) -> None:
        """A whole note: `who` is a role of the band or a player's name, `channel` 0-15, the rest in beats."""
        self._tell(lambda at: Sound(who, channel, program, at(start), duration, pitch, velocity))

    def note_on(self, who: str, channel: int, program: int, beat: float, pitch: int, velocity: int) -> None:
        """A key went down."""
        self._tell(lambda at: Down(who, channel, program, at(beat), pitch, velocity))

    def note_off(self, who: str, channel: int, beat: float, pitch: int) -> None:
        """A key came up."""
        self._tell(lambda at: Up(who, channel, at(beat), pitch))

    def control(self, who: str, channel: int, beat: float, number: int, value: int) -> None:
        """A controller, such as the pedal, was moved."""
        self._tell(lambda at: Turn(who, channel, at(beat), number, value))

    def cancel(self, who: str, beat: float) -> None:
        """What `who` ("": the whole band) was to play from `beat` on is void; what sounds then ends there."""
        self._tell(lambda at: Void(who, at(beat)))

    def key(self, key: Key) -> None:
        """The key from its beat on."""
        self._tell(lambda at: key._replace(beat=at(key.beat)))

    def keep(self, bars: int) -> Future[Take]:
        """The last whole bars as a take; the future is done when it is on the disk and announced.

        Raises BandmateError ("bad_value"); the future may: "nothing_played", and what the library refuses.
        """
        if not 1 <= bars <= MOST_BARS:
            raise BandmateError(f"1 to {MOST_BARS} bars can be kept, not {bars}", "bad_value")
        future: Future[Take] = Future()
        with self._lock:
            self._scribe.put(Keep(bars, self._splice.now(self._time()), future))
        return future

    def finish(self) -> Future[tuple[Take, ...]]:
        """Ends the session; another begins with what comes next.

        Its takes: none where nothing was played, several where it is longer than one may be.
        """
        future: Future[tuple[Take, ...]] = Future()
        with self._lock:
            self._scribe.put(Finish(self._splice.now(self._time()), future))
        return future

    def _tell(self, entry: Callable[[Callable[[float], float]], Entry]) -> None:
        with self._lock:
            self._scribe.put(entry(self._splice.place))
