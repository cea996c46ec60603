"""Files written side by side, while the thread that asked for them tells how far they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TypeVar

from bandmate_bridge.audio.stems import Progress

WRITERS = 2

_LOOK = 0.05  # seconds between two looks at how far they are
_T = TypeVar("_T")

Told = Callable[[int], None]
Work = Callable[[Told], _T]


class _Stopped(Exception):
    """Nobody waits for this file any more."""


def side_by_side(works: Sequence[Work[_T]], total: int, progress: Progress) -> list[_T]:
    """What each of the works returns, in their order.

    A work is told where to report steps done, `total` in all of them together. The first error, of a work or
    of `progress`, stops the others and is raised.
    """
    done, lock, stop = 0, Lock(), Event()

    def meter() -> Told:
        before = 0

        def told(steps: int) -> None:
            nonlocal before, done
            if stop.is_set():
                raise _Stopped
            with lock:
                done += steps - before
            before = steps

        return told

    with ThreadPoolExecutor(WRITERS, "stems") as pool:
        futures = [pool.submit(work, meter()) for work in works]
        try:
            left = set(futures)
            while left:
                finished, left = wait(left, _LOOK, FIRST_EXCEPTION)
                for future in finished:
                    future.result()
                progress(done, total)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]
