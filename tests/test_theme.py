"""A variation keeps to its theme as closely as it is told to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.tasks.studio import Request, Studio
from bandmate_models.attributes import difference
from bandmate_models.controls import Controls
from bandmate_models.score import Metre, Note, Part, Score
from bandmate_models.theme import HALF_WAY, STRONGEST, strength_of
from random_weights import random_weights


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(random_weights(tmp_path_factory.mktemp("weights")))


FOUR = Metre(0.0, 4, 4)


def phrase(metre: Metre = FOUR) -> Score:
    length = metre.bar_length
    tune = tuple(Note(i / 2, 0.5, 60 + (i * 5) % 12, 70 + i) for i in range(int(4 * length)))
    bass = tuple(Note(i * 1.5, 1.5, 36 + i % 5, 90) for i in range(int(2 * length / 1.5)))
    drums = tuple(Note(i / 2, 0.25, 42, 60) for i in range(int(4 * length)))
    parts = (Part("melody", tune, 73), Part("bass", bass, 33), Part("drums", drums))
    return Score(parts, metres=(metre,))


@pytest.mark.parametrize("metre", [FOUR, Metre(0.0, 7, 8), Metre(0.0, 3, 4)], ids=str)
def test_even_a_model_that_knows_nothing_plays_the_theme_when_it_may_not_vary(
    studio: Studio, metre: Metre
) -> None:
    theme = phrase(metre)
    varied = studio.answer(Request("vary", theme, Controls(creativity=0.0)), 1)
    assert difference(theme, varied) < 0.1


def test_the_further_it_may_go_the_further_it_goes(studio: Studio) -> None:
    theme = phrase()
    apart = [
        np.mean(
            [
                difference(theme, studio.answer(Request("vary", theme, Controls(creativity=dial)), seed))
                for seed in range(3)
            ]
        )
        for dial in (0.0, 0.5, 1.0)
    ]
    assert apart[0] < apart[1] < apart[2]


def test_what_is_no_part_of_the_variation_stays(studio: Studio) -> None:
    theme = phrase()
    crowd = replace(theme, parts=(*theme.parts, replace(theme.parts[1], program=34)))
    varied = studio.answer(Request("vary", crowd, Controls(creativity=1.0)), 1)
    assert varied.parts[3].notes == crowd.parts[3].notes  # the bass has one twin slot


def test_the_way_to_another_phrase_leaves_the_one_and_comes_to_the_other(studio: Studio) -> None:
    one, other = phrase(), replace(phrase(), parts=phrase().parts[::2])
    high = tuple(Note(float(beat), 1.0, 75 + beat % 3, 60 + beat) for beat in range(16))
    other = replace(other, parts=(replace(other.parts[0], notes=high), *other.parts[1:]))
    share, answers = np.zeros((4, 2)), 16
    for seed in range(answers):
        way = studio.answer(Request("interpolate", one, Controls(bars=4), other=other), seed)
        for bar in range(4):
            inside = way.excerpt(4.0 * bar, 4.0 * bar + 4.0)
            for end, goal in enumerate((one, other)):
                near = goal.excerpt(4.0 * bar, 4.0 * bar + 4.0)
                share[bar, end] += difference(near, inside) / answers
    assert share[0, 0] < share[-1, 0] - 0.05
    assert share[-1, 1] < share[0, 1] - 0.05


def test_the_push_falls_with_creativity() -> None:
    pushes = [strength_of(dial / 10) for dial in range(11)]
    assert pushes == sorted(pushes, reverse=True)
    assert (pushes[0], pushes[5], pushes[-1]) == (STRONGEST, HALF_WAY, 0.0)
