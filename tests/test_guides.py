"""Locks hold for every note, whatever the model prefers and however they meet."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.chord_symbols import parse_progression
from bandmate_models.chords import CHORDS, Chord, ChordChange
from bandmate_models.controls import Controls, scale_of
from bandmate_models.grammar import Constraints
from bandmate_models.guides import Guide
from bandmate_models.guides.asked import asked_guides
from bandmate_models.guides.pitches import ChordLock, RangeLock, ScaleLock
from bandmate_models.guides.rhythm import PolyphonyLock, RhythmLock, positions_of
from bandmate_models.reading import Played
from bandmate_models.score import Key, Metre, Note, Part, Role, Score
from random_walk import write

FOUR_FOUR = v.BASE["bar"] + v.METRES.index((4, 4))
MELODY, DRUMS, BASS = (
    next(i for i, (r, _) in enumerate(v.SLOTS) if r == role) for role in ("melody", "drums", "bass")
)
SLOTS = frozenset((MELODY, DRUMS, BASS))
BARS = st.lists(st.sampled_from([*v.ids("bar"), *v.ids("odd_bar")]), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**32)
HARMONY = st.none() | st.sampled_from(CHORDS)


def notes(played: list[Played]) -> list[tuple[int, int, Note]]:
    """Slot, tick and note of what was played; the tick is the nearest, as the format writes it."""
    return [
        (event.slot, (round(event.event.start * v.GRID) + 2) // v.SHIFTS_PER_TICK, event.event)
        for event in played
        if isinstance(event.event, Note)
    ]


def holds(changes: list[tuple[int, Chord | None]], tick: int) -> Chord | None:
    """What the last change at or before a tick says; before the first it is the first."""
    return next((what for start, what in reversed(changes) if start <= tick), changes[0][1])


def walk(
    seed: int, bars: list[int], guides: list[Guide], constraints: Constraints | None = None
) -> list[tuple[int, int, Note]]:
    return notes(write(seed, bars, constraints or Constraints(SLOTS), guides=guides)[1])


@settings(max_examples=60, deadline=None)
@given(SEEDS, BARS, st.integers(0, 127), st.integers(0, 30))
def test_a_range_is_never_left(seed: int, bars: list[int], low: int, width: int) -> None:
    high = min(127, low + width)
    for slot, _, note in walk(seed, bars, [RangeLock({MELODY: (low, high), DRUMS: (36, 40)})]):
        if slot == MELODY:
            assert low <= note.pitch <= high
        elif slot == DRUMS:
            assert 36 <= note.pitch <= 40


@settings(max_examples=60, deadline=None)
@given(SEEDS, BARS, st.lists(st.tuples(st.integers(0, 95), HARMONY), min_size=1, max_size=6))
def test_notes_begin_on_tones_of_the_chord_that_holds_there(
    seed: int, bars: list[int], changes: list[tuple[int, Chord | None]]
) -> None:
    changes = sorted(dict(changes).items())
    lock = ChordLock([ChordChange(tick / v.TICKS_PER_BEAT, chord) for tick, chord in changes])
    for slot, tick, note in walk(seed, bars, [lock]):
        chord = holds(changes, tick)
        assert slot == DRUMS or chord is None or note.pitch % 12 in chord.tones


def test_a_range_that_is_asked_for_is_played_in_wherever_the_part_usually_lies() -> None:
    usual = {BASS: np.arange(128) < 48}
    heard = [
        walk(seed, [FOUR_FOUR], [RangeLock({BASS: (60, 64)})], Constraints(SLOTS, usual)) for seed in range(9)
    ]
    assert {note.pitch for notes_ in heard for slot, _, note in notes_ if slot == BASS} == {
        60,
        61,
        62,
        63,
        64,
    }


def test_a_note_may_sound_on_across_a_change_of_chord() -> None:
    lock = ChordLock([ChordChange(0.0, Chord(0, "maj")), ChordChange(2.0, Chord(2, "maj"))])
    heard = [n for seed in range(20) for n in walk(seed, [FOUR_FOUR], [lock])]
    assert any(note.start < 2.0 < note.end for slot, _, note in heard if slot != DRUMS)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 11), st.sampled_from(("major", "minor")), st.integers(0, 11))
def test_notes_keep_to_the_scale_of_each_bar(seed: int, tonic: int, mode: str, after: int) -> None:
    keys = [Key(0.0, tonic, mode), Key(4.0, after, "major")]  # type: ignore[arg-type]
    for slot, tick, note in walk(seed, [FOUR_FOUR] * 2, [ScaleLock(keys)]):
        assert slot == DRUMS or note.pitch % 12 in scale_of(keys[tick >= 48])


@settings(max_examples=60, deadline=None)
@given(SEEDS, BARS, st.frozensets(st.integers(0, 47), max_size=12))
def test_notes_begin_only_at_the_locked_places_of_the_bar(
    seed: int, bars: list[int], positions: frozenset[int]
) -> None:
    starts = [0]
    for token in bars:
        starts.append(starts[-1] + v.bar_ticks(token))
    for _, tick, _ in walk(seed, bars, [RhythmLock(positions)]):
        assert tick - max(start for start in starts[:-1] if start <= tick) in positions


@settings(max_examples=60, deadline=None)
@given(SEEDS, BARS, st.integers(1, 4), st.integers(1, 2))
def test_a_part_never_strikes_more_notes_at_once_than_it_may(
    seed: int, bars: list[int], melody: int, drums: int
) -> None:
    struck = Counter(
        (slot, tick) for slot, tick, _ in walk(seed, bars, [PolyphonyLock({MELODY: melody, DRUMS: drums})])
    )
    for (slot, _), count in struck.items():
        assert slot == BASS or count <= (melody if slot == MELODY else drums)


@settings(max_examples=60, deadline=None)
@given(
    SEEDS,
    st.sets(st.integers(0, 127), max_size=3),
    st.integers(0, 127),
    HARMONY,
    st.frozensets(st.integers(0, 47), max_size=3),
    st.sampled_from((None, 0.5, 2.0)),
)
def test_locks_that_leave_nothing_leave_silence_and_the_bars_go_on(
    seed: int,
    mine: set[int],
    low: int,
    chord: Chord | None,
    positions: frozenset[int],
    rest: float | None,
) -> None:
    usual = np.isin(np.arange(128), sorted(mine))
    guides: list[Guide] = [
        RangeLock({MELODY: (low, min(127, low + 4))}),
        ChordLock([ChordChange(0.0, chord), ChordChange(2.5, Chord(6, "5"))]),
        ScaleLock([Key(0.0, 0, "major")]),
        RhythmLock(positions),
        PolyphonyLock({MELODY: 1, BASS: 1, DRUMS: 1}),
    ]
    constraints = Constraints(SLOTS, pitches={BASS: usual}, longest_rest=rest)
    heard = walk(seed, [FOUR_FOUR] * 2, guides, constraints)
    assert len({(slot, tick) for slot, tick, _ in heard}) == len(heard)
    for slot, tick, note in heard:
        assert tick % 48 in positions
        if slot != DRUMS:
            assert note.pitch % 12 in scale_of(Key(0.0, 0, "major"))
            assert low <= note.pitch <= low + 4 if slot == MELODY else note.pitch in mine


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from(v.LAGS))
def test_the_player_s_own_stream_is_not_locked(seed: int, lag: int) -> None:
    guides: list[Guide] = [RangeLock({MELODY: (60, 60), BASS: (40, 40)}), PolyphonyLock({MELODY: 1, BASS: 1})]
    players = frozenset((MELODY,))
    _, played = write(seed, [FOUR_FOUR] * 3, Constraints(SLOTS), players=players, lag=lag, guides=guides)
    assert {note.pitch for slot, _, note in notes(played) if slot == BASS} <= {40}
    assert len({note.pitch for slot, _, note in notes(played) if slot == MELODY}) > 1


def test_controls_ask_for_their_locks() -> None:
    phrase = Score(parts=(Part("melody", (Note(0.0, 1.0, 60, 80), Note(5.48, 1.0, 62, 80))),))
    assert positions_of(phrase) == {0, 18}
    three = Score(parts=phrase.parts, metres=(Metre(0.0, 3, 4),))
    assert positions_of(three) == {0, 30}
    roles: dict[int, Role] = {MELODY: "melody", BASS: "bass", DRUMS: "drums"}
    assert asked_guides(Controls(), roles, keys=[Key(0.0, 0, "major")], phrase=phrase) == []
    wishes = {
        "range": "C4-C5,bass:E1-E2",
        "polyphony": "bass:1",
        "scale_lock": 1,
        "chord_lock": 1,
        "rhythm_lock": 1,
    }
    harmony = parse_progression("C").changes([0.0, 8.0])
    asked = asked_guides(
        Controls.parse(wishes), roles, keys=[Key(0.0, 0, "major")], harmony=harmony, phrase=phrase
    )
    heard = [note for seed in range(20) for note in walk(seed, [FOUR_FOUR] * 2, asked)]
    assert {slot for slot, _, _ in heard} == SLOTS
    for slot, tick, note in heard:
        assert tick % 48 in (0, 18)
        if slot == MELODY:
            assert note.pitch in (60, 64, 67, 72)
        if slot == BASS:
            assert note.pitch in (28, 31, 36, 40)
