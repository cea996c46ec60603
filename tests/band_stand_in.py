"""Instead of a model: a band that plays the phrase's bars again, moved by the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bandmate.tasks.studio import Request
from bandmate_models import vocabulary
from bandmate_models.model_config import ModelConfig
from bandmate_models.prompt import last_bar_line
from bandmate_models.score import Score


class StandInWeights:
    """Has a name, and is loaded like the real ones."""

    config = ModelConfig(vocabulary.FORMAT_VERSION, vocabulary.SIZE, name="stand-in")
    sha256 = "0" * 64

    @classmethod
    def load(
        cls, folder: Path | None = None, precision: str | None = None, *, threads: int = 1
    ) -> StandInWeights:
        return cls()


class StandInBand:
    """Answers like `bandmate.tasks.studio.Studio`: every request is continued."""

    def __init__(self, weights: StandInWeights) -> None:
        self.weights = weights

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: object = None,
    ) -> Score:
        phrase, controls = request.given, request.controls
        end = last_bar_line(phrase)
        length = controls.bars * phrase.metre_at(end - 1e-6).bar_length
        whole = phrase.excerpt(0.0, end)
        parts = []
        for part in whole.parts:
            notes = tuple(
                note._replace(start=note.start + turn * end, pitch=(note.pitch + seed) % 128)
                for turn in range(int(length // end) + 1)
                for note in part.notes
                if note.start + turn * end < length
            )
            parts.append(replace(part, notes=notes, controls=()))
        for bar in range(controls.bars + 1):
            if progress is not None:
                progress(bar, controls.bars)
        key = controls.asked_key
        return replace(whole, parts=tuple(parts), keys=(key,) if key else whole.keys)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the command line's takes come from the stand-in."""
    monkeypatch.setattr("bandmate.answers.Studio", StandInBand)
    monkeypatch.setattr("bandmate.producing.Weights", StandInWeights)
