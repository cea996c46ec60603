"""Try a bundle as on a machine without Python: `python packaging/try_bundle.py dist/bandmate`.

It says its version, demonstrates, continues a file, jams, serves, answers a ping, has its conductor started
anew when that is killed (Linux), and leaves no process behind. Prints sizes and times; exit code 1 where
something is not as it should be. Needs nothing but a Python, to watch.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE = 90.0  # seconds for anything


class Trial:
    """One bundle in an empty home, without a Python in reach."""

    def __init__(self, bundle: Path, home: Path) -> None:
        self.bundle = bundle
        self.home = home
        keep = ("SYSTEMROOT", "TEMP", "TMP", "WINDIR", "JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")
        self.environ = {name: os.environ[name] for name in keep if name in os.environ}
        self.environ |= {"HOME": str(home), "PATH": str(home), "BANDMATE_LIBRARY": str(home / "library")}
        self.environ |= {"LOCALAPPDATA": str(home), "APPDATA": str(home), "PYTHONIOENCODING": "utf-8"}
        self.figures: dict[str, float] = {"size_mb": round(bundle.stat().st_size / 1e6, 1)}

    def run(self, *words: str) -> str:
        """What a command prints; the trial ends where it fails."""
        command = [str(self.bundle), *words]
        done = subprocess.run(command, cwd=self.home, env=self.environ, capture_output=True, timeout=PATIENCE)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        require(done.returncode == 0, f"bandmate {' '.join(words)} ended with {done.returncode}: {said}")
        return said

    def timed(self, name: str, *words: str) -> str:
        begun = time.perf_counter()
        said = self.run(*words)
        self.figures[name] = round(time.perf_counter() - begun, 2)
        return said


def require(so: bool, otherwise: str) -> None:
    if not so:
        sys.exit(f"try_bundle: {otherwise}")


def osc(address: str, *numbers: int) -> bytes:
    """An OSC message of ints (OSC 1.0)."""

    def padded(text: str) -> bytes:
        return text.encode() + b"\0" * (4 - len(text) % 4)

    return padded(address) + padded("," + "i" * len(numbers)) + struct.pack(f">{len(numbers)}i", *numbers)


def answer(port: int, packet: bytes, begins: bytes, alive: Callable[[], bool] = lambda: True) -> bytes:
    """The first datagram that begins so; the packet is sent again until it comes."""
    until = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        while time.monotonic() < until and alive():
            try:
                sock.sendto(packet, ("127.0.0.1", port))
                heard = sock.recv(65_536)
            except OSError:
                time.sleep(0.05)
                continue
            if heard.startswith(begins):
                return heard
    sys.exit(f"try_bundle: no {begins.decode()} came from port {port}")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def processes(program: Path, word: str = "") -> set[int]:
    """Linux: the processes of a program whose command line holds a word."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if (entry / "exe").readlink() == program and word in line:
                found.add(int(entry.name))
    return found


def offline(trial: Trial) -> None:
    require(trial.timed("first_start_s", "--version").startswith("bandmate "), "it does not say its version")
    trial.timed("start_s", "--version")
    trial.run("demo", "-o", "demo")
    require((trial.home / "demo" / "demo 1.wav").stat().st_size > 100_000, "the demo has no sound")
    trial.timed("continue_s", "continue", "demo/demo 1.mid", "--no-audio", "--no-roll", "-o", "out")
    require((trial.home / "out" / "demo 1 1.mid").stat().st_size > 100, "continue wrote no answer")
    require(trial.run("takes", "list").count("\n") == 1, "the take is not in the library")
    require("ok" in trial.run("doctor"), "the doctor finds nothing well")
    jam = trial.run("jam", "--headless", "--minutes", "0.1", "--roles", "drums,bass", "--tempo", "160")
    require("take " in jam, f"the live band played nothing: {jam}")


def serving(trial: Trial) -> None:
    port = free_port()
    begun = time.perf_counter()
    daemon = subprocess.Popen(
        [str(trial.bundle), "serve", "--osc-port", str(port)],
        cwd=trial.home,
        env=trial.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        answer(port, osc("/bandmate/ping", 1), b"/bandmate/pong", lambda: daemon.poll() is None)
        trial.figures["serve_to_pong_s"] = round(time.perf_counter() - begun, 2)
        answer(port, osc("/bandmate/status", 2), b"/bandmate/refused")  # a stranger: hello comes first
        if sys.platform == "linux":
            conductors(trial, port)
    finally:
        daemon.send_signal(signal.SIGTERM)
        said = daemon.communicate(timeout=PATIENCE)[0].decode("utf-8", "replace")
    require("Bandmate listens" in said, f"serve said: {said}")
    ended = daemon.returncode
    require(sys.platform == "win32" or ended == 0, f"serve ended with {ended}: {said}")
    if sys.platform == "linux":
        require(eventually(lambda: not processes(trial.bundle)), "processes are left behind")


def conductors(trial: Trial, port: int) -> None:
    """Kill the conductor: another comes, and the daemon answers as before."""

    def running() -> set[int]:
        return processes(trial.bundle, "-m bandmate_bridge.conductor")

    require(eventually(lambda: bool(running())), "there is no conductor process")
    first = running()
    for process in first:
        os.kill(process, signal.SIGKILL)
    require(eventually(lambda: bool(running() - first)), "no other conductor was started")
    answer(port, osc("/bandmate/ping", 3), b"/bandmate/pong")


def eventually(so: Callable[[], bool]) -> bool:
    """Whether it is so within twenty seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not so():
        time.sleep(0.1)
    return so()


def main() -> None:
    parser = argparse.ArgumentParser(description="Try a bundle.")
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle.resolve()
    require(bundle.is_file(), f"{bundle} is not there; build it with packaging/build_bundle.py")
    with tempfile.TemporaryDirectory(prefix="bandmate bundle ") as home:
        trial = Trial(bundle, Path(home))
        offline(trial)
        serving(trial)
    print(json.dumps(trial.figures))


if __name__ == "__main__":
    main()
