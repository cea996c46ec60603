"""A stage to jam on: the whole engine in this process, with the live band in front."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from bandmate.band.bandstand import Bandstand
from bandmate.band.status import BandStatus
from bandmate.config import Config
from bandmate.server import Engine, engine_of
from bandmate.take import Take
from bandmate_bridge.messages import Ready, SetTempo
from bandmate_models.errors import BandmateError
from bandmate_models.weights import Weights


class EngineStage:
    """What a jam's screen sees and turns; `takes` are the session's, once it is closed."""

    def __init__(self, engine: Engine, bandstand: Bandstand, ready: Ready) -> None:
        self.ready = ready
        self.takes: tuple[Take, ...] = ()
        self._engine = engine
        self._bandstand = bandstand

    def status(self) -> BandStatus:
        return self._bandstand.status()

    def turn(self, name: str, value: float) -> None:
        """Sets a dial. Raises BandmateError("bad_value")."""
        self._bandstand.band.turn(name, value)

    def keep(self, bars: int) -> Future[Take]:
        """The last whole bars as a take. Raises BandmateError, and so may the future."""
        return self._bandstand.keep(bars)

    def tempo(self, bpm: float) -> None:
        """Sets the internal clock; another clock keeps its own."""
        self._engine.send(SetTempo(bpm))

    def close(self) -> tuple[Take, ...]:
        """Ends the session; its takes, which are in the library."""
        self._engine.stop()
        self.takes = self._bandstand.takes
        return self.takes


def open_stage(config: Config, say: Callable[[str], None]) -> EngineStage:
    """An engine with its ports open and the band resting.

    Where another daemon has the OSC port, this one takes any that is free. Raises BandmateError.
    """
    weights = Weights.load(config.weights, config.precision, threads=config.threads)
    try:
        engine = engine_of(config, weights, say)
    except BandmateError as error:
        if error.code != "port_taken":
            raise
        engine = engine_of(replace(config, osc_port=0), weights, say)
    assert engine.bandstand is not None
    return EngineStage(engine, engine.bandstand, engine.start())
