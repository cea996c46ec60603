"""Song forms: a piece written section by section, where a letter that comes back is a variation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from bandmate.ink import Written
from bandmate.joining import joined
from bandmate.tasks.continuation import SEEDS
from bandmate.tasks.studio import Request, Told
from bandmate_models.attributes import attributes_of
from bandmate_models.chord_symbols import Progression
from bandmate_models.controls import BY_ROLE, RANGES, Controls
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Role, Score
from bandmate_models.wishes import Section

RETURN_CREATIVITY = 0.15
"""How far a section that comes back goes from its first, where nothing else is asked."""
CONTRAST_TEMPERATURE = 1.15
"""By what the temperature of a section with a new letter is multiplied."""
HEARD_BARS = 16
"""Most bars before a section with a new letter that it is continued from."""
STRIDE = 104_729
"""How far apart the seeds of two sections of one piece are."""


class Composer(Protocol):
    """Who answers requests: `bandmate.tasks.studio.Studio`, or a stand-in."""

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Told | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score: ...


class Songwriter:
    """Answers requests like its studio, and section by section where a piece is to have a form."""

    def __init__(self, studio: Composer) -> None:
        self._studio = studio

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Told | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score:
        """What is new, alone (see Studio.answer). Events of a piece in sections are not told as they come."""
        sections = request.controls.sections if request.task in ("generate", "continue") else []
        if not sections:
            return self._studio.answer(request, seed, progress=progress, cancelled=cancelled, written=written)
        total = sum(section.bars for section in sections)
        done, beat = 0, 0.0
        song = Score()
        firsts: dict[str, Score] = {}
        for number, section in enumerate(sections):

            def told(bars: int, _: int, done: int = done) -> None:
                if progress is not None:
                    progress(done + bars, total)

            asked = _asked_of(section, request, song, beat, done, firsts)
            section_seed = (seed + number * STRIDE) % SEEDS
            new = self._studio.answer(asked, section_seed, progress=told, cancelled=cancelled)
            firsts.setdefault(section.letter, new)
            song = joined(song, new, beat) if number else new
            done += section.bars
            beat += section.bars * new.metre_at(0.0).bar_length
        return song


def _asked_of(
    section: Section, request: Request, song: Score, beat: float, bars: int, firsts: Mapping[str, Score]
) -> Request:
    """The request for a section of a `song` that has `bars` bars, `beat` beats, so far."""
    controls = replace(
        request.controls,
        bars=section.bars,
        takes=1,
        form=None,
        chords=_chords_of(request.controls.progression, section.bars, bars),
    )
    first = firsts.get(section.letter)
    if first is not None and first.note_count:
        creativity = RETURN_CREATIVITY if controls.creativity is None else controls.creativity
        return Request("vary", first, replace(controls, creativity=creativity))
    if not song.note_count:
        return replace(request, controls=controls)
    standing, end = _standing(request, song, beat)
    opening = next(iter(firsts.values()))
    return Request("continue", standing, contrasting(controls, opening, len(firsts)), end=end)


def _standing(request: Request, song: Score, beat: float) -> tuple[Score, float]:
    """What a section with a new letter goes on from, and its length in beats."""
    whole, end = song, beat
    if request.phrase is not None and request.phrase.note_count:
        seam = last_bar_line(request.phrase) if request.end is None else request.end
        whole, end = joined(request.phrase, song, seam), seam + beat
    lines = [bar.start for bar in whole.bars(end)]
    begin = lines[max(0, len(lines) - HEARD_BARS)]
    heard = whole.excerpt(begin, end)
    return (heard, end - begin) if heard.note_count else (whole, end)


def contrasting(controls: Controls, opening: Score, turn: int) -> Controls:
    """Controls of the section with the `turn`-th new letter: warmer, and busier or calmer than the opening.

    Where a density is asked for it is the register that is another; where both are, neither.
    """
    warmer = min(RANGES["temperature"].high, controls.temperature * CONTRAST_TEMPERATURE)
    step = 1 if turn % 2 else -1
    changed = replace(controls, temperature=warmer)
    if controls.density is None:
        return replace(changed, density=_stepped("density", opening, step))
    if controls.register is None:
        return replace(changed, register=_stepped("register", opening, step))
    return changed


def _stepped(name: str, opening: Score, step: int) -> str | None:
    """An attribute of each role of the opening, a step up or down, as the controls write it."""
    limits = BY_ROLE[name]
    steps: dict[Role, int] = {}
    for part in opening.parts:
        attributes = attributes_of(part)
        value = None if attributes is None or part.is_drums else getattr(attributes, name)
        if value is not None:
            steps.setdefault(part.role, int(min(limits.high, max(limits.low, value + step))))
    return ",".join(f"{role}:{value}" for role, value in steps.items()) or None


def _chords_of(progression: Progression | None, bars: int, begun: int) -> str | None:
    """The chords of a section of `bars` bars that begins after `begun` bars of a piece.

    A progression that fits into a section begins anew with each; a longer one goes through the piece.
    """
    if progression is None:
        return None
    if len(progression.bars) <= bars:
        return progression.text
    turned = [progression.bars[(begun + bar) % len(progression.bars)] for bar in range(bars)]
    return Progression(tuple(turned)).text
