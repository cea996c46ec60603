"""What an answer is to the request that it answers: a take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from bandmate.take import Take
from bandmate.tasks.studio import Request
from bandmate_models.score import Score
from bandmate_models.sheets.band import heard_by_drums
from bandmate_models.sheets.common import lines_of, with_notes


def take_of(
    request: Request,
    score: Score,
    seed: int,
    model: str,
    *,
    title: str = "",
    parent: str | None = None,
    tags: tuple[str, ...] = (),
) -> Take:
    """The take of an answer to a request."""
    return Take.create(
        score,
        task=request.task,
        phrase=request.phrase,
        other=request.other,
        start=_start(request),
        model=model,
        seed=seed,
        controls=asdict(replace(request.controls, seed=seed, takes=1)),
        parent=parent,
        title=title,
        tags=tags,
        bars=_BARS.get(request.task, _as_long)(request),
    )


def _start(request: Request) -> float | None:
    """The beat of the phrase at which the answer begins; None for its last bar line, or beside it."""
    if request.task == "continue":
        return request.end
    if request.task == "infill" and request.span is not None:
        return lines_of(with_notes(request.given))[request.span[0]]
    return None


def _asked(request: Request) -> int:
    return request.controls.bars


def _as_long(request: Request) -> int:
    """Bars of the phrase."""
    return len(lines_of(with_notes(request.given))) - 1


def _of_the_gap(request: Request) -> int:
    return request.span[1] - request.span[0] if request.span is not None else 0


_BARS: dict[str, Callable[[Request], int]] = {
    "continue": _asked,
    "generate": _asked,
    "interpolate": _asked,
    "infill": _of_the_gap,
    "drumify": lambda request: len(lines_of(heard_by_drums(request.given))) - 1,
}
