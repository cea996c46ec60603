"""Continue: a phrase goes in, the bars that follow it come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from bandmate.ink import Written, ink_of_prompt
from bandmate_models.context import Context
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.errors import BandmateError
from bandmate_models.generation import generate
from bandmate_models.memorisation import MemoryFilter
from bandmate_models.prompt import Prompt, prompt_of
from bandmate_models.proofreading import write
from bandmate_models.reading import Played
from bandmate_models.sampler import Sampler
from bandmate_models.score import Control, Key, Note, Part, Score
from bandmate_models.weights import Weights

SEEDS = 2**31
SAME = 1e-6
"""Beats closer than this are one."""


def any_seed() -> int:
    """A seed for a request that names none."""
    return random.SystemRandom().randrange(SEEDS)


def seeds_of(controls: Controls) -> list[int]:
    """One seed a take: the asked one and those after it, or any."""
    first = any_seed() if controls.seed is None else controls.seed
    return [(first + take) % SEEDS for take in range(controls.takes)]


class Continuation:
    """Continues phrases with one decoder; what stays the same of a growing phrase is read once."""

    def __init__(
        self, weights: Weights, decoder: Decoder | None = None, memory: MemoryFilter | None = None
    ) -> None:
        self._context = Context(decoder or Decoder(weights))
        self._memory = memory

    @property
    def context(self) -> Context:
        return self._context

    @property
    def slides(self) -> int:
        """How often the oldest bars had to be let go (see Context)."""
        return self._context.slides

    def hear(self, phrase: Score, controls: Controls, *, until: float | None = None) -> Prompt:
        """Read a phrase, or as much of it as is new. Raises BandmateError when it has no notes."""
        prompt = prompt_of(phrase, controls, until=until)
        self._context.set(prompt.header, prompt.body)
        return prompt

    def events(self, prompt: Prompt, controls: Controls, seed: int) -> Iterator[tuple[Played | None, int]]:
        """An answer's events as they are written, beats from its start, and how many of its bars are open."""
        self._context.set(prompt.header, prompt.body)
        grammar = prompt.grammar(controls.bars)
        sampler = Sampler(controls.temperature, controls.top_p, seed)
        until = len(prompt.bars) + controls.bars
        writing = generate(
            self._context, grammar, sampler, prompt.steering(), until_bar=until, chords=prompt.chords
        )
        for played, bars in writing:
            yield (None if played is None else _moved(played, -prompt.end)), bars - len(prompt.bars)

    def _drafted(
        self,
        prompt: Prompt,
        controls: Controls,
        seed: int,
        memory: MemoryFilter | None,
        each: Callable[[], None],
    ) -> Iterator[tuple[Played | None, int]]:
        """The same with chords; proofread by `memory`, if any (see proofreading.write)."""
        opening = prompt.opening(controls.bars)
        self._context.set(opening.header, opening.body)
        sampler = Sampler(controls.temperature, controls.top_p, seed)
        frames = len(opening.runs)
        writing = write(self._context, opening, sampler, prompt.steering(), memory, each=each)
        for played, done in writing:
            bars = 1 + done * controls.bars // frames
            yield (None if played is None else _moved(played, -prompt.end)), min(bars, controls.bars)

    def answer(
        self,
        phrase: Score,
        controls: Controls,
        seed: int,
        *,
        until: float | None = None,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score:
        """The `controls.bars` bars that follow a phrase, from beat 0, in its parts, tempo, metre and key.

        They begin at beat `until` of the phrase, or at its last bar line. `progress` is told (bars done, bars
        asked), `written` each event as it is written: what is told is not proofread, it cannot be taken back.
        Raises BandmateError (code "cancelled") when cancelled.
        """
        prompt = self.hear(phrase, controls, until=until)
        ink = ink_of_prompt(prompt, controls)
        heard: list[Played] = []
        told = -1
        memory = self._memory if written is None else None
        for played, opened in self._drafted(prompt, controls, seed, memory, stop_where(cancelled)):
            if progress is not None and opened - 1 > told:
                told = opened - 1
                progress(told, controls.bars)
            if played is not None:
                heard.append(played)
                event = ink.dry(played)
                if written is not None and event is not None:
                    written(event)
        if progress is not None:
            progress(controls.bars, controls.bars)
        return assemble(prompt, heard, controls)


def stop_where(cancelled: Callable[[], bool] | None) -> Callable[[], None]:
    """What raises BandmateError (code "cancelled") as soon as `cancelled` says so."""

    def stop() -> None:
        if cancelled is not None and cancelled():
            raise BandmateError("the request was cancelled", "cancelled")

    return stop


def _moved(played: Played, beats: float) -> Played:
    event = played.event
    if isinstance(event, Note):
        return played._replace(event=event._replace(start=max(0.0, event.start + beats)))
    return played._replace(event=event._replace(beat=max(0.0, event.beat + beats)))


def assemble(prompt: Prompt, heard: list[Played], controls: Controls) -> Score:
    """An answer's score: the phrase's parts with the new events, its maps as they stood where it ended."""
    phrase, metre = prompt.phrase, prompt.metre
    length = controls.bars * metre.bar_length
    parts = []
    answered: set[int] = set()
    for part, slot in zip(phrase.parts, prompt.slots, strict=True):
        if not part.notes or slot in answered:
            continue
        answered.add(slot)
        parts.append(answer_part(part, slot, heard, length, usual=part.notes[-1].velocity))
    key = controls.asked_key or phrase.key_at(prompt.end)
    return Score(
        parts=tuple(parts),
        tempos=(prompt.tempo._replace(beat=0.0),),
        metres=(metre._replace(beat=0.0),),
        keys=(Key(0.0, key.tonic, key.mode),) if key else (),
    )


def answer_part(
    part: Part, slot: int, heard: list[Played], length: float, *, start: float = 0.0, usual: int = 80
) -> Part:
    """A part with the events of its slot in [start, start + length), moved so that `start` is beat 0.

    Notes of unknown velocity get the `usual` one; nothing rings on beyond the end.
    """
    notes, controls = [], []
    for played in heard:
        if played.slot != slot:
            continue
        event = played.event
        if isinstance(event, Control):
            controls.append(event._replace(beat=max(0.0, event.beat - start)))
        elif event.start - start < length:
            begin = max(0.0, event.start - start)
            velocity = event.velocity if played.known_velocity else usual
            notes.append(
                event._replace(start=begin, duration=min(event.duration, length - begin), velocity=velocity)
            )
    if controls and controls[-1].value:
        controls.append(Control(length, "cc", 64, 0))
    return replace(part, notes=restruck(notes), controls=tuple(controls))


def restruck(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes in order, each ending where its pitch is struck again: a key of a piano, and of MIDI, is one."""
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        before = last.get(note.pitch)
        if before is not None and kept[before].start == note.start:
            kept[before] = note  # sorted: the longer of the two
            continue
        if before is not None and kept[before].end > note.start + SAME:
            kept[before] = kept[before]._replace(duration=note.start - kept[before].start)
        last[note.pitch] = len(kept)
        kept.append(note)
    return tuple(sorted(kept))
