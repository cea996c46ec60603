"""What a phrase plays and what its key has is free; the rest is held back, gently where it goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.controls import Controls
from bandmate_models.prompt import prompt_of
from bandmate_models.score import Key, Note, Part, Score
from bandmate_models.steering import Steering
from bandmate_models.tonal_home import FARTHEST, GOING_ON, home_going_on, tonal_home, wide_home

D_MINOR, C_MAJOR = Key(0.0, 2, "minor"), Key(0.0, 0, "major")
WHITE = {0, 2, 4, 5, 7, 9, 11}


def tune(*pitches: int) -> Score:
    return Score((Part("melody", tuple(Note(beat, 1, pitch, 80) for beat, pitch in enumerate(pitches))),))


def free(home: dict[int, float]) -> set[int]:
    return {tone for tone, push in home.items() if push == 0}


def test_pitches_away_from_home_are_held_back() -> None:
    push = Steering({}, tonal_home(tune(62, 65, 69, 62), D_MINOR, asked=False)).push
    pitches = push[v.BASE["pitch"] : v.BASE["pitch"] + 128]
    assert {pitch % 12 for pitch in range(128) if pitches[pitch] == 0} == {2, 5, 9}
    assert pitches[66] == -FARTHEST < pitches[67] < 0
    assert not push[v.BASE["drum"] : v.BASE["drum"] + 128].any()


def test_an_asked_key_is_home_whatever_the_phrase_played() -> None:
    assert free(tonal_home(tune(61), C_MAJOR, asked=True)) == WHITE
    assert home_going_on(tune(61), C_MAJOR, asked=True) == tonal_home(tune(61), C_MAJOR, asked=True)


def test_a_wide_home_has_the_whole_scale_and_what_the_phrase_plays_beside_it() -> None:
    assert free(wide_home(tune(60, 60, 60, 66), C_MAJOR)) == {*WHITE, 6}


def test_without_a_key_there_is_no_home() -> None:
    assert wide_home(tune(60), None) == {} == home_going_on(tune(60), None, asked=False)


@given(st.lists(st.integers(40, 80), min_size=1, max_size=12), st.integers(0, 11))
def test_going_on_nothing_of_the_scale_is_held_back_and_nothing_held_back_firmly(
    pitches: list[int], tonic: int
) -> None:
    home = home_going_on(tune(*pitches), Key(0.0, tonic, "major"), asked=False)
    assert free(home) >= {(tone + tonic) % 12 for tone in WHITE}
    assert all(-GOING_ON * FARTHEST <= push <= 0 for push in home.values())


def test_a_continuation_may_play_tones_of_the_key_that_its_phrase_does_not() -> None:
    home = prompt_of(tune(*[62, 69] * 8), Controls(key="Dm")).home
    assert free(home) == {0, 2, 4, 5, 7, 9, 10}
    own = prompt_of(tune(*[62, 65, 69, 62] * 4), Controls()).home
    assert own[7] == 0.0 > own[6] == pytest.approx(-GOING_ON * FARTHEST)
