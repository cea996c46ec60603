"""The server answers each client for itself, refuses what is wrong, and outlives whatever it is sent."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from pythonosc.osc_message_builder import build_msg

from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_clients import MAX_CLIENTS, REFUSALS, Client
from bandmate_bridge.osc_packet import Atom, decode, encode
from bandmate_bridge.osc_server import OWN, Handler, OscServer
from bandmate_bridge.protocol import ASKS, CODES
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Score
from fuzz_osc import FRIEND, STRANGER, answer_ok, packets, server

BIG = Score((Part("chords", tuple(Note(n / 8, 0.25, 40 + n % 40, 1 + n % 127) for n in range(5000))),))


class Desk:
    """A running server; `heard` is what its handlers were called with."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, tuple[Atom, ...]]] = []
        self.gone: list[int] = []
        handlers = {name: self._handler(name) for name in set(ASKS) - OWN}
        self.server = OscServer(handlers, port=0, on_gone=lambda c: self.gone.append(c.number))
        self.server.introduction = ("1.2", "tiny", "continue")
        self.server.start()

    @property
    def port(self) -> int:
        return self.server.address[1]

    def _handler(self, name: str) -> Handler:
        def answer(client: Client, request: int, *values: Atom) -> None:
            self.heard.append((name, client.number, values))
            if name == "notes":
                self.server.send_list(client, request, BIG, 700.0)
            elif name == "tempo":
                raise BandmateError("too fast", "bad_value")
            elif name == "panic":
                raise RuntimeError("a mistake")
            else:
                client.tell("ok", request)

        return answer


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.server.stop()


