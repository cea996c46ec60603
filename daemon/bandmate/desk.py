"""The desk of the daemon: what it does for each message that a client may ask."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from bandmate.jobs import Jobs
from bandmate.library import Library
from bandmate.requests import Answering, announcement, beats_of
from bandmate.session import Session
from bandmate.task_desk import TaskDesk
from bandmate.tasks.form import Composer
from bandmate.tasks.studio import Request
from bandmate.transport_desk import TransportDesk
from bandmate.writer import Answer
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import ListPorts, PortList
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import Handler, OscServer
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError

MOST_TAKES = 200  # that one request lists
ERRANDS = 64  # that may wait for the disk

log = logging.getLogger("bandmate.desk")


class Desk:
    """Holds together what answers: jobs, library, live session, conductor. `server` is set once it is there.

    Handlers run on the server's thread: what touches the disk or the conductor goes to a thread of errands.
    """

    server: OscServer

    def __init__(
        self,
        composer: Composer,
        model: str,
        library: Library,
        controls: Controls,
        session: Session,
        link: ConductorLink,
    ) -> None:
        self.jobs = Jobs()
        self._answering = Answering(composer, model, library, lambda: session.writing)
        self._tasks = TaskDesk(self.jobs, self._answering, library, controls, lambda: session.phrase)
        self._transport = TransportDesk(session.time, link.send)
        self._model = model
        self._library = library
        self._session = session
        self._link = link
        self._errands = ThreadPoolExecutor(1, "errands")
        self._room = threading.Semaphore(ERRANDS)
        self.more_status: Callable[[], Mapping[str, Atom]] = dict
        """What else a status tells."""

    def start(self) -> None:
        self.jobs.start()

    def stop(self) -> None:
        """Cancels jobs; errands under way are finished."""
        self.jobs.stop()
        self._errands.shutdown()

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "status": self._status,
            "panic": self._panic,
            "ports": self._ports,
            **self._transport.handlers(),
            **self._tasks.handlers(),
            "cancel": self._cancel,
            "takes": self._takes,
            "notes": self._notes,
            "file": self._file,
            "rate": self._rate,
        }

    def keep(self, answer: Answer) -> None:
        """Stores an answer of the live session, then announces it to everybody."""

        def store() -> None:
            assert answer.score is not None
            phrase = answer.phrase
            request = Request("continue", phrase.score, answer.controls, end=phrase.end - phrase.start)
            take = self._answering.store(request, answer.score, answer.seed, tags=("live",))
            self.server.tell_all("take", 0, *announcement(take.card, 1, 1))

        def refused(error: BandmateError) -> None:
            self.server.tell_all("notice", 0, error.code, str(error))

        self._errand(store, refused)

    # Small things

    def _status(self, client: Client, request: int) -> None:
        clock, counts = self._session.time.clock, self.server.counts
        ports = {port.direction: port for port in self._link.ports}
        pairs: dict[str, Atom] = {
            "model": self._model,
            "state": self._session.state,
            "running": int(clock.running),
            "beat": clock.beat_at(time.perf_counter()),
            "bpm": clock.bpm,
            "metre": f"{clock.numerator}/{clock.denominator}",
            "clock": clock.source,
            "jobs": len(self.jobs),
            "clients": len(self.server.clients),
            "conductor": self._link.pid or 0,
            **{key: counts[key] for key in ("packets", "bad_packets", "refused", "strangers", "mistakes")},
        }
        for direction, port in ports.items():
            pairs[f"midi_{direction}"] = port.name if port.open else f"closed: {port.detail}"
        pairs |= self.more_status()
        client.tell("status", request, *(atom for pair in pairs.items() for atom in pair))

    def _panic(self, client: Client, request: int) -> None:
        self._session.panic()
        client.tell("ok", request)

    def _ports(self, client: Client, request: int) -> None:
        def tell() -> None:
            there = self._link.ask(ListPorts(), PortList)
            named = [(f"bandmate_{port.direction}", port.name) for port in self._link.ports if port.open]
            named += [("in", name) for name in there.inputs] + [("out", name) for name in there.outputs]
            for number, (direction, name) in enumerate(named, 1):
                client.tell("port", request, number, len(named), direction, name)
            client.tell("done", request, len(named))

        self._errand_for(client, request, tell)

    # Takes

    def _takes(self, client: Client, request: int, limit: int) -> None:
        def tell() -> None:
            cards = self._library.list(limit=min(limit, MOST_TAKES))
            for number, card in enumerate(cards, 1):
                client.tell("take", request, *announcement(card, number, len(cards)))
            client.tell("done", request, len(cards))

        self._errand_for(client, request, tell)

    def _notes(self, client: Client, request: int, take_id: str) -> None:
        def send() -> None:
            take = self._library.get(take_id)
            self.server.send_list(client, request, take.score, beats_of(take.card))

        self._errand_for(client, request, send)

    def _file(self, client: Client, request: int, take_id: str) -> None:
        def tell() -> None:
            take = self._library.find(take_id)
            client.tell("file", request, take, str(self._library.file(take)))

        self._errand_for(client, request, tell)

    def _rate(self, client: Client, request: int, take_id: str, rating: int) -> None:
        def rate() -> None:
            self._library.rate(take_id, rating or None)
            client.tell("ok", request)

        self._errand_for(client, request, rate)

    def _cancel(self, client: Client, request: int, job: int) -> None:
        self.jobs.cancel(client, job)
        client.tell("ok", request)

    # Errands

    def _errand_for(self, client: Client, request: int, work: Callable[[], None]) -> None:
        """Does `work` on the errands' thread; what it raises refuses the request. Raises `busy`."""
        if not self._room.acquire(blocking=False):
            raise BandmateError(f"{ERRANDS} requests wait for the disk; ask again later", "busy")

        def run() -> None:
            try:
                work()
            finally:
                self._room.release()

        self._errand(run, lambda error: client.refuse(request, error))

    def _errand(self, work: Callable[[], None], refused: Callable[[BandmateError], None]) -> None:
        def run() -> None:
            try:
                work()
            except BandmateError as error:
                refused(error)
            except Exception:
                log.exception("a mistake in an errand")
                refused(BandmateError("the daemon made a mistake; its log says which", "failed"))

        self._errands.submit(run)
