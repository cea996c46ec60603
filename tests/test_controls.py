"""Controls say what is wrong with a wish, and what to do."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models.controls import Controls, parse_key
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key, Role
from bandmate_models.wishes import for_role


def test_text_and_numbers_are_taken_alike() -> None:
    assert Controls.parse({"bars": "8", "temperature": "0.9"}) == Controls.parse(
        {"bars": 8.0, "temperature": 0.9}
    )


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"bars": -1}, "bars must be a whole number from 1 to 256, not -1"),
        ({"bars": 10_000}, "from 1 to 256"),
        ({"bars": 2.5}, "whole number"),
        ({"temperature": float("nan")}, "not nan"),
        ({"temperature": "hot"}, "not hot"),
        ({"top_p": float("inf")}, "not inf"),
        ({"key": "H major"}, "is no key"),
        ({"barz": 4}, "did you mean bars"),
        ({"scale_lock": "maybe"}, "on or off"),
        ({"seed": -3}, "from 0"),
    ],
)
def test_nonsense_is_refused_in_one_line(wish: dict[str, object], says: str) -> None:
    with pytest.raises(BandmateError, match=says) as refused:
        Controls.parse(wish)
    assert refused.value.code == "bad_value"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [("D minor", 2, "minor"), ("f# major", 6, "major"), ("Bbm", 10, "minor"), ("c", 0, "major"),
     ("A flat", 8, "major"),
     ("Cb", 11, "major"), ("gmin", 7, "minor"), ("E♭ maj", 3, "major")],
)  # fmt: skip
def test_keys_are_read_as_musicians_write_them(text: str, tonic: int, mode: str) -> None:
    assert parse_key(text) == Key(0.0, tonic, mode)  # type: ignore[arg-type]


def test_values_are_read_role_by_role() -> None:
    controls = Controls.parse(
        {"density": "4,drums:6", "register": 2.0, "range": "bass:E1-G3", "polyphony": 1}
    )
    assert controls.densities() == {None: 4, "drums": 6}
    assert for_role(controls.densities(), "drums") == 6
    assert for_role(controls.densities(), "bass") == 4
    assert controls.registers() == {None: 2}
    assert controls.pitch_ranges() == {"bass": (28, 55)}
    assert for_role(controls.pitch_ranges(), "melody") is None
    assert controls.polyphonies() == {None: 1}
    assert Controls().loudnesses() == {}


def test_roles_are_those_asked_for_or_the_usual_ones_without_some() -> None:
    usual: tuple[Role, ...] = ("melody", "bass", "drums")
    assert Controls().asked_roles(usual) == usual
    assert Controls.parse({"roles": "guitar, guitar,bass"}).asked_roles(usual) == ("guitar", "guitar", "bass")
    for taken_away in ("-drums", "no drums"):
        assert Controls.parse({"roles": taken_away}).asked_roles(usual) == ("melody", "bass")


def test_a_mood_is_valence_and_arousal_and_a_form_is_bars() -> None:
    sad = Controls.parse({"mood": "sad"})
    assert (sad.valence, sad.arousal) == (0, 1)
    assert Controls.parse({"mood": "sad", "valence": 3}).valence == 3
    happy = Controls.parse({"mood": "4,3"}, base=sad)
    assert (happy.valence, happy.arousal) == (4, 3)
    form = Controls.parse({"form": "AABA:4"})
    assert form.bars == 16
    assert [(s.letter, s.bars, s.repeat) for s in form.sections] == [
        ("A", 4, 0), ("A", 4, 1), ("B", 4, 0), ("A", 4, 2),
    ]  # fmt: skip
    assert Controls.parse({"bars": 2}, base=form).sections == []


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"density": 8}, "density must be a whole number from 0 to 7, not 8"),
        ({"density": "drums:5,drums:6"}, "twice for drums"),
        ({"density": ""}, "density is empty"),
        ({"loudness": "horns:3"}, "there is no role 'horns'"),
        ({"roles": "drum"}, "did you mean drums"),
        ({"roles": "drums,drums,drums"}, "at most 2 parts can be drums"),
        ({"polyphony": 0}, "from 1 to 8"),
        ({"range": "C5-C2"}, "lower note first"),
        ({"range": "H2-C3"}, "is no range"),
        ({"range": "C2-C11"}, "off the keyboard"),
        ({"metre": "5/3"}, "like 3/4"),
        ({"metre": "17/4"}, "1 to 16 beats"),
        ({"genre": "jaz"}, "did you mean jazz"),
        ({"mood": "hapy"}, "did you mean happy"),
        ({"form": "AABA:80"}, "has 320 bars"),
        ({"form": "AABA:8", "bars": 12}, "has 32 bars, not 12"),
        ({"form": "1234"}, "like AABA:8"),
        ({"chords": "Dm7 | H7"}, "'H7' is no chord"),
        ({"lag": 9}, "from -4 to 4"),
        ({"swing": 1.5}, "whole number"),
        ({"programs": "bass:128"}, "from 0 to 127"),
    ],
)
def test_nonsense_in_a_text_is_refused_in_one_line(wish: dict[str, object], says: str) -> None:
    test_nonsense_is_refused_in_one_line(wish, says)


@given(st.sampled_from([field.name for field in fields(Controls)]), st.text() | st.integers() | st.floats())
def test_whatever_is_wished_for_is_understood_or_refused_in_one_line(name: str, value: object) -> None:
    try:
        controls = Controls.parse({name: value})
    except BandmateError as refused:
        assert refused.code == "bad_value"
        assert len(str(refused).splitlines()) == 1
    else:
        again = {f.name: getattr(controls, f.name) for f in fields(Controls)}
        assert Controls.parse(again) == controls
