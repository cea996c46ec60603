"""Controls say what is wrong with a wish, and what to do."""

from __future__ import annotations

import pytest

from bandmate_models.controls import Controls, parse_key
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key


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
