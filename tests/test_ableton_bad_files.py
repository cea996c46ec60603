"""Live sets that are none, are damaged or mean harm: one line, soon."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import live_sets as live
from bandmate_models.ableton import read_live_set, reader, tree
from bandmate_models.errors import BandmateError

XML = live.live_set(
    live.track("Bass", live.clip([(0.0, 1.0, 40, 100), (1.0, 1.0, 43, 90)], length=8.0, loop=(0.0, 4.0))),
    live.track("Kit", slots=[live.clip([(0.0, 0.25, 36, 100)])], drums=True),
    tempos=[(live.BEFORE_ALL, 120), (4, 120), (8, 90)],
    scenes=[live.scene("A", tempo=100)],
    markers=[(0.0, "A")],
    scale=(4, 1),
)
SAVED = live.als(XML)


def refused(data: bytes) -> str:
    with pytest.raises(BandmateError) as caught:
        read_live_set(data)
    assert caught.value.code == "bad_file"
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither gzip nor XML"),
        (b"MThd\0\0\0\6", "neither gzip nor XML"),
        (b"<html><body/></html>", "does not begin with Ableton"),
        (b"<Ableton><LiveSet>", "damaged"),
        (b"<Ableton><InstrumentGroupDevice/></Ableton>", "a preset or a clip"),
        (SAVED[: len(SAVED) // 2], "cut short"),
        (SAVED[:20] + b"\xff" * 60 + SAVED[80:], "cannot be unpacked"),
        (gzip.compress(b"not XML at all"), "not a Live set"),
    ],
    ids=["empty", "MIDI", "HTML", "unclosed", "a rack", "half", "scrambled", "text"],
)
def test_what_is_no_set_is_told(data: bytes, words: str) -> None:
    assert words in refused(data)


def test_a_document_type_is_refused_before_its_entities_grow() -> None:
    laughs = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    bomb = f'<!DOCTYPE Ableton [<!ENTITY l0 "ha">{laughs}]>'
    assert "document type" in refused(live.live_set(live.track("&l9;"), before=bomb))
    outside = '<!DOCTYPE Ableton SYSTEM "file:///etc/passwd">'
    assert "document type" in refused(live.live_set(before=outside))


def test_what_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST_XML", 8 * 2**20)
    bomb = gzip.compress(b"<Ableton>" + b" " * (64 * 2**20), 1)
    assert len(bomb) < 2**20
    assert "unpacks to more than 8 MiB" in refused(bomb)


def test_a_tag_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LONGEST_TAG", 4 * 2**20)
    assert "has no end" in refused(gzip.compress(b'<Ableton a="' + b"x" * (16 * 2**20), 1))


def test_elements_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_ELEMENTS", 10_000)
    monkeypatch.setattr(tree, "_BLOCK", 2**14)
    assert "more than 10000 elements" in refused(b"<Ableton>" + b"<a/>" * 20_000 + b"</Ableton>")
    monkeypatch.setattr(tree, "MOST_KEPT", 1000)
    assert "more than 1000 notes" in refused(b"<Ableton>" + b"<LiveSet/>" * 2000 + b"</Ableton>")


def test_depth_without_end_is_refused() -> None:
    assert "too deep" in refused(b"<Ableton>" + b"<a>" * 1_000_000)
    slots = b"<DeviceChain><MainSequencer><ClipSlotList>" + b"<ClipSlot>" * 200_000
    assert "too deep" in refused(b"<Ableton><LiveSet><Tracks><MidiTrack>" + slots)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST_FILE", 1000)
    file = tmp_path / "big.als"
    file.write_bytes(SAVED)
    assert len(SAVED) > 1000
    with pytest.raises(BandmateError, match=r"big\.als: the Live set is larger"):
        read_live_set(file)
    with pytest.raises(BandmateError, match="cannot read"):
        read_live_set(tmp_path / "none.als")


@pytest.mark.parametrize("loop", [(0.0, 1e-8), (0.0, 0.001)])
def test_a_loop_that_makes_millions_of_notes_is_refused(
    loop: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_NOTES", 5000)
    clip = live.clip([(0.0, 1.0, 40, 100)], length=90_000.0, loop=loop)
    assert "sounds more than" in refused(live.live_set(live.track("Bass", clip, clip, clip)))


def test_a_loop_without_notes_costs_nothing() -> None:
    clip = live.clip([(0.5, 1.0, 40, 100)], length=90_000.0, loop=(0.0, 1e-8))
    played = live.clip([(0.0, 1.0, 40, 100)])
    score = read_live_set(live.live_set(live.track("Bass", clip), live.track("Lead", played))).score
    assert score.note_count == 1


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ('Duration="1.0"', 'Duration="one"', "a note's Duration is 'one'"),
        ('Duration="1.0"', 'Duration="nan"', "a note's Duration is 'nan'"),
        ('Duration="1.0"', "", "a note's Duration is missing"),
        ('Velocity="100"', 'Velocity="1e999"', "a note's Velocity is '1e999'"),
        ('<MidiKey Value="40"/>', '<MidiKey Value="200"/>', "MidiKey is '200'"),
        ('<MidiKey Value="40"/>', "", "MidiKey is missing"),
        ('<LoopEnd Value="4.0"/>', '<LoopEnd Value="-"/>', "LoopEnd is '-'"),
        ('Time="1.0"', 'Time="9e15"', "a note's Time is '9e15'"),
        ('Value="90"', 'Value="0"', "a tempo is '0'"),
        ('<Root Value="4"/>', '<Root Value="12"/>', "root is '12'"),
        ('Value="201"', 'Value="999"', "a time signature is '999'"),
        ('<CurrentEnd Value="8.0"/>', '<CurrentEnd Value="200000"/>', "longer than 100000 beats"),
    ],
)
def test_a_broken_number_is_named(right: str, wrong: str, words: str) -> None:
    assert right.encode() in XML
    assert words in refused(XML.replace(right.encode(), wrong.encode(), 1))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_of_any_kind_is_a_sentence_or_music(data: st.DataObject) -> None:
    changed = bytearray(XML)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(changed) - 1))
        if data.draw(st.booleans()):
            changed[place] = data.draw(st.integers(0, 255))
        else:
            del changed[place : place + data.draw(st.integers(1, 60))]
    try:
        score = read_live_set(live.als(bytes(changed))).score
    except BandmateError as error:
        assert error.code == "bad_file"
    else:
        notes = [note for part in score.parts for note in part.notes]
        assert all(0 <= note.pitch <= 127 and note.duration > 0 for note in notes)
