"""The Live device on a bad network, with a daemon that dies, and beside others."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate.library import Library
from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_packet import decode, encode
from bandmate_models.score import Score
from device_script_kit import Daemon, Device, Network, free_port, in_clip, needs_node, rows, until
from live_plan import TUNE, Plan, band, clip

pytestmark = needs_node

Make = Callable[..., Device]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Device] = []

    def device(plan: Plan, kind: str = "main") -> Device:
        made.append(Device(tmp_path, plan, kind))
        return made[-1]

    yield device
    try:
        for one in made:
            one.close()
    finally:
        for one in made:
            one.kill()


def newest(daemon: Daemon, count: int = 1) -> list[Score]:
    """Oldest first."""
    with OscClient(daemon.port) as client:
        ids = [str(answer.values[0]) for answer in client.ask("takes", count) if answer.name == "take"]
        return [client.notes(take) for take in reversed(ids)]


LONG = [(0.25 * step, 0.25, 50 + step % 24, 60 + step % 60) for step in range(256)]
"""Seven chunks of notes."""


@pytest.mark.parametrize(
    ("loss", "repeat", "swap"), [(0.15, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.4), (0.1, 0.2, 0.2)]
)
def test_lost_repeated_and_reordered_packets_cost_no_note(
    daemon: Daemon, make: Make, loss: float, repeat: float, swap: float
) -> None:
    network = Network(daemon.port, loss, repeat, swap)
    try:
        device = make(band(clip(LONG, 64.0))).ready(network.port)
        device.put(takes=2)
        assert device.done("humanise", 120) == "Ready"
        assert sum(network.counts.values()) > 5, "the network was bad"
    finally:
        network.close()
    takes = newest(daemon, 2)
    library = Library(daemon.folder / "library")
    assert len(library.list()) == 2, "a request that is repeated is done once"
    phrase = library.get("last").phrase
    assert phrase is not None
    assert rows(phrase, "melody") == sorted(LONG)
    for row, take in enumerate(takes, 1):
        new = device.slot("Lead", row)
        assert new is not None
        assert len(in_clip(new)) == 256
        assert in_clip(new) == rows(take, "melody")
    assert device.slot("Lead", 3) is None


def test_without_a_daemon_the_light_is_red_and_says_the_line_that_starts_it(
    make: Make, tmp_path: Path
) -> None:
    daemon = Daemon(tmp_path)
    device = make(band()).begin(daemon.port)
    until(lambda: device.light == 0, "the red light")
    assert device.status == "No daemon: run  bandmate serve"
    device.press("continue")
    assert device.status == "No daemon: run  bandmate serve"
    daemon.start()
    try:
        until(lambda: device.light == 2, "the green light")
        device.put(bars=1)
        assert device.done("continue") == "Ready"
    finally:
        daemon.stop()
    until(lambda: device.light == 0, "the red light again")
    assert device.status == "The daemon has stopped: run  bandmate serve"


def test_a_request_outlives_a_daemon_that_is_killed_and_started_again(daemon: Daemon, make: Make) -> None:
    device = make(band()).ready(daemon.port)
    device.put(bars=16, takes=3)
    device.press("continue")
    until(lambda: device.slot("Lead", 1), "the first take")
    assert device.slot("Lead", 3) is None
    daemon.kill()
    until(lambda: "does not answer" in device.status or device.light == 0, "notice of its death")
    daemon.start()
    until(lambda: device.slot("Lead", 3), "the third take", 120)
    until(lambda: device.light == 2, "the green light")
    assert device.status == "Ready"
    library = Library(daemon.folder / "library")
    by_seed = {card.seed: rows(library.get(card.id).score, "melody") for card in library.list()}
    assert len(by_seed) == 3
    for row, seed in enumerate(sorted(by_seed), 1):  # type: ignore[type-var]
        assert in_clip(device.slot("Lead", row) or {}) == by_seed[seed]
    assert device.live["scenes"] == 4, "no take is written twice"


def test_a_device_that_is_loaded_again_finds_the_daemon_and_leaves_what_was_written(
    daemon: Daemon, make: Make
) -> None:
    first = make(band()).ready(daemon.port)
    first.put(bars=1)
    first.done("continue")
    first.kill()  # Live crashes: no bye
    second = make(band()).ready(daemon.port)
    second.put(bars=1)
    assert second.done("continue") == "Ready"
    assert in_clip(second.slot("Lead", 1) or {}) == rows(newest(daemon)[0], "melody")


@pytest.fixture(autouse=True)
def _forget_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that a test has killed is not closed again."""
    close = Device.close

    def careful(self: Device) -> None:
        if self._process.poll() is None:
            close(self)

    monkeypatch.setattr(Device, "close", careful)


