"""OSC: how soon a ping is answered, idle and under every load, and how soon a request's first note is told.

python benchmarks/osc_ping.py [--weights DIR] [--count N]

A daemon is started as a process of its own. Beside it, in the same run: an echo over plain UDP (the floor of
this machine) and python-osc's blocking server. Pings are sent 2 ms apart.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_packet import encode
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.prompt import prompt_of
from bandmate_models.score import Note, Part, Score
from harness import ROOT, percentiles, table, write_result

GAP = 0.002
GARBAGE = 10_000  # packets a second
PROMPTS = {256: 100.0, 1100: 400.0}
"""Tokens of prompt at most -> p99 of request to first note that we mean to keep, in ms."""
PING_GOAL = 3.0

UDP_ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    data, source = s.recvfrom(65536)
    s.sendto(data, source)
"""
PYTHON_OSC = """
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_server import BlockingOSCUDPServer
def ping(client, address, request):
    server.socket.sendto(build_msg("/bandmate/pong", [request]).dgram, client)
dispatcher = Dispatcher()
dispatcher.map("/bandmate/ping", ping, needs_reply_address=True)
server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
FLOOD = """
import random, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packets = [random.randbytes(random.randrange(4, 200)) for _ in range(997)]
begun, sent = time.perf_counter(), 0
while True:
    due = int((time.perf_counter() - begun) * int(sys.argv[2]))
    while sent < due:
        s.sendto(packets[sent % 997], ("127.0.0.1", int(sys.argv[1])))
        sent += 1
    time.sleep(0.001)
