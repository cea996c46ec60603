"""The engine's handle on the conductor: starts it, speaks to it, replaces one that died."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO, Any, TypeVar

from bandmate_bridge.children import child_command, child_environment
from bandmate_bridge.jack_watch import LOOK_EVERY, JackWatch
from bandmate_bridge.messages import (
    ClockState,
    Configure,
    Fault,
    FromConductor,
    PlanFinished,
    Play,
    PortsChanged,
    PortState,
    Ready,
    Restarted,
    Resume,
    ServerLost,
    SetMetre,
    SetSource,
    SetTempo,
    Shutdown,
    SilenceNotes,
    ToConductor,
)
from bandmate_bridge.wire import decode, encode, pieces
from bandmate_models.errors import BandmateError

Answer = TypeVar("Answer", bound=FromConductor)

SPARE_AFTER = 2.0
"""Seconds from a conductor's being ready to the start of a spare one, which costs what else is starting."""

RESTART_PAUSES = (0.0, 0.1, 0.5, 2.0)
"""Seconds before the first, second, ... restart of a conductor that does not live for ten seconds."""


RECONNECT = {
    "alsa": "ALSA forgets the connections of ports that go: connect Bandmate's anew (aconnect or a patchbay)",
    "coremidi": "programs that know ports by name have Bandmate's again; choose them anew in the others",
}
"""What becomes of the connections where a new conductor cannot make them itself."""


