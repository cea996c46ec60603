"""Phrases: where they begin and end, and the score that comes of them."""

from __future__ import annotations

import pytest

from bandmate_bridge.messages import ClockState, ControlHeard, NoteHeard
from bandmate_bridge.phrase import FOOTSWITCH, STUCK_BARS, Phrase, PhraseCapture
from bandmate_models.score import Metre, Note, Tempo

CLOCK = ClockState(True, "internal", 0.0, 0.0, 90.0, 4, 4, 0.0)


def seconds(beat: float) -> float:
    return CLOCK.time_at(beat)


def play(capture: PhraseCapture, *notes: tuple[float, float, int], channel: int = 0) -> None:
    """Plays (start, end, pitch) notes in beats, in the order in which they would be heard."""
    events = [(start, pitch, 80) for start, _, pitch in notes] + [(end, pitch, 0) for _, end, pitch in notes]
    for beat, pitch, velocity in sorted(events, key=lambda event: (event[0], event[2])):
        capture.hear(NoteHeard(beat, seconds(beat), channel, pitch, velocity))


def ended(capture: PhraseCapture, beat: float) -> Phrase:
    phrase = capture.advance(CLOCK._replace(beat=beat, time=seconds(beat)), beat)
    assert phrase is not None
    return phrase


def test_a_phrase_ends_after_one_empty_bar_and_the_answer_follows_it() -> None:
    capture = PhraseCapture()
    play(capture, (8.0, 9.0, 60), (10.0, 11.5, 64), (12.0, 15.0, 67))
    assert capture.advance(CLOCK, 19.4) is None
    phrase = ended(capture, 19.5)
    assert (phrase.start, phrase.end, phrase.answer) == (8.0, 16.0, 20.0)
    assert phrase.score.parts[0].notes == (Note(0, 1, 60, 80), Note(2, 1.5, 64, 80), Note(4, 3, 67, 80))
    assert capture.is_empty


def test_the_score_carries_the_tempo_and_metre_of_the_clock() -> None:
    capture = PhraseCapture()
    play(capture, (3.0, 4.0, 60))
    waltz = CLOCK._replace(numerator=3, bpm=150.0)
    phrase = capture.advance(waltz, 8.5)
    assert phrase is not None and (phrase.start, phrase.end, phrase.answer) == (3.0, 6.0, 9.0)
    assert phrase.score.tempos == (Tempo(0.0, 150.0),)
    assert phrase.score.metres == (Metre(0.0, 3, 4),)


def test_a_phrase_begins_at_the_bar_line_before_its_first_note() -> None:
    capture = PhraseCapture()
    play(capture, (5.5, 6.0, 60))
    phrase = ended(capture, 99.0)
    assert phrase.start == 4.0
    assert phrase.score.parts[0].notes[0].start == 1.5


@pytest.mark.parametrize("early", [0.01, 0.1, 0.3, 0.5])
def test_a_note_shortly_before_the_bar_line_is_its_downbeat(early: float) -> None:
    capture = PhraseCapture()
    play(capture, (4.0 - early, 5.0, 60), (5.0, 6.0, 62))
    phrase = ended(capture, 99.0)
    assert phrase.start == 4.0
    assert phrase.score.parts[0].notes[0] == Note(0.0, 1.0, 60, 80)


def test_an_eighth_before_a_note_on_the_bar_line_is_a_pickup() -> None:
    capture = PhraseCapture()
    play(capture, (3.5, 4.0, 60), (4.02, 5.0, 62))
    phrase = ended(capture, 99.0)
    assert phrase.start == 0.0
    assert [note.start for note in phrase.score.parts[0].notes] == [3.5, pytest.approx(4.02)]


def test_a_release_shortly_after_the_bar_line_does_not_make_another_bar() -> None:
    capture = PhraseCapture()
    play(capture, (0.0, 4.3, 60))
    assert ended(capture, 99.0).end == 4.0


def test_a_last_note_early_for_its_bar_line_has_that_bar() -> None:
    capture = PhraseCapture()
    play(capture, (0.0, 1.0, 60), (3.95, 4.2, 62))
    assert ended(capture, 99.0).end == 8.0


