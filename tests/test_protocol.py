"""The table is the protocol: its page is fresh, its messages are checked, its packets are OSC."""

from __future__ import annotations

import math
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

from bandmate_bridge.osc_packet import MAX_DATAGRAM, BadPacket, decode, encode
from bandmate_bridge.protocol import ASKS, TABLE, TELLS, checksum, checksum_of_pieces
from bandmate_bridge.protocol_page import page
from bandmate_bridge.protocol_schema import KINDS
from bandmate_models.errors import BandmateError

ROOT = Path(__file__).parent.parent
NUMBERS = st.integers(-(2**31), 2**31 - 1) | st.floats(width=32, allow_nan=False)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def test_the_page_in_docs_is_printed_from_the_table() -> None:
    assert (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8") == page(), (
        "stale: run `python -m bandmate_bridge.protocol > docs/protocol.md`"
    )


def test_the_page_names_every_message_and_the_conversation_in_it_is_valid() -> None:
    text = page()
    assert all(f"| `{message.address}` |" in text for message in TABLE)
    spoken = re.findall(r"^(->|<-) (/bandmate/\w+) +(.*)$", text, re.MULTILINE)
    assert len(spoken) > 10
    for arrow, address, rest in spoken:
        message = (ASKS if arrow == "->" else TELLS)[address.removeprefix("/bandmate/")]
        words = re.findall(r'"[^"]*"|-?\d+\.\d+|-?\d+(?=\s|$)', re.split(r" {3,}|…", rest)[0])
        atoms = tuple(w.strip('"') if w[0] == '"' else float(w) if "." in w else int(w) for w in words)
        message.check(atoms)


def test_the_conversation_shows_the_right_checksum() -> None:
    notes = [(0, float(beat), 1.0, pitch, 90) for beat, pitch in enumerate((60, 62, 64, 65))]
    assert f"/bandmate/end      2 {checksum(notes)}\n" in page()


def test_every_message_has_known_kinds_known_answers_and_an_id_first() -> None:
    for message in TABLE:
        assert message.arguments[0].kind == "id", message.name
        assert {argument.kind for argument in message.arguments + message.group} <= set(KINDS)
        assert set(message.answers) <= set(TELLS)
    assert len(ASKS) + len(TELLS) == len(TABLE) + sum(m.direction == "both" for m in TABLE)


@pytest.mark.parametrize(
    ("name", "atoms", "code"),
    [
        ("ping", (), "wrong_arity"),
        ("ping", (1, 2), "wrong_arity"),
        ("ping", ("one",), "wrong_type"),
        ("ping", (1.5,), "wrong_type"),
        ("ping", (-1,), "bad_value"),
        ("ping", (2**24,), "bad_value"),
        ("ping", (math.nan,), "bad_value"),
        ("tempo", (1, math.inf), "bad_value"),
        ("hello", (1, 1, 0, 7), "wrong_type"),
        ("hello", (1, 1, 0, "x" * 201), "bad_value"),
        ("continue", (1, 2, "bars"), "wrong_arity"),
        ("continue", (1, 2, 4, "bars"), "wrong_type"),
        ("chunk", (1, 0, 0, 0.0, 1.0, 60), "wrong_arity"),
        ("chunk", (1, 0, 0, 0.0, 1.0, 128, 90), "bad_value"),
        ("chunk", (1, 0, 0, 0.0, 1.0, 60, 0), "bad_value"),
        ("chunk", (1, 0, 0, 5000.0, 1.0, 60, 90), "bad_value"),
    ],
)
def test_a_wrong_message_is_refused_with_its_code(name: str, atoms: tuple[object, ...], code: str) -> None:
    with pytest.raises(BandmateError) as refusal:
        ASKS[name].check(atoms)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_whole_floats_are_whole_numbers_for_clients_that_have_no_ints() -> None:
    values = ASKS["chunk"].check((7.0, 0.0, 1.0, 0.5, 2.0, 60.0, 90.0))
    assert values == [7, 0, 1, 0.5, 2.0, 60, 90]
    assert [type(value) for value in values] == [int, int, int, float, float, int, int]


def test_the_daemon_sends_the_types_of_the_table_and_cuts_long_texts() -> None:
    [(address, atoms)] = decode(TELLS["refused"].packet(3, "bad_value", "ü" * 150))
    assert address == "/bandmate/refused"
    assert atoms == (3, "bad_value", "ü" * 100)
    [(_, atoms)] = decode(TELLS["session"].packet(0, "waiting", 4))
    assert [type(atom) for atom in atoms] == [int, str, float]


