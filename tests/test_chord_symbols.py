"""Chord symbols mean what musicians mean by them, and keep their place in the bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models.chord_symbols import (
    ROOTS,
    SUFFIXES,
    bar_lines,
    parse_progression,
    parse_symbol,
    progression_of,
    symbol_of,
)
from bandmate_models.chords import CHORDS, Chord, ChordChange
from bandmate_models.errors import BandmateError
from bandmate_models.score import Metre


@pytest.mark.parametrize(
    ("text", "quality", "steps"),
    [
        ("C", "maj", {0, 4, 7}),
        ("Cmaj", "maj", {0, 4, 7}),
        ("CM", "maj", {0, 4, 7}),
        ("Cm", "min", {0, 3, 7}),
        ("C-", "min", {0, 3, 7}),
        ("Cmin", "min", {0, 3, 7}),
        ("c", "maj", {0, 4, 7}),
        ("C7", "7", {0, 4, 7, 10}),
        ("Cmaj7", "maj7", {0, 4, 7, 11}),
        ("CΔ", "maj7", {0, 4, 7, 11}),
        ("CΔ7", "maj7", {0, 4, 7, 11}),
        ("CM7", "maj7", {0, 4, 7, 11}),
        ("Cma7", "maj7", {0, 4, 7, 11}),
        ("C^7", "maj7", {0, 4, 7, 11}),
        ("Cm7", "min7", {0, 3, 7, 10}),
        ("C-7", "min7", {0, 3, 7, 10}),
        ("Cmi7", "min7", {0, 3, 7, 10}),
        ("Cm7b5", "m7b5", {0, 3, 6, 10}),
        ("C-7♭5", "m7b5", {0, 3, 6, 10}),
        ("Cm7(b5)", "m7b5", {0, 3, 6, 10}),
        ("Cø", "m7b5", {0, 3, 6, 10}),
        ("CØ7", "m7b5", {0, 3, 6, 10}),
        ("C°", "dim", {0, 3, 6}),
        ("Cdim", "dim", {0, 3, 6}),
        ("Co7", "dim7", {0, 3, 6, 9}),
        ("C°7", "dim7", {0, 3, 6, 9}),
        ("C+", "aug", {0, 4, 8}),
        ("Caug", "aug", {0, 4, 8}),
        ("C+7", "aug", {0, 4, 8, 10}),
        ("C7#5", "aug", {0, 4, 8, 10}),
        ("Csus", "sus4", {0, 5, 7}),
        ("Csus4", "sus4", {0, 5, 7}),
        ("Csus2", "5", {0, 2, 7}),
        ("C7sus4", "sus4", {0, 5, 7, 10}),
        ("C9sus4", "sus4", {0, 2, 5, 7, 10}),
        ("C5", "5", {0, 7}),
        ("C6", "maj", {0, 4, 7, 9}),
        ("Cm6", "min", {0, 3, 7, 9}),
        ("C6/9", "maj", {0, 2, 4, 7, 9}),
        ("C69", "maj", {0, 2, 4, 7, 9}),
        ("C9", "7", {0, 2, 4, 7, 10}),
        ("Cm9", "min7", {0, 2, 3, 7, 10}),
        ("C-9", "min7", {0, 2, 3, 7, 10}),
        ("Cmaj9", "maj7", {0, 2, 4, 7, 11}),
        ("C13", "7", {0, 2, 4, 7, 9, 10}),
        ("C7b9", "7", {0, 1, 4, 7, 10}),
        ("C7-9", "7", {0, 1, 4, 7, 10}),
        ("C7(b9,#11)", "7", {0, 1, 4, 6, 7, 10}),
        ("C7#9", "7", {0, 3, 4, 7, 10}),
        ("C7alt", "aug", {0, 1, 3, 4, 8, 10}),
        ("Cadd9", "maj", {0, 2, 4, 7}),
        ("Cmadd9", "min", {0, 2, 3, 7}),
        ("CmMaj7", "min", {0, 3, 7, 11}),
        ("Cm(maj7)", "min", {0, 3, 7, 11}),
        ("C-Δ7", "min", {0, 3, 7, 11}),
        ("Cmaj7#11", "maj7", {0, 4, 6, 7, 11}),
        ("C/E", "maj", {0, 4, 7}),
        ("C/Bb", "maj", {0, 4, 7, 10}),
    ],
)
def test_symbols_are_read_as_they_are_played(text: str, quality: str, steps: set[int]) -> None:
    for root, written in enumerate(ROOTS):
        symbol = parse_symbol(written + text[1:]) if "/" not in text or "6/9" in text else parse_symbol(text)
        root = 0 if "/" in text and "6/9" not in text else root
        assert symbol.chord == Chord(root, quality)
        assert symbol.tones == {(root + step) % 12 for step in steps}


def test_a_slash_bass_is_a_tone_of_the_chord() -> None:
    assert parse_symbol("F#m7/B").bass == 11
    assert 11 in parse_symbol("F#m7/B").tones
    assert parse_symbol("C").bass is None


@pytest.mark.parametrize("text", ["H7", "Cmoon", "C7/X", "7", "", "C/", "Cm7b", "C&", "🎹", "C" + "7" * 100])
def test_what_is_no_chord_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BandmateError, match="is no chord") as refused:
        parse_symbol(text)
    assert refused.value.code == "bad_value"


def test_the_chords_of_a_bar_share_it_and_the_progression_begins_anew() -> None:
    progression = parse_progression("Dm7 | G7 | Cmaj7 A7")
    changes = progression.changes(bar_lines(Metre(0.0, 4, 4), 4, start=8.0))
    assert [(beat, symbol.name) for beat, symbol in changes if symbol] == [
        (8.0, "Dm7"), (12.0, "G7"), (16.0, "Cmaj7"), (18.0, "A7"), (20.0, "Dm7"),
    ]  # fmt: skip
    assert progression.chords([0.0, 3.0])[0] == ChordChange(0.0, Chord(2, "min7"))


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("| C | G |", [["C"], ["G"]]),
        ("C || G", [["C"], ["G"]]),
        ("Am F C G", [["Am"], ["F"], ["C"], ["G"]]),
        ("Am - F - C - G", [["Am"], ["F"], ["C"], ["G"]]),
        ("Am, F", [["Am"], ["F"]]),
        ("C7(b9,#11), F", [["C7(b9,#11)"], ["F"]]),
        ("| Am F |", [["Am", "F"]]),
        ("C | % | | F", [["C"], ["C"], ["C"], ["F"]]),
        ("C / / G | %", [["C", "C", "C", "G"], ["C", "C", "C", "G"]]),
        ("N.C. | C NC", [["N.C."], ["C", "N.C."]]),
    ],
)
def test_bars_are_read_as_lead_sheets_write_them(text: str, bars: list[list[str]]) -> None:
    found = [[symbol.name if symbol else "N.C." for symbol in bar] for bar in parse_progression(text).bars]
    assert found == bars


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "no chords"), ("|", "no chords"), ("| |", "no chords"), ("%", "'%' is no chord"),
     ("C | H", "'H' is no chord"),
     ("C|" * 300, "at most 256 bars"), ("|" + "C " * 17 + "|", "16 chords in a bar")],
)  # fmt: skip
def test_what_is_no_progression_is_refused(text: str, says: str) -> None:
    with pytest.raises(BandmateError, match=says):
        parse_progression(text)


SYMBOLS = st.builds(
    lambda root, suffix, bass: root + suffix + (f"/{bass}" if bass else ""),
    st.sampled_from(ROOTS),
    st.sampled_from([*SUFFIXES.values(), "m9", "7b9", "6", "add9", "Δ", "-7", "ø", "13"]),
    st.none() | st.sampled_from(ROOTS),
)


@given(st.lists(st.lists(SYMBOLS | st.just("N.C."), min_size=1, max_size=4), min_size=1, max_size=8))
def test_a_progression_and_its_text_are_one(bars: list[list[str]]) -> None:
    progression = parse_progression("|" + "|".join(" ".join(bar) for bar in bars) + "|")
    assert parse_progression(progression.text) == progression


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_progression(text)
    except BandmateError as refused:
        assert refused.code == "bad_value"


@given(
    st.lists(st.tuples(st.integers(0, 15), st.none() | st.sampled_from(CHORDS)), min_size=1, max_size=8),
    st.sampled_from(((4, 4), (3, 4), (2, 4), (6, 8))),
)
def test_detected_chords_are_written_down_where_they_change(
    found: list[tuple[int, Chord | None]], metre: tuple[int, int]
) -> None:
    lines = bar_lines(Metre(0.0, *metre), 6)
    changes: list[ChordChange] = []
    for beat, chord in sorted(dict([*found, (0, None)]).items()):
        if beat < lines[-1] and (not changes or changes[-1].chord != chord):
            changes.append(ChordChange(float(beat), chord))
    assert progression_of(changes, lines).chords(lines) == changes


def test_every_chord_of_the_vocabulary_has_a_symbol() -> None:
    for chord in CHORDS:
        assert parse_symbol(symbol_of(chord).name) == symbol_of(chord)
