"""The Live device end to end: a clip of a stand-in Live set, the bundled script, real UDP, the real daemon, new clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bandmate.library import Library
from bandmate_bridge.osc_client import OscClient
from bandmate_models.score import Score
from device_script_kit import Daemon, Device, Network, in_clip, needs_node, rows, until
from live_plan import Plan, TUNE, band, clip, live_set, note, track

pytestmark = needs_node

Make = Callable[..., Device]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def make(daemon: Daemon, tmp_path: Path) -> Iterator[Make]:
    """Makes devices that know the daemon; their faults fail the test."""
    made: list[Device] = []

    def device(plan: Plan, kind: str = "main", port: int | None = None) -> Device:
        made.append(Device(tmp_path, plan, kind))
        return made[-1].ready(port or daemon.port)

    yield device
    try:
        for one in made:
            one.close()
    finally:
        for one in made:
            one.kill()


def takes(daemon: Daemon, count: int) -> list[Score]:
    """The library's newest takes as a client of our own fetches them, oldest first."""
    with OscClient(daemon.port) as client:
        ids = [str(answer.values[0]) for answer in client.ask("takes", count) if answer.name == "take"]
        return [client.notes(take) for take in reversed(ids)]


def phrase_of(daemon: Daemon) -> Score:
    """The phrase of the newest take, as the daemon had it."""
    library = Library(daemon.folder / "library")
    phrase = library.get("last").phrase
    assert phrase is not None
    return phrase


def test_continue_writes_the_daemons_notes_into_the_next_empty_slot(daemon: Daemon, make: Make) -> None:
    device = make(band())
    device.put(bars=2)
    assert device.done("continue") == "Ready"
    [take] = takes(daemon, 1)
    new = device.slot("Lead", 1)
    assert new is not None
    assert in_clip(new) == rows(take, "melody")
    assert in_clip(new)
    phrase = phrase_of(daemon)
    assert rows(phrase, "melody") == sorted(TUNE)
