"""Which chord the player's hand holds: struck, rolled, broken, and under a melody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.hand import PATIENCE, Hand, name_of
from bandmate_models.chords import CHORDS, TONES, Chord

C, F, A_MINOR, G7 = Chord(0, "maj"), Chord(5, "maj"), Chord(9, "min"), Chord(7, "7")


class Player:
    """Presses and lifts keys on a hand."""

    def __init__(self) -> None:
        self.hand = Hand()
        self.down: list[int] = []

    def press(self, beat: float, *pitches: int) -> Chord | None:
        for pitch in pitches:
            self.hand.press(pitch, beat)
            self.down.append(pitch)
        return self.hand.read(self.down, beat)

    def lift(self, beat: float, *pitches: int) -> Chord | None:
        self.down = [pitch for pitch in self.down if pitch not in pitches] if pitches else []
        return self.hand.read(self.down, beat)


def test_nothing_is_no_chord_and_neither_is_one_key() -> None:
    player = Player()
    assert player.lift(0.0) is None
    assert player.press(1.0, 60) is None


@pytest.mark.parametrize("quality", [name for name, tones in TONES.items() if len(tones) >= 3])
@pytest.mark.parametrize("root", [0, 5, 11])
def test_a_chord_with_its_root_below_is_that_chord(quality: str, root: int) -> None:
    pitches = [48 + root + step for step in TONES[quality]]
    assert Player().press(0.0, *pitches) == Chord(root, quality)


def test_keys_that_are_rolled_make_one_chord() -> None:
    player = Player()
    for number, pitch in enumerate((53, 57, 60)):
        chord = player.press(number * 0.08, pitch)
    assert chord == F


def test_a_chord_that_is_let_go_holds_until_the_next_but_not_for_ever() -> None:
    player = Player()
    player.press(0.0, 48, 52, 55)
    assert player.lift(1.0) == C
    assert player.lift(PATIENCE) == C
    assert player.press(PATIENCE, 53, 57, 60) == F
    player.lift(PATIENCE + 1)
    assert player.lift(2 * PATIENCE + 1) is None


def test_a_new_chord_counts_though_the_fingers_of_the_last_were_down_for_a_while() -> None:
    player = Player()
    player.press(0.0, 48, 52, 55)
    player.press(2.0, 53, 57, 60)
    assert player.lift(2.25, 48, 52, 55) == F


def test_a_finger_that_moves_changes_the_chord() -> None:
    player = Player()
    player.press(0.0, 60, 64, 67)
    player.lift(1.0, 67)
    assert player.press(1.5, 57) == A_MINOR


def test_a_melody_over_a_held_chord_leaves_it_alone() -> None:
    player = Player()
    player.press(0.0, 48, 52, 55)
    for number, pitch in enumerate((72, 74, 76, 79, 81)):
        beat = 1.0 + number
        assert player.press(beat, pitch) == C
        player.lift(beat + 0.5, pitch)


def test_a_seventh_that_is_added_belongs_to_the_chord() -> None:
    player = Player()
    player.press(0.0, 55, 59, 62)
    assert player.press(2.0, 65) == G7


def test_an_arpeggio_whose_keys_stay_down_is_a_chord() -> None:
    player = Player()
    for number, pitch in enumerate((45, 52, 57, 60)):
        chord = player.press(number * 1.0, pitch)
    assert chord == A_MINOR


def test_a_chord_broken_over_more_than_an_octave_is_one_though_its_keys_come_up() -> None:
    player = Player()
    for number, pitch in enumerate((41, 53, 57, 60)):
        player.press(number * 0.25, pitch)
        chord = player.lift(number * 0.25 + 0.2)
    assert chord == F


def test_a_slow_melody_alone_is_no_chord() -> None:
    player = Player()
    for beat, pitch in enumerate((60, 64, 67, 72)):
        player.press(float(beat), pitch)
        assert player.lift(beat + 0.9) is None


def test_after_a_jump_of_the_clock_old_keys_do_not_linger() -> None:
    player = Player()
    player.press(31.0, 48, 52, 55)
    player.lift(31.5)
    player.hand.move(-32.0)
    assert player.press(0.0, 53, 57, 60) == F


@given(st.lists(st.tuples(st.integers(21, 108), st.floats(0, 2), st.booleans()), max_size=40))
def test_whatever_is_played_a_chord_is_one_of_the_vocabulary(
    events: list[tuple[int, float, bool]],
) -> None:
    player, beat = Player(), 0.0
    for pitch, later, down in events:
        beat += later
        chord = player.press(beat, pitch) if down else player.lift(beat, pitch)
        assert chord is None or chord in CHORDS


def test_chords_are_named_as_on_a_lead_sheet() -> None:
    names = [name_of(chord) for chord in (C, A_MINOR, G7, Chord(10, "min7"), Chord(6, "m7b5"))]
    assert names == ["C", "Am", "G7", "Bbm7", "Gbm7b5"]
