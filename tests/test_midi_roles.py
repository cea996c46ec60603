"""Which role a part of a MIDI file gets."""

from __future__ import annotations

import pytest

from bandmate_models.midi import read_midi
from bandmate_models.midi.roles import NAME_RULES, PROGRAM_RULES, role_by_name
from bandmate_models.score import ROLES, Role
from midi_files import meta, name, note, off, on, program, smf, track


@pytest.mark.parametrize(
    ("text", "role"),
    [
        *(("MELODY", "melody"), ("BRIDGE", "other"), ("PIANO ", "chords"), ("Midi Drums", "drums")),
        *(("Electric Bass (finger)", "bass"), ("Bass Drum", "drums"), ("Lead Guitar", "guitar")),
        *(("Guitar:upperVoice", "guitar"), ("violinI:", "strings"), ("Violoncello", "strings")),
        *(("SingstimmeVoice", "melody"), ("KlavierPiano", "chords"), ("Piano left", "chords")),
        *(("[FORTEPIAN.]", "chords"), ("GŁOS.", "melody"), ("Śpiew", "melody"), ("Soprano", "melody")),
        *(("Alto Sax", "melody"), ("Alto", "other"), ("Bass Clarinet", "other"), ("Steel Drums", "other")),
        *(("bass_01", "bass"), ("Bassoon", None), ("Track 3", None), ("", None), ("…!?", None)),
    ],
)
def test_words_of_the_name(text: str, role: Role | None) -> None:
    assert role_by_name(text) == role


def test_every_program_has_one_role() -> None:
    covered = [number for first, last, _ in PROGRAM_RULES for number in range(first, last + 1)]
    assert covered == list(range(128))
    assert {role for *_, role in PROGRAM_RULES} | {role for role, _ in NAME_RULES} == set(ROLES)


def test_no_phrase_stands_behind_one_that_hides_it() -> None:
    for row, (role, phrases) in enumerate(NAME_RULES):
        for phrase in phrases:
            assert role_by_name(phrase) == role, (row, phrase)


def roles(*tracks: bytes) -> list[Role]:
    return [part.role for part in read_midi(smf(*tracks)).parts]


def line(*pitches: int, channel: int = 0, number: int | None = None, called: bytes = b"") -> bytes:
    head = [(0, name(called))] if called else []
    head += [(0, program(number, channel))] if number is not None else []
    return track(*head, *(event for pitch in pitches for event in note(pitch, 240, channel)))


def chords(channel: int = 0, called: bytes = b"") -> bytes:
    head = [(0, name(called))] if called else []
    triad = ((0, on(pitch, channel=channel)) for pitch in (60, 64, 67))
    ends = ((480, off(60, channel)), (0, off(64, channel)), (0, off(67, channel)))
    return track(*head, *triad, *ends)


def test_programs_say_the_role_of_nameless_tracks() -> None:
    numbers = (0, 19, 25, 33, 48, 73, 81, 89, 100)
    expected = ["chords", "chords", "guitar", "bass", "strings", "melody", "melody", "strings", "other"]
    assert roles(*(line(60, channel=0, number=number) for number in numbers)) == expected


def test_a_choir_program_sings_the_melody_when_it_is_one_voice() -> None:
    assert roles(line(60, 62, number=52)) == ["melody"]
    block = track((0, program(52)), *((0, on(pitch)) for pitch in (60, 64, 67)), (480, off(60)))
    assert roles(block) == ["strings"]


def test_the_highest_single_line_of_a_nameless_score_is_the_melody() -> None:
    assert roles(chords(), line(60, 62, channel=1), line(72, 74, channel=2)) == ["chords", "chords", "melody"]


def test_a_line_with_a_melody_beside_it_keeps_its_role() -> None:
    assert roles(line(50, 52, called=b"Melody"), line(72, 74, channel=1)) == ["melody", "chords"]


def test_a_low_single_line_is_bass() -> None:
    assert roles(line(36, 38, 40)) == ["bass"]


def test_named_piano_and_other_instruments_are_not_taken_for_the_melody() -> None:
    assert roles(line(72, 74, called=b"Piano"), line(72, channel=1, number=24)) == ["chords", "guitar"]


def test_legato_is_still_one_voice() -> None:
    slurred = [(0, on(60)), *((240, on(62)), (20, off(60)), (220, on(60)), (20, off(62))), (240, off(60))]
    assert roles(track(*slurred)) == ["melody"]


def test_a_stated_role_stands_above_name_and_program_but_not_above_channel_10() -> None:
    stated = (0, meta(0x04, b"strings")), (0, name(b"Piano"))
    assert roles(track(*stated, *note(60, 240))) == ["strings"]
    assert roles(track(*stated, *note(36, 240, channel=9))) == ["drums"]
    assert roles(track((0, meta(0x04, b"Strings 1")), (0, name(b"Piano")), *note(60, 240))) == ["chords"]
