"""Note lists arrive whole, whatever is lost, doubled or reordered on the way."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge import exchange, transfer
from bandmate_bridge.exchange import Exchange
from bandmate_bridge.osc_packet import decode
from bandmate_bridge.protocol import ASKS, checksum
from bandmate_bridge.protocol_schema import MAX_BEATS, ROOT
from bandmate_bridge.transfer import Incoming, Outgoing, rows_of
from bandmate_models.errors import BandmateError
from bandmate_models.score import ROLES, Key, Metre, Note, Part, Score, Tempo


def _score(notes: int, seed: int = 0, parts: int = 3) -> Score:
    chance = random.Random(seed)
    lines: list[list[Note]] = [[] for _ in range(parts)]
    for _ in range(notes):
        tick = chance.randrange(960 * 200)
        note = Note(
            tick / 960, chance.randrange(1, 9600) / 960, chance.randrange(128), chance.randrange(1, 128)
        )
        lines[chance.randrange(parts)].append(note)
    return Score(
        tuple(Part(ROLES[i], tuple(sorted(line)), i, name=f"part {i} ü") for i, line in enumerate(lines)),
        (Tempo(0.0, 96.0), Tempo(8.0, 120.5)),
        (Metre(0.0, 3, 4), Metre(12.0, 7, 8)),
        (Key(0.0, 2, "minor"),),
    )


class Wire:
    """Two exchanges; `lose` decides for each packet whether the network eats it."""

    def __init__(self, lose: random.Random | None = None, share: float = 0.0) -> None:
        self.sender = Exchange(lambda packet: self._carry(packet, "receiver"), self._failed)
        self.receiver = Exchange(lambda packet: self._carry(packet, "sender"), self._failed)
        self.on_the_way: list[tuple[bytes, str]] = []
        self.failures: list[str] = []
        self._lose, self._share = lose, share

    def _failed(self, list_id: int, error: BandmateError) -> None:
        self.failures.append(error.code)

    def _carry(self, packet: bytes, to: str) -> None:
        if self._lose is None or self._lose.random() >= self._share:
            self.on_the_way.append((packet, to))

    def run(self, ticks: int, clock: Clock, shuffle: random.Random | None = None) -> None:
        """Moves time on by 50 ms a tick."""
        for _ in range(ticks):
            clock.now += 0.05
            self.sender.tick(clock.now)
            self.receiver.tick(clock.now)
            if shuffle is not None:
                shuffle.shuffle(self.on_the_way)
            carried, self.on_the_way = self.on_the_way, []
            for packet, to in carried:
                [(address, atoms)] = decode(packet)
                name = address.removeprefix(ROOT)
                getattr(self, to).hear(name, *ASKS[name].check(atoms))


class Clock:
    """Stands in for the time module."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the lists; the real one is not read."""
    clock = Clock()
    monkeypatch.setattr(transfer, "time", clock)
    return clock


@pytest.mark.parametrize("count", [0, 1, 40, 41, 700])
def test_a_list_arrives_as_it_was_sent(count: int, clock: Clock) -> None:
    wire, score = Wire(), _score(count)
    wire.sender.give(5, score, 256.0)
    wire.run(20, clock)
    assert wire.receiver.taken(5) == (score, 256.0)
    assert not wire.sender.sending(5)
    assert wire.receiver.counts["resends_asked"] == 0


def test_every_single_lost_packet_is_made_good(clock: Clock) -> None:
    score = _score(130)
    packets = Outgoing(5, score).packets(1000)
    assert len(packets) == 1 + 3 + 5 + 4 + 1
    for lost in range(len(packets)):
        wire = Wire()
        wire.sender.give(5, score)
        seen: list[bytes] = []

        def carry(
            packet: bytes, to: str, wire: Wire = wire, seen: list[bytes] = seen, lost: int = lost
        ) -> None:
            if to != "receiver" or packet != packets[lost] or packet in seen:
                wire.on_the_way.append((packet, to))
            seen.append(packet)

        wire._carry = carry  # type: ignore[method-assign]
        wire.run(60, clock)
        assert wire.receiver.taken(5)[0] == score, f"packet {lost} lost"
        assert not wire.sender.sending(5)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32))
def test_a_bad_network_loses_and_shuffles_and_the_list_still_arrives(seed: int) -> None:
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(transfer, "time", clock)
        wire, score = Wire(chance, 0.25), _score(300, seed)
        wire.sender.give(9, score)
        wire.run(400, clock, shuffle=chance)
    assert wire.receiver.taken(9)[0] == score


def test_a_list_that_never_comes_whole_is_given_up_on_both_ends(clock: Clock) -> None:
    wire = Wire(random.Random(1), 1.0)
    wire.sender.give(9, _score(50))
    wire.receiver.hear("begin", 9, 50, 2, 3, 5, 10.0)
    wire.run(400, clock)
    assert wire.failures == ["incomplete"]
    assert not wire.sender.sending(9)
    assert wire.sender.counts["given_up"] == 1


def test_a_whole_list_says_so_again_when_its_end_is_repeated(clock: Clock) -> None:
    wire, score = Wire(), _score(10)
    wire.sender.give(5, score)
    wire.run(5, clock)
    wire.receiver.hear("end", 5, 123)
    assert [decode(packet) for packet, _ in wire.on_the_way] == [[("/bandmate/received", (5, 10))]]


