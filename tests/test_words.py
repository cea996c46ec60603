"""Musical text becomes the controls that a musician means, and what it does not know it says."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models import word_table as t
from bandmate_models import words
from bandmate_models.controls import Controls
from bandmate_models.controls_page import page
from bandmate_models.errors import BandmateError
from bandmate_models.instrument_table import INSTRUMENTS
from bandmate_models.score import ROLES
from bandmate_models.vocabulary import GENRES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROMPTS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "prompts.toml").read_text(encoding="utf-8")
)["prompt"]
LEAST_EXACT = 36


def test_prompts_that_were_written_down_beforehand_mean_what_was_expected() -> None:
    assert len(PROMPTS) == 40
    wrong = [
        prompt["text"] for prompt in PROMPTS if words.read(prompt["text"]).controls != prompt["controls"]
    ]
    assert len(PROMPTS) - len(wrong) >= LEAST_EXACT, wrong


@pytest.mark.parametrize("prompt", PROMPTS, ids=[prompt["text"] for prompt in PROMPTS])
def test_only_what_means_nothing_is_said_to_mean_nothing(prompt: dict[str, Any]) -> None:
    assert [word for word, _ in words.read(prompt["text"]).unknown] == prompt.get("unknown", [])


def test_the_nearest_words_are_told() -> None:
    complaint = words.read("drivng jaz in D minor").complaint
    assert complaint is not None
    assert "drivng (known: driving" in complaint
    assert "jaz (known: jazz" in complaint
    assert words.read("driving jazz in D minor").complaint is None


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("no drums", {"roles": "-drums"}),
        ("don't use drums or bass, busy guitar", {"roles": "guitar", "density": "guitar:5"}),
        ("without bass, drums", {"roles": "drums"}),
        ("bass and drums, no drums", {"roles": "bass"}),
        ("no swing", {"swing": 0}),
        ("bossa nova, swung", {"genre": "latin", "swing": 2}),
        ("a jig in 12/8", {"genre": "folk", "metre": "12/8"}),
        ("fast, 100 bpm", {"tempo": 100}),
        ("Dm", {"key": "D minor"}),
        ("a minor thing", {}),
        ("in a minor", {"key": "A minor"}),
        ("G dorian", {"key": "G minor"}),
        ("Bb, key: C", {"key": "C major"}),
        ("folk rock", {"genre": "rock"}),
        ("country jazz", {"genre": "jazz"}),
        ("country with some jazz", {"genre": "country"}),
        ("32-bar AABA", {"form": "AABA:8"}),
        ("AABA", {"form": "AABA"}),
        ("happy and sad", {"valence": 2, "arousal": 2}),
        ("flute pad", {"roles": "strings", "programs": "strings:73"}),
        ("sadder, slower, softly", {"valence": 0, "arousal": 1, "tempo": 70, "loudness": "2"}),
        ("congas, snare and an 808", {"roles": "drums", "programs": "drums:25"}),
        ("chord progression Am F C G", {"chords": "Am F C G"}),
        ("low bass, low guitar", {"roles": "bass,guitar", "register": "bass:0,guitar:2"}),
    ],
)  # fmt: skip
def test_what_stands_beside_a_word_says_what_it_is_for(text: str, wishes: dict[str, object]) -> None:
    assert words.read(text).controls == wishes


def test_a_prompt_sets_what_is_not_wished_for_itself() -> None:
    base = Controls.parse({"genre": "rock", "key": "C major", "temperature": 0.5})
    controls = Controls.parse(
        {"prompt": "sad jazz in D minor, 8 bars, 90 bpm", "tempo": 120, "mood": "happy"}, base
    )
    assert (controls.genre, controls.key, controls.bars) == ("jazz", "D minor", 8)
    assert (controls.tempo, controls.valence, controls.temperature) == (120, 4, 0.5)
    assert controls.not_understood is None
    assert Controls.parse({"prompt": "AABA:4", "bars": 6}).sections == []
    assert "wibble" in (Controls.parse({"prompt": "wibble"}).not_understood or "")


@pytest.mark.parametrize(
    ("prompt", "says"),
    [("jazz at 9000 bpm", "tempo must be"), ("a" * 501, "500 are the most"), (" ", "prompt is empty")],
)
def test_a_prompt_that_asks_for_too_much_is_refused(prompt: str, says: str) -> None:
    with pytest.raises(BandmateError, match=says):
        Controls.parse({"prompt": prompt})


def test_the_page_is_printed_from_the_tables() -> None:
    printed = (Path(__file__).parents[1] / "docs" / "controls.md").read_text(encoding="utf-8")
    assert printed == page(), "run: python -m bandmate_models.controls_page > docs/controls.md"
    for word in (*words.lexicon(), *(f"`{field.name}`" for field in fields(Controls))):
        assert word in printed


def test_every_word_of_the_tables_is_a_control_s_value() -> None:
    assert list(t.GENRE_WORDS) == list(GENRES)
    for phrase in words.lexicon():
        understood = words.read(phrase)
        assert understood.controls and not understood.unknown, phrase
        Controls.parse(understood.controls)
    assert {role for role, _ in INSTRUMENTS.values()} == set(ROLES)


ANY_WORDS = st.lists(
    st.sampled_from(
        [
            *words.lexicon(),
            *t.FILLERS,
            *t.NEGATIONS,
            ",",
            "|",
            "Dm7",
            "120 bpm",
            "3/4",
            "A minor",
            "8 bars",
            "AABA",
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | ANY_WORDS)
def test_any_text_is_read_and_what_it_says_can_be_asked_for(text: str) -> None:
    understood = words.read(text)
    try:
        Controls.parse(understood.controls)
    except BandmateError as refused:
        assert any(name in str(refused) for name in ("tempo", "bars", "takes", "form", "chords"))


@settings(max_examples=100, deadline=None)
@given(ANY_WORDS)
def test_words_in_capitals_mean_the_same(text: str) -> None:
    quiet = {k: v for k, v in words.read(text).controls.items() if k not in ("key", "form", "chords", "bars")}
    loud = {
        k: v
        for k, v in words.read(text.title()).controls.items()
        if k not in ("key", "form", "chords", "bars")
    }
    assert loud == quiet
