"""Song forms: which section is asked for in which way, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.ink import Written
from bandmate.tasks.form import RETURN_CREATIVITY, Songwriter
from bandmate.tasks.studio import Request, Told
from bandmate_models.controls import Controls
from bandmate_models.score import Metre, Note, Part, Score
from trio import BEATS, trio


class Studio:
    """Answers every request with one note a bar, on its first beat, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request, int]] = []

    def answer(
        self,
        request: Request,
        seed: int,
        *,
        progress: Told | None = None,
        cancelled: Callable[[], bool] | None = None,
        written: Callable[[Written], None] | None = None,
    ) -> Score:
        self.asked.append((request, seed))
        bars = request.controls.bars
        metre = request.phrase.metre_at(0.0) if request.phrase else Metre(0.0, 4, 4)
        if progress is not None:
            progress(bars, bars)
        pitch = 40 + len(self.asked)
        notes = tuple(Note(bar * metre.bar_length, 1.0, pitch, 80) for bar in range(bars))
        return Score((Part("melody", notes),), metres=(metre._replace(beat=0.0),))


def sing(wishes: dict[str, object], phrase: Score | None = None) -> tuple[Score, list[Request]]:
    studio = Studio()
    task = "generate" if phrase is None else "continue"
    score = Songwriter(studio).answer(Request(task, phrase, Controls.parse(wishes)), 7)
    return score, [request for request, _ in studio.asked]


def test_a_first_section_is_made_a_new_one_goes_on_and_one_that_returns_is_varied() -> None:
    _, asked = sing({"form": "AABA:2"})
    assert [request.task for request in asked] == ["generate", "vary", "continue", "vary"]
    assert asked[1].controls.creativity == asked[3].controls.creativity == RETURN_CREATIVITY
    assert asked[1].phrase == asked[3].phrase
    assert asked[2].phrase is not None
    assert asked[2].end == 16.0


def test_a_piece_in_sections_can_go_on_from_a_phrase() -> None:
    score, asked = sing({"form": "ABA:2"}, trio())
    assert [request.task for request in asked] == ["continue", "continue", "vary"]
    assert asked[0].phrase == trio()
    assert asked[1].end == BEATS + 6.0
    assert [note.start for note in score.parts[0].notes] == [0.0, 3.0, 6.0, 9.0, 12.0, 15.0]


@given(st.text("ABC", min_size=1, max_size=6), st.integers(1, 6))
def test_a_form_has_exactly_its_bars_and_tells_how_far_it_is(letters: str, bars: int) -> None:
    told: list[tuple[int, int]] = []
    controls = Controls.parse({"form": f"{letters}:{bars}"})
    score = Songwriter(Studio()).answer(
        Request("generate", None, controls), 1, progress=lambda done, asked: told.append((done, asked))
    )
    total = len(letters) * bars
    assert [note.start for note in score.parts[0].notes] == [4.0 * bar for bar in range(total)]
    assert told == [(bars * (number + 1), total) for number in range(len(letters))]


def test_a_contrasting_section_is_warmer_and_as_busy_as_no_other() -> None:
    _, (opening, contrast, third) = sing({"form": "ABC:2"})
    assert contrast.controls.temperature > opening.controls.temperature
    densities = [request.controls.densities() for request in (contrast, third)]
    assert densities[0]["melody"] == densities[1]["melody"] + 2
    _, (_, asked) = sing({"form": "AB:2", "density": "3"})
    assert asked.controls.density == "3"
    assert asked.controls.register is not None


@pytest.mark.parametrize(
    ("chords", "told"),
    [
        ("C | G", ["| C | G |"] * 3),
        ("C | G | Am | F", ["| C | G |", "| Am | F |", "| C | G |"]),
    ],
)
def test_every_section_has_its_own_chords(chords: str, told: list[str]) -> None:
    _, asked = sing({"form": "ABA:2", "chords": chords})
    assert [request.controls.chords for request in asked] == told


def test_every_section_has_a_seed_of_its_own_that_the_piece_s_seed_decides() -> None:
    def seeds(seed: int) -> list[int]:
        studio = Studio()
        Songwriter(studio).answer(Request("generate", None, Controls.parse({"form": "AAA:1"})), seed)
        return [given for _, given in studio.asked]

    assert seeds(7) == seeds(7)
    assert len({*seeds(7), *seeds(8)}) == 6


def test_without_a_form_and_for_other_tasks_the_studio_answers() -> None:
    for request in (
        Request("generate", None, Controls(bars=3)),
        replace(Request("vary", trio(), Controls.parse({"form": "AB:2"}))),
    ):
        studio = Studio()
        Songwriter(studio).answer(request, 1)
        assert [asked for asked, _ in studio.asked] == [request]
