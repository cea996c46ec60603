"""What the tests of the devices' script share: the script in node, the daemon, a network that loses."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bandmate_bridge.osc_client import OscClient
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score
from live_plan import Plan, Row

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "max_for_live"))
from bandmate_device.bundle import bundle  # noqa: E402

DEVICES = ROOT / "max_for_live"
TABLE: dict[str, Any] = json.loads((DEVICES / "device.json").read_text(encoding="utf-8"))
HARNESS = ROOT / "tests" / "max_for_live"
PATIENCE = 60.0  # seconds, on a busy machine

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js (node) is not installed")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until(condition: Callable[[], Any], what: str = "it", seconds: float = PATIENCE) -> Any:
    """Waits until `condition` gives something true, and gives that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.03)
    pytest.fail(f"{what} did not come within {seconds:g} s")


class Daemon:
    """`bandmate serve` as a process of its own, without MIDI ports, with the model that ships."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        settings = self.folder / "none.toml"
        settings.write_text("", encoding="utf-8")
        roots = os.pathsep.join(str(ROOT / name) for name in ("daemon", "bridge", "models"))
        environment = {**os.environ, "PYTHONPATH": roots, "BANDMATE_CONFIG": str(settings)}
        environment["JACK_DEFAULT_SERVER"] = f"none-{self.port}"
        flags = ["--osc-port", str(self.port), "--library", str(self.folder / "library")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bandmate", "serve", *flags],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(self._answers, "the daemon")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(f"the daemon ended: {self._process.communicate()[1]}")
        with contextlib.suppress(BandmateError), OscClient(self.port) as client:
            return bool(client.ask("status", timeout=1.0))
        return False

    def kill(self) -> None:
        """As a crash would end it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(with_signal)
            self._process.wait(20)
            self._process = None


class Network:
    """A UDP relay between the device and the daemon that loses, repeats and reorders datagrams, by a seed.

    It puts its own port into the device's hello, so that the answers pass through it as well.
    """

    def __init__(self, daemon: int, loss: float = 0.0, repeat: float = 0.0, swap: float = 0.0) -> None:
        self.counts: Counter[str] = Counter()
        self._odds = {"lost": loss, "repeated": repeat, "swapped": swap}
        self._random = random.Random(5)
        self._daemon = ("127.0.0.1", daemon)
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for sock in (self._front, self._back):
            sock.bind(("127.0.0.1", 0))
        self._device: tuple[str, int] | None = None
        self._late: dict[socket.socket, bytes] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._front.getsockname()[1])

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._front.close()
        self._back.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            ready = select.select([self._front, self._back], [], [], 0.05)[0]
            for sock in ready:
                with contextlib.suppress(ConnectionError):
                    packet = sock.recv(65_536)
                    self._relay(sock, self._outward(packet) if sock is self._front else packet)
            if not ready:
                for sock in list(self._late):
                    self._pass(sock, self._late.pop(sock))

    def _outward(self, packet: bytes) -> bytes:
        from bandmate_bridge.osc_packet import decode, encode

        [(address, atoms)] = decode(packet)
        if address != "/bandmate/hello":
            return packet
        self._device = ("127.0.0.1", int(atoms[2]))
        return encode(address, *atoms[:2], self._back.getsockname()[1], *atoms[3:])

    def _relay(self, sock: socket.socket, packet: bytes) -> None:
        happens = {name: self._random.random() < odds for name, odds in self._odds.items()}
        self.counts.update(name for name, is_so in happens.items() if is_so)
        if happens["lost"]:
            return
        held = self._late.pop(sock, None)
        if happens["swapped"] and held is None:
            self._late[sock] = packet
            return
        self._pass(sock, packet)
        if happens["repeated"]:
            self._pass(sock, packet)
        if held is not None:
            self._pass(sock, held)

    def _pass(self, sock: socket.socket, packet: bytes) -> None:
        if sock is self._front:
            self._back.sendto(packet, self._daemon)
        elif self._device is not None:
            self._front.sendto(packet, self._device)


