"""Sheets: what stands before the model is, token for token, what it has learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bandmate_models import vocabulary as v
from bandmate_models.controls import Controls
from bandmate_models.corpus.sequences import (
    humanising_of,
    infill_of,
    sequence_of,
    stiff,
    variation_of,
)
from bandmate_models.corpus.sources import SOURCES
from bandmate_models.encoding import Rows, frame_tokens, rows_of
from bandmate_models.errors import BandmateError
from bandmate_models.performing import perform
from bandmate_models.reading import Played, Reader
from bandmate_models.sampler import Sampler
from bandmate_models.score import Metre, Note, Part, Role, Score
from bandmate_models.sheets import again, band, between, own
from bandmate_models.sheets.common import key_of, lines_of
from bandmate_models.sheets.sheet import Sheet

BARS = 5
METRES = ((4, 4), (3, 4), (7, 8), (6, 8))
SOURCE = SOURCES[0]


@st.composite
def notes(draw: st.DrawFn, beats: float, drums: bool = False, least: int = 1) -> tuple[Note, ...]:
    """Notes on the grid that begin and end within `beats`."""
    end = round(beats * v.TICKS_PER_BEAT)
    last = end - (v.DRUM_TICKS if drums else 1)
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, last), st.integers(1, 60), st.integers(36, 80), st.integers(1, 7)),
            min_size=least,
            max_size=24,
            unique_by=lambda row: (row[0], row[2]),
        )
    )
    return tuple(
        sorted(
            Note(
                tick / v.TICKS_PER_BEAT,
                (v.DRUM_TICKS if drums else min(ticks, end - tick)) / v.TICKS_PER_BEAT,
                pitch,
                v.VELOCITIES[loud],
            )
            for tick, ticks, pitch, loud in rows
        )
    )


@st.composite
def phrases(draw: st.DrawFn, *roles: Role, metre: tuple[int, int] | None = None, least: int = 1) -> Score:
    """BARS bars in which all roles play; the first one's last note ends with the last bar."""
    beats_in_bar, unit = metre or draw(st.sampled_from(METRES))
    metres = (Metre(0.0, beats_in_bar, unit),)
    beats = BARS * metres[0].bar_length
    parts = [Part(role, draw(notes(beats, role == "drums", least))) for role in roles]
    first = parts[0]
    anchor = Note(beats - 0.5, 0.5, 90, 80)
    parts[0] = replace(first, notes=(*(n for n in first.notes if n.start <= anchor.start), anchor))
    return Score(tuple(parts), metres=metres)


def played_out(sheet: Sheet, answer: Rows) -> list[int]:
    """The whole body, with `answer` written into its frames; every token is read, so is in its place."""
    opening = sheet.opening()
    tokens = list(opening.body)
    edges = [*sheet.frames[sheet.first : sheet.last]]
    for frame, run in zip(edges, opening.runs, strict=True):
        inside = (answer[:, 0] >= frame.start) & (answer[:, 0] < frame.start + frame.ticks)
        tokens += frame_tokens(answer[inside].tolist(), frame) + run
    reader = Reader()
    for token in (*opening.header, *tokens):
        reader.feed(token)
    return tokens


def of_slots(score: Score, slots: Sequence[int]) -> Rows:
    return rows_of(score, slots, free=False)


@settings(max_examples=25)
@given(st.data(), st.integers(-4, 4))
def test_an_accompaniment_is_laid_out_as_in_training(data: st.DataObject, lag: int) -> None:
    phrase = data.draw(phrases("melody", "bass"))
    beats = BARS * phrase.metres[0].bar_length
    roles: list[Role] = data.draw(
        st.lists(st.sampled_from(("chords", "drums", "strings", "melody")), min_size=1, unique=True)
    )
    new = tuple(Part(role, data.draw(notes(beats, role == "drums"))) for role in roles)
    sheet = band.accompany(phrase, Controls.parse({"roles": ",".join(roles), "lag": lag}))
    finished = replace(phrase, parts=phrase.parts + new)
    written = played_out(sheet, of_slots(replace(phrase, parts=new), sheet.slots))
    key = key_of(phrase, Controls())
    heard = band.chords_beside(phrase, key, lines_of(phrase), lag) if key and lag <= 0 else []
    assert written == sequence_of(finished, SOURCE, players=frozenset((0, 1)), lag=lag, chords=heard).body


