"""How an answer stands with the phrase that it answers: after it, beside it, within it, or instead of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

from bandmate.joining import joined, replaced
from bandmate_models.errors import BandmateError
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Part, Score
from bandmate_models.sheets.band import lead_of

Placing = Literal["after", "beside", "beside_pitched", "beside_lead", "within", "between", "instead"]
PLACINGS: tuple[Placing, ...] = get_args(Placing)

OF_TASK: dict[str, Placing] = {
    "continue": "after",
    "generate": "instead",
    "accompany": "beside",
    "harmonise": "beside",
    "drumify": "beside_pitched",
    "infill": "within",
    "vary": "instead",
    "humanise": "instead",
    "interpolate": "between",
    "restyle": "beside_lead",
}


class Placed(NamedTuple):
    """An answer in its place: the whole is `beats` long, and the answer begins at beat `start` of it."""

    score: Score
    start: float
    beats: float


def placed(
    answer: Score,
    length: float,
    placing: Placing,
    phrase: Score | None,
    other: Score | None = None,
    start: float | None = None,
) -> Placed:
    """An answer of `length` beats where it belongs.

    `start` is the beat of the phrase at which it begins; None: the phrase's last bar line. `other` is what
    comes after an answer that stands between. An answer without a phrase stands alone.
    """
    if phrase is None or not phrase.note_count or placing == "instead":
        return Placed(answer, 0.0, length)
    if placing in _KEPT:
        kept = _KEPT[placing](phrase)
        keys = answer.keys or phrase.keys
        whole = replace(phrase, parts=(*kept, *answer.parts), keys=keys)
        return Placed(whole, 0.0, max(length, _last_line(whole)))
    seam = last_bar_line(phrase) if start is None else start
    if placing == "within":
        return Placed(replaced(phrase, answer, seam, seam + length), seam, _last_line(phrase))
    whole = joined(phrase, answer, seam)
    if placing == "after" or other is None or not other.note_count:
        return Placed(whole, seam, seam + length)
    end = seam + length
    return Placed(joined(whole, other, end), seam, end + last_bar_line(other))


def _last_line(score: Score) -> float:
    return last_bar_line(score) if score.note_count else 0.0


def _pitched(phrase: Score) -> tuple[Part, ...]:
    """The parts but the drums, whose place the new ones take; all, where there are drums alone."""
    return tuple(part for part in phrase.parts if not part.is_drums) or phrase.parts


def _lead(phrase: Score) -> tuple[Part, ...]:
    try:
        return (lead_of(phrase),)
    except BandmateError:
        return ()


_KEPT: dict[str, Callable[[Score], tuple[Part, ...]]] = {
    "beside": lambda phrase: phrase.parts,
    "beside_pitched": _pitched,
    "beside_lead": _lead,
}
"""The parts of the phrase that an answer on its own time line is heard with."""
