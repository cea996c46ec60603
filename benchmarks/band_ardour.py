"""Ardour records the live band for 32 bars: how far from the grid its notes lie in the region.

python benchmarks/band_ardour.py [--bars 32] [--bpm 120]

Ardour runs without its window on jackd's dummy driver (256 frames at 48 kHz), a held-out pianist plays into
the daemon. It plays on twelfths of a beat; the region's constant offset, its median phase, is taken off.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from band import ROLES, child, drain, held_out, pianist, repeated, status_of
from band_figures import off_grid
from bandmate_bridge.osc_client import OscClient
from harness import ROOT, percentiles, write_result

sys.path.insert(0, str(ROOT / "tests"))
from ardour import Ardour, StudioServer
from jack_helpers import OUT_PORT

GOAL_MS = 1000 * StudioServer.PERIOD + 3.0


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--bars", type=int, default=32)
    arguments.add_argument("--bpm", type=float, default=120.0)
    options = arguments.parse_args()
    seconds = options.bars * 4 * 60.0 / options.bpm
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        name = f"bandmate-ardour-{os.getpid()}"
        os.environ |= {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
        os.environ["JACK_DEFAULT_SERVER"] = name
        studio = StudioServer(name, folder / "jackd.log")
        studio.start()
        stack.callback(studio.stop)
        os.environ |= {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        port = 7900 + os.getpid() % 90
        serve = ("-m", "bandmate", "serve", "--osc-port", str(port), "--tempo", str(options.bpm))
        daemon = stack.enter_context(child(*serve, ready="Bandmate Out"))
        threading.Thread(target=drain, args=(daemon.stdout,), daemon=True).start()
        ardour = Ardour(folder, OUT_PORT)
        stack.callback(ardour.leave)
        musician = stack.enter_context(
            subprocess.Popen(
                [sys.executable, str(ROOT / "benchmarks" / "band_musician.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert musician.stdin is not None and musician.stdout is not None
        part = pianist(held_out(ROOT / "corpus" / "pop909"))
        job = {
            "to": {"band": "Bandmate In"},
            "from": {},
            "notes": repeated(part, seconds * options.bpm / 60.0),
            "seconds": seconds,
        }
        musician.stdin.write(json.dumps(job) + "\n")
        musician.stdin.flush()
        assert musician.stdout.readline().strip() == "ready"
        ardour.record()
        client = stack.enter_context(OscClient(port))
        client.ask("band", "roles", ",".join(ROLES), "play", 1)
        time.sleep(0.3)
        beat, moment = status_of(client)["beat"], time.perf_counter()
        before = studio.lost()
        musician.stdin.write(json.dumps([beat - 1.0, moment, options.bpm]) + "\n")
        musician.stdin.flush()
        time.sleep(seconds)
        client.ask("band", "play", 0)
        time.sleep(1.0)
        lost = studio.lost() - before
        region = ardour.stop()
        musician.stdout.readline()
    off = [abs(ms) for ms in off_grid([sound.start for sound in region], options.bpm)]
    found = percentiles(off)
    print(f"{len(region)} notes: p50 {found['p50']:.1f}, p99 {found['p99']:.1f} ms; goal {GOAL_MS:.1f}")
    data = {
        "bars": options.bars,
        "bpm": options.bpm,
        "notes": len(region),
        "off_the_grid_ms": found,
        "goal_p99_ms": GOAL_MS,
        "clock_lost_ms": 1000 * lost,
    }
    print(f"written to {write_result('band_ardour', data)}")


if __name__ == "__main__":
    main()
