"""The live band and what belongs to it: its desk for clients, its recorder, the controllers that lead it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from bandmate.band.band import Band, State
from bandmate.band.bindings import Binding
from bandmate.band.control_desk import ControlDesk
from bandmate.band.control_file import control_file
from bandmate.band.control_map import ControlMap
from bandmate.band.desk import BandDesk, band_roles
from bandmate.band.journal import Origin
from bandmate.band.recording import Recorder
from bandmate.band.scribe import Reporter
from bandmate.band.status import PLAYER, BandStatus, LiveNote
from bandmate.library import Library
from bandmate.requests import announcement
from bandmate.take import Take
from bandmate_bridge.messages import ClockState, ControlHeard, FromConductor, Jumped, NoteHeard, ToConductor
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import Handler
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Role
from bandmate_models.weights import Weights

PIANO = 0
SUSTAIN = 64
log = logging.getLogger("bandmate.band")


def _no_band(client: Client, request: int, *_: Atom) -> None:
    raise BandmateError("this daemon plays without a live band", "no_band")


NOBODY: Mapping[str, Handler] = dict.fromkeys(("band", "play_note", "keep", "learn"), _no_band)
"""What answers where there is no band."""


class Bandstand:
    """What the engine holds of the live band.

    `tell_all(name, *atoms)` tells every client, `notice(code, sentence)` everybody who reads.
    """

    def __init__(
        self,
        weights: Weights,
        model: str,
        send: Callable[[ToConductor], None],
        controls: Controls,
        library: Library,
        journals: Path,
        tell_all: Callable[..., None],
        notice: Callable[[str, str], None],
        bindings: Sequence[Binding] = (),
        *,
        ports: bool = False,
    ) -> None:
        self._tell_all = tell_all
        self._notice = notice
        self.takes: tuple[Take, ...] = ()
        """The session's, once it has ended."""
        seed = 0 if controls.seed is None else controls.seed
        self.desk = BandDesk(controls, notice, self.play)
        self.band = Band(weights, send, self, controls, band_roles(controls), seed=seed, ports=ports)
        self.desk.band = self.band
        self.controllers = ControlMap(bindings, self.band.stands)
        self.control_desk = ControlDesk(self.controllers, control_file(), notice)
        self.recorder = Recorder(journals, library, Origin(model, seed), Reporter(self._announce, notice))

    def start(self) -> None:
        self.recorder.start()
        self.band.start()

    def stop(self) -> tuple[Take, ...]:
        """Ends the band and the session; its takes."""
        self.band.stop()
        try:
            self.takes = self.recorder.close()
        except (BandmateError, TimeoutError) as error:
            self._notice("not_recorded", f"the session is in its journal still: {error}")
        return self.takes

    def hear(self, message: FromConductor) -> None:
        """What the conductor says, on its link's thread."""
        if isinstance(message, NoteHeard | ControlHeard) and self._leads(message):
            return
        if isinstance(message, NoteHeard):
            self.play(message)
            return
        if isinstance(message, ClockState):
            self.recorder.clock(message)
        elif isinstance(message, Jumped):
            self.recorder.jumped(message)
        elif isinstance(message, ControlHeard) and message.number == SUSTAIN:
            who = f"{PLAYER} {message.channel + 1}"
            self.recorder.control(who, message.channel, message.beat, message.number, message.value)
        self.band.hear(message)

    def play(self, message: NoteHeard) -> None:
        """A key that is music, whatever may be bound to it; from any thread."""
        self._record(message)
        self.band.hear(message)

    def keep(self, bars: int) -> Future[Take]:
        """The last whole bars as a take. Raises BandmateError, and so may the future."""
        return self.recorder.keep(bars)

    def status(self) -> BandStatus:
        return self.band.status()

    def figures(self) -> dict[str, Atom]:
        """How the band keeps up, for the daemon's status; milliseconds and beats."""
        status = self.status()
        timing = status.timing
        return {
            "band": status.state,
            "band_roles": ",".join(status.roles),
            "band_in_time": timing.in_time,
            "band_planned": timing.planned,
            "band_dropped": timing.dropped,
            "band_plan_p50": timing.plan_p50,
            "band_plan_p99": timing.plan_p99,
            "band_age_p95": timing.age_p95,
            "band_bars": timing.bars,
            "band_degraded_bars": timing.degraded_bars,
            "band_level": status.level,
            "band_slides": timing.slides,
        }

    def handlers(self) -> Mapping[str, Handler]:
        return {**self.desk.handlers(), **self.control_desk.handlers(), "keep": self._keep_for}

    # What the band tells (see band.Witness)

    def notes(self, role: Role, notes: Sequence[LiveNote]) -> None:
        channel, program = self.band.voice(role)
        for note in notes:
            self.recorder.note(role, channel, program, note.start, note.duration, note.pitch, note.velocity)
        self.desk.notes(role, notes)

    def cancelled(self, role: Role | None, beat: float) -> None:
        self.recorder.cancel(role or "", beat)
        self.desk.cancelled(role, beat)

    def heard(self, note: LiveNote) -> None:
        self.desk.heard(note)

    def state(self, state: State, bar: int, level: str, in_time: float) -> None:
        self.desk.state(state, bar, level, in_time)

    def notice(self, code: str, sentence: str) -> None:
        self._notice(code, sentence)

    # Inside

    def _leads(self, message: NoteHeard | ControlHeard) -> bool:
        """Turns what a controller or a key-switch is mapped to; whether it was one."""
        claimed = self.controllers.claims(message)
        for name, value in self.controllers.hear(message):
            self.band.turn(name, value)
        return claimed

    def _record(self, message: NoteHeard) -> None:
        who = f"{PLAYER} {message.channel + 1}"
        if message.velocity:
            self.recorder.note_on(who, message.channel, PIANO, message.beat, message.pitch, message.velocity)
        else:
            self.recorder.note_off(who, message.channel, message.beat, message.pitch)

    def _announce(self, take: Take) -> None:
        self._tell_all("take", 0, *announcement(take.card, 1, 1))

    def _keep_for(self, client: Client, request: int, bars: int) -> None:
        def done(future: Future[Take]) -> None:
            error = future.exception()
            if error is None:
                atoms: tuple[Atom, ...] = announcement(future.result().card, 1, 1)
                client.tell("take", request, *atoms)
                client.tell("done", request, 1)
            elif isinstance(error, BandmateError):
                client.refuse(request, error)
            else:
                log.error("a mistake in keeping bars", exc_info=error)
                mistake = BandmateError("the daemon made a mistake; its log says which", "failed")
                client.refuse(request, mistake)

        self.keep(bars).add_done_callback(done)