def test_beats_travel_on_the_grid_of_ticks_in_order_of_start() -> None:
    score = Score(
        (
            Part("melody", (Note(0.33333, 0.0001, 60, 1), Note(1.0, 1.0, 61, 1))),
            Part("bass", (Note(0.5, 1.0, 40, 9),)),
        )
    )
    assert [tuple(row) for row in rows_of(score)] == [
        (0, 320 / 960, 1 / 960, 60, 1),
        (1, 0.5, 1.0, 40, 9),
        (0, 1.0, 1.0, 61, 1),
    ]


def _whole(*messages: tuple[object, ...]) -> Incoming:
    incoming = Incoming(1)
    for name, *values in messages:
        incoming.hear(str(name), values)  # type: ignore[arg-type]
    return incoming


NOTE = (0, 0.0, 1.0, 60, 90)
SUM = checksum([NOTE])


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([("begin", 200_000, 5_000, 1, 0, 0.0)], "too_big"),
        ([("begin", 1, 1, 65, 0, 0.0)], "too_big"),
        ([("begin", 1, 2, 1, 0, 0.0)], "bad_list"),
        ([("begin", 100, 2, 1, 0, 0.0)], "bad_list"),
        ([("begin", 1, 1, 1, 0, 0.0), ("begin", 2, 1, 1, 0, 0.0)], "bad_list"),
        ([("begin", 1, 1, 1, 0, 0.0), ("part", 1, "melody", 0, "")], "bad_list"),
        ([("begin", 1, 1, 1, 0, 0.0), ("chunk", 1, *NOTE)], "bad_list"),
        ([("chunk", 100_000, *NOTE)], "bad_list"),
        ([("chunk", 0)], "bad_list"),
        ([("chunk", 0, *NOTE * 41)], "bad_list"),
        ([("part", 0, "kazoo", 0, "")], "bad_value"),
        ([("change", 0, 0.0, "tempo", 0.0, 0.0)], "bad_value"),
        ([("change", 0, 0.0, "metre", 4.0, 3.0)], "bad_value"),
        ([("change", 0, 0.0, "metre", 4.5, 4.0)], "bad_value"),
        ([("change", 0, 0.0, "key", 12.0, 0.0)], "bad_value"),
        ([("change", 0, 0.0, "mood", 1.0, 0.0)], "bad_value"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(messages: list[tuple[object, ...]], code: str) -> None:
    with pytest.raises(BandmateError) as refusal:
        _whole(*messages)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "messages",
    [
        [("begin", 1, 1, 1, 0, 0.0), ("part", 0, "melody", 0, ""), ("chunk", 0, *NOTE), ("end", SUM + 1)],
        [("begin", 2, 1, 1, 0, 0.0), ("part", 0, "melody", 0, ""), ("chunk", 0, *NOTE), ("end", SUM)],
        [("begin", 1, 1, 0, 0, 0.0), ("chunk", 0, *NOTE), ("end", SUM)],
    ],
)
def test_a_whole_list_that_contradicts_itself_is_refused(messages: list[tuple[object, ...]]) -> None:
    incoming = _whole(*messages)
    assert incoming.whole
    with pytest.raises(BandmateError) as refusal:
        incoming.score()
    assert refusal.value.code == "bad_list"


def test_chunks_that_came_before_begin_and_are_not_of_it_are_forgotten() -> None:
    incoming = _whole(
        ("chunk", 7, *NOTE), ("part", 3, "bass", 0, ""), ("begin", 1, 1, 1, 0, 0.0), ("end", SUM)
    )
    assert incoming.missing() == [-1, 0]


def test_a_sender_without_begin_cannot_fill_the_memory() -> None:
    incoming = Incoming(1)
    with pytest.raises(BandmateError) as refusal:
        for index in range(3_000):
            incoming.hear("chunk", [index, *NOTE * 40])
    assert refusal.value.code == "too_big"


def test_music_that_is_too_long_for_a_list_is_not_sent() -> None:
    with pytest.raises(BandmateError) as refusal:
        Outgoing(1, Score((Part("melody", (Note(MAX_BEATS, 1.0, 60, 90),)),)))
    assert refusal.value.code == "too_big"


def test_only_so_many_lists_may_be_on_their_way() -> None:
    receiver = Exchange(lambda packet: None, lambda list_id, error: None)
    for list_id in range(1, exchange.KEPT + 1):
        receiver.hear("begin", list_id, 40, 1, 1, 0, 0.0)
    with pytest.raises(BandmateError) as refusal:
        receiver.hear("begin", 99, 40, 1, 1, 0, 0.0)
    assert refusal.value.code == "busy"


def test_a_list_without_a_tempo_or_metre_at_its_beginning_has_the_usual_ones() -> None:
    part, change = ("part", 0, "melody", 0, ""), ("change", 0, 4.0, "tempo", 90.0, 0.0)
    incoming = _whole(("begin", 1, 1, 1, 1, 0.0), part, change, ("chunk", 0, *NOTE), ("end", SUM))
    score = incoming.score()
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(4.0, 90.0))
    assert score.metres == (Metre(0.0, 4, 4),)
