"""A reader tells what it understood, and refuses what cannot stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.encoding import encode
from bandmate_models.errors import BandmateError
from bandmate_models.reading import Reader, decode
from bandmate_models.score import Note, Part, Score

TUNE = Score(
    parts=(Part("melody", (Note(0, 1, 60, 80), Note(1, 0.5, 62, 96), Note(4, 2, 64, 80)), program=5),)
)


def test_a_note_is_told_as_soon_as_its_last_token_is_read() -> None:
    reader = Reader()
    told = [reader.feed(token) for token in encode(TUNE)]
    assert [event.event for event in told if event] == list(TUNE.parts[0].notes)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(-5, v.SIZE + 5), max_size=60))
def test_any_tokens_are_read_or_refused_in_one_line(tokens: list[int]) -> None:
    whole = encode(TUNE)
    try:
        decode([*whole[:6], *tokens])
    except BandmateError as error:
        assert error.code == "bad_tokens"
        assert "\n" not in str(error)


@pytest.mark.parametrize("position", range(3, 15))
def test_a_missing_token_never_gives_a_wrong_score_in_silence(position: int) -> None:
    tokens = encode(TUNE)
    del tokens[position]
    try:
        assert decode(tokens) != TUNE
    except BandmateError as error:
        assert error.code == "bad_tokens"
