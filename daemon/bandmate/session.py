"""The live session: a phrase comes in by MIDI, the answer goes out on the next bar line."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from bandmate.tasks.continuation import any_seed
from bandmate.timekeeper import Timekeeper
from bandmate.writer import Answer, Musician, Writer
from bandmate_bridge.messages import (
    ClockState,
    ControlHeard,
    Fault,
    FromConductor,
    Jumped,
    NoteHeard,
    Panic,
    PlanFinished,
    PortsChanged,
    Restarted,
    ToConductor,
)
from bandmate_bridge.phrase import DRUM_CHANNEL, Phrase, PhraseCapture
from bandmate_models.controls import Controls
from bandmate_models.score import Score

State = Literal["waiting", "listening", "answering"]

LEAD = 1.0  # beats before its bar line at which an answer is begun, at the latest where there was time
CALM, ALERT = 0.5, 0.02  # seconds that the session sleeps at most: without music, and with

log = logging.getLogger("bandmate.session")


@dataclass(frozen=True, slots=True)
class Manners:
    """How the session behaves; `follow_tempo` takes the tempo from playing that nothing counted in."""

    count_in: int = 1
    footswitch: int = 80
    follow_tempo: bool = True


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what: all are called on the session's thread and must return at once."""

    state: Callable[[State, float], None]
    answer: Callable[[Answer], None]  # one that was heard, to be kept
    notice: Callable[[str, str], None]  # code and sentence


class Accompanist(Protocol):
    """The live band, as far as the session is concerned."""

    @property
    def playing(self) -> bool: ...

    urgent: bool