def test_a_full_chunk_is_about_a_kilobyte() -> None:
    packet = ASKS["chunk"].packet(1, 0, *((0, 0.0, 1.0, 60, 90) * 40))
    assert 900 < len(packet) < 1100 < MAX_DATAGRAM


@settings(deadline=None)
@given(st.lists(NUMBERS | TEXTS, max_size=30))
def test_what_is_encoded_is_decoded_again_and_read_by_another_osc_library(
    atoms: list[int | float | str],
) -> None:
    packet = encode("/bandmate/x", *atoms)
    assert len(packet) % 4 == 0
    assert decode(packet) == [("/bandmate/x", tuple(atoms))]
    assert OscMessage(packet).params == list(atoms)


@settings(deadline=None)
@given(st.lists(st.integers(-(2**30), 2**30) | TEXTS, max_size=10))
def test_packets_of_another_osc_library_are_read(atoms: list[int | str]) -> None:
    assert decode(build_msg("/a", list(atoms)).dgram) == [("/a", tuple(atoms))]


def _bundle(*elements: bytes) -> bytes:
    return b"#bundle\0" + bytes(8) + b"".join(len(e).to_bytes(4, "big") + e for e in elements)


def test_bundles_are_unpacked_and_their_nesting_is_bounded() -> None:
    one, two = encode("/a", 1), encode("/b", "x")
    assert decode(_bundle(one, _bundle(two))) == [("/a", (1,)), ("/b", ("x",))]
    deep = one
    for _ in range(500):
        deep = _bundle(deep)
    with pytest.raises(BadPacket):
        decode(deep)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"abc",
        b"abcd",
        b"/abc",
        b"/ab\0,i\0\0",
        b"/ab\0,i\0\0\0\0\0",
        b"/ab\0,i\0\0" + bytes(8),
        b"/ab\0ii\0\0" + bytes(8),
        b"/ab\0,b\0\0" + bytes(4),
        b"/ab\0,t\0\0" + bytes(8),
        b"/\xff\xfe\0,\0\0\0",
        b"/ab\0,s\0\0abcd",
        b"#bundle\0" + bytes(4),
        b"#bundle\0" + bytes(8) + b"\0\0\0\x05/ab\0,",
        b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc/ab\0",
        b"#bundle\0" + bytes(12),
    ],
)
def test_what_is_no_packet_is_rejected(packet: bytes) -> None:
    with pytest.raises(BadPacket):
        decode(packet)


@pytest.mark.parametrize("atom", [2**31, -(2**31) - 1, 1e39, None, b"x"])
def test_what_does_not_fit_a_packet_is_not_encoded(atom: object) -> None:
    with pytest.raises(ValueError):
        encode("/a", atom)  # type: ignore[arg-type]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 63),
            st.integers(0, 4096 * 960).map(lambda tick: tick / 960),
            st.integers(0, 4096 * 960).map(lambda tick: tick / 960),
            st.integers(0, 127),
            st.integers(1, 127),
        ),
        max_size=20,
    )
)
def test_the_checksum_never_leaves_what_32_bit_floats_hold(
    rows: list[tuple[int, float, float, int, int]],
) -> None:
    """Computed in single precision all along, from the beats as they travel."""
    import numpy as np

    f = np.float32
    total = f(1)
    for row in rows:
        for index, number in enumerate(row):
            whole = np.round(f(number) * f(960)) if index in (1, 2) else f(number)
            total = np.fmod(total * f(31) + whole, f(65521))
    assert int(total) == checksum(rows)


@settings(deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), st.integers(0, 2**32))
def test_the_checksum_of_pieces_is_the_checksum_of_the_whole(sizes: list[int], seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        [
            (chance.randrange(9), chance.randrange(9600) / 960, 0.5, chance.randrange(128), 90)
            for _ in range(size)
        ]
        for size in sizes
    ]
    whole = checksum(row for piece in pieces for row in piece)
    assert checksum_of_pieces((len(piece), checksum(piece, 0)) for piece in pieces) == whole


def test_the_checksum_knows_order_and_every_number() -> None:
    rows = [(0, 0.0, 1.0, 60, 90), (1, 0.5, 0.25, 64, 80)]
    assert checksum(rows) != checksum(rows[::-1])
    for index in range(5):
        changed = list(rows[1])
        changed[index] += 1
        assert checksum([rows[0], tuple(changed)]) != checksum(rows)  # type: ignore[list-item]
