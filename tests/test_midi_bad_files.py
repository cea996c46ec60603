"""A file that is no music is refused in one clear line, and by nothing else."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.midi.reader import LARGEST_FILE
from midi_files import bend, cc, meta, metre, name, note, on, program, smf, tempo, track

CONDUCTOR = track(
    *((0, tempo(97)), (0, metre(7, 8)), (0, meta(0x59, b"\xfd\x01"))),
    *((1680, metre(4, 4)), (5, meta(0x06, b"B"))),
)
FLUTE = track(
    *((0, name("Flöte".encode())), (0, program(73)), (0, cc(64, 127))),
    *(*note(72, 300), (9, bend(77)), *note(70, 0)),
)
DRUMS = track(
    *((0, meta(0x21, b"\1")), *note(36, 60, 9), (0, b"\xf0\x03\x01\x02\xf7")),
    *((0, bytes([36, 1])), (200, on(60))),
)
RICH = smf(CONDUCTOR, FLUTE, DRUMS)


def refusal(source: Path | str | bytes) -> str:
    with pytest.raises(BandmateError) as caught:
        read_midi(source)
    assert caught.value.code == "bad_file"
    sentence = str(caught.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


def test_every_beginning_of_a_file_is_cut_short() -> None:
    assert read_midi(RICH).note_count == 4
    for length in range(1, len(RICH)):
        sentence = refusal(RICH[:length])
        assert "cut short" in sentence or "not a MIDI file" in sentence


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a MIDI file"),
        (b"RIFF\x00\x00\x00\x00RMIDdata", "not a MIDI file"),
        (smf(track(*note(60, 40)), division=0xE728), "SMPTE"),
        (smf(track(*note(60, 40)), division=0), "ticks per beat"),
        (smf(track(*note(60, 40)), kind=3), "header"),
        (smf(), "no notes"),
        (smf(track(end=960)), "no notes"),
        (smf(track((0, on(60, 0)), end=960)), "no notes"),
        (smf(track((0, b"\x3c\x40"))), "damaged"),
        (smf(track((0, b"\xf4"))), "damaged"),
        (smf(b"MTrk\0\0\0\2\0\x90"), "breaks off"),
        (smf(b"MTrk\0\0\0\5\0\xff\x01\x7fx"), "breaks off"),
        (smf(b"MTrk\0\0\0\4\0\xf0\x7fx"), "breaks off"),
        (smf(b"MTrk\0\0\0\6\xff\xff\xff\xff\xff\x7f"), "four bytes"),
        (smf(track(*note(60, 2**27)), division=96), "longer than"),
        (bytes(LARGEST_FILE + 1), "larger than"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_of_bad_file_is_named(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_a_path_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.mid")
    assert "directory" in refusal(tmp_path).lower() or "denied" in refusal(tmp_path).lower()
    assert "cannot read" in refusal("a\0b.mid")


def test_a_file_larger_than_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.truncate(50 * LARGEST_FILE)
    assert "larger than" in refusal(path)


def test_a_million_notes_are_read() -> None:
    body = b"\x00\x90\x3c\x40" + b"\x01\x3c\x00\x00\x3c\x40" * 999_999 + b"\x01\x3c\x00\x00\xff\x2f\x00"
    data = smf(b"MTrk" + struct.pack(">L", len(body)) + body, division=96)
    assert read_midi(data).note_count == 1_000_000


def test_a_heap_of_equal_notes_at_once_is_read() -> None:
    body = b"\x00\x90\x3c\x40" + b"\x00\x3c\x40" * 199_999 + b"\x00\x3c\x00" * 200_000 + b"\x00\xff\x2f\x00"
    data = smf(b"MTrk" + struct.pack(">L", len(body)) + body, division=96)
    assert read_midi(data).note_count == 200_000


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(RICH) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_damaged_file_is_music_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(RICH)
    for place, value in changes:
        data[place] = value
    read_or_refuse(bytes(data))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400))
def test_random_tracks_are_music_or_refused(body: bytes) -> None:
    read_or_refuse(smf(b"MTrk" + struct.pack(">L", len(body)) + body, division=96))
    read_or_refuse(body)
    read_or_refuse(b"MThd" + body)


def read_or_refuse(data: bytes) -> None:
    """Every note that was read has a place and a length; nothing but BandmateError comes out."""
    try:
        score = read_midi(data)
    except BandmateError as error:
        assert error.code == "bad_file"
        return
    for part in score.parts:
        assert list(part.notes) == sorted(part.notes, key=lambda note: note.start)
        for start, duration, pitch, velocity in part.notes:
            assert start >= 0
            assert duration > 0
            assert 0 <= pitch <= 127
            assert 1 <= velocity <= 127
    assert score.tempos[0].beat == score.metres[0].beat == 0
    assert all(bar.length > 0 for bar in score.bars(until=16))
