"""Ardour records the live band for 32 bars: how far from the grid its notes lie in the region.

python benchmarks/band_ardour.py [--bars 32] [--bpm 120] [--runs 5]

Ardour runs without its window on jackd's dummy driver (256 frames at 48 kHz), a held-out pianist plays into
the daemon. It plays on twelfths of a beat; the region's constant offset, its median phase, is taken off.
A process of nothing but rtmidi plays a key on every half beat onto the same track: what Ardour and JACK make
of notes that are sent on time, and of the time that jackd's clock loses where it does not get its turn.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from band import ROLES, child, drain, held_out, pianist, repeated, status_of
from band_figures import off_grid
from band_player import Event, Player
from bandmate_bridge.osc_client import OscClient
from harness import ROOT, percentiles, table, write_result

sys.path.insert(0, str(ROOT / "tests"))
from ardour import TRACK_PORT, Ardour, Recorded, StudioServer
from jack_helpers import OUT_PORT

GOAL_MS = 1000 * StudioServer.PERIOD + 3.0
CLICK, CLICK_EVERY = 0, 0.5
"""The click's key, which no band plays, and the beats from one to the next."""


def clicks(beats: float) -> list[Event]:
    """A key down and up, over and over."""
    times = [CLICK_EVERY * n for n in range(int(beats / CLICK_EVERY))]
    return [event for at in times for event in ((at, CLICK, 100), (at + CLICK_EVERY / 2, CLICK, 0))]


@contextlib.contextmanager
def studio_of(folder: Path) -> Iterator[StudioServer]:
    """jackd of our own; children find it by their environment."""
    name = f"bandmate-ardour-{os.getpid()}"
    os.environ |= {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": name}
    os.environ |= {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    server = StudioServer(name, folder / "jackd.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def recorded(bpm: float, seconds: float, folder: Path) -> tuple[list[Recorded], float]:
    """What Ardour recorded of the band and the click, and the seconds that jackd's clock lost meanwhile."""
    with contextlib.ExitStack() as stack:
        studio = stack.enter_context(studio_of(folder))
        port = 7900 + os.getpid() % 90
        serve = ("-m", "bandmate", "serve", "--osc-port", str(port), "--tempo", str(bpm))
        daemon = stack.enter_context(child(*serve, ready="Bandmate Out"))
        threading.Thread(target=drain, args=(daemon.stdout,), daemon=True).start()
        ardour = Ardour(folder, OUT_PORT)
        stack.callback(ardour.leave)
        beats = seconds * bpm / 60.0
        piano = pianist(held_out(ROOT / "corpus" / "pop909"))
        player = Player({"band": "Bandmate In"}, repeated(piano, beats), seconds)
        stack.callback(player.leave)
        ardour.record()
        clicker = Player({"click": TRACK_PORT}, clicks(beats), seconds)
        stack.callback(clicker.leave)
        client = stack.enter_context(OscClient(port))
        client.ask("band", "roles", ",".join(ROLES), "play", 1)
        time.sleep(0.3)
        beat, moment = status_of(client)["beat"], time.perf_counter()
        before = studio.lost()
        player.play(beat - 1.0, moment, bpm)
        clicker.play(0.0, moment, bpm)
        time.sleep(seconds)
        client.ask("band", "play", 0)
        time.sleep(1.0)
        lost = studio.lost() - before
        region = ardour.stop()
        player.told()
        clicker.told()
    return region, lost


def figures(times: list[float], bpm: float) -> dict[str, float]:
    """Of the milliseconds from the grid."""
    return percentiles([abs(ms) for ms in off_grid(times, bpm)])


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--bars", type=int, default=32)
    arguments.add_argument("--bpm", type=float, default=120.0)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    seconds = options.bars * 4 * 60.0 / options.bpm
    runs: list[dict[str, Any]] = []
    for run in range(1, options.runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            region, lost = recorded(options.bpm, seconds, Path(folder))
        band = [sound.start for sound in region if sound.pitch != CLICK]
        bare = [sound.start for sound in region if sound.pitch == CLICK]
        off, click = figures(band, options.bpm), figures(bare, options.bpm)
        row = {"run": f"run {run}", "notes": len(band), "p50_ms": off["p50"], "p99_ms": off["p99"]}
        row |= {"most_ms": off["max"], "click_p99_ms": click["p99"], "clock_lost_ms": 1000 * lost}
        runs.append(row)
        print(table([row]), flush=True)
    data = {"bars": options.bars, "bpm": options.bpm, "goal_p99_ms": GOAL_MS, "runs": runs}
    print(f"written to {write_result('band_ardour', data)}")


if __name__ == "__main__":
    main()