"""


def scheduling() -> str:
    """How the system schedules this process and the daemon that it starts, where it tells."""
    if not hasattr(os, "sched_getscheduler"):
        return "unknown"
    first_in_first_out = os.sched_getscheduler(0) == os.SCHED_FIFO
    return "real time (SCHED_FIFO)" if first_in_first_out else f"niceness {os.nice(0)}"


def environment() -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / name) for name in ("daemon", "bridge", "models"))
    return {**os.environ, "PYTHONPATH": roots}


@contextlib.contextmanager
def program(source: str, *arguments: str) -> Iterator[int]:
    """Another Python process; gives the port that it prints, or 0."""
    process = subprocess.Popen([sys.executable, "-c", source, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()) if not arguments else 0
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def daemon(folder: Path, weights: Path | None) -> Iterator[tuple[int, float]]:
    """`bandmate serve`; gives its OSC port, and the milliseconds from its start to its first answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    flags = ["--osc-port", str(port), "--library", str(folder)]
    flags += ["--weights", str(weights)] if weights else []
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bandmate", "serve", *flags], env=environment(), stdout=subprocess.DEVNULL
    )
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.005)
            while True:
                if process.poll() is not None:
                    raise SystemExit("bandmate serve ended")
                with contextlib.suppress(OSError):
                    sock.sendto(encode("/bandmate/ping", 1), ("127.0.0.1", port))
                    sock.recv(64)
                    break
        yield port, 1000 * (time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def ping(port: int, count: int) -> list[float]:
    """Milliseconds from a ping to its answer, `count` times; a lost one counts as a second."""
    packet, samples = encode("/bandmate/ping", 7), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(1.0)
        for _ in range(count):
            begun = time.perf_counter()
            sock.send(packet)
            with contextlib.suppress(TimeoutError):
                sock.recv(64)
            samples.append(1000 * (time.perf_counter() - begun))
            time.sleep(GAP)
    return samples


def at_work(port: int, work: Callable[[OscClient, Any], None], ending: Any) -> None:
    with OscClient(port, name="beside") as client:
        work(client, ending)


@contextlib.contextmanager
def beside(port: int, work: Callable[[OscClient, Any], None]) -> Iterator[None]:
    """A client at work in a process of its own, meanwhile."""
    spawning = multiprocessing.get_context("spawn")
    ending = spawning.Event()
    process = spawning.Process(target=at_work, args=(port, work, ending))
    process.start()
    time.sleep(2.0)
    try:
        yield
    finally:
        ending.set()
        process.join()


def generate(client: OscClient, ending: Any) -> None:
    """Keeps the model writing."""
    phrase = client.upload(phrase_of(256))
    while not ending.is_set():
        for _ in client.answers("continue", phrase, "bars", 256, timeout=60.0):
            if ending.is_set():
                break


def transfer(client: OscClient, ending: Any) -> None:
    """Sends a list of 5,000 notes again and again."""
    score = Score((Part("chords", tuple(Note(n / 8, 0.25, 40 + n % 40, 80) for n in range(5000))),))
    while not ending.is_set():
        client.upload(score, timeout=30.0)


def phrase_of(tokens: int, seed: int = 0) -> Score:
    """Piano chords and a melody whose prompt is as long as it may be in whole bars."""
    chance = random.Random(seed)
    chords: list[Note] = []
    melody: list[Note] = []
    best = Score()
    for bar in range(100):
        for beat in range(4):
            start = 4.0 * bar + beat
            chords += [Note(start, 1.0, pitch + chance.randrange(5), 70) for pitch in (48, 53, 58)]
            melody += [Note(start + half, 0.5, chance.randrange(65, 85), 90) for half in (0.0, 0.5)]
        score = Score((Part("melody", tuple(melody)), Part("chords", tuple(sorted(chords)))))
        prompt = prompt_of(score, Controls())
        if len(prompt.header) + len(prompt.body) > tokens:
            break
        best = score
    return best


def first_note(port: int, tokens: int, count: int) -> list[float]:
    """Milliseconds from asking to the first note that is told, each time for a phrase never heard before."""
    samples = []
    with OscClient(port, name="first note") as client:
        for seed in range(count):
            phrase = client.upload(phrase_of(tokens, seed))
            begun = time.perf_counter()
            request = client.begin("continue", phrase, "bars", 8, "stream", 1, "seed", seed)
            while (answer := client._next(request)) is None or answer.name != "note":
                if answer is not None and answer.name in ("refused", "done"):
                    break
            else:
                samples.append(1000 * (time.perf_counter() - begun))
            with contextlib.suppress(BandmateError):
                client.ask("cancel", request)
    return samples


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path)
    arguments.add_argument("--count", type=int, default=2000)
    options = arguments.parse_args()

    pings: dict[str, dict[str, float]] = {}
    firsts: dict[str, dict[str, float]] = {}
    with program(UDP_ECHO) as port:
        pings["plain UDP echo, idle"] = percentiles(ping(port, options.count))
    with program(PYTHON_OSC) as port:
        pings["python-osc blocking server, idle"] = percentiles(ping(port, options.count))
    with tempfile.TemporaryDirectory() as folder, daemon(Path(folder), options.weights) as (port, ready):
        pings["Bandmate, idle"] = percentiles(ping(port, options.count))
        with beside(port, generate):
            pings["Bandmate, while the model writes"] = percentiles(ping(port, options.count))
        with program(FLOOD, str(port), str(GARBAGE)):
            pings[f"Bandmate, {GARBAGE:,} garbage packets a second"] = percentiles(ping(port, options.count))
        with beside(port, generate), program(FLOOD, str(port), str(GARBAGE)):
            pings["Bandmate, both"] = percentiles(ping(port, options.count))
        with beside(port, transfer):
            pings["Bandmate, while 5,000 notes come in"] = percentiles(ping(port, options.count))
        for tokens, goal in PROMPTS.items():
            samples = first_note(port, tokens, max(20, options.count // 20))
            firsts[str(tokens)] = {**percentiles(samples), "goal": goal}

    floor = pings["plain UDP echo, idle"]["p99"]
    print(table([
        {"ping": name, **{key: p[key] for key in ("p50", "p95", "p99", "max")}, "p99 / UDP": p["p99"] / floor}
        for name, p in pings.items()
    ]))  # fmt: skip
    print(table([
        {"prompt, tokens": name, **{key: p[key] for key in ("p50", "p95", "p99", "goal")}}
        for name, p in firsts.items()
    ]))  # fmt: skip
    print(f"from the start of `bandmate serve` to its first answer: {ready:.0f} ms")
    write_result(
        "osc_ping",
        {
            "scheduling": scheduling(),
            "pings": pings,
            "ping_goal": PING_GOAL,
            "times_plain_udp": {name: p["p99"] / floor for name, p in pings.items()},
            "request_to_first_note": firsts,
            "cold_start_ms": ready,
        },
    )


if __name__ == "__main__":
    main()