@settings(max_examples=25)
@given(phrases("melody", "chords", "drums", metre=(3, 4)))
def test_a_piece_from_nothing_is_laid_out_as_in_training(piece: Score) -> None:
    asked = {"roles": "melody,chords,drums", "metre": "3/4", "bars": BARS, "chords": "Dm7 | G7 C"}
    controls = Controls.parse(asked)
    sheet = own.generate(controls, 1)
    assert controls.progression is not None
    chords = controls.progression.chords(lines_of(piece))
    assert played_out(sheet, of_slots(piece, sheet.slots)) == sequence_of(piece, SOURCE, chords=chords).body


@settings(max_examples=25)
@given(phrases("melody", "bass", "drums", least=4), st.data())
def test_a_gap_is_laid_out_as_in_training(phrase: Score, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, BARS - 2))
    last = data.draw(st.integers(first + 1, BARS - 1))
    lines = lines_of(phrase)
    learnt = infill_of(phrase, SOURCE, 0.0, lines[first], lines[last], lines[-1])
    assume(learnt is not None and first > 0)
    assert learnt is not None
    sheet = own.infill(phrase, Controls(), (first, last))
    gap = of_slots(phrase, sheet.slots)
    assert played_out(sheet, gap) == [t for t in learnt.body if v.field_of(t) != "chord"]
    assert tuple(learnt.header[learnt.header.index(v.SUFFIX) + 1 : -2]) == sheet.header.suffix


@settings(max_examples=25)
@given(phrases("melody", "bass"), st.integers(0, BARS), st.integers(-1, BARS + 2))
def test_any_span_is_filled_or_refused(phrase: Score, first: int, last: int) -> None:
    try:
        sheet = own.infill(phrase, Controls(), (first, last))
    except BandmateError as refusal:
        outside = not 0 <= first < last <= BARS
        assert (refusal.code == "bad_value") == outside
        return
    assert 0 <= first < last <= BARS
    assert sheet.bar_count == last - first
    assert sheet.beats == (last - first) * phrase.metres[0].bar_length
    played_out(sheet, np.zeros((0, 6), dtype=np.int32))


@settings(max_examples=25)
@given(
    phrases("melody", "bass", "chords"), st.sets(st.sampled_from(("melody", "bass", "chords")), min_size=1)
)
def test_a_gap_in_some_parts_leaves_the_others_playing(phrase: Score, roles: set[str]) -> None:
    wanted = [part for part in phrase.parts if part.role in roles]
    sheet = own.infill(phrase, Controls.parse({"roles": ",".join(sorted(roles))}), (1, 3))
    assert [part.role for part in sheet.template.parts] == [part.role for part in wanted]
    body = played_out(sheet, np.zeros((0, 6), dtype=np.int32))
    reader = Reader()
    events = [reader.feed(token) for token in (*sheet.opening().header, *body)]
    heard = sum(event is not None and isinstance(event.event, Note) for event in events)
    lines = lines_of(phrase)
    gap = sum(lines[1] <= n.start < lines[3] for part in wanted for n in part.notes)
    if len(wanted) < len(phrase.parts):
        assert heard == phrase.note_count - gap


@settings(max_examples=25)
@given(phrases("melody", "bass", metre=(4, 4)), phrases("melody", "bass", metre=(4, 4)))
def test_a_variation_is_laid_out_as_in_training(theme: Score, variation: Score) -> None:
    sheet = again.vary(theme, Controls())
    learnt = variation_of(theme, variation, SOURCE, BARS * 4.0)
    assert learnt is not None
    assert played_out(sheet, of_slots(variation, sheet.slots)) == learnt.body


@settings(max_examples=25)
@given(phrases("melody", "drums"), st.integers(-2, 1))
def test_a_performance_is_laid_out_as_in_training(phrase: Score, shift: int) -> None:
    first, *rest = phrase.parts[0].notes
    moved = first._replace(start=max(0.0, first.start + shift / v.GRID))
    assume(len(rest) >= 4)
    played = replace(
        phrase, parts=(replace(phrase.parts[0], notes=tuple(sorted((moved, *rest)))), phrase.parts[1])
    )
    assume(played.parts[0].notes[0].start == moved.start)
    sheet = again.humanise(played, Controls())
    learnt = humanising_of(played, SOURCE)
    assert learnt is not None
    assert played_out(sheet, of_slots(played, sheet.slots)) == learnt.body