class Device:
    """A device in node: the bundled script, a stand-in for Live, real UDP."""

    def __init__(self, folder: Path, plan: Plan, kind: str = "main", source: str = "") -> None:
        """`source`: another script in the bundle's place."""
        script, set_file = folder / "bandmate.js", folder / f"set-{time.monotonic_ns()}.json"
        script.write_text(source or bundle(DEVICES / "source" / "script"), encoding="ascii")
        set_file.write_text(json.dumps(plan), encoding="utf-8")
        self._process = subprocess.Popen(
            ["node", str(HARNESS / "run.js"), str(script), str(set_file), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self._kind = kind

    def _ask(self, *words: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def say(self, *words: Any) -> None:
        """A message of the patch."""
        self._ask("say", *words)

    def send(self, *words: Any) -> None:
        """What the patch sends to the daemon by itself."""
        self._ask("send", *words)

    def told(self, name: str) -> list[list[Any]]:
        """What the daemon told of the live band, by the message's name."""
        return [atoms[1:] for atoms in self._ask("told") if atoms[0] == f"/bandmate/{name}"]

    def put(self, **parameters: float) -> None:
        for name, value in parameters.items():
            self.say("parameter", name, value)

    def choose(self, varname: str, item: str) -> None:
        """An enum's item by its name."""
        [row] = [row for row in TABLE["parameters"] if row["varname"] == varname]
        self.say("parameter", varname, row["items"].index(item))

    def song(self, property: str, value: Any) -> None:
        """Something happens in Live itself."""
        self._ask("song", property, value)

    def look_elsewhere(self) -> None:
        """Another track is selected in Live: no clip is in the detail view."""
        self._ask("view", [])

    def begin(self, port: int) -> Device:
        """Live is ready; the device looks for the daemon at `port`. Its parameters come after."""
        self.say("bang")
        self.put(**{"port" if self._kind == "main" else "part_port": float(port)})
        return self

    def ready(self, port: int) -> Device:
        """The same, and it has found it."""
        self.begin(port)
        until(lambda: self.light == 2, "the green light")
        return self

    @property
    def live(self) -> dict[str, Any]:
        return dict(self._ask("live"))

    def said(self, outlet: int, name: str) -> list[list[Any]]:
        """What came out of an outlet under that name, oldest first, without the name."""
        return [atoms[1:] for atoms in self._ask("said")[outlet] if atoms[0] == name]

    def everything(self) -> list[list[list[Any]]]:
        return list(self._ask("said"))

    @property
    def light(self) -> int | None:
        lights = self.said(1, "light")
        return lights[-1][0] if lights else None

    @property
    def status(self) -> str:
        lines = self.said(1, "status")
        return str(lines[-1][0]) if lines else ""

    def press(self, button: str) -> None:
        self.say("button", button)

    def done(self, button: str, seconds: float = PATIENCE) -> str:
        """Presses a button that asks the daemon for music, waits for its end, gives the status line."""
        self.press(button)
        assert self.light == 1, self.status
        until(lambda: self.light == 2, f"the answer to {button}", seconds)
        return self.status

    def slot(self, track: str, row: int) -> dict[str, Any] | None:
        [found] = [one for one in self.live["tracks"] if one["name"] == track]
        clip = found["slots"][row]
        return None if clip is None else dict(clip)

    def close(self) -> None:
        """Live takes the device away. Whatever the script did wrong fails the test."""
        live, said = self.live, self.everything()
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._ask("end")
        self._process.wait(10)
        assert live["faults"] == [], live["faults"]
        assert live["open_step"] is False
        unknown = [words for outlet in (1, 2, 3) for words in said[outlet] if not _in_table(outlet, words)]
        assert unknown == [], unknown

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


def _in_table(outlet: int, words: list[Any]) -> bool:
    """Whether what the script said is a message of device.json: its words, then as many atoms."""
    for message, _ in TABLE["messages"]["from_script"][str(outlet)]:
        wanted = re.findall(r"<[^>]*>|\S+", message)
        more = wanted[-1] == "..."
        fits = zip(wanted, words, strict=False)
        if (len(words) == len(wanted) or (more and len(words) >= len(wanted) - 2)) and all(
            word.startswith("<") or word == "..." or word == told for word, told in fits
        ):
            return True
    return False


def rows(score: Score, role: str) -> list[Row]:
    """The notes of a role, all parts of it together, in the order of start and pitch."""
    notes = [tuple(note) for part in score.parts if part.role == role for note in part.notes]
    return sorted(notes)  # type: ignore[arg-type]


def in_clip(clip: dict[str, Any]) -> list[Row]:
    return sorted((start, long, int(pitch), int(velocity)) for start, long, pitch, velocity in clip["notes"])
