"""What was read and written again, or written and read again, is the same music."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.midi.text import decode
from bandmate_models.score import ROLES, Control, Key, Marker, Metre, Note, Part, Score, Tempo
from midi_files import cc, meta, metre, off, on, program, smf, tempo, track

GRID = 480
TICK = 1 / GRID
Change = TypeVar("Change", Tempo, Metre, Key)

ticks = st.integers(0, 20 * GRID)
beats = ticks.map(lambda tick: tick / GRID)
texts = st.text(max_size=12).map(lambda text: decode(text.encode("utf-8", "replace")))


def maps(
    change: Callable[[float], st.SearchStrategy[Change]], first: bool = True
) -> st.SearchStrategy[tuple[Change, ...]]:
    """Changes at different beats, in order; with `first`, one of them at beat 0."""
    begin = {0.0} if first else set()
    places = st.sets(beats, max_size=3).map(lambda some: sorted(some | begin))
    return places.flatmap(lambda some: st.tuples(*(change(beat) for beat in some)))


@st.composite
def notes(draw: st.DrawFn) -> tuple[Note, ...]:
    """In the order of a file; of equal pitches the first to begin ends first."""
    spans = draw(st.lists(st.tuples(st.integers(0, 127), ticks, st.integers(1, 960)), max_size=12))
    result = []
    for pitch in {pitch for pitch, _, _ in spans}:
        starts = sorted(start for of, start, _ in spans if of == pitch)
        ends = sorted(start + length for of, start, length in spans if of == pitch)
        for start, end in zip(starts, ends, strict=True):
            result.append(Note(start / GRID, (end - start) / GRID, pitch, draw(st.integers(1, 127))))
    return tuple(sorted(result, key=lambda note: (note.start, note.pitch, note.duration, note.velocity)))


controls = st.lists(
    st.one_of(
        st.builds(Control, beats, st.just("cc"), st.integers(0, 127), st.integers(0, 127)),
        st.builds(Control, beats, st.just("bend"), st.just(0), st.integers(-8192, 8191)),
        st.builds(Control, beats, st.just("pressure"), st.just(0), st.integers(0, 127)),
    ),
    max_size=6,
).map(lambda some: tuple(sorted(some, key=lambda control: control.beat)))

parts = st.builds(Part, st.sampled_from(ROLES), notes(), st.integers(0, 127), controls, texts)

metre_signs = st.tuples(st.integers(1, 15), st.sampled_from((2, 4, 8, 16)))
modes = st.sampled_from(("major", "minor"))

scores = st.builds(
    Score,
    st.lists(parts, max_size=18).map(tuple),
    maps(lambda beat: st.integers(4000, 240_000).map(lambda milli: Tempo(beat, milli / 1000))),
    maps(lambda beat: metre_signs.map(lambda sign: Metre(beat, *sign))),
    maps(lambda beat: st.builds(Key, st.just(beat), st.integers(0, 11), modes), first=False),
    st.lists(st.builds(Marker, beats, texts), max_size=4).map(
        lambda some: tuple(sorted(some, key=lambda marker: marker.beat))
    ),
)


@settings(max_examples=100, deadline=None)
@given(scores, st.sampled_from((480, 960, 1920)))
def test_a_score_comes_back_exactly(score: Score, ticks_per_beat: int) -> None:
    assert read_midi(midi_bytes(score, ticks_per_beat=ticks_per_beat), silent=True) == score


messages = st.one_of(
    st.builds(on, st.integers(58, 61), st.integers(0, 127), st.sampled_from((0, 1, 9))),
    st.builds(on, st.integers(58, 61), st.integers(1, 127), st.sampled_from((0, 1, 9))),
    st.builds(off, st.integers(58, 61), st.sampled_from((0, 1, 9))),
    st.builds(program, st.sampled_from((0, 33, 40)), st.integers(0, 1)),
    st.builds(cc, st.sampled_from((7, 64)), st.integers(0, 127), st.integers(0, 1)),
    st.builds(tempo, st.floats(20, 300)),
    st.builds(metre, st.integers(1, 9), st.sampled_from((4, 8))),
    st.builds(lambda data: meta(0x06, data), st.binary(max_size=6)),
    st.builds(lambda data: meta(0x03, data), st.binary(max_size=6)),
)
tracks = st.lists(st.tuples(st.integers(0, 700), messages), max_size=30).map(lambda events: track(*events))
files = st.builds(
    lambda tracks, kind, division: smf(*tracks, kind=kind, division=division),
    st.lists(tracks, max_size=4),
    st.integers(0, 2),
    st.sampled_from((24, 96, 120, 192, 384, 480, 1024)),
)


@settings(max_examples=300, deadline=None)
@given(files)
def test_any_file_read_and_written_again_holds_the_same_music_to_a_tick(data: bytes) -> None:
    first = read_midi(data, silent=True)
    written = midi_bytes(first)
    second = read_midi(written, silent=True)
    assert len(second.parts) == len(first.parts)
    for before, after in zip(first.parts, second.parts, strict=True):
        assert (after.role, after.program, after.name) == (before.role, before.program, before.name)
        assert by_pitch(after) == pytest.approx(by_pitch(before), abs=TICK)
        assert [control[1:] for control in after.controls] == [control[1:] for control in before.controls]
        assert times(after.controls) == pytest.approx(times(before.controls), abs=TICK)
    assert [marker.text for marker in second.markers] == [marker.text for marker in first.markers]
    assert [tempo.bpm for tempo in second.tempos] == [tempo.bpm for tempo in first.tempos]
    assert [metre[1:] for metre in second.metres] == [metre[1:] for metre in first.metres]
    for after_map, before_map in ((second.tempos, first.tempos), (second.metres, first.metres)):
        assert times(after_map) == pytest.approx(times(before_map), abs=TICK)
    assert midi_bytes(second) == written


def by_pitch(part: Part) -> list[float]:
    """Pitch, velocity, start and end of every note, in an order that half a tick does not change."""
    flat = []
    for pitch in range(128):
        alike = [note for note in part.notes if note.pitch == pitch]
        flat += [float(pitch)] * len(alike)
        flat += sorted(float(note.velocity) for note in alike)
        flat += sorted(note.start for note in alike)
        flat += sorted(note.end for note in alike)
    return flat


def times(changes: tuple[Control, ...] | tuple[Tempo, ...] | tuple[Metre, ...]) -> list[float]:
    return [change.beat for change in changes]


free_notes = st.builds(
    Note, st.floats(0, 1000), st.floats(1e-6, 20), st.integers(0, 127), st.integers(1, 127)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(free_notes, min_size=1, max_size=20, unique_by=lambda note: note.pitch))
def test_notes_off_the_grid_move_by_less_than_a_tick(notes: list[Note]) -> None:
    played = Part("melody", tuple(sorted(notes)))
    (part,) = read_midi(midi_bytes(Score((played,)))).parts
    assert by_pitch(part) == pytest.approx(by_pitch(played), abs=TICK)
