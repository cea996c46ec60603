"""Tasks that clients asked for: one after the other, each with progress, an end, and a way to stop it."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_models.errors import BandmateError

WAITING = 32  # of all clients together
REMEMBERED = 64  # jobs that are over, so that a request which comes twice is answered, not done, again
PROGRESS = 0.1  # seconds between two reports

log = logging.getLogger("bandmate.jobs")


class Job:
    """One request of one client. `told` is what a client that missed it may hear again."""

    def __init__(self, client: Client, request: int, work: Callable[[Job], None]) -> None:
        self.client = client
        self.request = request
        self.told: list[tuple[str, tuple[Atom, ...]]] = []
        self.over = False
        self._work = work
        self._cancelled = threading.Event()
        self._reported = 0.0

    def cancel(self) -> None:
        self._cancelled.set()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def tell(self, name: str, *atoms: Atom) -> None:
        """Tells the client, by the request's id."""
        self.told.append((name, atoms))
        self.client.tell(name, self.request, *atoms)

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._reported >= PROGRESS:
            self._reported = now
            self.client.tell("progress", self.request, done, total)

    def run(self) -> None:
        """Works to the end; whatever goes wrong is a refusal."""
        try:
            if self.cancelled():
                raise BandmateError("the request was cancelled", "cancelled")
            self._work(self)
        except BandmateError as error:
            self.tell("refused", error.code, str(error))
        except Exception:
            log.exception("a mistake in request %d of client %d", self.request, self.client.number)
            self.tell("refused", "failed", "the daemon made a mistake; its log says which")
        self.over = True


class Jobs:
    """The queue and its one worker thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Client, int], Job] = OrderedDict()
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Cancels everything and waits for the running job to notice."""
        with self._changed:
            self._stopping = True
            for job in [*self._waiting, *([self._running] if self._running else [])]:
                job.cancel()
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def __len__(self) -> int:
        """Jobs that wait or run."""
        return len(self._waiting) + (self._running is not None)

    def submit(self, client: Client, request: int, work: Callable[[Job], None]) -> None:
        """Accepts a request, once: where it comes again, what was told is told again.

        Raises BandmateError `busy`.
        """
        with self._changed:
            known = self._known.get((client, request))
            if known is None and len(self._waiting) >= WAITING:
                raise BandmateError(f"{WAITING} requests wait already; ask again later", "busy")
            job = known or Job(client, request, work)
            ahead = len(self) if known is None else self._ahead(job)
            client.tell("accepted", request, ahead)
            for name, atoms in list(job.told):
                client.tell(name, request, *atoms)
            if known is None:
                self._known[client, request] = job
                self._forget()
                self._waiting.append(job)
                self._changed.notify()

    def cancel(self, client: Client, request: int) -> None:
        """Raises BandmateError `unknown_job` where that request neither waits nor runs."""
        job = self._known.get((client, request))
        if job is None or job.over:
            raise BandmateError(f"request {request} neither waits nor runs", "unknown_job")
        job.cancel()

    def forget(self, client: Client) -> None:
        """The client is gone, or begins anew."""
        with self._changed:
            for key in [key for key in self._known if key[0] is client]:
                self._known.pop(key).cancel()

    def _ahead(self, job: Job) -> int:
        waiting = list(self._waiting)
        return waiting.index(job) + (self._running is not None) if job in waiting else 0

    def _forget(self) -> None:
        for key in [key for key, job in self._known.items() if job.over][:-REMEMBERED]:
            del self._known[key]

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = None
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if not self._waiting:
                    return
                self._running = self._waiting.popleft()
            self._running.run()
