"""How soon it is silent again after a SIGKILL of the engine, and of the conductor, on JACK.

python benchmarks/recovery.py [--times N]

Five notes sound, then a process is killed; a musician in another process (the tests' own) notes when each
note-off reaches it. jackd itself stands still for a while when a client dies: how long is a matter of its
mode and of its client timeout (-t, 500 ms unless set), so each is measured. Asynchronous jackd loses MIDI now
and then, notes and note-offs alike: those runs are counted and left out.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import Configure, Cue, FromConductor, Play, Restarted, Start
from harness import ROOT, percentiles, table, write_result

sys.path.insert(0, str(ROOT / "tests"))
from jack_helpers import JackServer, Musician

LIMITS_MS = {"engine": 100.0, "conductor": 1000.0}

CHORD = 5
SPARE_READY = 3.0
"""Seconds after which the link has a spare conductor, as it has for all but the start of a session."""

SERVERS = {
    "jackd, asynchronous": ("", 500),
    "jackd, asynchronous, -t 50": ("", 50),
    "jackd -S -t 20": ("-S", 20),
    "jackd -S": ("-S", 500),
}

ENGINE = """
import sys, time
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import Configure, Cue, Play, Start
link = ConductorLink(Configure(backend="jack"), lambda message: None)
link.start(20.0)
print(link.pid, flush=True)
sys.stdin.readline()
link.send(Start())
link.send(Play("chord", tuple(Cue(0.2, 9999.0, pitch, 90, 2) for pitch in range(60, 65))))
time.sleep(60)
"""


def after_the_engine() -> float | None:
    """Milliseconds from the engine's SIGKILL to the last note-off; None where one never came."""
    engine = subprocess.Popen([sys.executable, "-c", ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert engine.stdin and engine.stdout
    engine.stdout.readline()
    player = Musician()
    engine.stdin.write(b"\n")
    engine.stdin.flush()
    all_sound = _comes(lambda: len(player.still_sounding()) == CHORD)
    killed = time.perf_counter()
    engine.kill()
    silent = _silence(player) if all_sound else None
    engine.wait()
    player.leave()
    return None if silent is None else 1000.0 * (silent - killed)


def after_the_conductor() -> tuple[float | None, float]:
    """The same for the conductor, and milliseconds until a new one was at work and connected."""
    said: list[FromConductor] = []
    link = ConductorLink(Configure(backend="jack"), said.append)
    link.start(20.0)
    player = Musician()
    _comes(lambda: len(link.connections) == 2)
    link.send(Start())
    link.send(Play("chord", tuple(Cue(0.2, 9999.0, 60 + index, 90, 2) for index in range(CHORD))))
    time.sleep(SPARE_READY)
    all_sound = _comes(lambda: len(player.still_sounding()) == CHORD)
    killed = time.perf_counter()
    assert link.pid is not None
    os.kill(link.pid, signal.SIGKILL)
    silent = _silence(player) if all_sound else None
    _comes(lambda: any(isinstance(message, Restarted) for message in said))
    (restart,) = (message for message in said if isinstance(message, Restarted))
    player.leave()
    link.close()
    return None if silent is None else 1000.0 * (silent - killed), 1000.0 * restart.seconds


def _silence(player: Musician) -> float | None:
    """When the last of the chord's note-offs was heard."""
    if not _comes(lambda: not player.still_sounding()):
        return None
    ends = [moment for moment, data in player.heard if data[0] & 0xF0 == 0x80 and 0 <= data[1] - 60 < CHORD]
    return ends[CHORD - 1]


def _comes(condition: Callable[[], bool], seconds: float = 25.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return condition()


def rows(times: int) -> Iterator[dict[str, Any]]:
    for name, (mode, client_timeout_ms) in SERVERS.items():
        os.environ["JACK_DEFAULT_SERVER"] = f"bandmate-recovery-{os.getpid()}"
        server = JackServer(os.environ["JACK_DEFAULT_SERVER"], client_timeout_ms, mode)
        server.start()
        try:
            engines = [after_the_engine() for _ in range(times)]
            conductors = [after_the_conductor() for _ in range(times)]
        finally:
            server.stop()
        for killed, what, samples in (
            ("engine", "note-offs heard", [silent for silent in engines if silent is not None]),
            ("conductor", "note-offs heard", [silent for silent, _ in conductors if silent is not None]),
            ("conductor", "restarted, connected, silent", [restarted for _, restarted in conductors]),
        ):
            if not samples:
                continue
            found = percentiles(samples)
            yield {
                "server": name,
                "killed": killed,
                "until": what,
                "kills": times,
                "lost": times - len(samples),
                "p50 ms": found["p50"],
                "p95 ms": found["p95"],
                "p99 ms": found["p99"],
                "limit ms": LIMITS_MS[killed],
                "p99 / limit": found["p99"] / LIMITS_MS[killed],
            }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=10, help="kills of each kind (default 10)")
    options = parser.parse_args()
    os.environ["JACK_NO_AUDIO_RESERVATION"] = os.environ["JACK_NO_START_SERVER"] = "1"
    roots = os.pathsep.join(str(ROOT / name) for name in ("bridge", "models"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (roots, os.environ.get("PYTHONPATH"))))
    measured = list(rows(options.times))
    print(table(measured))
    print(f"written to {write_result(Path(__file__).stem, {'rows': measured})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
