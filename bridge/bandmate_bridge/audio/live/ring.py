"""Blocks of sound that a thread of its own makes ahead of the sound system, whose callback only copies."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np

from bandmate_bridge.audio.sampler.bank import Floats


class Ring:
    """Each `play` is answered `ahead` calls later by the block that `make` made of it.

    So nobody hears that `make` takes long, up to `ahead` periods. A block that is not there in time is
    silence, and does not sound later: the delay stays what it was.
    """

    def __init__(self, make: Callable[[float], Floats], frames: int, ahead: int) -> None:
        """`make` takes the time (s) that `play` was given, and returns [2, frames]."""
        self._make = make
        self._blocks = np.zeros((ahead, frames, 2), np.float32)
        self._made, self._played = ahead, 0
        self._called: SimpleQueue[float | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="band", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for what was called for; after the last `play`."""
        self._called.put(None)
        self._thread.join()

    def play(self, time: float, out: Floats) -> bool:
        """Fills `out`, [frames, 1 or 2], and asks for another block; False where it could only be silence."""
        in_time = self._made > self._played
        if in_time:
            block = self._blocks[self._played % len(self._blocks)]
            out[:] = block if out.shape[1] == 2 else block.mean(axis=1, keepdims=True)
        else:
            out.fill(0.0)
        self._played += 1
        self._called.put(time)
        return in_time

    def _work(self) -> None:
        _stand_back()
        while (time := self._called.get()) is not None:
            self._blocks[self._made % len(self._blocks)] = self._make(time).T
            self._made += 1


def _stand_back() -> None:
    """Puts this thread, if it has real-time priority, behind all that have: JACK's callbacks have 5."""
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_FIFO:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
