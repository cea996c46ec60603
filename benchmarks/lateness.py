"""How late scheduled notes leave the conductor, with and without real-time priority, under the engine's work.

python benchmarks/lateness.py [--notes N] [--backend jack] [--weights DIR]

This process is the engine: it holds the link, decodes with the model and answers OSC, while other processes
send it 10,000 garbage packets a second and 5,000-note lists. The conductor measures itself: from a note's
deadline to the return of the call that sends it. Beside it stands the machine's own floor in the same
seconds: a bare process of lower real-time (or the same ordinary) priority that only waits for such deadlines.
Where it is late too, the machine stood still.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import (
    Backend,
    Cancel,
    Configure,
    Cue,
    FromConductor,
    Measure,
    PlanFinished,
    Play,
    Ready,
    SetTempo,
    Start,
    Stop,
    Timing,
)
from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_server import OWN, OscServer
from bandmate_bridge.protocol import ASKS
from bandmate_bridge.waiting import Alarm, gain_realtime_priority, give_precedence, now
from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Score
from bandmate_models.weights import Weights
from harness import percentiles, table, write_result

LIMITS_MS = {True: 0.2, False: 1.0}
"""At p99, with real-time priority and without."""

PACKETS_PER_SECOND = 10_000
LIST_NOTES = 5_000
SPACING = 0.0073
"""Seconds between two notes on average; each comes at a random instant."""

_spawn = multiprocessing.get_context("spawn")


class Engine:
    """The engine's side of the conductor, and the loads it can be under."""

    def __init__(self, realtime: bool, backend: Backend, weights: Weights) -> None:
        self.finished = threading.Event()
        self.link = ConductorLink(Configure(backend=backend), self._hear, realtime=realtime)
        self.ready: Ready = self.link.start()
        self._weights = weights
        self._server = OscServer(dict.fromkeys(set(ASKS) - OWN, _ignore), port=0)
        self._server.start()

    def close(self) -> None:
        self._server.stop()
        self.link.close()

    @contextlib.contextmanager
    def idle(self) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def decoding(self) -> Iterator[None]:
        """The model decodes without a pause, on a thread of this process."""
        with _repeated(self._decode):
            yield

    @contextlib.contextmanager
    def garbage(self) -> Iterator[None]:
        with _process(_flood, self._server.address[1]):
            yield

    @contextlib.contextmanager
    def transfer(self) -> Iterator[None]:
        """Lists come in over OSC, and as long plans go out to the conductor, again and again."""
        with _process(_upload, self._server.address[1]), _repeated(self._hand_over):
            yield

    @contextlib.contextmanager
    def all_three(self) -> Iterator[None]:
        with self.decoding(), self.garbage(), self.transfer():
            yield

    @contextlib.contextmanager
    def spinning(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for _ in range(os.cpu_count() or 1):
                stack.enter_context(_process(_spin))
            yield

    def measure(
        self, notes: int, load: Callable[[], contextlib.AbstractContextManager[None]]
    ) -> tuple[Timing, dict[str, float]]:
        """Plays so many notes under the load; gives their lateness and a bare process's (ms)."""
        source = random.Random(7)
        cues = [
            Cue(1.0 + seconds, SPACING / 2.0, source.randrange(128), 64, source.randrange(16))
            for seconds in instants(notes)
        ]
        self.finished.clear()
        with contextlib.ExitStack() as stack:
            stack.enter_context(load())
            time.sleep(0.5)
            stack.enter_context(pool := _spawn.Pool(1))
            pool.apply(_bare_waits, (self.ready.realtime, 1))
            self.link.ask(Measure(), Timing, timeout=10.0)
            bare = pool.apply_async(_bare_waits, (self.ready.realtime, notes))
            self.link.send(SetTempo(60.0))  # a beat is a second
            self.link.send(Start())
            self.link.send(Play("measured", tuple(cues)))
            if not self.finished.wait(notes * SPACING * 2.0 + 10.0):
                raise BandmateError("the notes were not all played", "no_conductor")
            timing = self.link.ask(Measure(), Timing, timeout=10.0)
            floor = percentiles(bare.get())
        self.link.send(Stop())
        return timing, floor

    def _hear(self, message: FromConductor) -> None:
        if isinstance(message, PlanFinished) and message.plan == "measured":
            self.finished.set()

    def _decode(self) -> None:
        decoder = Decoder(self._weights)
        decoder.append([token % self._weights.config.vocabulary_size for token in range(256)])
        for token in range(64):
            decoder.step(token)

    def _hand_over(self) -> None:
        cues = tuple(Cue(1e6 + index / 16, 0.1, 60, 64, 0) for index in range(LIST_NOTES))
        self.link.send(Play("handed over", cues))
        self.link.send(Cancel("handed over"))
        time.sleep(0.05)


LOADS: dict[str, Callable[[Engine], Callable[[], contextlib.AbstractContextManager[None]]]] = {
    "idle": lambda engine: engine.idle,
    "the model decodes": lambda engine: engine.decoding,
    "10,000 garbage OSC packets/s": lambda engine: engine.garbage,
    "5,000-note transfers": lambda engine: engine.transfer,
    "all three": lambda engine: engine.all_three,
    "a spinning process on each core": lambda engine: engine.spinning,
}


def instants(notes: int) -> list[float]:
    """Seconds from a beginning at which notes come, irregularly."""
    source = random.Random(5)
    return list(itertools.accumulate(source.uniform(0.2, 1.8) * SPACING for _ in range(notes)))


def _bare_waits(realtime: bool, notes: int) -> list[float]:
    """Lateness in milliseconds of a thread that waits for such instants and does nothing."""
    if realtime:
        gain_realtime_priority()
        give_precedence()
    alarm, start, late = Alarm(), now() + 1.0 + SPACING / 2.0, []
    for seconds in instants(notes):
        alarm.wait(start + seconds)
        late.append(1000.0 * (now() - start - seconds))
    return late


def _ignore(*_: object) -> None:
    """What this engine does with what clients ask."""


@contextlib.contextmanager
def _repeated(action: Callable[[], None]) -> Iterator[None]:
    """`action` over and over on a thread."""
    ending = threading.Event()

    def repeat() -> None:
        while not ending.is_set():
            action()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@contextlib.contextmanager
def _process(target: Callable[..., None], *arguments: object) -> Iterator[None]:
    process = _spawn.Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _flood(port: int) -> None:
    """Garbage to the OSC port: random bytes, half of them behind an address of the protocol."""
    source = random.Random(3)
    packets = [source.randbytes(source.randrange(1, 200)) for _ in range(500)]
    packets += [b"/bandmate/" + packet for packet in packets]
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    start, sent = time.perf_counter(), 0
    while True:
        while sent < (time.perf_counter() - start) * PACKETS_PER_SECOND:
            sender.sendto(packets[sent % len(packets)], ("127.0.0.1", port))
            sent += 1
        time.sleep(0.001)


def _upload(port: int) -> None:
    notes = tuple(Note(index / 16, 0.25, 40 + index % 50, 90) for index in range(LIST_NOTES))
    score = Score((Part("melody", notes),))
    while True:
        with contextlib.suppress(BandmateError), OscClient(port) as client:
            client.upload(score, timeout=10.0)


def _spin() -> None:
    while True:
        pass


def default_weights(folder: Path | None, scratch: Path) -> Weights:
    """The weights of `folder`, else the shipped ones, else random ones of the default shape."""
    try:
        return Weights.load(folder)
    except BandmateError:
        if folder is not None:
            raise
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from bandmate_models import vocabulary
    from bandmate_models.model_config import ModelConfig
    from random_weights import random_weights

    config = ModelConfig(vocabulary.FORMAT_VERSION, vocabulary.SIZE, name="random")
    return random_weights(scratch, config)


def rows(options: argparse.Namespace, weights: Weights) -> Iterator[dict[str, Any]]:
    for realtime in (True, False):
        engine = Engine(realtime, options.backend, weights)
        try:
            if realtime and not engine.ready.realtime:
                print("real-time priority is not permitted here: only the ordinary one is measured")
                continue
            for name, load in LOADS.items():
                if options.load and name not in options.load:
                    continue
                timing, bare = engine.measure(options.notes, load(engine))
                yield {
                    "priority": "real-time" if realtime else "ordinary",
                    "load": name,
                    "midi": engine.ready.backend,
                    "notes": timing.notes,
                    "dropped": timing.dropped,
                    "p50 ms": timing.p50,
                    "p95 ms": timing.p95,
                    "p99 ms": timing.p99,
                    "worst ms": timing.worst,
                    "limit ms": LIMITS_MS[realtime],
                    "p99 / limit": timing.p99 / LIMITS_MS[realtime],
                    "bare p99 ms": bare["p99"],
                    "bare worst ms": bare["max"],
                }
        finally:
            engine.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=2000, help="notes under each load (default 2000)")
    parser.add_argument("--backend", choices=get_args(Backend), default="auto", help="the MIDI system")
    parser.add_argument("--weights", type=Path, help="the model's folder (default: the shipped one)")
    parser.add_argument("--load", action="append", choices=tuple(LOADS), help="measure under this one alone")
    parser.add_argument("--name", default="lateness", help="name of the result file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        weights = default_weights(options.weights, Path(scratch))
        measured = list(rows(options, weights))
    print(table(measured))
    if not options.load:
        print(f"written to {write_result(options.name, {'model': weights.config.name, 'rows': measured})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
