"""Takes and an empty library to test with."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.library import Library
from bandmate.take import Take
from bandmate_models.score import Key, Note, Part, Role, Score

INDEX = "index.sqlite"


def tune(*roles: Role, tonic: int = 2) -> Score:
    return Score(
        parts=tuple(
            Part(role, (Note(0.0, 1.0, 60, 80), Note(1.0, 1.0, 62, 80))) for role in roles or ("melody",)
        ),
        keys=(Key(0.0, tonic, "minor"),),
    )


def take(*roles: Role, **about: object) -> Take:
    return Take.create(tune(*roles), task="continue", phrase=tune("bass"), bars=1, **about)  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")
