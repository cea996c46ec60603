"""Answers that clients ask for: from the request to takes in the library, note by note on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bandmate.ink import Written
from bandmate.jobs import Job
from bandmate.library import Library
from bandmate.take import Take, TakeCard
from bandmate.tasks.continuation import seeds_of
from bandmate.tasks.form import Composer
from bandmate.tasks.outcome import take_of
from bandmate.tasks.studio import Request
from bandmate_bridge.osc_packet import Atom
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Note, Score

COURTESY = 0.002  # seconds between two looks whether the live answer is written


@dataclass(frozen=True, slots=True)
class Source:
    """What is given: `beats` is its length where that is longer than its notes, `parent` its take."""

    score: Score
    beats: float = 0.0
    parent: str | None = None

    @property
    def end(self) -> float:
        """The bar line at which it ends."""
        line = max((bar.end for bar in self.score.bars(self.beats)), default=0.0)
        return max(line, last_bar_line(self.score))


class Answering:
    """Answers one request after the other, on the thread of the jobs."""

    def __init__(
        self, composer: Composer, model: str, library: Library, live_is_writing: Callable[[], bool]
    ) -> None:
        self._composer = composer
        self._model = model
        self._library = library
        self._live_is_writing = live_is_writing

    def run(self, job: Job, request: Request, stream: bool, parent: str | None = None) -> None:
        """Writes every take, stores it, then announces it. Raises BandmateError."""
        seeds = seeds_of(request.controls)
        for number, seed in enumerate(seeds, 1):

            def told(done: int, asked: int, before: int = number - 1) -> None:
                job.progress(asked * before + done, asked * len(seeds))

            score = self._composer.answer(
                request,
                seed,
                progress=told,
                cancelled=partial(self._cancelled, job),
                written=partial(_stream, job, number) if stream else None,
            )
            take = self.store(request, score, seed, parent=parent)
            job.tell("take", *announcement(take.card, number, len(seeds)))
        job.tell("done", len(seeds))

    def store(
        self,
        request: Request,
        score: Score,
        seed: int,
        *,
        parent: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> Take:
        """Puts an answer into the library. Raises BandmateError."""
        return self._library.add(take_of(request, score, seed, self._model, parent=parent, tags=tags))

    def _cancelled(self, job: Job) -> bool:
        """Whether a job is to stop; waits while a live answer is written, which cannot wait."""
        while self._live_is_writing() and not job.cancelled():
            time.sleep(COURTESY)
        return job.cancelled()


def _stream(job: Job, number: int, written: Written) -> None:
    if isinstance(written.event, Note):
        job.client.tell("note", job.request, number, written.part, *written.event)


def beats_of(card: TakeCard) -> float:
    """A take's length in quarter notes."""
    beats, unit = card.metre.split("/")
    return card.bars * 4.0 * int(beats) / int(unit)


def announcement(card: TakeCard, number: int, takes: int) -> tuple[Atom, ...]:
    """The values of the message `take` after its id."""
    return card.id, number, takes, card.notes, beats_of(card), card.title
