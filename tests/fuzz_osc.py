"""What the network may throw at the OSC server: strategies for hypothesis, and a fuzzer to run by hand.

`python tests/fuzz_osc.py [packets]` throws so many at a handler in this process (default a million).
"""

from __future__ import annotations

import random
import sys
import time

from hypothesis import strategies as st

from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom, encode
from bandmate_bridge.osc_server import OWN, Handler, OscServer
from bandmate_bridge.protocol import ASKS

STRANGER, FRIEND = ("127.0.0.1", 9), ("127.0.0.1", 10)
ATOMS: tuple[Atom, ...] = (
    0, 1, -1, 127, 2**24, 2**31 - 1, -(2**31), 0.0, -0.5, 1e-30, 3e38,
    float("nan"), float("inf"), "", "melody", "x" * 300,
)  # fmt: skip


def answer_ok(client: Client, request: int, *values: Atom) -> None:
    client.tell("ok", request)


def server() -> OscServer:
    """A server on a free port, not started: `handle` is called directly. FRIEND has said hello."""
    handlers: dict[str, Handler] = dict.fromkeys(set(ASKS) - OWN, answer_ok)
    quiet = OscServer(handlers, port=0)
    quiet.handle(encode("/bandmate/hello", 1, 1, 0, "friend"), FRIEND)
    return quiet


def odd_packet(chance: random.Random) -> bytes:
    """Random bytes, a message of odd arguments, or a valid one with some bytes changed, cut or doubled."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(0, 120))
    name = chance.choice([*ASKS, "nonsense", "7/ping"])
    atoms = [chance.choice(ATOMS) for _ in range(chance.randrange(0, 12))]
    if kind == 1:
        return encode(f"/bandmate/{name}", *atoms)
    packet = bytearray(encode(f"/bandmate/{name}", 5, *atoms))
    if kind == 3:
        packet = bytearray(b"#bundle\0" + bytes(8) + len(packet).to_bytes(4, "big") + packet)
    for _ in range(chance.randrange(1, 6)):
        packet[chance.randrange(len(packet))] = chance.randrange(256)
    cut = chance.randrange(len(packet))
    return bytes(packet[:cut] if chance.random() < 0.2 else packet)


def atoms() -> st.SearchStrategy[Atom]:
    return (
        st.sampled_from(ATOMS) | st.integers(-(2**31), 2**31 - 1) | st.floats(width=32) | st.text(max_size=20)
    )


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """The same three kinds, shrinkable."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return draw(st.binary(max_size=200))
    name = draw(st.sampled_from([*ASKS, "nonsense", "1/continue", "99999999/ping", "a/b", ""]))
    packet = encode(f"/bandmate/{name}", *draw(st.lists(atoms(), max_size=12)))
    if kind == 1:
        return packet
    at = draw(st.integers(0, len(packet) - 1))
    return packet[:at] + draw(st.binary(max_size=8)) + packet[at + draw(st.integers(0, 8)) :]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    chance = random.Random(0)
    target = server()
    spent = 0.0
    for number in range(count):
        if number % 100 == 0:
            target.handle(encode("/bandmate/hello", 1, 1, 0, "friend"), FRIEND)
        packet, source = odd_packet(chance), chance.choice((STRANGER, FRIEND))
        begun = time.perf_counter()
        target.handle(packet, source)
        spent += time.perf_counter() - begun
    print(f"{count} packets, {spent / count * 1e6:.1f} us each: {dict(target.counts)}")
    if target.counts["mistakes"]:
        raise SystemExit("the server made mistakes")


if __name__ == "__main__":
    main()
