"""64-bit floats, which some hosts' scripts send, are read as numbers."""

from __future__ import annotations

import math

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from bandmate_bridge.osc_packet import BadPacket, decode, encode
from bandmate_bridge.protocol import ASKS


def packet(*atoms: tuple[str, object]) -> bytes:
    builder = OscMessageBuilder("/bandmate/tempo")
    for kind, atom in atoms:
        builder.add_arg(atom, kind)
    return builder.build().dgram


def test_doubles_and_floats_may_stand_side_by_side() -> None:
    whole = packet(("i", 7), ("d", 96.1), ("f", 0.5), ("s", "x"), ("d", -2.0))
    assert decode(whole) == [("/bandmate/tempo", (7, 96.1, 0.5, "x", -2.0))]
    [(_, atoms)] = decode(packet(("d", 7.0), ("d", 96.1)))
    assert ASKS["tempo"].check(atoms) == [7, 96.1]
    assert decode(encode("/bandmate/tempo", 7, 0.5)) == [("/bandmate/tempo", (7, 0.5))]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300])
def test_a_double_that_no_float_holds_is_no_number_of_this_protocol(number: float) -> None:
    with pytest.raises(BadPacket):
        decode(packet(("i", 7), ("d", number)))


def test_a_double_that_is_cut_short_is_a_bad_packet() -> None:
    with pytest.raises(BadPacket):
        decode(packet(("d", 96.1))[:-4])
