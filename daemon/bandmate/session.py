"""The live session: a phrase comes in by MIDI, the answer goes out on the next bar line."""

from __future__ import annotations

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from bandmate.tasks.continuation import any_seed
from bandmate.writer import Answer, Musician, Writer
from bandmate_bridge.messages import (
    ClockState,
    ControlHeard,
    CountIn,
    Fault,
    FromConductor,
    Locate,
    NoteHeard,
    Panic,
    PlanFinished,
    PortsChanged,
    Restarted,
    SetMetre,
    SetTempo,
    Start,
    Stop,
    ToConductor,
)
from bandmate_bridge.phrase import DRUM_CHANNEL, EARLY, Phrase, PhraseCapture
from bandmate_bridge.tempo import estimate_tempo
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score

_Heard = TypeVar("_Heard", NoteHeard, ControlHeard)
State = Literal["waiting", "listening", "answering"]

LEAD = 1.0  # beats before its bar line at which an answer is begun, at the latest where there was time
CALM_BARS = 8  # bars without a note after which the internal clock stands still again
SURE = 0.8  # certainty from which the player's own tempo is taken
NEAR = 0.005  # share of the tempo that is not worth a change
PATIENCE = 0.5  # seconds that the session sleeps at most


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
        self._inbox: queue.SimpleQueue[FromConductor | Answer | Panic | None] = queue.SimpleQueue()
        self._writer = Writer(musician, send, self._inbox.put)
        self._capture = PhraseCapture(footswitch=manners.footswitch, lead=LEAD)
        self._clock = ClockState(False, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
        self._answer: Answer | None = None
        self._numbers = itertools.count(1)
        self._channel = 0
        self._read_beat = -math.inf
        self._unread = False
        self._finishing = False
        self._free = False
        self._follow = manners.follow_tempo
        self._started = -math.inf
        self._active = 0.0
        self._open_ports: set[str] = set()
        self._warned = False
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        self._writer.start()
        self._thread.start()

    def stop(self) -> None:
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._writer.stop()

    def hear(self, message: FromConductor) -> None:
        """From any thread."""
        self._inbox.put(message)

    def panic(self) -> None:
        """Silence, and no answer; from any thread."""
        self._send(Panic())
        self._inbox.put(Panic())

    def set_tempo(self, bpm: float) -> None:
        """From now on, and the playing does not change it; from any thread. BandmateError `clock_follows`."""
        self._check_clock()
        self._follow = self._free = False
        self._send(SetTempo(bpm))

    def set_metre(self, numerator: int, denominator: int) -> None:
        """From the next bar line on; from any thread. BandmateError `clock_follows`."""
        self._check_clock()
        self._send(SetMetre(numerator, denominator))

    def _check_clock(self) -> None:
        if self._clock.source != "internal":
            raise BandmateError(
                "the clock follows incoming MIDI clock: set it at the sender", "clock_follows"
            )

    @property
    def clock(self) -> ClockState:
        return self._clock

    @property
    def writing(self) -> bool:
        """Whether a live answer is being written: others should leave it the processor."""
        return self._writer.busy

    def take(self, message: FromConductor | Answer | Panic) -> None:
        """Does what a message asks for."""
        if isinstance(message, NoteHeard):
            self._note(message)
        elif isinstance(message, ControlHeard):
            self._control(message)
        elif isinstance(message, ClockState):
            self._clock_changed(message)
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
        clock = self._clock
        if not clock.running:
            return
        beat = clock.beat_at(now)
        if not self._capture.is_empty:
            self._active = beat
            self._advance_phrase(clock, beat)
        if self._answer is not None:
            self._active = max(self._active, beat)
            self._advance_answer(self._answer, beat)
        elif self._is_calm(clock, beat):
            self._send(Stop())
            self._active = math.inf

    def _run(self) -> None:
        while True:
            try:
                message = self._inbox.get(timeout=self._patience(time.perf_counter()))
            except queue.Empty:
                pass
            else:
                if message is None:
                    self._reset()
                    return
                self.take(message)
            self.advance(time.perf_counter())

    def _patience(self, now: float) -> float:
        """Seconds until something may be due."""
        clock = self._clock
        if not clock.running or (self._capture.is_empty and self._answer is None):
            return PATIENCE
        beat = clock.beat_at(now)
        beats = [math.floor(beat) + 1.0, self._capture.ends_at(clock)]
        if self._answer is not None:
            beats += [self._answer.phrase.answer, self._answer.end]
        soonest = min(due for due in beats if due is not None and due > beat)
        return min(PATIENCE, max(0.001, clock.time_at(soonest) - now))

    # What the player does

    def _note(self, message: NoteHeard) -> None:
        pressed = message.velocity > 0
        if not self._clock.running and not (pressed and self._start_clock(message.time)):
            return
        message = self._stamped(message)
        if pressed:
            if self._answer is not None:
                if self._finishing and message.beat < self._answer.phrase.answer - EARLY:
                    return
                self._withdraw()
            if message.channel != DRUM_CHANNEL:
                self._channel = message.channel
            self._change_state("listening", message.beat)
        self._capture.hear(message)
        self._unread = True
        if pressed and self._free:
            self._follow_tempo()

    def _control(self, message: ControlHeard) -> None:
        if message.number != self._manners.footswitch:
            self._capture.hear(self._stamped(message))
        elif message.value >= 64:
            self._footswitch(self._stamped(message))

    def _footswitch(self, message: ControlHeard) -> None:
        if self._answer is not None:
            self._reset()
        elif not self._capture.is_empty:
            self._finishing = True
            self._capture.hear(message)
        elif not self._clock.running and self._clock.source == "internal" and self._manners.count_in:
            self._send(CountIn(self._manners.count_in))

    def _stamped(self, message: _Heard) -> _Heard:
        """The message with its beat on the clock as this session knows it, which may be newer."""
        if self._clock.source == "internal":
            return message._replace(beat=self._clock.beat_at(message.time))
        return message

    def _start_clock(self, time: float) -> bool:
        """A first note starts the internal clock: it is beat 0. False where another clock has to."""
        if self._clock.source != "internal":
            if not self._warned:
                self._listener.notice(
                    "no_clock", "no MIDI clock runs: start the sender, or use the internal clock"
                )
            self._warned = True
            return False
        self._send(Start(0.0))
        self._send(Locate(0.0, time))
        self._clock = self._clock._replace(running=True, beat=0.0, time=time, bar=0.0)
        self._started, self._free = time, self._follow
        return True

    def _follow_tempo(self) -> None:
        """Sets the clock to the tempo of the playing, as soon as that is clear."""
        onsets = self._capture.onset_times
        pulse = estimate_tempo(onsets)
        if pulse is None or pulse.certainty < SURE:
            return
        self._free = False
        if abs(pulse.bpm - self._clock.bpm) < NEAR * self._clock.bpm:
            return
        first = min(onsets)
        self._clock = self._clock._replace(bpm=pulse.bpm, beat=0.0, time=first, bar=0.0)
        here = Locate(self._clock.beat_at(onsets[-1]), onsets[-1])
        for message in (
            here,
            SetTempo(pulse.bpm),
            here,
        ):  # the first, so that no tempo change looks like a jump
            self._send(message)
        self._capture.rebase(self._clock)

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
        self.phrase, self._answer = phrase.score, answer
        self._read_beat, self._unread = -math.inf, False
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

    def _reset(self) -> None:
        self._withdraw()
        self._capture.clear()
        self._read_beat, self._unread, self._free = -math.inf, False, False
        self._change_state("waiting", self._clock.beat)

    def _change_state(self, state: State, beat: float) -> None:
        if state != self.state:
            self.state = state
            self._listener.state(state, beat)

    # What the conductor says

    def _clock_changed(self, clock: ClockState) -> None:
        if clock.time < self._started:
            return
        before, self._clock = self._clock, clock
        if clock.running and not before.running:
            self._active, self._warned = clock.beat, False
        jumped = clock.running and abs(clock.beat - before.beat_at(clock.time)) > 1.0
        if before.running and (jumped or not clock.running):
            self._reset()

    def _is_calm(self, clock: ClockState, beat: float) -> bool:
        return (
            clock.source == "internal"
            and self._capture.is_empty
            and beat > self._active + CALM_BARS * clock.bar_length
        )

    def _ports_changed(self, message: PortsChanged) -> None:
        now_open = {port.name for port in message.ports if port.open}
        for port in message.ports:
            if port.name in self._open_ports - now_open:
                self._listener.notice("port_gone", f"{port.name} is gone: {port.detail}")
        self._open_ports = now_open