class ConductorLink:
    """One conductor process at a time, from `start` to `close`.

    `on_message` is called for everything the conductor says, on threads of the link's own but one at a time:
    it should hand over and return. `send` and `ask` may be called from any thread (`ask` not from within
    `on_message`).
    """

    def __init__(
        self,
        configure: Configure,
        on_message: Callable[[FromConductor], None],
        *,
        realtime: bool = True,
    ) -> None:
        self._configure = configure
        self._on_message = on_message
        self._realtime = realtime
        self._tempo: SetTempo | None = None
        self._metre: SetMetre | None = None
        self._clock = ClockState(False, configure.source, 0.0, time.perf_counter(), 120.0, 4, 4, 0.0)
        self._ports: tuple[PortState, ...] = ()
        self._environment = child_environment()
        self._jack = JackWatch(self._environment, self._connections_changed, lambda: self.send(ServerLost()))
        self._backend = "none"
        self._settled = threading.Event()  # a conductor is ready, and its ports are where they should be
        self._settled_at = 0.0
        self._plans: dict[str, set[tuple[int, int]]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._spare: subprocess.Popen[bytes] | None = None
        self._writing = threading.Lock()
        self._delivering = threading.Lock()
        self._closing = False
        self._waiting: list[tuple[type[Any], queue.SimpleQueue[Any]]] = []
        self._thread: threading.Thread | None = None

    def start(self, timeout: float = 15.0) -> Ready:
        """Starts the conductor and waits until it is ready; BandmateError `no_conductor` where it is not."""
        answer = self._expect(Ready)
        self._launch()
        self._thread = threading.Thread(target=self._watch, name="conductor link", daemon=True)
        self._thread.start()
        threading.Thread(target=self._look_after, name="conductor care", daemon=True).start()
        return self._receive(Ready, answer, timeout)

    def send(self, message: ToConductor) -> None:
        """Hands `message` over. While no conductor lives it is lost, and a plan in it reported cancelled."""
        self._remember(message)
        lines = pieces(message) if isinstance(message, Play) else (message,)
        for line in lines:
            self._write(encode(line))

    def ask(self, message: ToConductor, kind: type[Answer], timeout: float = 2.0) -> Answer:
        """Sends `message` and waits for the next of `kind`; BandmateError `no_conductor` after `timeout`."""
        answer = self._expect(kind)
        self.send(message)
        return self._receive(kind, answer, timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Silences, closes the ports and ends the conductor."""
        self._closing = True
        self._write(encode(Shutdown()))
        if self._process is not None:
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._thread is not None:
            self._thread.join(timeout)
        if self._spare is not None:
            self._spare.kill()
            self._spare.wait()

    def __enter__(self) -> ConductorLink:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def clock(self) -> ClockState:
        """The newest state of the clock; `clock.beat_at(time.perf_counter())` is the beat now."""
        return self._clock

    @property
    def ports(self) -> tuple[PortState, ...]:
        return self._ports

    @property
    def connections(self) -> tuple[tuple[str, str], ...]:
        return self._jack.pairs

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def _launch(self) -> None:
        """Puts a conductor to work: the spare one if it is there, as its interpreter has started already."""
        spare, self._spare = self._spare, None
        process = spare if spare is not None and spare.poll() is None else self._spawn()
        assert process.stdin is not None
        with self._writing, contextlib.suppress(OSError):
            process.stdin.write(encode(self._configure))
            process.stdin.flush()
            self._plans = {}
            self._process = process

    def _spawn(self) -> subprocess.Popen[bytes]:
        """A conductor process, which does nothing until it is told a Configure."""
        flags = [] if self._realtime else ["--no-realtime"]
        return subprocess.Popen(
            child_command("bandmate_bridge.conductor", *flags),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )

    def _watch(self) -> None:
        """Reads what the conductor says; when it ends unasked, starts it again."""
        failures = 0
        while True:
            assert self._process is not None and self._process.stdout is not None
            born = time.perf_counter()
            self._read(self._process.stdout, None)
            died = time.perf_counter()
            self._settled.clear()
            code = self._process.wait()
            if self._closing:
                return
            failures = 0 if died - born > 10.0 else failures + 1
            time.sleep(RESTART_PAUSES[min(max(failures - 1, 0), len(RESTART_PAUSES) - 1)])
            self._restart(f"the conductor ended with status {code}", died)

    def _restart(self, reason: str, died: float) -> None:
        clock, abandoned = self._clock, dict(self._plans)
        self._jack.lose()
        self._launch()
        assert self._process is not None and self._process.stdout is not None
        for setting in (self._tempo, self._metre):
            if setting is not None:
                self._write(encode(setting))
        if clock.running:
            now = time.perf_counter()
            self._write(encode(Resume(clock.beat_at(now), now, clock.bpm, clock.bar)))
        if self._read(self._process.stdout, Ready):
            self._jack.mend()
            sounding = sorted({pair for pairs in abandoned.values() for pair in pairs})
            self._write(encode(SilenceNotes(tuple(sounding))))
            for plan in abandoned:
                self._deliver(PlanFinished(plan, 0, 0, True))
            self._deliver(Restarted(reason, time.perf_counter() - died))
            if self._backend in RECONNECT:
                self._deliver(Fault("reconnect", RECONNECT[self._backend]))

    def _read(self, stream: IO[bytes], until: type[Any] | None) -> bool:
        """Delivers messages up to the end of the stream, or to one of the kind `until`: then True."""
        for line in iter(stream.readline, b""):
            try:
                message = decode(line)
            except ValueError as error:
                message = Fault("bad_message", str(error))
            self._deliver(message)
            if until is not None and isinstance(message, until):
                return True
        return False

    def _deliver(self, message: FromConductor) -> None:
        if isinstance(message, ClockState):
            self._clock = message
        elif isinstance(message, Ready):
            self._ports, self._backend = message.ports, message.backend
            self._settled_at = time.perf_counter()
            self._settled.set()
        elif isinstance(message, PortsChanged):
            message = message._replace(connections=self._jack.pairs)
            self._ports, self._backend = message.ports, message.backend
        elif isinstance(message, PlanFinished):
            self._plans.pop(message.plan, None)
        for entry in [entry for entry in self._waiting if isinstance(message, entry[0])]:
            self._waiting.remove(entry)
            entry[1].put(message)
        with self._delivering:
            self._on_message(message)

    def _look_after(self) -> None:
        """Until `close`, keeps what a next conductor needs: a spare process, and JACK's connections."""
        while not self._closing:
            time.sleep(LOOK_EVERY)
            if not self._settled.is_set() or time.perf_counter() - self._settled_at < SPARE_AFTER:
                continue
            if self._backend == "jack":
                self._jack.watch(self._ports)
            if self._spare is None:
                self._spare = self._spawn()
        self._jack.close()

    def _connections_changed(self) -> None:
        self._deliver(PortsChanged(self._ports, (), self._backend))

    def _remember(self, message: ToConductor) -> None:
        """Keeps what a new conductor must be told."""
        if isinstance(message, SetTempo):
            self._tempo = message
        elif isinstance(message, SetMetre):
            self._metre = message
        elif isinstance(message, SetSource):
            self._configure = self._configure._replace(source=message.source)
        elif isinstance(message, Play):
            pairs = self._plans.setdefault(message.plan, set())
            pairs.update((cue.channel, cue.pitch) for cue in message.cues)

    def _write(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._writing:
            try:
                process.stdin.write(line)
                process.stdin.flush()
            except (BrokenPipeError, ValueError, OSError):
                return

    def _expect(self, kind: type[Answer]) -> queue.SimpleQueue[Answer]:
        answer: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._waiting.append((kind, answer))
        return answer

    @staticmethod
    def _receive(kind: type[Answer], answer: queue.SimpleQueue[Answer], timeout: float) -> Answer:
        try:
            return answer.get(timeout=timeout)
        except queue.Empty:
            raise BandmateError(
                f"the conductor did not answer with {kind.__name__} in {timeout:g} s; see its messages above",
                "no_conductor",
            ) from None