def test_a_held_key_keeps_the_phrase_open() -> None:
    capture = PhraseCapture()
    capture.hear(NoteHeard(0.0, 0.0, 0, 60, 90))
    assert capture.ends_at(CLOCK._replace(beat=10.0)) is None
    capture.hear(NoteHeard(10.0, seconds(10.0), 0, 60, 0))
    phrase = ended(capture, 99.0)
    assert phrase.end == 12.0
    assert phrase.score.parts[0].notes == (Note(0.0, 10.0, 60, 90),)


def test_a_key_whose_release_was_lost_does_not_keep_it_open_for_ever() -> None:
    capture = PhraseCapture()
    capture.hear(NoteHeard(0.0, 0.0, 0, 60, 90))
    beat = STUCK_BARS * 4.0 + 0.1
    assert ended(capture, beat).score.parts[0].notes == (Note(0.0, 4.0, 60, 90),)


def test_the_footswitch_ends_the_phrase_at_once() -> None:
    capture = PhraseCapture()
    play(capture, (0.0, 1.0, 60), (4.0, 5.0, 62))
    capture.hear(ControlHeard(6.0, seconds(6.0), 0, FOOTSWITCH, 127))
    phrase = ended(capture, 6.0)
    assert (phrase.start, phrase.end, phrase.answer) == (0.0, 8.0, 8.0)


def test_the_footswitch_cuts_what_still_sounds_and_a_release_of_it_does_nothing() -> None:
    capture = PhraseCapture()
    capture.hear(NoteHeard(0.0, 0.0, 0, 60, 90))
    capture.hear(ControlHeard(2.0, seconds(2.0), 0, FOOTSWITCH, 127))
    assert ended(capture, 2.0).score.parts[0].notes == (Note(0.0, 4.0, 60, 90),)
    capture.hear(NoteHeard(2.5, seconds(2.5), 0, 60, 0))
    capture.hear(ControlHeard(2.6, seconds(2.6), 0, FOOTSWITCH, 0))
    assert capture.is_empty


def test_another_footswitch_or_none_can_be_chosen() -> None:
    for number, ends in ((64, 2.0), (None, 7.5)):
        capture = PhraseCapture(footswitch=number)
        play(capture, (0.0, 1.0, 60))
        capture.hear(ControlHeard(2.0, seconds(2.0), 0, 64, 127))
        assert capture.ends_at(CLOCK._replace(beat=2.0)) == ends


def test_pedal_and_wheels_are_part_of_the_phrase() -> None:
    capture = PhraseCapture()
    play(capture, (4.0, 5.0, 60))
    capture.hear(ControlHeard(4.5, seconds(4.5), 0, 64, 100))
    (control,) = ended(capture, 99.0).score.parts[0].controls
    assert (control.beat, control.number, control.value) == (0.5, 64, 100)


def test_the_drum_channel_is_a_part_of_its_own() -> None:
    capture = PhraseCapture()
    play(capture, (0.0, 0.1, 36), (1.0, 1.1, 38), channel=9)
    play(capture, (0.0, 1.0, 60))
    score = ended(capture, 99.0).score
    assert [(part.role, len(part.notes)) for part in score.parts] == [("melody", 1), ("drums", 2)]


def test_roles_are_guessed_from_how_it_is_played() -> None:
    for notes, role in (
        ([(0.0, 1.0, 72), (1.0, 2.0, 74)], "melody"),
        ([(0.0, 1.0, 36), (1.0, 2.0, 41)], "bass"),
        ([(0.0, 1.0, 60), (0.02, 1.0, 64), (0.03, 1.0, 67)], "chords"),
    ):
        capture = PhraseCapture()
        play(capture, *notes)
        assert ended(capture, 99.0).score.parts[0].role == role


def test_what_was_played_moves_to_the_players_tempo() -> None:
    capture = PhraseCapture()
    play(capture, (0.0, 0.5, 60), (1.5, 2.0, 62))
    capture.rebase(CLOCK._replace(bpm=120.0, beat=4.0, time=0.0))
    phrase = capture.so_far(CLOCK._replace(bpm=120.0))
    assert phrase is not None and phrase.start == 4.0
    notes = phrase.score.parts[0].notes
    assert [note.start for note in notes] == pytest.approx([0.0, 2.0])
    assert [note.duration for note in notes] == pytest.approx([2 / 3, 2 / 3])
