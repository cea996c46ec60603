"""What a MIDI file holds reaches the score."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate_models.midi import read_midi
from bandmate_models.score import Control, Key, Marker, Metre, Note, Part, Tempo
from midi_files import bend, cc, meta, metre, name, note, off, on, program, smf, tempo, track


def only_part(data: bytes) -> Part:
    (part,) = read_midi(data).parts
    return part


def test_a_note_has_its_place_in_beats_at_any_resolution() -> None:
    for division in (1, 24, 96, 120, 480, 960, 15360, 32767):
        data = smf(track((2 * division, on(60, 99)), (division, off(60))), division=division)
        assert only_part(data).notes == (Note(2.0, 1.0, 60, 99),)


def test_a_path_and_its_bytes_hold_the_same_music(tmp_path: Path) -> None:
    data = smf(track(*note(60, 480)))
    path = tmp_path / "Ünïcode name.mid"
    path.write_bytes(data)
    assert read_midi(path) == read_midi(str(path)) == read_midi(data)


def test_type_0_gives_a_part_for_every_channel() -> None:
    score = read_midi(
        smf(track((0, on(60)), (0, on(36, channel=9)), (480, off(60)), (0, off(36, 9))), kind=0)
    )
    assert [(part.is_drums, part.notes[0].pitch) for part in score.parts] == [(False, 60), (True, 36)]


def test_the_tracks_of_type_1_sound_together() -> None:
    score = read_midi(smf(track(*note(60, 480)), track(*note(64, 480, channel=1))))
    assert [part.notes[0].start for part in score.parts] == [0.0, 0.0]


def test_the_patterns_of_type_2_come_one_after_the_other() -> None:
    first = track((0, tempo(100)), *note(60, 480), end=480)
    second = track((0, tempo(50)), *note(62, 480))
    score = read_midi(smf(first, second, kind=2))
    assert [note.start for part in score.parts for note in part.notes] == [0.0, 2.0]
    assert score.tempos == (Tempo(0.0, 100.0), Tempo(2.0, 50.0))


def test_tempos_and_metres_are_maps() -> None:
    conductor = track((0, tempo(100)), (0, metre(7, 8)), (7 * 240, metre(3, 4)), (1440, tempo(125)))
    score = read_midi(smf(conductor, track(*note(60, 4800))))
    assert score.tempos == (Tempo(0.0, 100.0), Tempo(6.5, 125.0))
    assert score.metres == (Metre(0.0, 7, 8), Metre(3.5, 3, 4))


def test_before_the_first_change_hold_120_bpm_and_four_four() -> None:
    score = read_midi(smf(track((960, tempo(60)), (0, metre(3, 4))), track(*note(60, 4800))))
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(2.0, 60.0))
    assert score.metres == (Metre(0.0, 4, 4), Metre(2.0, 3, 4))


def test_the_last_of_several_changes_at_one_tick_holds() -> None:
    score = read_midi(smf(track((0, tempo(60)), (0, tempo(80))), track((0, tempo(96)), *note(60, 480))))
    assert score.tempos == (Tempo(0.0, 96.0),)


def test_a_pickup_is_a_short_first_bar() -> None:
    for short in (metre(1, 4), metre(4, 4)):
        score = read_midi(smf(track((0, short), (480, metre(4, 4))), track(*note(60, 480 * 5))))
        assert [(bar.start, bar.length) for bar in score.bars()] == [(0.0, 1.0), (1.0, 4.0)]


def test_running_status_goes_on_even_through_a_meta_event() -> None:
    events = (
        (0, on(60)),
        (480, bytes([60, 0])),
        (0, meta(1, b"text")),
        (0, bytes([64, 70])),
        (480, bytes([64, 0])),
    )
    assert only_part(smf(track(*events))).notes == (Note(0.0, 1.0, 60, 64), Note(1.0, 1.0, 64, 70))


def test_channel_10_is_drums_whatever_its_name_and_program() -> None:
    part = only_part(smf(track((0, name(b"Piano")), (0, program(25, 9)), *note(38, 120, channel=9))))
    assert (part.role, part.program, part.name) == ("drums", 25, "Piano")


def test_programs_on_one_channel_are_parts_of_their_own() -> None:
    events = (
        (0, program(33)),
        *note(40, 480),
        (0, program(25)),
        *note(60, 480),
        (0, program(33)),
        *note(41, 480),
    )
    bass, guitar = sorted(read_midi(smf(track(*events))).parts, key=lambda part: part.role)
    assert (bass.role, bass.program, [note.pitch for note in bass.notes]) == ("bass", 33, [40, 41])
    assert (guitar.role, guitar.program, [note.pitch for note in guitar.notes]) == ("guitar", 25, [60])


def test_a_note_keeps_the_program_it_began_with() -> None:
    part = only_part(smf(track((0, program(33)), (0, on(40)), (240, program(25)), (240, off(40)))))
    assert (part.program, part.notes) == (33, (Note(0.0, 1.0, 40, 64),))


def test_a_program_said_in_another_track_counts() -> None:
    score = read_midi(smf(track((0, program(33, 2))), track(*note(40, 480, channel=2))))
    assert [part.program for part in score.parts] == [33]


def test_ports_keep_equal_channels_apart() -> None:
    first = track((0, meta(0x21, b"\0")), (0, program(33)), *note(40, 480))
    second = track((0, meta(0x21, b"\1")), *note(60, 480))
    assert [part.program for part in read_midi(smf(first, second)).parts] == [33, 0]


def test_of_overlapping_equal_pitches_the_first_to_begin_ends_first() -> None:
    events = (0, on(60, 10)), (240, on(60, 20)), (240, off(60)), (480, off(60))
    assert only_part(smf(track(*events))).notes == (Note(0.0, 1.0, 60, 10), Note(0.5, 1.5, 60, 20))


def test_a_note_without_length_gets_one_tick() -> None:
    assert only_part(smf(track(*note(60, 0)))).notes == (Note(0.0, 1 / 480, 60, 64),)


def test_a_note_without_an_end_ends_with_its_track() -> None:
    data = smf(track((0, on(60)), (480, on(64)), (480, off(64)), end=480))
    assert only_part(data).notes == (Note(0.0, 3.0, 60, 64), Note(1.0, 1.0, 64, 64))


def test_velocity_0_is_an_end_and_an_end_without_a_note_is_nothing() -> None:
    assert only_part(smf(track((0, off(60)), (0, on(60, 70)), (480, on(60, 0)), (0, off(60))))).notes == (
        Note(0.0, 1.0, 60, 70),
    )


def test_pedal_bend_and_pressure_are_controls_in_order() -> None:
    events = (0, cc(64, 127)), (0, bend(-8192)), (120, bend(8191)), (0, bytes([0xD0, 55])), (0, cc(64, 0))
    assert only_part(smf(track(*events, *note(60, 480)))).controls == (
        Control(0.0, "cc", 64, 127),
        Control(0.0, "bend", 0, -8192),
        Control(0.25, "bend", 0, 8191),
        Control(0.25, "pressure", 0, 55),
        Control(0.25, "cc", 64, 0),
    )


def test_controls_of_a_track_without_notes_go_to_every_part_on_the_channel() -> None:
    controls = track((0, bend(100, 3)), (480, bend(0, 3)))
    score = read_midi(
        smf(controls, track(*note(60, 480, 3)), track(*note(62, 480, 3)), track(*note(64, 480, 4)))
    )
    expected = (Control(0.0, "bend", 0, 100), Control(1.0, "bend", 0, 0))
    assert [part.controls for part in score.parts] == [expected, expected, ()]


def test_the_staves_of_one_piano_share_the_pedal_but_not_the_volume() -> None:
    right = track((0, cc(7, 90)), (0, cc(64, 127)), *note(60, 480))
    left = track((0, cc(7, 70)), *note(40, 480))
    upper, lower = read_midi(smf(right, left)).parts
    assert upper.controls == (Control(0.0, "cc", 7, 90), Control(0.0, "cc", 64, 127))
    assert lower.controls == (Control(0.0, "cc", 7, 70), Control(0.0, "cc", 64, 127))


def test_a_later_program_is_told_where_the_channel_stands() -> None:
    events = (0, program(33)), (0, cc(7, 80)), *note(40, 480), (0, program(25)), (0, bend(5)), *note(60, 480)
    bass, guitar = sorted(read_midi(smf(track(*events))).parts, key=lambda part: part.role)
    assert bass.controls == (Control(0.0, "cc", 7, 80),)
    assert guitar.controls == (Control(1.0, "cc", 7, 80), Control(1.0, "bend", 0, 5))


@pytest.mark.parametrize(
    ("fifths", "minor", "tonic", "mode"),
    [
        *((0, 0, 0, "major"), (-3, 0, 3, "major"), (6, 0, 6, "major"), (-7, 0, 11, "major")),
        *((0, 1, 9, "minor"), (-7, 1, 8, "minor"), (7, 1, 10, "minor"), (2, 1, 11, "minor")),
    ],
)
def test_key_signatures(fifths: int, minor: int, tonic: int, mode: str) -> None:
    data = smf(track((480, meta(0x59, bytes([fifths & 0xFF, minor])))), track(*note(60, 960)))
    assert read_midi(data).keys == (Key(1.0, tonic, mode),)  # type: ignore[arg-type]


def test_markers_and_cue_points() -> None:
    data = smf(track((0, meta(0x06, b"Verse")), (480, meta(0x07, b"Chorus"))), track(*note(60, 960)))
    assert read_midi(data).markers == (Marker(0.0, "Verse"), Marker(1.0, "Chorus"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Flöte 笛".encode(), "Flöte 笛"),
        ("ピアノ伴奏".encode("cp932"), "ピアノ伴奏"),
        ("Flöte".encode("latin-1"), "Flöte"),
        ("José Ñandú".encode("latin-1"), "José Ñandú"),
        ("Don’t".encode("cp1252"), "Don’t"),
        (b"a\x81b", "a b"),
        (b" Lead\0\r\n", "Lead"),
        (b"", ""),
    ],
)
def test_names_in_any_encoding(data: bytes, text: str) -> None:
    assert only_part(smf(track((0, name(data)), *note(60, 480)))).name == text


def test_every_byte_may_stand_in_a_text() -> None:
    data = smf(
        track((0, name(bytes(range(256)))), (0, meta(0x06, bytes(range(255, -1, -1)))), *note(60, 480))
    )
    assert len(read_midi(data).markers) == 1


def test_what_it_does_not_know_takes_its_time_and_no_more() -> None:
    unknown = (240, meta(0x60, b"?")), (240, b"\xf0" + bytes([3]) + b"\x01\x02\xf7"), (0, b"\xf7\x01\x00")
    assert only_part(smf(track(*unknown, (0, bytes([0xA0, 60, 5])), *note(60, 480)))).notes[0].start == 1.0


def test_chunks_of_other_kinds_are_passed_over() -> None:
    alien = b"XFIH" + (4).to_bytes(4, "big") + b"\0\0\0\0"
    data = smf(track(*note(60, 480)), track(*note(64, 480)))
    assert read_midi(data[:14] + alien + data[14:] + alien) == read_midi(data)


@pytest.mark.parametrize(
    "damaged",
    [
        *(meta(0x59, b"\x63\x00"), meta(0x59, b"\x00"), meta(0x51, b"\0\0\0"), meta(0x51, b"\1")),
        *(meta(0x58, b"\4"), meta(0x58, b"\0\2\x18\x08"), meta(0x58, b"\4\xff\x18\x08")),
        *(meta(0x21), meta(0x54, b"\xff")),
    ],
)
def test_a_damaged_meta_event_is_left_out(damaged: bytes) -> None:
    assert read_midi(smf(track((0, damaged), *note(60, 480)))) == read_midi(smf(track(*note(60, 480))))


def test_a_silent_file_is_a_score_when_it_may_be() -> None:
    score = read_midi(smf(track((0, tempo(96)), end=960)), silent=True)
    assert (score.parts, score.tempos) == ((), (Tempo(0.0, 96.0),))
