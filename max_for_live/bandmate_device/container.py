"""The `.amxd` file: three chunks, and in the third the frozen block that holds a device's files.

    ampf  4 bytes: what kind of device ("mmmm": MIDI effect)
    meta  uint32, little-endian: 7, the device is frozen
    ptch  "mx@c", uint32 16, uint64 offset of the footer, the files one after the other, footer "dlst"

Tags and sizes of the outer chunks are little-endian and without their own header; all within the frozen block
is big-endian, and each size includes its own tag and size. The footer holds one "dire" for each file, the
device's own patch first. `write_device` and `read_device` share no code but the tags: the reader goes by the
offsets it finds in the bytes.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MIDI_EFFECT = b"mmmm"
FROZEN = 7
FIXED_DATE = 3_850_070_400
"""When every file was changed: 1 January 2026, in seconds since 1904. A true date would change the bytes."""

_MAGIC, _FILES_AT = b"mx@c", 16
_PATCH_FLAG = 0x11  # of the device's own patch; other files have 0


class Entry(NamedTuple):
    """A file within a device. `kind` is "JSON" or "TEXT"; the first entry of a device is its patch."""

    name: str
    kind: str
    data: bytes


class Device(NamedTuple):
    """What a reader finds in a file: kind and state of the device, and its files, the patch first."""

    kind: bytes
    meta: int
    entries: tuple[Entry, ...]

    @property
    def patch(self) -> bytes:
        """The patch's JSON, without the NUL that ends it."""
        return self.entries[0].data.rstrip(b"\0")


class BadDevice(ValueError):
    """The bytes are no device; the message says where."""


def write_device(name: str, patch: bytes, files: tuple[Entry, ...], kind: bytes = MIDI_EFFECT) -> bytes:
    """The bytes of a frozen device: its patch, named `name`.amxd and ended by a NUL, then its files."""
    entries = (Entry(f"{name}.amxd", "JSON", patch + b"\0"), *files)
    body, listing = b"", b""
    for number, entry in enumerate(entries):
        flag = 0 if number else _PATCH_FLAG
        listing += _directory_entry(entry, _FILES_AT + len(body), flag)
        body += entry.data
    footer_at = _FILES_AT + len(body)
    frozen = _MAGIC + struct.pack(">IQ", _FILES_AT, footer_at) + body + _field(b"dlst", listing)
    return _chunk(b"ampf", kind) + _chunk(b"meta", struct.pack("<I", FROZEN)) + _chunk(b"ptch", frozen)


def _chunk(tag: bytes, payload: bytes) -> bytes:
    return tag + struct.pack("<I", len(payload)) + payload


def _field(tag: bytes, payload: bytes) -> bytes:
    return tag + struct.pack(">I", len(payload) + 8) + payload


def _directory_entry(entry: Entry, offset: int, flag: int) -> bytes:
    name = entry.name.encode("ascii") + b"\0"
    name += bytes(-len(name) % 4)
    numbers = {b"sz32": len(entry.data), b"of32": offset, b"vers": 0, b"flag": flag, b"mdat": FIXED_DATE}
    return _field(
        b"dire",
        _field(b"type", entry.kind.encode("ascii").ljust(4))
        + _field(b"fnam", name)
        + b"".join(_field(tag, struct.pack(">I", number)) for tag, number in numbers.items()),
    )


def read_device(data: bytes) -> Device:
    """Device of a file's bytes, frozen or not. Raises BadDevice."""
    chunks = _chunks(data)
    missing = [tag.decode() for tag in (b"ampf", b"meta", b"ptch") if tag not in chunks]
    if missing:
        raise BadDevice(f"no {', '.join(missing)} chunk")
    if len(chunks[b"meta"]) != 4:
        raise BadDevice(f"the meta chunk has {len(chunks[b'meta'])} bytes, not 4")
    (meta,) = struct.unpack("<I", chunks[b"meta"])
    payload = chunks[b"ptch"]
    frozen = payload.startswith(_MAGIC)
    entries = _frozen_entries(payload) if frozen else (Entry("", "JSON", payload),)
    return Device(chunks[b"ampf"], meta, entries)


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            raise BadDevice(f"{len(data) - place} bytes too many at {place}")
        tag, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if place + 8 + size > len(data):
            raise BadDevice(f"chunk {tag!r} at {place} wants {size} bytes, the file has less")
        if tag in found:
            raise BadDevice(f"a second {tag!r} chunk at {place}")
        found[tag] = data[place + 8 : place + 8 + size]
        place += 8 + size
    return found


def _frozen_entries(block: bytes) -> tuple[Entry, ...]:
    """The files of a frozen block, by the footer that its header points at."""
    if len(block) < _FILES_AT:
        raise BadDevice("the frozen block ends in its header")
    footer = int.from_bytes(block[8:16], "big")
    listing = dict(_fields(block, footer, len(block))).get(b"dlst")
    if listing is None:
        raise BadDevice(f"no dlst at {footer}, where the header says that it is")
    entries: list[Entry] = []
    for tag, directory in _fields(listing, 0, len(listing)):
        if tag != b"dire":
            raise BadDevice(f"{tag!r} among the directory's entries")
        fields = dict(_fields(directory, 0, len(directory)))
        try:
            offset, size = (int.from_bytes(fields[name], "big") for name in (b"of32", b"sz32"))
            name = fields[b"fnam"].split(b"\0", 1)[0].decode("ascii")
            kind = fields[b"type"].decode("ascii").rstrip()
        except (KeyError, UnicodeDecodeError) as error:
            raise BadDevice(f"directory entry {len(entries)} is damaged: {error}") from error
        if not _FILES_AT <= offset <= offset + size <= footer:
            raise BadDevice(f"{name} lies at {offset} with {size} bytes, outside the files")
        entries.append(Entry(name, kind, block[offset : offset + size]))
    if not entries:
        raise BadDevice("the directory is empty")
    return tuple(entries)


def _fields(data: bytes, begin: int, end: int) -> list[tuple[bytes, bytes]]:
    """Tag and payload of what stands between two places, each with a size that includes its header."""
    found = []
    place = begin
    while place < end:
        size = int.from_bytes(data[place + 4 : place + 8], "big")
        if size < 8 or place + size > end:
            raise BadDevice(f"field {data[place : place + 4]!r} at {place} has the size {size}")
        found.append((data[place : place + 4], data[place + 8 : place + size]))
        place += size
    return found
