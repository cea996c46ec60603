"""The model in the live session: reads the phrase while it is played, writes the answer while it sounds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from bandmate.ink import Ink, ink_of_prompt
from bandmate.tasks.continuation import assemble
from bandmate_bridge.messages import Cancel, Change, Cue, Play, ToConductor
from bandmate_bridge.phrase import DRUM_CHANNEL, Phrase
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.harmony import estimate_key
from bandmate_models.prompt import Prompt
from bandmate_models.reading import Played
from bandmate_models.score import Key, Note, Score

BATCH = 0.01  # seconds of writing that go to the conductor together

log = logging.getLogger("bandmate.live")


class Musician(Protocol):
    """Who continues phrases: `bandmate.tasks.continuation.Continuation`, or a stand-in."""

    def hear(self, phrase: Score, controls: Controls, *, until: float | None = None) -> Prompt: ...

    def events(
        self, prompt: Prompt, controls: Controls, seed: int
    ) -> Iterator[tuple[Played | None, int]]: ...


@dataclass(eq=False)
class Answer:
    """One answer to one phrase. `score` is there when it is written, or as much as was before a cancel."""

    plan: str
    phrase: Phrase
    controls: Controls
    seed: int
    channel: int = 0  # of the pitched parts
    jumps: int = 0  # that the clock had made when the phrase's beats were reckoned
    score: Score | None = None
    error: BandmateError | None = None
    begun: bool = False  # its bar line has come
    kept: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.origin = self.phrase.answer
        """Where it begins, before any of the clock's later jumps."""

    def play(self, send: Callable[[ToConductor], None], message: Play) -> None:
        """Sends notes, unless the answer was withdrawn: a plan that was cancelled never comes back."""
        with self._lock:
            if not self.stop.is_set():
                send(message)

    def withdraw(self, send: Callable[[ToConductor], None]) -> None:
        with self._lock:
            self.stop.set()
            send(Cancel(self.plan))

    @property
    def end(self) -> float:
        """The beat of the clock at which it ends."""
        metre = self.phrase.score.metres[0]
        return self.phrase.answer + self.controls.bars * metre.bar_length


class Writer:
    """One thread with the live session's context. Of phrases to hear only the newest counts.

    `send` takes the notes as they are written; `written` is told of every answer, on the writer's thread.
    """

    def __init__(
        self, musician: Musician, send: Callable[[ToConductor], None], written: Callable[[Answer], None]
    ) -> None:
        self._musician = musician
        self._to_conductor = send
        self._written = written
        self._changed = threading.Condition()
        self._to_hear: tuple[Phrase, Controls] | None = None
        self._to_write: Answer | None = None
        self._writing: Answer | None = None
        self._key: Key | None = None
        self._stopping = self._resting = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.cancel()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def busy(self) -> bool:
        """Whether an answer is being written."""
        return self._writing is not None or self._to_write is not None

    @property
    def resting(self) -> bool:
        """Whether there is nothing to read and nothing to write."""
        return self._resting and not (self._to_hear or self._to_write)

    def hear(self, phrase: Phrase, controls: Controls) -> None:
        """Reads a phrase that goes on, so that little is left to read when it ends."""
        with self._changed:
            self._to_hear = phrase, controls
            self._changed.notify()

    def write(self, answer: Answer) -> None:
        with self._changed:
            self._to_hear, self._to_write = None, answer
            self._changed.notify()

    def cancel(self) -> None:
        """Stops whatever is being written, at the next token."""
        with self._changed:
            for answer in (self._to_write, self._writing):
                if answer is not None:
                    answer.stop.set()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writing = None
                while not (self._to_hear or self._to_write or self._stopping):
                    self._resting = True
                    self._changed.wait()
                self._resting = False
                if self._stopping:
                    return
                heard, self._to_hear = self._to_hear, None
                answer, self._to_write = self._to_write, None
                self._writing = answer
            if answer is not None:
                self._answer(answer)
            elif heard is not None:
                self._read(*heard)

    def _read(self, phrase: Phrase, controls: Controls) -> None:
        self._key = estimate_key(phrase.score)
        try:
            self._musician.hear(self._keyed(phrase.score), controls, until=phrase.end - phrase.start)
        except Exception as error:  # reading ahead only saves time; what is wrong shows when it is written
            log.debug("not read ahead: %s", error)

    def _keyed(self, score: Score) -> Score:
        """The score in the key of the last reading, so that the prompt's header stays as it was read."""
        return replace(score, keys=(self._key,)) if self._key is not None else score

    def _answer(self, answer: Answer) -> None:
        try:
            self._write_out(answer)
        except BandmateError as error:
            answer.error = error
        except Exception:
            log.exception("a mistake in the live answer")
            answer.error = BandmateError("the daemon made a mistake; its log says which", "failed")
        self._key = None
        answer.play(self._to_conductor, Play(answer.plan, ()))
        self._written(answer)

    def _write_out(self, answer: Answer) -> None:
        phrase = answer.phrase
        score = self._keyed(phrase.score)
        prompt = self._musician.hear(score, answer.controls, until=phrase.end - phrase.start)
        ink = ink_of_prompt(prompt, answer.controls)
        heard: list[Played] = []
        sent, due = 0, 0.0
        for played, _ in self._musician.events(prompt, answer.controls, answer.seed):
            if answer.stop.is_set():
                break
            if played is not None:
                heard.append(played)
            if len(heard) > sent and time.perf_counter() >= due:
                self._send(answer, ink, heard[sent:])
                sent, due = len(heard), time.perf_counter() + BATCH
        if not answer.stop.is_set():
            self._send(answer, ink, heard[sent:])
        answer.score = assemble(prompt, heard, answer.controls)

    def _send(self, answer: Answer, ink: Ink, heard: list[Played]) -> None:
        """Hands notes and pedals to the conductor, at their beats of the clock."""
        cues, changes = [], []
        start = answer.origin
        for written in filter(None, map(ink.dry, heard)):
            channel, event = DRUM_CHANNEL if written.drums else answer.channel, written.event
            if isinstance(event, Note):
                cues.append(Cue(start + event.start, event.duration, event.pitch, event.velocity, channel))
            else:
                changes.append(Change(start + event.beat, (0xB0 | channel, event.number, event.value)))
        if cues or changes:
            notes = Play(answer.plan, tuple(cues), tuple(changes), last=False, jumps=answer.jumps)
            answer.play(self._to_conductor, notes)
