"""The MIDI ports: virtual ones on ALSA, CoreMIDI and JACK, existing ones by name; kept open."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

try:
    import rtmidi
except ImportError:  # no wheel for this Python, and nothing to build it with
    rtmidi = None

from bandmate_bridge.jack_graph import quieten
from bandmate_bridge.messages import Configure, PortState, PortWish
from bandmate_bridge.waiting import give_precedence

APIS = {
    "alsa": "API_LINUX_ALSA",
    "coremidi": "API_MACOSX_CORE",
    "jack": "API_UNIX_JACK",
    "windows": "API_WINDOWS_MM",
}
PREFERRED = {"linux": ("alsa", "jack"), "darwin": ("coremidi", "jack"), "win32": ("windows",)}

NO_BACKEND = (
    "no MIDI system answers: start JACK (jackd) or load ALSA's sequencer (modprobe snd-seq); "
    "Bandmate goes on without MIDI ports and looks again every second"
)
NO_RTMIDI = (
    "python-rtmidi is not installed: `pip install python-rtmidi`, which Python 3.13 has to build: that "
    "needs a C++ compiler and, on Linux, the headers of ALSA and JACK; Bandmate goes on without MIDI ports"
)
NO_VIRTUAL_PORTS = (
    "Windows has no virtual MIDI ports: install loopMIDI (tobias-erichsen.de), "
    "add a port named '{name}' in it, and Bandmate takes it within a second"
)
NO_SUCH_PORT = (
    "there is no port named '{name}': plug it in or choose one of those that `bandmate ports` lists"
)

LOOK_EVERY = 0.25
RETRY_EVERY = 1.0

Heard = Callable[[float, "tuple[int, ...]"], None]


class OpenPort(NamedTuple):
    midi: Any  # rtmidi's object
    full_name: str
    virtual: bool


class Ports:
    """Opens what a Configure wishes for and keeps it open; `watch` runs on a thread of its own.

    `heard(time, bytes)` is called on the MIDI system's thread for every message that comes in, `changed()`
    when a port or connection came or went. `send` may run on another thread than the rest: an output is taken
    out of its reach before it is closed. Never raises for a port that is not there: `states` says why.
    """

    def __init__(
        self,
        configure: Configure,
        heard: Heard,
        changed: Callable[[], None],
        api: Any = rtmidi,
        platform: str = sys.platform,
    ) -> None:
        self.backend = "none"
        self._wishes: list[tuple[str, PortWish]] = [
            *(("in", wish) for wish in configure.inputs),
            *(("out", wish) for wish in configure.outputs),
        ]
        self._usual_output = configure.outputs[0].name if configure.outputs else ""
        self._wanted_backend = configure.backend
        self._heard = heard
        self._changed = changed
        self._api = api
        self._platform = platform
        self._server_is_lost = False
        self._first_output: Any = None  # rtmidi's object by which the system was found to answer
        self._open: dict[tuple[str, str], OpenPort] = {}
        self._outputs: dict[str, Any] = {}
        self._why: dict[tuple[str, str], str] = {}
        self._closing = threading.Event()

    @property
    def why_none(self) -> str:
        """What to do where the backend is "none"."""
        return NO_RTMIDI if self._api is None else NO_BACKEND

    def open(self) -> None:
        """Opens what can be opened now."""
        if self.backend == "none":
            self._choose_backend()
        if self.backend == "none":
            for direction, wish in self._wishes:
                self._why[direction, wish.name] = self.why_none
            return
        for direction, wish in self._wishes:
            if (direction, wish.name) not in self._open:
                self._open_one(direction, wish)
        if self._first_output is not None:
            self._first_output.delete()
            self._first_output = None

    def send(self, name: str, data: tuple[int, ...]) -> None:
        """Sends by the output `name` ("" is the first that was wished for); nothing where it is not open."""
        if self._server_is_lost:
            return  # rtmidi would wait for ever for a dead server to read
        output = self._outputs.get(name or self._usual_output)
        if output is not None:
            with contextlib.suppress(Exception):
                output.send_message(data)

    def lose_server(self) -> None:
        """The JACK server has gone: nothing is sent until `watch` has opened the ports on a new one."""
        self._server_is_lost = self.backend == "jack"

    def states(self) -> tuple[PortState, ...]:
        states = []
        for direction, wish in self._wishes:
            found = self._open.get((direction, wish.name))
            detail = found.full_name if found else self._why.get((direction, wish.name), "not opened yet")
            states.append(
                PortState(wish.name, "in" if direction == "in" else "out", found is not None, detail)
            )
        return tuple(states)

    def listing(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the system's inputs (what one can listen to) and outputs (what one can play to)."""
        return tuple(self._existing("in")), tuple(self._existing("out"))

    def watch(self) -> None:
        """Looks after the ports until `close`: for a thread of its own."""
        give_precedence()
        retry = 0.0
        while not self._closing.wait(LOOK_EVERY):
            before = self.states()
            if self._drop_vanished():
                retry = time.monotonic() + RETRY_EVERY
            elif len(self._open) < len(self._wishes) and time.monotonic() >= retry:
                retry = time.monotonic() + RETRY_EVERY
                self.open()
            if self.states() != before:
                self._changed()

    def close(self) -> None:
        """Closes every port, outputs first and only when what was sent has left."""
        self._closing.set()
        for key in sorted(self._open, reverse=True):
            self._close_one(key, leave=self._server_is_lost)

    def _choose_backend(self) -> None:
        """Takes the first system that answers."""
        if self._api is None:
            return
        wanted = self._wanted_backend
        candidates = PREFERRED.get(self._platform, ("alsa", "jack")) if wanted == "auto" else (wanted,)
        compiled = self._api.get_compiled_api()
        name = next((wish.name for direction, wish in self._wishes if direction == "out"), "Bandmate")
        for backend in candidates:
            if backend not in APIS or getattr(self._api, APIS[backend]) not in compiled:
                continue
            if backend == "alsa" and self._platform == "linux" and not Path("/dev/snd/seq").exists():
                continue
            if backend == "jack":
                quieten()
            with contextlib.suppress(Exception):
                self._first_output = self._client("out", backend, name)
                self.backend = backend
                return

    def _client(self, direction: str, backend: str, name: str = "Bandmate") -> Any:
        kind = self._api.MidiIn if direction == "in" else self._api.MidiOut
        return kind(getattr(self._api, APIS[backend]), name=name)

    def _open_one(self, direction: str, wish: PortWish) -> None:
        midi, before = None, self._across(direction)
        try:
            if direction == "out" and self._first_output is not None:
                midi, self._first_output = self._first_output, None
            else:
                midi = self._client(direction, self.backend, wish.name)
            full_name = self._attach(midi, wish)
        except Exception as error:
            if midi is not None:
                midi.delete()
            self._why[direction, wish.name] = str(error)
            return
        if direction == "in":
            midi.ignore_types(sysex=True, timing=False, active_sense=True)
            midi.set_callback(self._receive)
        else:
            self._outputs = {**self._outputs, wish.name: midi}
        if self.backend == "jack" and wish.virtual:
            there = [name for name in self._across(direction) - before if name.endswith(f":{wish.name}")]
            full_name = there[0] if there else full_name
        self._open[direction, wish.name] = OpenPort(
            midi, full_name, wish.virtual and self.backend != "windows"
        )

    def _attach(self, midi: Any, wish: PortWish) -> str:
        """Opens the port on its client and returns its full name; raises with a sentence where it cannot."""
        if wish.virtual and self.backend != "windows":
            midi.open_virtual_port(wish.name)
            return f"{wish.name}:{wish.name}" if self.backend in ("jack", "alsa") else wish.name
        names = midi.get_ports()
        for index, name in enumerate(names):
            if wish.name.lower() in name.lower():
                midi.open_port(index, wish.name)
                return str(name)
        raise OSError((NO_VIRTUAL_PORTS if wish.virtual else NO_SUCH_PORT).format(name=wish.name))

    def _across(self, direction: str) -> set[str]:
        """The ports that a port of this direction could be connected to by others, ours among them.

        JACK numbers the names of clients that are taken already, and tells their ports' true names so alone.
        """
        other = next((port.midi for (way, _), port in self._open.items() if way != direction), None)
        if other is None and direction == "in":
            other = self._first_output
        return set(other.get_ports()) if other is not None and self.backend == "jack" else set()

    def _receive(self, event: tuple[list[int], float], _: Any = None) -> None:
        self._heard(time.perf_counter(), tuple(event[0]))

    def _existing(self, direction: str) -> list[str]:
        if self.backend == "none":
            return []
        for (way, _), port in self._open.items():
            if way == direction:
                return [str(name) for name in port.midi.get_ports()]
        with contextlib.suppress(Exception):
            midi = self._client(direction, self.backend)
            try:
                return [str(name) for name in midi.get_ports()]
            finally:
                midi.delete()
        return []

    def _drop_vanished(self) -> bool:
        """Whether any port had vanished."""
        lost, open_before = self._server_is_lost, len(self._open)
        for key, port in list(self._open.items()):
            if lost or not (port.virtual or port.full_name in port.midi.get_ports()):
                self._why[key] = "the JACK server has gone" if lost else f"'{port.full_name}' has gone"
                self._close_one(key, leave=lost)
        if lost:
            self.backend, self._server_is_lost = "none", False
        return len(self._open) < open_before

    def _close_one(self, key: tuple[str, str], leave: bool = False) -> None:
        """Takes a port out of use; one whose server has gone is left as it is, for closing it would wait."""
        port = self._open.pop(key)
        self._outputs = {name: midi for name, midi in self._outputs.items() if midi is not port.midi}
        if leave:
            _abandoned.append(port.midi)
            return
        with contextlib.suppress(Exception):
            if key[0] == "in":
                port.midi.cancel_callback()  # JACK would end the thread that calls back while it is in Python
            time.sleep(0.01)  # a send or a callback in progress ends
            port.midi.close_port()
            port.midi.delete()


_abandoned: list[Any] = []
"""Ports of a dead server, kept so that nothing closes them."""
