"""`bandmate serve`: the engine, put together, run until a signal, and taken apart in order."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import cast

from bandmate import __version__
from bandmate.answers import model_name
from bandmate.band.bandstand import NOBODY, Bandstand
from bandmate.band.control_file import control_file, load_bindings
from bandmate.band.dials import ROLES
from bandmate.band.output import port_of
from bandmate.config import Config
from bandmate.desk import Desk
from bandmate.library import Library
from bandmate.live_sound import LiveSound
from bandmate.session import Listener, Manners, Session, State
from bandmate.stems.desk import StemsDesk
from bandmate.stems.export import Wishes
from bandmate.tasks.continuation import Continuation
from bandmate.tasks.form import Composer, Songwriter
from bandmate.tasks.studio import TASKS, Studio
from bandmate.writer import Answer, Musician
from bandmate_bridge.clocks.ableton_link import require_link
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import (
    Configure,
    FromConductor,
    PortWish,
    Ready,
    SetMetre,
    SetTempo,
    Source,
    ToConductor,
)
from bandmate_bridge.osc_server import OscServer
from bandmate_models.weights import Weights

SWITCH_INTERVAL = 0.0005  # seconds: a thread that computes in Python lets an OSC packet wait no longer
CAPABILITIES = (*TASKS, "extend", "takes", "stems", "live", "band")
OWN_PORTS = "Bandmate"  # ports so named are virtual and our own; another name is a port of the system

log = logging.getLogger("bandmate")


class Engine:
    """Everything but the conductor, which it starts. Use `start` once, then `stop`."""

    def __init__(
        self,
        config: Config,
        musicians: tuple[Composer, Musician],
        model: str,
        say: Callable[[str], None] = log.info,
        weights: Weights | None = None,
    ) -> None:
        """Takes the OSC port. One musician answers what clients ask for, the other answers live.

        The live band plays with `weights`; without them there is none. Raises BandmateError `port_taken`.
        """
        self._say = say
        self._config = config
        controls = config.controls
        self._sound = LiveSound(config, lambda: self._link.clock, self._hear, self._notice)
        configure = _configure(config)._replace(monitor=self._sound.address)
        self._link = ConductorLink(configure, self._hear)
        self._session = Session(
            self._link.send,
            musicians[1],
            controls,
            Manners(config.count_in, config.footswitch_cc, config.tempo == Config().tempo),
            Listener(self._tell_state, self._keep, self._notice),
        )
        library = Library(config.library_folder)
        self._desk = Desk(musicians[0], model, library, controls, self._session, self._link)
        self.bandstand: Bandstand | None = None
        if weights is not None:
            self.bandstand = Bandstand(
                weights,
                model,
                self._link.send,
                controls,
                library,
                config.library_folder.with_name("journals"),
                lambda name, *atoms: self._server.tell_all(name, *atoms),
                self._notice,
                load_bindings(control_file()),
                ports=config.band_ports,
            )
            self._session.band = self.bandstand.band
        stems = StemsDesk(
            self._desk.jobs,
            library,
            config.exports_folder,
            lambda: self._session.writing,
            Wishes(
                mix=config.mix,
                soundfont=config.soundfont,
                mark=config.watermark_bytes,
                lufs=config.lufs,
                binaural=config.binaural,
            ),
        )
        self._server = OscServer(
            {
                **self._desk.handlers(),
                **stems.handlers(),
                **(self.bandstand.handlers() if self.bandstand else NOBODY),
            },
            host=config.host,
            port=config.osc_port,
            on_gone=lambda client: self._desk.jobs.forget(client),
        )
        self._server.introduction = (__version__, model, *CAPABILITIES)
        self._desk.server = self._server
        if self.bandstand is not None:
            self._desk.more_status = self.bandstand.figures

    @property
    def address(self) -> tuple[str, int]:
        """Where OSC is heard."""
        return self._server.address

    def send(self, message: ToConductor) -> None:
        """Tells the conductor something."""
        self._link.send(message)

    @property
    def conductor(self) -> int | None:
        """The conductor's process id."""
        return self._link.pid

    def start(self) -> Ready:
        """Starts live sound and the conductor, sets its clock, then listens.

        Raises BandmateError `no_conductor`, and as `LiveSound.start` does.
        """
        try:
            for line in self._sound.start():
                self._say(line)
            ready = self._link.start()
        except BaseException:
            self.stop()
            raise
        beats, unit = self._config.metre.split("/")
        self._link.send(SetTempo(self._config.tempo))
        self._link.send(SetMetre(int(beats), int(unit)))
        self._session.start()
        if self.bandstand is not None:
            self.bandstand.start()
        self._desk.start()
        self._server.start()
        return ready

    def stop(self) -> None:
        """Silences what sounds, says bye to every client, ends the conductor."""
        self._session.stop()
        if self.bandstand is not None:
            self.bandstand.stop()
        self._desk.stop()
        self._server.stop()
        self._link.close()
        self._sound.stop()

    def _hear(self, message: FromConductor) -> None:
        if self.bandstand is not None:
            self.bandstand.hear(message)
            if self.bandstand.controllers.claims(message):
                return
        self._session.hear(message)

    def _tell_state(self, state: State, beat: float) -> None:
        self._server.tell_all("session", 0, state, beat)

    def _keep(self, answer: Answer) -> None:
        self._desk.keep(answer)

    def _notice(self, code: str, sentence: str) -> None:
        self._say(sentence)
        self._server.tell_all("notice", 0, code, sentence)


def engine_of(config: Config, weights: Weights, say: Callable[[str], None]) -> Engine:
    """An engine in which everybody plays with the same weights. Raises BandmateError `port_taken`."""
    musicians = Songwriter(Studio(weights)), Continuation(weights)
    return Engine(config, musicians, model_name(weights), say, weights)


def serve(config: Config, say: Callable[[str], None] = print) -> None:
    """Runs the daemon until SIGINT or SIGTERM.

    Raises BandmateError: `port_taken`, `bad_weights`, and as `Engine.start` does.
    """
    begun = time.perf_counter()
    ending = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: ending.set())
    sys.setswitchinterval(SWITCH_INTERVAL)
    weights = Weights.load(config.weights, config.precision, threads=config.threads)
    engine = engine_of(config, weights, say)
    ready = engine.start()
    gc.collect()
    gc.freeze()
    host, port = engine.address
    took = time.perf_counter() - begun
    say(f"Bandmate listens for OSC at {host}:{port}; model {model_name(weights)}; ready in {took:.2f} s")
    for state in ready.ports:
        say(f"MIDI {state.direction} {state.name}: {ready.backend if state.open else state.detail}")
    while not ending.wait(0.5):
        pass
    say("Bandmate stops")
    engine.stop()


def _configure(config: Config) -> Configure:
    """Raises BandmateError("no_link") where the clock is one that is not installed."""

    def wish(name: str) -> PortWish:
        return PortWish(name, virtual=name.startswith(OWN_PORTS))

    if config.clock == "link":
        require_link()
    parts = [wish(port_of(role)) for role in ROLES] if config.band_ports else []
    return Configure(
        (wish(config.midi_in),),
        (wish(config.midi_out), *parts),
        source=cast(Source, config.clock),
        clock_out=config.clock_out or "",
        clock_out_virtual=wish(config.clock_out or "").virtual,
        thru=config.thru,
    )
