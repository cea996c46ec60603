"""Several processes that answer requests and count bits, each with the model in its own memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

from bandmate.tasks.studio import Request, Studio
from bandmate_models import vocabulary as v
from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.cases import Case
from bandmate_models.evaluation.ngram import Ngram
from bandmate_models.evaluation.ngram_decoder import NgramDecoder
from bandmate_models.evaluation.scoring import Scored, bits_by_decoder, bits_by_ngram
from bandmate_models.score import Score
from bandmate_models.weights import Weights

Told = Callable[[int, int], None]
Asked = TypeVar("Asked")
Given = TypeVar("Given")


class Musician(NamedTuple):
    """Who answers: the model in a folder, or with `ngram` the counts in that folder."""

    weights: Path | None
    precision: str | None
    ngram: Path | None = None


class Ask(NamedTuple):
    """One request to one musician."""

    musician: Musician
    request: Request
    seed: int


class Crew:
    """So many processes, or with one worker this one; `told` makes a progress callback of a label.

    Close it after use.
    """

    def __init__(self, workers: int, told: Callable[[str], Told]) -> None:
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else None
        self._told = told

    def answers(self, label: str, asks: Sequence[Ask]) -> list[Score | None]:
        """What is answered to each, in order; None where nothing could be."""
        return self.each(label, _answer, asks)

    def bits(self, label: str, musician: Musician, cases: Sequence[Case]) -> list[Scored]:
        """The bits of each case, in order."""
        return self.each(label, _bits, [(musician, case) for case in cases])

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def each(self, label: str, work: Callable[[Asked], Given], items: Sequence[Asked]) -> list[Given]:
        """What a function of a module makes of each item, in order.

        BandmateError("failed") when a process dies.
        """
        told = self._told(label)
        given = []
        results = map(work, items) if self._pool is None else self._pool.map(work, items)
        try:
            for done, result in enumerate(results, 1):
                given.append(result)
                told(done, len(items))
        except BrokenProcessPool:
            raise BandmateError(
                "a process of the evaluation died, likely for want of memory; use fewer --workers", "failed"
            ) from None
        return given


def _answer(ask: Ask) -> Score | None:
    try:
        return _studio(ask.musician).answer(ask.request, ask.seed)
    except BandmateError:
        return None


def _bits(asked: tuple[Musician, Case]) -> Scored:
    musician, case = asked
    if musician.ngram is not None:
        return bits_by_ngram(_ngram(musician.ngram), case)
    return bits_by_decoder(_decoder(musician), case)


@lru_cache(maxsize=2)
def _weights(folder: Path | None, precision: str | None) -> Weights:
    return Weights.load(folder, precision, threads=1)


@lru_cache(maxsize=1)
def _ngram(folder: Path) -> Ngram:
    return Ngram.load(folder, v.SIZE)


@lru_cache(maxsize=2)
def _decoder(musician: Musician) -> Decoder:
    weights = _weights(musician.weights, musician.precision)
    return Decoder(weights) if musician.ngram is None else NgramDecoder(_ngram(musician.ngram), weights)


@lru_cache(maxsize=2)
def _studio(musician: Musician) -> Studio:
    return Studio(_weights(musician.weights, musician.precision), _decoder(musician))
