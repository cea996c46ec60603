"""Waiting for an instant to a few microseconds, and the priority that makes it hold under load."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import select
import socket
import sys
import time

SPIN = 0.0003
"""Seconds before a deadline from which the thread spins: more than a sleep commonly oversleeps."""

COARSE = 0.016 if sys.platform == "win32" else 0.0
"""Seconds by which `select` may overshoot; the rest is slept in short naps."""

PRIORITIES = (40, 10, 1)
"""Real-time priorities to try: below interrupt threads, then what a musician's limits commonly allow."""

SLICE = 100_000
"""Nanoseconds, the shortest that Linux grants."""

SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""The system call's number by machine."""

now = time.perf_counter


class Alarm:
    """Sleeps until a deadline, or until another thread wakes it."""

    def __init__(self) -> None:
        self._bell, self._listener = socket.socketpair()
        self._bell.setblocking(False)
        self._listener.setblocking(False)

    def wake(self) -> None:
        """Ends the present or the next `wait`; from any thread."""
        with contextlib.suppress(BlockingIOError):
            self._bell.send(b"!")

    def wait(self, deadline: float) -> bool:
        """Returns at `deadline`, not before; or as soon as woken, up to SPIN before it: then True."""
        while (rest := deadline - now() - SPIN - COARSE) > 0.0:
            ready, _, _ = select.select([self._listener], [], [], min(rest, 3600.0))
            if ready:
                with contextlib.suppress(BlockingIOError):
                    self._listener.recv(4096)
                return True
        while deadline - now() > SPIN:
            time.sleep(SPIN)
        while now() < deadline:
            pass
        return False


def gain_realtime_priority() -> bool:
    """Puts this thread, and those it starts later, under SCHED_FIFO; False where that is not allowed."""
    return any(_set_priority(priority) for priority in PRIORITIES)


def give_precedence() -> None:
    """Puts this thread, if it has real-time priority, one below the thread that started it."""
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_FIFO:
        _set_priority(max(1, os.sched_getparam(0).sched_priority - 1))


class _Scheduling(ctypes.Structure):
    """Linux's `struct sched_attr`; of a thread with ordinary priority `runtime` is its time slice."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),  # ns
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def ask_for_short_slices() -> bool:
    """Asks Linux (6.12 or later) to run this thread, and those it starts later, briefly and soon.

    It needs no permission: who asks for little at a time is served before those who ask for more. False where
    the system does not know it.
    """
    call = SCHED_SETATTR.get(platform.machine()) if sys.platform == "linux" else None
    if call is None:
        return False
    wish = _Scheduling(size=ctypes.sizeof(_Scheduling), nice=os.nice(0), runtime=SLICE)
    return bool(ctypes.CDLL(None).syscall(call, 0, ctypes.byref(wish), 0) == 0)


def _set_priority(priority: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return False
    return True
