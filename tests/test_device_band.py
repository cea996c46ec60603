"""The live band through the devices: the daemon plays to the host's transport, Keep writes it.

What the patch sends by itself, the host's transport, is sent here; its own way with the notes is shown in
test_device_jam.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate.library import Library
from bandmate_bridge.osc_client import OscClient
from device_script_kit import Daemon, Device, in_clip, needs_node, rows, until
from live_plan import band

pytestmark = needs_node

BPM = 120.0


class Transport:
    """Live's transport as the patch tells it, ten times a second from a thread of its own."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._begun = time.monotonic()
        self._running = threading.Event()
        self._running.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._id = 16_000_000
        self._thread.start()

    @property
    def beat(self) -> float:
        return (time.monotonic() - self._begun) * BPM / 60.0

    def _tell(self, playing: int) -> None:
        self._id += 1
        self._device.send("/bandmate/host", self._id, playing, self.beat, BPM, 4, 4, 0, 0.0, 0.0)

    def _run(self) -> None:
        while self._running.is_set():
            self._tell(1)
            time.sleep(0.1)
        self._tell(0)

    def stop(self) -> None:
        self._running.clear()
        self._thread.join()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path)
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def make(daemon: Daemon, tmp_path: Path) -> Iterator[Callable[[str], Device]]:
    made: list[Device] = []

    def device(kind: str) -> Device:
        made.append(Device(tmp_path, band(), kind))
        return made[-1].ready(daemon.port)

    yield device
    try:
        for one in made:
            one.close()
    finally:
        for one in made:
            one.kill()


def test_the_band_plays_to_lives_transport_and_keep_writes_it(
    daemon: Daemon, make: Callable[[str], Device]
) -> None:
    main, part = make("main"), make("part")
    part.choose("part_role", "drums")
    main.choose("plays", "bass")
    main.put(jam=1, energy=0.7)
    assert main.said(2, "jam")[-1] == [1]
    assert main.said(2, "plays")[-1] == ["bass"]
    assert part.said(2, "plays")[-1] == ["drums"]
    transport = Transport(main)
    try:
        for device in (main, part):
            until(lambda device=device: len(heard(device)) == 3, "the band")  # type: ignore[misc]
        assert "Band playing" in (line for [line] in main.said(1, "status"))
        newest = main.told("band_notes")[-1]
        assert newest[2] > transport.beat - 2.0, "beats are the host's"
        until(lambda: transport.beat > 24.0, "the sixth bar")
        part.put(part_mute=1)
        assert part.said(0, "/bandmate/band")[-1][1:] == ["drums.mute", 1]
        until(lambda: "drums" in {words[1] for words in part.told("band_cancel")}, "silence of the drums")
        main.press("fill")
        assert main.said(0, "/bandmate/band")[-1][1:] == ["fill", 1]
        main.put(keep_bars=0)
        assert main.done("keep") == "Ready"
    finally:
        transport.stop()
    until(lambda: main.told("band_cancel"), "the end of what was planned")
    library = Library(daemon.folder / "library")
    card = library.get("last").card
    with OscClient(daemon.port) as client:
        take = client.notes(card.id)
    written = {"drums": "Bandmate Drums", "bass": "Bandmate Bass", "chords": "Bandmate Chords"}
    found = [role for role in written if rows(take, role)]
    assert len(found) >= 2
    clips = {role: until(lambda role=role: clip_of(main, written[role]), role) for role in found}  # type: ignore[misc]
    for role, clip in clips.items():
        assert in_clip(clip) == rows(take, role)
        assert clip["loop_end"] == 16.0
    main.put(jam=0)
    assert main.said(2, "jam")[-1] == [0]
    assert main.said(2, "clear")


def heard(device: Device) -> set[str]:
    return {words[1] for words in device.told("band_notes")}


def clip_of(device: Device, track: str) -> dict[str, object] | None:
    return next((clip for clip in (device.slot(track, row) for row in range(4)) if clip), None)