class Guess:
    """Predicts at random, and remembers what was taken."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self.taken: list[int] = []

    @property
    def logits(self) -> NDArray[np.float32]:
        return self._chance.normal(size=v.SIZE).astype(np.float32)

    def step(self, token: int) -> None:
        self.taken.append(token)

    def extend(self, tokens: Sequence[int]) -> None:
        self.taken += tokens


@settings(max_examples=25)
@given(phrases("melody", "chords", "drums"), st.integers(0, 99))
def test_who_performs_changes_timing_and_loudness_alone(phrase: Score, seed: int) -> None:
    sheet = again.humanise(phrase, Controls())
    opening = sheet.opening()
    guess = Guess(seed)
    reader = opening.grammar.reader
    sampler = Sampler(1.0, 1.0, seed)
    heard = list(perform(guess, reader, sampler, sheet.frames_performed(), opening.runs))
    written = stiff(phrase)
    for part, slot in zip(written.parts, sheet.slots, strict=True):
        asked = sorted((n.pitch, round(n.start * 12), _ticks(n, part)) for n in part.notes)
        played = sorted(_tick_row(event, part) for event in heard if event.slot == slot)
        assert [row[:3] for row in played] == asked
        assert all(event.known_velocity for event in heard)
    whole = Reader()
    for token in (*opening.header, *opening.body, *guess.taken):
        whole.feed(token)


def _ticks(note: Note, part: Part) -> int:
    return v.DRUM_TICKS if part.is_drums else round(note.duration * 12)


def _tick_row(played: Played, part: Part) -> tuple[int, int, int]:
    note = played.event
    assert isinstance(note, Note)
    tick = (round(note.start * v.GRID) + 2) // v.SHIFTS_PER_TICK
    return note.pitch, tick, _ticks(note, part)


@settings(max_examples=25)
@given(phrases("melody", "bass", metre=(4, 4)), phrases("melody", "drums", metre=(4, 4)), st.integers(1, 8))
def test_the_way_between_two_phrases_has_the_parts_of_both(one: Score, other: Score, bars: int) -> None:
    sheet = between.interpolate(one, other, Controls(bars=bars))
    assert [part.role for part in sheet.template.parts] == ["melody", "bass", "drums"]
    assert (sheet.bar_count, sheet.beats) == (bars, 4.0 * bars)
    played_out(sheet, np.zeros((0, 6), dtype=np.int32))


def test_the_way_to_a_phrase_that_begins_with_silent_bars_leads_to_its_first_note() -> None:
    first = Score((Part("melody", (Note(0.0, 4.0, 60, 80),)),))
    late = Score((Part("melody", (Note(17.0, 1.0, 72, 80), Note(20.0, 1.0, 74, 80))),))
    soon = Score((Part("melody", (Note(1.0, 1.0, 72, 80), Note(4.0, 1.0, 74, 80))),))
    ways = [between.interpolate(first, other, Controls(bars=2)) for other in (late, soon)]
    assert ways[0].header == ways[1].header


@settings(max_examples=25)
@given(phrases("melody", "chords", "drums"), phrases("melody", "bass"))
def test_restyle_hears_the_example_and_then_the_lead(phrase: Score, style: Score) -> None:
    sheet = band.restyle(phrase, Controls(), style)
    assert [part.role for part in sheet.template.parts] == ["chords", "bass"]  # somebody holds the chords
    assert sheet.start == style.metres[0].bar_length * BARS
    assert sheet.beats == phrase.metres[0].bar_length * BARS
    played_out(sheet, np.zeros((0, 6), dtype=np.int32))


def test_a_last_note_that_rings_over_opens_no_bar() -> None:
    phrase = Score((Part("melody", (Note(0.0, 1.0, 60, 80), Note(3.0, 1.1, 62, 80))),))
    assert lines_of(phrase) == [0.0, 4.0]
    assert again.vary(phrase, Controls()).beats == 4.0


@pytest.mark.parametrize("task", [band.harmonise, band.restyle])
def test_drums_alone_have_no_melody(task: object) -> None:
    drums = Score((Part("drums", (Note(0.0, 0.25, 36, 80),)),))
    with pytest.raises(BandmateError) as refusal:
        task(drums, Controls())  # type: ignore[operator]
    assert refusal.value.code == "silent"
