"""Continuations that clients ask for: from the phrase to takes in the library, note by note on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from bandmate.ink import Ink
from bandmate.jobs import Job
from bandmate.library import Library
from bandmate.take import Take, TakeCard
from bandmate.tasks.continuation import assemble, seeds_of
from bandmate.writer import Musician
from bandmate_bridge.osc_packet import Atom
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.prompt import Prompt, last_bar_line
from bandmate_models.reading import Played
from bandmate_models.score import Note, Score

COURTESY = 0.002  # seconds between two looks whether the live answer is written


@dataclass(frozen=True, slots=True)
class Source:
    """What to go on from: `beats` is its length where that is longer than its notes, `parent` its take."""

    score: Score
    beats: float = 0.0
    parent: str | None = None

    @property
    def end(self) -> float:
        """The bar line at which it ends."""
        line = max((bar.end for bar in self.score.bars(self.beats)), default=0.0)
        return max(line, last_bar_line(self.score))


class Continuing:
    """Does one such request after the other, on the thread of the jobs."""

    def __init__(
        self, musician: Musician, model: str, library: Library, live_is_writing: Callable[[], bool]
    ) -> None:
        self._musician = musician
        self._model = model
        self._library = library
        self._live_is_writing = live_is_writing

    def run(self, job: Job, source: Source, controls: Controls, stream: bool) -> None:
        """Writes every take, stores it, then announces it. Raises BandmateError."""
        prompt = self._musician.hear(source.score, controls, until=source.end)
        seeds = seeds_of(controls)
        for number, seed in enumerate(seeds, 1):
            score = self._write(job, prompt, controls, seed, number, len(seeds), stream)
            take = self.store(score, source.score, controls, seed, parent=source.parent)
            job.tell("take", *announcement(take.card, number, len(seeds)))
        job.tell("done", len(seeds))

    def store(
        self,
        score: Score,
        phrase: Score,
        controls: Controls,
        seed: int,
        *,
        parent: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> Take:
        """Puts an answer into the library. Raises BandmateError."""
        return self._library.add(
            Take.create(
                score,
                task="continue",
                phrase=phrase,
                model=self._model,
                seed=seed,
                controls=asdict(replace(controls, seed=seed, takes=1)),
                parent=parent,
                tags=tags,
                bars=controls.bars,
            )
        )

    def _write(
        self, job: Job, prompt: Prompt, controls: Controls, seed: int, number: int, takes: int, stream: bool
    ) -> Score:
        ink = Ink(prompt, controls)
        heard: list[Played] = []
        told = -1
        for played, opened in self._musician.events(prompt, controls, seed):
            self._yield_to_live(job)
            if opened - 1 > told:
                told = opened - 1
                job.progress(controls.bars * (number - 1) + told, controls.bars * takes)
            if played is not None:
                heard.append(played)
                if stream:
                    _stream(job, number, ink, played)
        job.progress(controls.bars * number, controls.bars * takes)
        return assemble(prompt, heard, controls)

    def _yield_to_live(self, job: Job) -> None:
        """Waits while a live answer is written, which cannot wait. Raises BandmateError `cancelled`."""
        while self._live_is_writing() and not job.cancelled():
            time.sleep(COURTESY)
        if job.cancelled():
            raise BandmateError("the request was cancelled", "cancelled")


def _stream(job: Job, number: int, ink: Ink, played: Played) -> None:
    written = ink.dry(played)
    if written is not None and isinstance(written.event, Note):
        job.client.tell("note", job.request, number, written.part, *written.event)


def beats_of(card: TakeCard) -> float:
    """A take's length in quarter notes."""
    beats, unit = card.metre.split("/")
    return card.bars * 4.0 * int(beats) / int(unit)


def announcement(card: TakeCard, number: int, takes: int) -> tuple[Atom, ...]:
    """The values of the message `take` after its id."""
    return card.id, number, takes, card.notes, beats_of(card), card.title
