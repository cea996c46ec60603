"""Notes of an answer as they dry: what the model wrote, as a part of the answer plays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bandmate_models.controls import Controls
from bandmate_models.prompt import Prompt
from bandmate_models.reading import Played
from bandmate_models.score import Control, Note
from bandmate_models.sheets.sheet import Sheet


class Written(NamedTuple):
    """An event of part `part` of the answer, in beats from the answer's start."""

    part: int
    drums: bool
    event: Note | Control


class Voice(NamedTuple):
    """A slot of an answer: the number of its part, the velocity of a note whose own is not known."""

    part: int
    drums: bool
    usual: int = 80


class Ink:
    """Turns events into what the answer's score will make of them, one by one, while it is not whole yet.

    `length` is the answer's in beats; it begins at beat `start` of the events.
    """

    def __init__(self, voices: Mapping[int, Voice], length: float, start: float = 0.0) -> None:
        self.length = length
        self._voices = voices
        self._start = start

    def dry(self, played: Played) -> Written | None:
        """The event as it sounds; None for what lies beyond the answer or its parts."""
        voice = self._voices.get(played.slot)
        if voice is None:
            return None
        event = played.event
        if isinstance(event, Control):
            return Written(voice.part, voice.drums, event._replace(beat=max(0.0, event.beat - self._start)))
        start = max(0.0, event.start - self._start)
        if start >= self.length:
            return None
        velocity = event.velocity if played.known_velocity else voice.usual
        duration = min(event.duration, self.length - start)
        return Written(
            voice.part, voice.drums, event._replace(start=start, duration=duration, velocity=velocity)
        )


def ink_of_prompt(prompt: Prompt, controls: Controls) -> Ink:
    """The ink of a continuation."""
    phrase = prompt.phrase
    voices: dict[int, Voice] = {}
    for part, slot in zip(phrase.parts, prompt.slots, strict=True):
        if part.notes and slot not in voices:
            voices[slot] = Voice(len(voices), part.is_drums, part.notes[-1].velocity)
    return Ink(voices, controls.bars * phrase.metre_at(max(prompt.end - 1e-6, 0.0)).bar_length)


def ink_of_sheet(sheet: Sheet, places: Sequence[int] | None = None) -> Ink:
    """The ink of a sheet; `places` are the numbers of its parts where they are not counted from 0."""
    parts = zip(places or range(len(sheet.slots)), sheet.template.parts, sheet.slots, strict=True)
    voices = {slot: Voice(place, part.is_drums) for place, part, slot in parts}
    return Ink(voices, sheet.beats, sheet.start)
