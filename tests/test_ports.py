"""Ports on machines that this one is not: a stand-in for rtmidi with ports that come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bandmate_bridge.messages import Configure, PortWish
from bandmate_bridge.ports import Ports
from jack_helpers import until


class FakeMidi:
    """An rtmidi port on a FakeSystem."""

    def __init__(self, system: FakeSystem, names: list[str]) -> None:
        self._system, self._names = system, names
        self.port: str | None = None
        self.sent: list[tuple[int, ...]] = []
        self.callback: Callable[[tuple[list[int], float]], None] | None = None
        self.deleted = False

    def get_ports(self) -> list[str]:
        return list(self._names)

    def open_port(self, index: int, name: str) -> None:
        self.port = self._names[index]

    def open_virtual_port(self, name: str) -> None:
        if not self._system.has_virtual_ports:
            raise NotImplementedError("virtual ports are not supported")
        self.port = name

    def set_callback(self, callback: Callable[[tuple[list[int], float]], None]) -> None:
        self.callback = callback

    def cancel_callback(self) -> None:
        self.callback = None

    def ignore_types(self, **_: bool) -> None:
        pass

    def send_message(self, data: tuple[int, ...]) -> None:
        if self.port not in self._names and not self._system.has_virtual_ports:
            raise OSError("the device has gone")
        self.sent.append(data)

    def close_port(self) -> None:
        assert self.callback is None, "JACK would end the thread that calls back while it is in Python"
        self.port = None

    def delete(self) -> None:
        self.deleted = True


class FakeSystem:
    """What the rtmidi module is to Ports."""

    API_WINDOWS_MM, API_MACOSX_CORE, API_LINUX_ALSA, API_UNIX_JACK = 4, 1, 2, 3

    def __init__(self, api: int, has_virtual_ports: bool) -> None:
        self._api = api
        self.has_virtual_ports = has_virtual_ports
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.made: list[FakeMidi] = []

    def get_compiled_api(self) -> list[int]:
        return [self._api]

    def MidiIn(self, api: int, name: str) -> FakeMidi:
        return self._make(self.inputs)

    def MidiOut(self, api: int, name: str) -> FakeMidi:
        return self._make(self.outputs)

    def _make(self, names: list[str]) -> FakeMidi:
        self.made.append(FakeMidi(self, names))
        return self.made[-1]

    def opened(self, port: str) -> FakeMidi:
        return next(midi for midi in self.made if midi.port == port and not midi.deleted)


@pytest.fixture
def windows() -> FakeSystem:
    return FakeSystem(FakeSystem.API_WINDOWS_MM, has_virtual_ports=False)


class Watched:
    """Ports with their watcher, what they heard, and how often they changed."""

    def __init__(self, configure: Configure, system: FakeSystem, platform: str) -> None:
        self.heard: list[tuple[int, ...]] = []
        self.changes = 0
        self.ports = Ports(configure, self._hear, self._changed, system, platform)
        self.ports.open()
        self._thread = threading.Thread(target=self.ports.watch, daemon=True)
        self._thread.start()

    def _hear(self, time: float, data: tuple[int, ...]) -> None:
        self.heard.append(data)

    def _changed(self) -> None:
        self.changes += 1

    def close(self) -> None:
        self.ports.close()
        self._thread.join()


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    watched: list[Watched] = []

    def begin(*arguments: Any) -> Watched:
        watched.append(Watched(*arguments))
        return watched[-1]

    yield begin
    for one in watched:
        one.close()


def test_on_windows_the_message_names_loopmidi_and_the_ports_to_make(
    windows: FakeSystem, watch: Callable[..., Watched]
) -> None:
    state_in, state_out = watch(Configure(), windows, "win32").ports.states()
    assert not state_in.open and not state_out.open
    assert "install loopMIDI" in state_in.detail and "'Bandmate In'" in state_in.detail
    assert "'Bandmate Out'" in state_out.detail


def test_on_windows_ports_made_in_loopmidi_are_taken(
    windows: FakeSystem, watch: Callable[..., Watched]
) -> None:
    watched = watch(Configure(), windows, "win32")
    windows.inputs.append("Bandmate In 0")
    windows.outputs.append("Bandmate Out 1")
    until(lambda: all(port.open for port in watched.ports.states()), "both ports")
    watched.ports.send("", (0x90, 60, 90))
    assert windows.opened("Bandmate Out 1").sent == [(0x90, 60, 90)]
    callback = windows.opened("Bandmate In 0").callback
    assert callback is not None
    callback(([0x90, 61, 1], 0.0))
    assert watched.heard == [(0x90, 61, 1)]


def test_what_names_no_output_goes_to_the_first_or_nowhere(
    windows: FakeSystem, watch: Callable[..., Watched]
) -> None:
    configure = Configure((), (PortWish("Piano", False), PortWish("Clock", False)))
    windows.outputs.append("Clock 1")
    watched = watch(configure, windows, "win32")
    until(lambda: watched.ports.states()[1].open, "the second output")
    watched.ports.send("", (0x90, 60, 90))
    assert windows.opened("Clock 1").sent == []
    windows.outputs.append("Piano 2")
    until(lambda: watched.ports.states()[0].open, "the first output")
    watched.ports.send("", (0x90, 61, 90))
    assert windows.opened("Piano 2").sent == [(0x90, 61, 90)]
    assert windows.opened("Clock 1").sent == []


def test_a_device_that_is_pulled_out_is_reported_and_taken_again(
    windows: FakeSystem, watch: Callable[..., Watched]
) -> None:
    windows.outputs.append("USB Piano")
    wish = Configure(inputs=(), outputs=(PortWish("usb piano", virtual=False),))
    watched = watch(wish, windows, "win32")
    assert watched.ports.states()[0].open
    windows.outputs.clear()
    watched.ports.send("", (0x90, 60, 90))
    until(lambda: not watched.ports.states()[0].open, "the loss to be seen")
    assert "'USB Piano' has gone" in watched.ports.states()[0].detail
    watched.ports.send("", (0x90, 60, 90))
    windows.outputs.append("USB Piano")
    until(lambda: watched.ports.states()[0].open, "the return to be seen")
    watched.ports.send("usb piano", (0x90, 62, 90))
    assert windows.opened("USB Piano").sent == [(0x90, 62, 90)]
    until(lambda: watched.changes >= 2, "both changes to be told")


def test_a_port_that_no_one_has_is_named(windows: FakeSystem, watch: Callable[..., Watched]) -> None:
    watched = watch(Configure((), (PortWish("Moog", virtual=False),)), windows, "win32")
    assert "no port named 'Moog'" in watched.ports.states()[0].detail


def test_on_macos_virtual_ports_open_and_outputs_go_by_name(watch: Callable[..., Watched]) -> None:
    mac = FakeSystem(FakeSystem.API_MACOSX_CORE, has_virtual_ports=True)
    watched = watch(Configure(outputs=(PortWish("One"), PortWish("Two"))), mac, "darwin")
    assert watched.ports.backend == "coremidi"
    assert all(port.open for port in watched.ports.states())
    for name, pitch in (("Two", 62), ("", 60), ("Three", 63)):
        watched.ports.send(name, (0x90, pitch, 90))
    assert mac.opened("One").sent == [(0x90, 60, 90)]
    assert mac.opened("Two").sent == [(0x90, 62, 90)]


def test_a_backend_that_is_not_built_in_leaves_no_ports(watch: Callable[..., Watched]) -> None:
    mac = FakeSystem(FakeSystem.API_MACOSX_CORE, has_virtual_ports=True)
    watched = watch(Configure(backend="alsa"), mac, "darwin")
    assert watched.ports.backend == "none"
    assert "no MIDI system answers" in watched.ports.states()[0].detail
    assert watched.ports.listing() == ((), ())


def test_without_rtmidi_the_ports_say_how_to_get_it() -> None:
    ports = Ports(Configure(), lambda time, data: None, lambda: None, api=None)
    ports.open()
    assert ports.backend == "none"
    assert all("pip install" in state.detail for state in ports.states())


def test_ports_that_are_closed_call_nobody_back_and_are_gone(windows: FakeSystem) -> None:
    windows.inputs, windows.outputs = ["Bandmate In"], ["Bandmate Out"]
    watched = Watched(Configure(), windows, "win32")
    source, out = windows.opened("Bandmate In"), windows.opened("Bandmate Out")
    assert source.callback is not None
    watched.close()
    assert source.deleted and out.deleted and source.callback is None
