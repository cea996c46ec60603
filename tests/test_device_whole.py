"""Both halves of the device together: the patch in the simulated Max, the script in node, the real daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bandmate_device.table import DEVICES, DeviceName, read_table
from device_kit import FOLDER, device, patch_of
from device_script_kit import PATIENCE, Daemon, Device, needs_node
from live_plan import band
from max_graph import BANG, Graph, Message
from max_live import Control

pytestmark = needs_node


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    daemon.start()
    yield daemon
    daemon.stop()


class Whole:
    """A device in real time. What comes over UDP the script hears itself; all else goes through the patch."""

    def __init__(self, folder: Path, name: DeviceName = "main", remembered: Message | None = None) -> None:
        self.graph = Graph(patch_of(device(name)))
        self.script = Device(folder, band(), name)
        self.begun = time.perf_counter()
        self._to_script, self._from_script = 0, [0, 0, 0, 0]
        if remembered is not None:
            self.control("saved").value = remembered
        self.graph.send(self.graph.by_name["device"].box, 1, (1,))
        self.graph.send(self.graph.by_name["device"].box, 0, BANG)

    def control(self, name: str) -> Control:
        thing = self.graph.by_name[name]
        assert isinstance(thing, Control)
        return thing

    def step(self) -> None:
        self.graph.run((time.perf_counter() - self.begun) * 1000)
        for _, message in self.graph.heard[self._to_script :]:
            self.script.say(*message)
        self._to_script = len(self.graph.heard)
        said = self.script.everything()
        for outlet in (1, 2, 3):
            for atoms in said[outlet][self._from_script[outlet] :]:
                self.graph.from_script(outlet, *atoms)
            self._from_script[outlet] = len(said[outlet])

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what}: {self.control('status').value}"
            self.step()
            time.sleep(0.01)

    def colour(self) -> float | None:
        """How red the light is."""
        shown = self.graph.seen.get("light", [])
        return float(shown[-1][1]) if shown else None


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Callable[..., Whole]]:
    made: list[Whole] = []

    def make(*words: Any) -> Whole:
        made.append(Whole(tmp_path, *words))
        return made[-1]

    yield make
    try:
        for one in made:
            one.script.close()
    finally:
        for one in made:
            one.script.kill()


RED, GREEN = 0.88, 0.35


@pytest.mark.parametrize("name", DEVICES)
def test_the_light_turns_green_at_the_port_that_is_set(
    name: DeviceName, daemon: Daemon, whole: Callable[..., Whole]
) -> None:
    one = whole(name)
    one.until(lambda: one.graph.seen.get("hear"), "a port to listen at")
    one.control("port" if name == "main" else "part_port").turn(float(daemon.port))
    one.until(lambda: one.colour() == GREEN, "the green light")
    assert one.graph.sent[-1][1] == ("port", daemon.port)
    assert one.control("stamp").value != ("",)


def test_every_parameter_button_and_menu_is_known_to_both_halves(whole: Callable[..., Whole]) -> None:
    """The script takes each value that the patch has for it; a fault in it fails when it is closed."""
    one = whole("main")
    table = read_table(FOLDER / "device.json", "main")
    one.until(lambda: one.graph.seen.get("status"), "a word")
    for row in table.parameters:
        if row.name != "port":
            one.control(row.name).turn(row.span[1])
            one.step()
            one.control(row.name).turn(row.initial)
    one.until(lambda: one.graph.by_name["pressed"].open, "buttons that count")  # type: ignore[attr-defined]
    for button in table.buttons:
        one.control(button.name).press()
        one.step()
    for menu in table.menus:
        one.until(lambda name=menu.name: one.graph.seen.get(name), "a menu's items")
        assert one.graph.seen[menu.name][0] == ("clear",)
        one.control(menu.name).turn(1)
        one.step()


def test_a_take_is_written_held_heard_and_its_tracks_remembered(
    daemon: Daemon, whole: Callable[..., Whole]
) -> None:
    one = whole("main")
    one.control("port").turn(float(daemon.port))
    one.until(lambda: one.colour() == GREEN, "the green light")
    one.control("hold").turn(1)
    one.control("bars").turn(1)
    one.control("plays").turn(7)
    before = one.control("take_line").value
    one.until(lambda: one.graph.by_name["pressed"].open, "buttons that count")  # type: ignore[attr-defined]
    one.control("generate").press()
    one.until(lambda: one.control("take_line").value != before, "a take")
    one.until(lambda: one.colour() == GREEN, "an end")
    one.control("audition").press()
    one.until(lambda: one.graph.out, "a note of the audition")
    one.control("audition").press()
    one.until(lambda: not _sounding(one.graph), "silence")

    one.control("target_bass").turn(2)
    one.until(lambda: "bass" in one.control("saved").value, "something to remember")
    again = whole("main", one.control("saved").value)
    again.until(lambda: ("set", 2) in again.graph.seen.get("target_bass", []), "the track that was chosen")


def _sounding(graph: Graph) -> bool:
    held: dict[int, int] = {}
    for _, pitch, velocity in graph.notes():
        held[pitch] = held.get(pitch, 0) + 1 if velocity else 0
    return any(held.values())
