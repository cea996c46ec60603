"""Ableton Link: tempo and beat shared with the other programs of a local network; an extra."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import Any

from bandmate_bridge.clock import Clock
from bandmate_bridge.clocks.source import ClockSource, Turn, jump
from bandmate_bridge.messages import Resume
from bandmate_bridge.waiting import give_precedence
from bandmate_models.errors import BandmateError

MOVED = 0.05
"""Seconds by which Link's beat has to differ to have jumped: it does so when another session is joined."""

SAME_TEMPO = 1e-6


def require_link() -> None:
    """Raises BandmateError("no_link") where the extra is not installed."""
    if find_spec("_link") is None:
        raise BandmateError("Ableton Link is not installed: pip install 'bandmate[link]'", "no_link")


class LinkClock(ClockSource):
    """Joins the session that there is, and takes its tempo, beat and bar lines; it never sets them.

    A session has no beginning: the clock runs as soon as it has joined. Starts and stops are followed from
    the first start on. Alone, it keeps the tempo that it had.
    """

    def __init__(self, clock: Clock) -> None:
        """Raises BandmateError("no_link")."""
        super().__init__(clock)
        require_link()
        self._link: Any = None
        joining = threading.Thread(target=self._join, args=(clock.bpm,), name="joining link")
        joining.start()
        joining.join()
        self._was_started = False

    def look(self, now: float) -> Turn | None:
        clock, state = self._clock, self._link.captureAppSessionState()
        numerator, denominator = clock.metre
        beat = state.beatAtTime(self._link.clock().micros(), numerator * 4.0 / denominator)
        playing, bpm = bool(state.isPlaying()), float(state.tempo())
        self._was_started = self._was_started or playing
        if self._was_started and not playing:
            return self._stand(now)
        if not clock.running:
            clock.bpm = bpm
            clock.start(beat, now)
            return Turn("started")
        off = (beat - clock.beat_at(now)) * 60.0 / bpm
        turn = jump(clock, beat, now) if abs(off) > MOVED else None
        changed = abs(bpm - clock.bpm) > SAME_TEMPO * bpm
        clock.follow(beat, now, bpm, now)
        return turn or (Turn("changed") if changed else None)

    def resume(self, before: Resume, now: float) -> Turn | None:
        return self.look(now)

    def close(self) -> None:
        self._link.enabled = False

    @property
    def peers(self) -> int:
        """How many others are in the session."""
        return int(self._link.numPeers())

    def _join(self, bpm: float) -> None:
        """On a thread of lower priority, which Link's own threads have from it."""
        from link import Link

        give_precedence()
        self._link = Link(bpm)
        self._link.startStopSyncEnabled = True
        self._link.enabled = True

    def _stand(self, now: float) -> Turn | None:
        if not self._clock.running:
            return None
        self._clock.stop(now)
        return Turn("stopped")