def test_two_devices_and_a_part_are_answered_each_for_itself(daemon: Daemon, make: Make) -> None:
    one, two = make(band()), make(band(clip([(row[0], row[1], row[2] + 5, row[3]) for row in TUNE])))
    part = make(band(), "part")
    for device in (one, two, part):
        device.ready(daemon.port)
    for device in (one, two):
        device.put(bars=1)
        device.press("continue")
    for device in (one, two):
        until(lambda device=device: device.light == 2, "the end")  # type: ignore[misc]
    written = sorted(in_clip(device.slot("Lead", 1) or {}) for device in (one, two))
    assert written == sorted(rows(take, "melody") for take in newest(daemon, 2))
    ports = [device.said(3, "listen")[-1][0] for device in (one, two, part)]
    assert len(set(ports)) == 3


def test_a_device_changes_its_port_where_the_daemon_cannot_reach_it(make: Make) -> None:
    """A daemon that answers at none of the first port's hellos, as where another program has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(20)
        device = make(band()).begin(daemon.getsockname()[1])
        ports: list[int] = []
        while len(set(ports)) < 2:
            [(_, atoms)] = decode(daemon.recvfrom(9216)[0])
            ports.append(int(atoms[2]))
        daemon.sendto(
            encode("/bandmate/welcome", int(atoms[0]), 1, 1, "0.1.0", "a model"), ("127.0.0.1", ports[-1])
        )
        until(lambda: device.light == 2, "the green light")
        assert device.status == "Ready: a model"
        assert ports[0] != ports[-1]
        assert device.said(3, "listen")[-1] == [ports[-1]]


@pytest.mark.parametrize("answer", ["welcome", "refused"])
def test_another_version_of_the_protocol_is_said(make: Make, answer: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(20)
        device = make(band()).begin(daemon.getsockname()[1])
        [(_, atoms)] = decode(daemon.recvfrom(9216)[0])
        words = {
            "welcome": (2, 1, "0.2.0", "a model"),
            "refused": ("bad_version", "this daemon speaks version 2 of the protocol, not 1"),
        }[answer]
        daemon.sendto(encode(f"/bandmate/{answer}", int(atoms[0]), *words), ("127.0.0.1", int(atoms[2])))
        until(lambda: "version 2" in device.status, "the sentence")
        assert device.light == 0


def test_nothing_that_comes_from_elsewhere_disturbs_the_device(daemon: Daemon, make: Make) -> None:
    device = make(band()).ready(daemon.port)
    port = device.said(3, "listen")[-1][0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for packet in (
            b"", b"abc", b"/bandmate/take\0\0,\0\0\0", encode("/other", 1), encode("/bandmate/end", 3, 3),
            encode("/bandmate/refused", 0, "busy", "x"), encode("/bandmate/chunk", 5, 0, 1.0),
            encode("/bandmate/done", 9, 1),
        ):  # fmt: skip
            stranger.sendto(packet, ("127.0.0.1", port))
    device.put(bars=1)
    assert device.done("continue") == "Ready"
    assert free_port()
