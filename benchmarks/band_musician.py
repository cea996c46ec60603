"""A musician in a process of its own: plays a part into JACK ports on the beats of a clock, and records.

Started by `band.py` with a JSON line on standard input: ports, the clock (beat, time, bpm), the notes as
[beat, pitch, velocity (0: up)], and the time of the end. Prints one JSON line with what was sent and heard:
[seconds of perf_counter, port, bytes].
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import rtmidi

SPIN = 0.001


def connected(kind: Any, name: str, wanted: str) -> Any:
    """An rtmidi port of ours, connected to the one whose name contains `wanted`."""
    port = kind(rtmidi.API_UNIX_JACK, name=name)
    deadline = time.monotonic() + 20.0
    while True:
        names = port.get_ports()
        found = next((n for n, there in enumerate(names) if wanted in there), None)
        if found is not None:
            port.open_port(found, name)
            return port
        if time.monotonic() > deadline:
            raise SystemExit(f"there is no port {wanted!r} among {names}")
        time.sleep(0.1)


def main() -> None:
    job = json.loads(sys.stdin.readline())
    heard: list[tuple[float, str, list[int]]] = []
    sinks = {name: connected(rtmidi.MidiOut, f"to {name}", wanted) for name, wanted in job["to"].items()}
    sources = {}
    for name, wanted in job["from"].items():
        source = connected(rtmidi.MidiIn, f"from {name}", wanted)
        source.set_callback(
            lambda event, _, name=name: heard.append((time.perf_counter(), name, list(event[0])))
        )
        sources[name] = source
    print("ready", flush=True)
    beat, moment, bpm = json.loads(sys.stdin.readline())
    sent: list[tuple[float, str, list[int]]] = []
    for at, pitch, velocity in job["notes"]:
        due = moment + (at - beat) * 60.0 / bpm
        if due > job["seconds"] + moment:
            break
        while (left := due - time.perf_counter()) > SPIN:
            time.sleep(left - SPIN / 2)
        message = [0x90 if velocity else 0x80, int(pitch), int(velocity)]
        for name, sink in sinks.items():
            sent.append((time.perf_counter(), name, message))
            sink.send_message(message)
    time.sleep(1.0)
    print(json.dumps({"sent": sent, "heard": heard}), flush=True)
    for source in sources.values():
        source.cancel_callback()  # JACK ends the thread that calls back, wherever it is
    time.sleep(0.1)
    for port in (*sinks.values(), *sources.values()):
        port.delete()  # a client that just goes takes jackd along, whose name then stays registered


if __name__ == "__main__":
    main()
