"""The wire: OSC 1.0 packets to and from Python, ints, floats and strings only.

Doubles are read too, as hosts send them whose scripts know no other numbers (Bitwig's), and never written.

Rejecting is as cheap as reading, so that a flood of garbage costs next to nothing, and nesting is
bounded, so that no packet can exhaust the stack.
"""

from __future__ import annotations

import struct
from functools import lru_cache

Atom = int | float | str

MAX_DATAGRAM = 9_216  # macOS refuses longer UDP datagrams by default
MAX_NESTING = 4
_BUNDLE = b"#bundle\0"
_NUMBERS = frozenset("if")
_TAGS = frozenset("ifsd")
_LARGEST = 3.4e38  # as far as a 32-bit float goes


class BadPacket(ValueError):
    """The bytes are not an OSC packet that this protocol reads."""


def encode(address: str, *atoms: Atom) -> bytes:
    """One OSC message. Raises ValueError for an int beyond 32 bits or another type."""
    tags, body = [","], []
    for atom in atoms:
        if isinstance(atom, str):
            tags.append("s")
            body.append(_padded(atom))
        elif isinstance(atom, int):
            tags.append("i")
            body.append(_packed(">i", atom))
        elif isinstance(atom, float):
            tags.append("f")
            body.append(_packed(">f", atom))
        else:
            raise ValueError(f"an OSC message cannot carry a {type(atom).__name__}")
    return b"".join((_padded(address), _padded("".join(tags)), *body))


def decode(datagram: bytes) -> list[tuple[str, tuple[Atom, ...]]]:
    """The messages of a datagram as (address, atoms); bundles are unpacked, their time tags ignored.

    Raises BadPacket.
    """
    if not datagram or len(datagram) % 4:
        raise BadPacket("its size is not a multiple of 4")
    if datagram[0] == 0x2F:
        return [_message(datagram)]
    if datagram.startswith(_BUNDLE):
        return _bundle(datagram, 1)
    raise BadPacket("it begins with neither an address nor a bundle")


def _bundle(data: bytes, depth: int) -> list[tuple[str, tuple[Atom, ...]]]:
    if depth > MAX_NESTING:
        raise BadPacket("its bundles are nested too deeply")
    if len(data) < 16:
        raise BadPacket("its bundle is cut short")
    messages = []
    at = 16
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        element = data[at + 4 : at + 4 + size]
        if size == 0 or size % 4 or len(element) != size:
            raise BadPacket("a bundle element has a wrong size")
        if element.startswith(_BUNDLE):
            messages += _bundle(element, depth + 1)
        elif element[0] == 0x2F:
            messages.append(_message(element))
        else:
            raise BadPacket("a bundle element is no message")
        at += 4 + size
    return messages


def _message(data: bytes) -> tuple[str, tuple[Atom, ...]]:
    address, at = _string(data, 0)
    if at == len(data):
        return address, ()
    tags, at = _string(data, at)
    if not tags.startswith(","):
        raise BadPacket("it has no type tags")
    kinds = tags[1:]
    if _NUMBERS.issuperset(kinds):
        if len(data) - at != 4 * len(kinds):
            raise BadPacket("its arguments do not fill it")
        return address, _layout(kinds).unpack_from(data, at)
    if not _TAGS.issuperset(kinds):
        raise BadPacket("it carries other types than int, float and string")
    atoms: list[Atom] = []
    for kind in kinds:
        if kind == "s":
            text, at = _string(data, at)
            atoms.append(text)
            continue
        layout = _layout(kind)
        if at + layout.size > len(data):
            raise BadPacket("its arguments are cut short")
        number = layout.unpack_from(data, at)[0]
        if kind == "d" and not abs(number) < _LARGEST:
            raise BadPacket("it carries a number that no float holds")
        atoms.append(number)
        at += layout.size
    if at != len(data):
        raise BadPacket("its arguments do not fill it")
    return address, tuple(atoms)


@lru_cache(maxsize=256)
def _layout(kinds: str) -> struct.Struct:
    return struct.Struct(">" + kinds)


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise BadPacket("a string has no end")
    try:
        text = data[at:end].decode()
    except UnicodeDecodeError:
        raise BadPacket("a string is not UTF-8") from None
    after = at + ((end - at) // 4 + 1) * 4
    if after > len(data):
        raise BadPacket("a string is not padded")
    return text, after


def _padded(text: str) -> bytes:
    raw = text.replace("\0", " ").encode()
    return raw + b"\0" * (4 - len(raw) % 4)


def _packed(layout: str, number: float) -> bytes:
    try:
        return struct.pack(layout, number)
    except (struct.error, OverflowError):
        raise ValueError(f"{number!r} does not fit 32 bits") from None