class Session:
    """One player, one answer at a time. `hear` takes what the conductor says; all else is its own thread."""

    def __init__(
        self,
        send: Callable[[ToConductor], None],
        musician: Musician,
        controls: Controls,
        manners: Manners,
        listener: Listener,
    ) -> None:
        self.state: State = "waiting"
        self.phrase: Score | None = None
        self._send = send
        self._controls = controls
        self._manners = manners
        self._listener = listener
        self._inbox: queue.SimpleQueue[FromConductor | Answer | Panic] = queue.SimpleQueue()
        self._writer = Writer(musician, send, self._inbox.put)
        self.time = Timekeeper(
            send, listener.notice, count_in=manners.count_in, follow_tempo=manners.follow_tempo
        )
        self._capture = PhraseCapture(footswitch=manners.footswitch, lead=LEAD)
        self._answer: Answer | None = None
        self._numbers = itertools.count(1)
        self._channel = 0
        self._read_beat = -math.inf
        self._unread = False
        self._finishing = self._ending = False
        self._open_ports: set[str] = set()
        self.band: Accompanist | None = None
        """Who plays along; while it does, nobody answers phrases."""
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        self._writer.start()
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        self._inbox.put(Panic())
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._writer.stop()

    def hear(self, message: FromConductor) -> None:
        """From any thread."""
        if not (self._accompanied and isinstance(message, NoteHeard | ControlHeard)):
            self._inbox.put(message)

    def panic(self) -> None:
        """Silence, and no answer; from any thread."""
        self._send(Panic())
        self._inbox.put(Panic())

    @property
    def writing(self) -> bool:
        """Whether a live answer is being written: others should leave it the processor."""
        return self._writer.busy or (self.band is not None and self.band.urgent)

    @property
    def _accompanied(self) -> bool:
        return self.band is not None and self.band.playing

    def take(self, message: FromConductor | Answer | Panic) -> None:
        """Does what a message asks for."""
        if isinstance(message, NoteHeard):
            self._note(message)
        elif isinstance(message, ControlHeard):
            self._control(message)
        elif isinstance(message, ClockState):
            if self.time.hear(message):
                self._reset()
        elif isinstance(message, Jumped):
            if message.carried:
                self._carry(message)
        elif isinstance(message, Answer):
            self._written(message)
        elif isinstance(message, Panic):
            self._reset()
        elif isinstance(message, PlanFinished):
            if message.cancelled and self._answer is not None and message.plan == self._answer.plan:
                self._reset()
        elif isinstance(message, Fault):
            self._listener.notice(message.code, message.sentence)
        elif isinstance(message, Restarted):
            sentence = f"{message.reason}; started again in {message.seconds:.1f} s, outputs silenced"
            self._listener.notice("conductor_restarted", sentence)
        elif isinstance(message, PortsChanged):
            self._ports_changed(message)

    def advance(self, now: float) -> None:
        """Does what is due at the time `now` (seconds of perf_counter)."""
        clock = self.time.clock
        if not clock.running:
            return
        beat = clock.beat_at(now)
        music = not self._capture.is_empty or self._answer is not None or self._accompanied
        if not self._capture.is_empty:
            self._advance_phrase(clock, beat)
        if self._answer is not None:
            self._advance_answer(self._answer, beat)
        self.time.rest(beat, music=music)

    def _run(self) -> None:
        """Turn after turn; a mistake costs the phrase, not the session."""
        while not self._ending:
            try:
                self._turn()
            except Exception:
                log.exception("a mistake in the live session")
                self._reset()

    def _turn(self) -> None:
        with contextlib.suppress(queue.Empty):
            self.take(self._inbox.get(timeout=self._patience(time.perf_counter())))
        self.advance(time.perf_counter())

    def _patience(self, now: float) -> float:
        """Seconds until something may be due."""
        clock = self.time.clock
        if not clock.running or (self._capture.is_empty and self._answer is None):
            return CALM
        beat = clock.beat_at(now)
        return min(ALERT, max(0.001, clock.time_at(math.floor(beat) + 1.0) - now))

    # What the player does

    def _note(self, message: NoteHeard) -> None:
        pressed = message.velocity > 0
        if not self.time.clock.running and not (pressed and self.time.begin(message.time)):
            return
        message = self.time.stamp(message)
        if pressed:
            if self._answer is not None:
                if self._finishing and message.beat < self._answer.phrase.answer:
                    return
                self._withdraw()
            if message.channel != DRUM_CHANNEL:
                self._channel = message.channel
            self._change_state("listening", message.beat)
        self._capture.hear(message)
        self._unread = True
        if pressed:
            self.time.follow(self._capture)
            self.time.heard(message, self._capture)

    def _control(self, message: ControlHeard) -> None:
        if message.number != self._manners.footswitch:
            self._capture.hear(self.time.stamp(message))
        elif message.value >= 64:
            self._footswitch(self.time.stamp(message))

    def _footswitch(self, message: ControlHeard) -> None:
        if self._answer is not None:
            self._reset()
        elif not self._capture.is_empty:
            self._finishing = True
            self._capture.hear(message)
        else:
            self.time.count_in()

    # What follows from it

    def _advance_phrase(self, clock: ClockState, beat: float) -> None:
        draft, ended = self._capture.so_far(clock), self._capture.ends_at(clock)
        assert draft is not None
        if ended is not None and beat >= max(ended, draft.answer - LEAD):
            phrase = self._capture.advance(clock, beat)
            assert phrase is not None
            self._begin(phrase)
        elif self._unread and math.floor(beat) > self._read_beat:
            self._read_beat, self._unread = math.floor(beat), False
            self._writer.hear(draft, self._controls)

    def _begin(self, phrase: Phrase) -> None:
        seed = any_seed() if self._controls.seed is None else self._controls.seed
        answer = Answer(f"answer-{next(self._numbers)}", phrase, self._controls, seed, self._channel)
        answer.jumps = self.time.clock.jumps
        self.phrase, self._answer = phrase.score, answer
        self._read_beat, self._unread = -math.inf, False
        self.time.forget_playing()
        self._writer.write(answer)

    def _advance_answer(self, answer: Answer, beat: float) -> None:
        if beat >= answer.phrase.answer and not answer.begun:
            answer.begun = True
            self._change_state("answering", answer.phrase.answer)
            self._keep(answer)
        if beat >= answer.end:
            self._withdraw()
            self._change_state("waiting", answer.end)

    def _written(self, answer: Answer) -> None:
        if answer.error is not None and not answer.stop.is_set():
            self._listener.notice(answer.error.code, str(answer.error))
            if answer is self._answer:
                self._reset()
        self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        """An answer that was heard is kept, as far as it was written."""
        if answer.begun and answer.score is not None and answer.score.note_count and not answer.kept:
            answer.kept = True
            self._listener.answer(answer)

    def _withdraw(self) -> None:
        """Takes the answer back: what sounds ends, what is still to be written is not."""
        if self._answer is not None:
            self._answer.withdraw(self._send)
        self._answer, self._finishing = None, False

    def _carry(self, jumped: Jumped) -> None:
        """The clock has jumped, and what is queued went along: so do the phrase and the answer."""
        self.time.carry(jumped)
        self._capture.carry(jumped.by)
        self._read_beat += jumped.by
        if self._answer is not None:
            self._answer.phrase = self._answer.phrase.carried(jumped.by)

    def _reset(self) -> None:
        self._withdraw()
        self._capture.clear()
        self._read_beat, self._unread = -math.inf, False
        self.time.forget_playing()
        self._change_state("waiting", self.time.clock.beat)

    def _change_state(self, state: State, beat: float) -> None:
        if state != self.state:
            self.state = state
            self._listener.state(state, beat)

    def _ports_changed(self, message: PortsChanged) -> None:
        now_open = {port.name for port in message.ports if port.open}
        for port in message.ports:
            if port.name in self._open_ports - now_open:
                self._listener.notice("port_gone", f"{port.name} is gone: {port.detail}")
        self._open_ports = now_open
