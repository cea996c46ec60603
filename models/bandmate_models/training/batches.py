"""Training batches, built ahead of time by a small pool of processes when a device is too fast to wait."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, Protocol

import numpy.typing as npt

Arrays = tuple[npt.NDArray[Any], npt.NDArray[Any]]


class WindowSource(Protocol):
    """tokens int64 [B, T+1] and the loss weight of predicting tokens[:, 1:], float32 [B, T]."""

    def batch(self, step: int, size: int) -> Arrays: ...

    def validation(self) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any], int, str]]: ...


OpenWindows = Callable[[int], WindowSource]  # context in tokens -> windows; picklable when there are workers


class Batches:
    """The batch of any step, with the following steps' batches under way in `workers` processes (0: none)."""

    def __init__(self, open_windows: OpenWindows, workers: int = 0) -> None:
        self._builder = _Builder(open_windows)
        self._ahead = 2 * workers
        self._pending: deque[tuple[tuple[int, int, int], Future[Arrays]]] = deque()
        self._pool: ProcessPoolExecutor | None = None
        if workers:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, context, _start_worker, (open_windows,))

    def get(self, step: int, context: int, size: int) -> Arrays:
        if self._pool is None:
            return self._builder.build(context, step, size)
        wanted = (context, step, size)
        while self._pending and self._pending[0][0] != wanted:
            self._pending.popleft()[1].cancel()
        while len(self._pending) <= self._ahead:
            ahead = (context, step + len(self._pending), size)
            self._pending.append((ahead, self._pool.submit(_build, *ahead)))
        return self._pending.popleft()[1].result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


class _Builder:
    def __init__(self, open_windows: OpenWindows) -> None:
        self._open_windows = open_windows
        self._windows: dict[int, WindowSource] = {}

    def build(self, context: int, step: int, size: int) -> Arrays:
        if context not in self._windows:
            self._windows[context] = self._open_windows(context)
        return self._windows[context].batch(step, size)


_worker: list[_Builder] = []


def _start_worker(open_windows: OpenWindows) -> None:
    _worker[:] = [_Builder(open_windows)]


def _build(context: int, step: int, size: int) -> Arrays:
    return _worker[0].build(context, step, size)
