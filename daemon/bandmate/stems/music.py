"""What stems are made of: a score of whole bars, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.take import Take
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Part, Score

_TOLD = ("id", "created", "task", "model", "seed", "controls", "parent", "tags")


@dataclass(frozen=True, slots=True)
class Music:
    """`beats` is the score's length in whole bars, `answer` the beat at which a take's own music begins.

    `origin` is what a manifest says of where it is from, `provenance` what each file says within itself.
    """

    score: Score
    beats: float
    title: str
    answer: float
    origin: Mapping[str, Any]
    provenance: Mapping[str, str]

    @classmethod
    def of_file(cls, file: Path) -> Music:
        """Raises BandmateError as `read_midi` does."""
        score = read_midi(file)
        beats = max((bar.end for bar in score.bars()), default=0.0)
        return cls(score, beats, file.stem, 0.0, {"source": file.name, "take": None}, {})

    @classmethod
    def of_take(cls, take: Take, *, with_phrase: bool = False) -> Music:
        """The take's answer, or its phrase and the answer after it."""
        card = take.card
        joined = with_phrase and take.phrase is not None and take.phrase.note_count
        answer = last_bar_line(take.phrase) if joined and take.phrase is not None else 0.0
        score = take.after_phrase() if joined else take.score
        beats = answer + take.length
        made = {"model": card.model, "seed": "" if card.seed is None else str(card.seed), "take": card.id}
        return cls(
            replace(score, parts=tuple(_ended(part, beats) for part in score.parts)),
            beats,
            card.title or card.id,
            answer,
            {"source": None, "take": {name: value for name, value in asdict(card).items() if name in _TOLD}},
            {name: text for name, text in made.items() if text},
        )

    def require_notes(self) -> None:
        """Raises BandmateError ("silent") where there is nothing to hear."""
        if not self.score.note_count:
            raise BandmateError(
                f"{self.title} holds no notes, so there is nothing to make stems of", "silent"
            )


def _ended(part: Part, beats: float) -> Part:
    """The part as its MIDI file has it: nothing sounds on after its last bar."""
    notes = (n._replace(duration=min(n.duration, beats - n.start)) for n in part.notes if n.start < beats)
    return replace(part, notes=tuple(notes))
