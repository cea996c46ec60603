"""Every task, one way: a request goes in, a score comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bandmate.ink import Written, ink_of_sheet
from bandmate.tasks.continuation import Continuation, answer_part, stop_where
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.generation import Filled
from bandmate_models.memorisation import MemoryFilter
from bandmate_models.performing import perform
from bandmate_models.proofreading import write
from bandmate_models.reading import Played
from bandmate_models.sampler import Sampler
from bandmate_models.score import Part, Score
from bandmate_models.sheets import again, band, between, own
from bandmate_models.sheets.sheet import Sheet
from bandmate_models.weights import Weights

Told = Callable[[int, int], None]

ATTEMPTS = 3
"""Answers that are written, at most, until every part that was asked for plays."""
STRIDE = 15_485_863
"""How far apart their seeds are."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the model: a task of TASKS, the music it is about, the wishes.

    `other` is interpolate's second phrase, or an example of the style for restyle; `span` the bars to
    infill, from 0, the last left out; `end` the beat from which a phrase is continued where that is not its
    last bar line.
    """

    task: str
    phrase: Score | None
    controls: Controls
    other: Score | None = None
    span: tuple[int, int] | None = None
    end: float | None = None

    @property
    def given(self) -> Score:
        """The phrase. Raises BandmateError (code "silent") where there is none."""
        if self.phrase is None:
            raise BandmateError(f"{self.task} needs a phrase to go by", "silent")
        return self.phrase

    @property
    def second(self) -> Score:
        if self.other is None:
            raise BandmateError(f"{self.task} needs a second phrase", "silent")
        return self.other


@dataclass(frozen=True, slots=True)
class Task:
    """How a task is told to the model, and what it is in a sentence."""

    about: str
    sheet: Callable[[Request, int], Sheet] | None
    beside: bool = False
    """Whether the answer stands on the phrase's own time line, to be heard with it."""
    everybody_plays: bool = False
    """Whether an answer in which a part is silent throughout is written again."""


TASKS: dict[str, Task] = {
    "continue": Task("the bars that follow a phrase", None),
    "generate": Task(
        "a piece from nothing",
        lambda request, seed: own.generate(request.controls, seed),
        everybody_plays=True,
    ),
    "accompany": Task(
        "new parts to play with a phrase",
        lambda request, seed: band.accompany(request.given, request.controls),
        beside=True,
        everybody_plays=True,
    ),
    "harmonise": Task(
        "chords under a melody",
        lambda request, seed: band.harmonise(request.given, request.controls),
        beside=True,
        everybody_plays=True,
    ),
    "drumify": Task(
        "drums to a phrase",
        lambda request, seed: band.drumify(request.given, request.controls),
        beside=True,
        everybody_plays=True,
    ),
    "infill": Task(
        "bars of a phrase written anew",
        lambda request, seed: own.infill(request.given, request.controls, request.span),
    ),
    "vary": Task(
        "a phrase played otherwise", lambda request, seed: again.vary(request.given, request.controls)
    ),
    "humanise": Task(
        "stiff notes played as a person would",
        lambda request, seed: again.humanise(request.given, request.controls),
    ),
    "interpolate": Task(
        "bars that lead from one phrase to another",
        lambda request, seed: between.interpolate(request.given, request.second, request.controls),
    ),
    "restyle": Task(
        "a melody with its chords in another groove",
        lambda request, seed: band.restyle(request.given, request.controls, request.other),
        beside=True,
        everybody_plays=True,
    ),
}


