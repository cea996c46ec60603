"""What stands in the training music is written again, where it can be."""

from __future__ import annotations

import pytest

from bandmate_models import proofreading
from bandmate_models.context import Context
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.memorisation import LIMIT, MemoryFilter
from bandmate_models.proofreading import TRIES, matches_of, write
from bandmate_models.reading import Played
from bandmate_models.sampler import Sampler
from bandmate_models.sheets.own import generate
from bandmate_models.weights import Weights
from random_weights import random_weights

BARS = 4


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return random_weights(tmp_path_factory.mktemp("weights"))


def written(weights: Weights, memory: MemoryFilter | None) -> list[Played]:
    sheet = generate(Controls(bars=BARS, key="C major", roles="melody,bass"), 1)
    opening, context = sheet.opening(), Context(Decoder(weights))
    context.set(opening.header, opening.body)
    events = write(context, opening, Sampler(seed=1), sheet.steering(), memory)
    return [filled.played for filled in events if filled.played is not None]


class Strict(MemoryFilter):
    """A memory that knows any stretch of more than a few notes; it counts how often it is asked."""

    def __init__(self, longest: int) -> None:
        self.asked = 0
        self._longest = longest

    def longest(self, notes: object) -> int:
        self.asked += 1
        return self._longest


def test_where_nothing_is_known_proofreading_changes_nothing(weights: Weights) -> None:
    assert written(weights, Strict(0)) == written(weights, None)
    assert written(weights, Strict(LIMIT)) == written(weights, None)


def test_a_bar_that_is_known_is_written_again_and_in_the_end_stands(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = 0
    real = proofreading.fill

    def counted(*arguments: object, **named: object) -> object:
        nonlocal drafts
        drafts += 1
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(proofreading, "fill", counted)
    events = written(weights, Strict(LIMIT + 10))
    assert events
    assert drafts == TRIES + BARS - 1  # the first bar in every draft; later ones bring no longer match


def test_the_same_seed_gives_the_same_notes_however_often_it_was_written_again(weights: Weights) -> None:
    assert written(weights, Strict(LIMIT + 10)) == written(weights, Strict(LIMIT + 10))


def test_matches_are_counted_part_by_part(weights: Weights) -> None:
    events = written(weights, None)
    slots = {event.slot for event in events}
    assert matches_of(Strict(7), events) == dict.fromkeys(slots, 7)
