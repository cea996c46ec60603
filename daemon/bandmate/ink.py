"""Notes of an answer as they dry: what the model wrote, as a part of the answer plays it."""

from __future__ import annotations

from typing import NamedTuple

from bandmate_models.controls import Controls
from bandmate_models.prompt import Prompt
from bandmate_models.reading import Played
from bandmate_models.score import Control, Note


class Written(NamedTuple):
    """An event of part `part` of the answer, in beats from the answer's start."""

    part: int
    drums: bool
    event: Note | Control


class Ink:
    """Turns events into what `assemble` will make of them, one by one, while the answer is not whole yet."""

    def __init__(self, prompt: Prompt, controls: Controls) -> None:
        phrase = prompt.phrase
        self.length = controls.bars * phrase.metre_at(max(prompt.end - 1e-6, 0.0)).bar_length
        self._slots: dict[
            int, tuple[int, bool, int]
        ] = {}  # part, whether drums, velocity where none is known
        for part, slot in zip(phrase.parts, prompt.slots, strict=True):
            if part.notes and slot not in self._slots:
                self._slots[slot] = len(self._slots), part.is_drums, part.notes[-1].velocity

    def dry(self, played: Played) -> Written | None:
        """The event as it sounds; None for what lies beyond the answer or its parts."""
        if played.slot not in self._slots:
            return None
        part, drums, usual = self._slots[played.slot]
        event = played.event
        if isinstance(event, Control):
            return Written(part, drums, event)
        if event.start >= self.length:
            return None
        duration = min(event.duration, self.length - event.start)
        velocity = event.velocity if played.known_velocity else usual
        return Written(part, drums, event._replace(duration=duration, velocity=velocity))
