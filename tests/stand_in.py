"""A musician without a model: it walks up a scale, so that tests know every note of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bandmate.ink import Written, ink_of_prompt
from bandmate.tasks.continuation import assemble
from bandmate.tasks.studio import Request
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.prompt import Prompt, prompt_of
from bandmate_models.reading import Played
from bandmate_models.score import Note, Score


class StandIn:
    """Answers `per_beat` notes a beat in every part, from pitch 60 + seed % 12 on; `pause` seconds a note."""

    def __init__(self, per_beat: int = 1, pause: float = 0.0) -> None:
        self.per_beat = per_beat
        self.pause = pause
        self.error: Exception | None = None
        self.heard: list[Score] = []
        self.ends: list[float | None] = []
        self.written = 0

    def hear(self, phrase: Score, controls: Controls, *, until: float | None = None) -> Prompt:
        self.heard.append(phrase)
        self.ends.append(until)
        return prompt_of(phrase, controls, until=until)

    def events(self, prompt: Prompt, controls: Controls, seed: int) -> Iterator[tuple[Played | None, int]]:
        if self.error is not None:
            raise self.error
        bar = prompt.phrase.metre_at(max(prompt.end - 1e-6, 0.0)).bar_length
        for step in range(round(bar * controls.bars * self.per_beat)):
            start = step / self.per_beat
            for slot in prompt.slots:
                time.sleep(self.pause)
                self.written += 1
                note = Note(start, 0.5 / self.per_beat, 60 + (seed + step) % 12, 70 + step % 50)
                yield Played(slot, note), int(start // bar) + 1

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score:
        """As `bandmate.tasks.studio.Studio` answers: every request is continued."""
        controls = request.controls
        prompt = self.hear(request.given, controls, until=request.end)
        ink = ink_of_prompt(prompt, controls)
        heard = []
        for played, bars in self.events(prompt, controls, seed):
            if cancelled is not None and cancelled():
                raise BandmateError("the request was cancelled", "cancelled")
            if progress is not None:
                progress(bars - 1, controls.bars)
            assert played is not None
            heard.append(played)
            event = ink.dry(played)
            if written is not None and event is not None:
                written(event)
        if progress is not None:
            progress(controls.bars, controls.bars)
        return assemble(prompt, heard, controls)
