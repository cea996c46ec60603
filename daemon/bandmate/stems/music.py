"""What stems are made of: a score of whole bars, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.placing import Placed
from bandmate.take import Take
from bandmate_bridge.audio.provenance import Provenance
from bandmate_models.errors import BandmateError
from bandmate_models.music_file import open_music
from bandmate_models.score import Part, Score

_TOLD = ("id", "created", "task", "model", "seed", "controls", "parent", "tags")


@dataclass(frozen=True, slots=True)
class Music:
    """`beats` is the score's length in whole bars, `answer` the beat at which a take's own music begins.

    `origin` is what a manifest says of where it is from, `provenance` what each file says within itself,
    `notices` what a listener should know of how a file was read.
    """

    score: Score
    beats: float
    title: str
    answer: float
    origin: Mapping[str, Any]
    provenance: Provenance
    notices: tuple[str, ...] = ()

    @classmethod
    def of_file(cls, file: Path) -> Music:
        """Raises BandmateError as `open_music` does."""
        score, notices = open_music(file)
        beats = max((bar.end for bar in score.bars()), default=0.0)
        origin = {"source": file.name, "take": None}
        return cls(score, beats, file.stem, 0.0, origin, Provenance(), notices)

    @classmethod
    def of_take(cls, take: Take, *, with_phrase: bool = False) -> Music:
        """The take's answer, alone or in its place with the phrase."""
        card = take.card
        whole = take.in_place() if with_phrase else Placed(take.score, 0.0, take.length)
        beats = whole.beats
        return cls(
            replace(whole.score, parts=tuple(_ended(part, beats) for part in whole.score.parts)),
            beats,
            card.title or card.id,
            whole.start,
            {"source": None, "take": {name: value for name, value in asdict(card).items() if name in _TOLD}},
            take.provenance,
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