class Studio:
    """Answers requests with one decoder; the same request with the same seed gives the same notes."""

    def __init__(self, weights: Weights, decoder: Decoder | None = None) -> None:
        self._memory = weights.memory()
        self._continuation = Continuation(weights, decoder, self._memory)
        self._context = self._continuation.context

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Told | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score:
        """What is new, alone. `progress` is told bars done and asked, `written` each event as it is written.

        What is told to `written` is not proofread (see proofreading.write): it cannot be taken back.

        Raises BandmateError: "silent", "bad_value", "bad_metre", "cancelled", "unknown_task".
        """
        task = TASKS.get(request.task)
        if task is None:
            raise BandmateError(
                f"there is no task {request.task!r}; known are {', '.join(TASKS)}", "unknown_task"
            )
        if task.sheet is None:
            return self._continuation.answer(
                request.given,
                request.controls,
                seed,
                until=request.end,
                progress=progress,
                cancelled=cancelled,
                written=written,
            )
        sheet = task.sheet(request, seed)
        instead = request.task in ("vary", "humanise")
        ink = ink_of_sheet(sheet, _places(request.given, sheet.template.parts) if instead else None)
        memory = self._memory if written is None else None
        best: Score | None = None
        for attempt in range(ATTEMPTS if task.everybody_plays and written is None else 1):
            heard: list[Played] = []
            drawn = seed + attempt * STRIDE
            for played, frames in self._written(
                sheet, request.controls, drawn, memory, stop_where(cancelled)
            ):
                if played is not None:
                    heard.append(played)
                    _tell(written, ink.dry(played))
                if progress is not None:
                    progress(frames * sheet.bar_count // (sheet.last - sheet.first), sheet.bar_count)
            answer = assemble(sheet, heard)
            if best is None or _silent(answer) < _silent(best):
                best = answer
            if not _silent(best):
                break
        assert best is not None
        if request.task == "vary":
            return with_the_rest(again.in_the_locks(request.given, request.controls), best)
        return with_the_rest(request.given, best) if request.task == "humanise" else best

    def _written(
        self,
        sheet: Sheet,
        controls: Controls,
        seed: int,
        memory: MemoryFilter | None,
        each: Callable[[], None],
    ) -> Iterator[Filled]:
        """Events on the sheet's time line, and how many frames are done."""
        opening = sheet.opening()
        context, reader = self._context, opening.grammar.reader
        context.set(opening.header, opening.body)
        sampler = Sampler(controls.temperature, controls.top_p, seed)
        if sheet.performed is None:
            yield from write(context, opening, sampler, sheet.steering(), memory, sheet.pull, each=each)
            return
        stiff = sheet.frames_performed()
        for played in perform(context, reader, sampler, stiff, opening.runs):
            each()
            yield Filled(played, sum(frame.start < reader.frame.start for frame in sheet.frames))


def _silent(answer: Score) -> int:
    """Parts that play nothing."""
    return sum(not part.notes for part in answer.parts)


def assemble(sheet: Sheet, heard: list[Played]) -> Score:
    """The answer of a sheet: its template's parts with the events, from the first bar that was written."""
    parts = tuple(
        answer_part(part, slot, heard, sheet.beats, start=sheet.start)
        for part, slot in zip(sheet.template.parts, sheet.slots, strict=True)
    )
    return replace(sheet.template, parts=parts)


def with_the_rest(phrase: Score, answer: Score) -> Score:
    """A phrase's new version, with the parts that were not played anew as they are.

    A part that has no pedal or other controls of its own keeps those that it had.
    """
    parts = list(phrase.parts)
    for place, new in zip(_places(phrase, answer.parts), answer.parts, strict=True):
        old = parts[place]
        parts[place] = replace(new, name=old.name, controls=new.controls or old.controls)
    return replace(answer, parts=tuple(parts))


def _places(phrase: Score, parts: Sequence[Part]) -> list[int]:
    """Where in a phrase its parts stand that are played anew, which come in its order."""
    places: list[int] = []
    for part in parts:
        like = (part.role, part.program, part.name)
        places.append(
            next(
                index
                for index, old in enumerate(phrase.parts)
                if index not in places and old.notes and (old.role, old.program, old.name) == like
            )
        )
    return places


def _tell(written: Callable[[Written], None] | None, event: Written | None) -> None:
    if written is not None and event is not None:
        written(event)