@pytest.fixture
def raw(desk: Desk) -> Iterator[Callable[..., list[tuple[str, tuple[Atom, ...]]]]]:
    """Sends bytes from one port of its own, gives the answers up to the pong of a ping sent after them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5.0)

        def exchange(*packets: bytes) -> list[tuple[str, tuple[Atom, ...]]]:
            for packet in (*packets, encode("/bandmate/ping", 4242)):
                sock.sendto(packet, desk.server.address)
            answers = []
            while (answer := decode(sock.recv(65_536))[0]) != ("/bandmate/pong", (4242,)):
                answers.append(answer)
            return answers

        yield exchange


def test_hello_is_welcomed_with_version_number_and_capabilities(desk: Desk) -> None:
    with OscClient(desk.port) as one, OscClient(desk.port) as two:
        assert one.welcome == [1, 1, "1.2", "tiny", "continue"]
        assert two.welcome[1] == 2


def test_each_client_is_answered_for_itself_though_their_ids_are_equal(desk: Desk) -> None:
    with OscClient(desk.port) as one, OscClient(desk.port) as two:
        ids = one.begin("status"), two.begin("ports")
        assert ids[0] == ids[1]
        assert [answer.name for answer in one.ask("takes", 5)] == ["ok"]
        assert [answer.name for answer in two.ask("takes", 5)] == ["ok"]
        assert sorted((name, number) for name, number, _ in desk.heard) == [
            ("ports", 2), ("status", 1), ("takes", 1), ("takes", 2),
        ]  # fmt: skip


def test_a_client_listens_where_its_hello_says(desk: Desk, raw: Callable[..., list[object]]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5.0)
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with mouth:
            mouth.sendto(encode("/bandmate/hello", 1, 1, ear.getsockname()[1], "max"), desk.server.address)
            assert decode(ear.recv(65_536))[0][0] == "/bandmate/welcome"
            mouth.sendto(encode("/bandmate/status", 2), desk.server.address)
            assert decode(ear.recv(65_536)) == [("/bandmate/ok", (2,))]


def test_a_tool_without_a_port_of_its_own_speaks_by_its_number(desk: Desk) -> None:
    with OscClient(desk.port) as known:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(encode(f"/bandmate/{known.welcome[1]}/status", 77), desk.server.address)
        while not known._heard:
            known.poll()
        assert known._heard.pop()[:2] == ("ok", 77)


@pytest.mark.parametrize(
    ("packet", "code", "request_id"),
    [
        (encode("/bandmate/nonsense", 5), "unknown_address", 5),
        (encode("/elsewhere", 5), "unknown_address", 5),
        (encode("/bandmate/status"), "wrong_arity", 0),
        (encode("/bandmate/status", 5, 6), "wrong_arity", 5),
        (encode("/bandmate/takes", 5, "many"), "wrong_type", 5),
        (encode("/bandmate/takes", 5, -3), "bad_value", 5),
        (encode("/bandmate/takes", 5, float("nan")), "bad_value", 5),
        (encode("/bandmate/tempo", 5, 900.0), "bad_value", 5),
        (encode("/bandmate/panic", 5), "failed", 5),
        (encode("/bandmate/resend", 5, 0), "unknown_list", 5),
        (encode("/bandmate/begin", 5, 9, 9, 99, 0, 0.0), "too_big", 5),
        (encode("/bandmate/hello", 5, 2, 0, "later"), "bad_version", 5),
        (encode("/bandmate/hello", 5, 1, 70_000, "far"), "bad_value", 5),
        (b"/bandmate/status\0\0\0\0,b\0\0\0\0\0\0", "bad_packet", 0),
        (b"garbage!", "bad_packet", 0),
        (build_msg("/bandmate/status", [b"blob"]).dgram, "bad_packet", 0),
    ],
    ids=lambda value: value.partition(b"\0")[0].decode() if isinstance(value, bytes) else None,
)
def test_what_is_wrong_is_refused_by_its_id_with_a_code(
    raw: Callable[..., list[tuple[str, tuple[Atom, ...]]]], packet: bytes, code: str, request_id: int
) -> None:
    raw(encode("/bandmate/hello", 1, 1, 0, "x"))
    [(address, (answered, said, sentence))] = raw(packet)
    assert (address, answered, said) == ("/bandmate/refused", request_id, code)
    assert code in CODES
    assert sentence


def test_a_stranger_is_told_to_say_hello_and_its_garbage_is_only_counted(
    desk: Desk, raw: Callable[..., list[tuple[str, tuple[Atom, ...]]]]
) -> None:
    [(address, (request, code, _))] = raw(encode("/bandmate/status", 3))
    assert (address, request, code) == ("/bandmate/refused", 3, "hello_first")
    assert raw(b"garbage!", encode("/elsewhere", 1), encode("/bandmate/9/status", 1)[:-4]) == []
    assert desk.server.counts["bad_packets"] == 2
    assert desk.heard == []


def test_another_host_cannot_speak_by_a_clients_number() -> None:
    quiet = server()
    quiet.handle(encode("/bandmate/1/bye", 5), ("192.0.2.1", 10))
    assert len(quiet.clients) == 1
    quiet.handle(encode("/bandmate/1/bye", 5), STRANGER)
    assert len(quiet.clients) == 0


def test_after_bye_a_client_is_a_stranger(desk: Desk) -> None:
    client = OscClient(desk.port)
    with client:
        client.ask("status")
    assert desk.gone == [1]
    assert len(desk.server.clients) == 0


def test_a_second_hello_begins_anew_but_a_repeated_one_does_not(desk: Desk) -> None:
    with OscClient(desk.port) as client:
        list_id = client.upload(Score((Part("bass", (Note(0.0, 1.0, 40, 90),)),)))
        [known] = desk.server.clients
        client._send(ASKS["hello"].packet(1, 1, 0, "again"))
        client.ask("ping")
        assert known.lists.has(list_id)
        assert desk.gone == []
        assert client.ask("hello", 1, 0, "anew")[-1].values[1] == known.number
        assert not known.lists.has(list_id)
        assert desk.gone == [known.number]


def test_the_client_longest_silent_makes_room_for_a_new_one() -> None:
    quiet = server()
    for port in range(100, 100 + MAX_CLIENTS):
        quiet.handle(encode("/bandmate/hello", 1, 1, 0, "x"), ("127.0.0.1", port))
    assert len(quiet.clients) == MAX_CLIENTS
    assert quiet.clients.find(FRIEND) is None


def test_refusals_are_rationed_for_each_client_and_for_strangers_together(
    desk: Desk, raw: Callable[..., list[tuple[str, tuple[Atom, ...]]]]
) -> None:
    refusals = raw(*[encode("/bandmate/status", 1)] * 300)
    assert 0 < len(refusals) < 3 * REFUSALS
    raw(encode("/bandmate/hello", 1, 1, 0, "x"))
    refusals = raw(*[b"garbage!"] * 300)
    assert 0 < len(refusals) < 3 * REFUSALS
    assert desk.server.counts["refusals_withheld"] > 200


def test_a_list_of_five_thousand_notes_goes_both_ways(desk: Desk) -> None:
    with OscClient(desk.port) as client:
        assert client.notes("any") == BIG
        assert client.lists.taken(2) == (BIG, 700.0)
        list_id = client.upload(BIG)
        [known] = desk.server.clients
        assert known.lists.taken(list_id)[0] == BIG


def test_bundles_are_unpacked(raw: Callable[..., list[tuple[str, tuple[Atom, ...]]]]) -> None:
    elements = [encode("/bandmate/hello", 1, 1, 0, "x"), encode("/bandmate/status", 2)]
    bundle = b"#bundle\0" + bytes(7) + b"\1" + b"".join(len(e).to_bytes(4, "big") + e for e in elements)
    assert [address for address, _ in raw(bundle)] == ["/bandmate/welcome", "/bandmate/ok"]


def test_every_client_hears_that_the_server_stops() -> None:
    desk = Desk()
    with OscClient(desk.port) as one, OscClient(desk.port) as two:
        desk.server.stop()
        assert [next(client.announcements(5.0)).name for client in (one, two)] == ["bye", "bye"]


def test_a_taken_port_is_one_sentence(desk: Desk) -> None:
    with pytest.raises(BandmateError, match=rf"UDP port {desk.port} .* is taken") as refusal:
        OscServer(dict.fromkeys(set(ASKS) - OWN, answer_ok), port=desk.port)
    assert refusal.value.code == "port_taken"


def test_handlers_that_differ_from_the_table_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="status"):
        OscServer(dict.fromkeys(set(ASKS) - OWN - {"status"}, answer_ok), port=0)


def test_a_client_whose_port_is_gone_disturbs_nobody(desk: Desk) -> None:
    lost = OscClient(desk.port)
    lost.__enter__()
    lost.begin("notes", "any")
    lost._socket.close()
    with OscClient(desk.port) as client:
        desk.server.tell_all("session", 0, "waiting", 0.0)
        assert client.notes("any").note_count == 5000


def test_a_flood_of_garbage_leaves_the_others_their_answers(desk: Desk) -> None:
    with OscClient(desk.port) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        for _ in range(40):
            for _ in range(50):
                flood.sendto(os.urandom(64), desk.server.address)
            client.ask("ping")
            time.sleep(0.001)
        assert client.notes("any").note_count == 5000
    assert desk.server.counts["bad_packets"] > 1000


@settings(max_examples=500, deadline=None)
@given(packets())
def test_no_packet_raises_or_kills(packet: bytes) -> None:
    for source in (STRANGER, FRIEND):
        TARGET.handle(packet, source)
    assert TARGET.counts["mistakes"] == 0


TARGET = server()
