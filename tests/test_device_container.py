"""The `.amxd` container: what is written is read again by its offsets, and damage is told."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_device.container import MIDI_EFFECT, BadDevice, Entry, read_device, write_device
from bandmate_device.device import build_stamp, stamped
from bandmate_device.table import DeviceName
from device_kit import FOLDER, SCRIPT, device

NAMES = st.text("abcdefgh.-_ ", min_size=1, max_size=20)
KINDS = st.sampled_from(["TEXT", "JSON"])
ENTRIES = st.lists(st.builds(Entry, NAMES, KINDS, st.binary(max_size=50)), max_size=4)


@given(st.binary(max_size=80), ENTRIES)
def test_what_is_written_is_read(patch: bytes, files: list[Entry]) -> None:
    read = read_device(write_device("A device", patch, tuple(files)))
    assert read.kind == MIDI_EFFECT
    assert read.meta == 7
    assert read.entries == (Entry("A device.amxd", "JSON", patch + b"\0"), *files)


def test_the_bytes_are_as_the_format_says() -> None:
    """By hand: little-endian chunks, a big-endian block, sizes that include their headers."""
    data = write_device("X", b"{}", (Entry("a.js", "TEXT", b"var a;"),))
    assert data[:24] == b"ampf\4\0\0\0mmmmmeta\4\0\0\0\7\0\0\0"
    assert data[24:28] == b"ptch"
    assert struct.unpack_from("<I", data, 28) == (len(data) - 32,)
    block = data[32:]
    magic, begin, footer = struct.unpack_from(">4sIQ", block)
    assert (magic, begin, footer) == (b"mx@c", 16, 16 + 3 + 6)
    assert block[16:25] == b"{}\0var a;"
    assert struct.unpack_from(">4sI", block, footer) == (b"dlst", len(block) - footer)
    # type 12, fnam 8 + "X.amxd" padded to 8, then five numbers of 12
    size = 8 + 12 + 16 + 60
    assert struct.unpack_from(">4sI4sI4s", block, footer + 8) == (b"dire", size, b"type", 12, b"JSON")
    second = footer + 8 + 96
    assert struct.unpack_from(">4sI", block, second) == (b"dire", size)
    assert block[second + 20 : second + 36] == b"fnam\0\0\0\x10a.js\0\0\0\0"
    numbers = [struct.unpack_from(">4sII", block, second + 36 + 12 * i) for i in range(4)]
    assert numbers == [(b"sz32", 12, 6), (b"of32", 12, 19), (b"vers", 12, 0), (b"flag", 12, 0)]


@pytest.mark.parametrize("name", ["main", "part"])
def test_a_device_unpacks_to_its_patch_and_script(name: DeviceName) -> None:
    read = read_device(device(name))
    assert [entry.kind for entry in read.entries] == ["JSON", "TEXT"]
    assert json.loads(read.patch)["patcher"]["boxes"]
    name_of_script = stamped("bandmate.js", build_stamp(FOLDER, SCRIPT))
    assert read.entries[1] == Entry(name_of_script, "TEXT", SCRIPT.encode())


def test_an_unfrozen_device_is_read_too() -> None:
    chunk = b'{"patcher" : {}}\0'
    data = b"ampf\4\0\0\0aaaameta\4\0\0\0\1\0\0\0ptch" + struct.pack("<I", len(chunk)) + chunk
    assert read_device(data).patch == b'{"patcher" : {}}'
    assert read_device(data).meta == 1


@given(st.data())
def test_damage_is_told_and_never_read_past(data: st.DataObject) -> None:
    whole = bytearray(write_device("X", b'{"a": 1}', (Entry("a.js", "TEXT", b"var a;"),)))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadDevice):
        read_device(bytes(whole[:cut]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_device(bytes(whole))
    except BadDevice:
        return
    assert sum(len(entry.data) for entry in read.entries) <= len(whole) * max(1, len(read.entries))
