"""When MIDI really leaves by JACK: as rtmidi writes it, and at its frame.

python benchmarks/jack_output.py [--notes N]          needs: pip install JACK-Client (MIT), jackd

rtmidi hands an event to JACK's next period, which carries it at its first frame: up to a period late, by
chance. The other way is a JACK client that holds each event back for two periods and writes it at its own
frame; here its process callback is Python, as a bare experiment, alone in its process and beside a
thread of that process that computes. jack_midi_dump tells the frame of each event. What is given is how far
the events are from where they were meant, in milliseconds, with the least delay around them taken off: a
fixed delay harms nobody, an uneven one is heard as an unsteady groove. "xruns" are periods that jackd had to
give up: where there are many, the other figures are of those. jackd has real-time priority where permitted.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bandmate_bridge.conductor import SWITCH_INTERVAL
from bandmate_bridge.waiting import Alarm, gain_realtime_priority, now
from harness import ROOT, percentiles, table, write_result

try:
    import jack
except ImportError:
    sys.exit("jack_output: pip install JACK-Client, which this measurement alone needs")

RATE = 48_000
RECEIVER = "midi-monitor"
PERIODS = (64, 128, 256)
SPACING = 0.011
"""Seconds between two notes on average, each at a random instant."""
DELAY = 2
"""Periods that an event is held back: one and a little is the least, and leaves a busy machine nothing."""

NEIGHBOURS = 25
"""Notes before and after among which the least delay is looked for: jackd's frames slip at an xrun."""

_spawn = multiprocessing.get_context("spawn")


@contextlib.contextmanager
def server(period: int) -> Iterator[None]:
    """jackd on the dummy driver, synchronous, of so many frames a period."""
    name = f"bandmate-output-{os.getpid()}"
    os.environ["JACK_DEFAULT_SERVER"] = name
    command = ["jackd", "-R", "-S", "-n", name, "-d", "dummy", "-r", str(RATE), "-p", str(period)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["jack_wait", "-s", name, "-w", "-t", "10"], capture_output=True, check=True)
        yield
    finally:
        process.terminate()
        process.wait()


class Receiver:
    """jack_midi_dump: another program, in C, that says at which frame each event came."""

    def __init__(self) -> None:
        command = ["stdbuf", "-oL", "jack_midi_dump", "-a", RECEIVER]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def frames(self) -> dict[int, int]:
        """The frame of each note, by its number. Ends the program."""
        self._process.terminate()
        said, _ = self._process.communicate()
        found = re.findall(r"^ *(\d+): *90 ([0-9a-f]{2}) ([0-9a-f]{2})", said, re.MULTILINE)
        return {int(high, 16) * 128 + int(low, 16): int(frame) for frame, high, low in found}


class Framed:
    """A JACK client that writes each event at its own frame, a fixed delay after it was meant."""

    def __init__(self, on_xrun: Callable[[float], None]) -> None:
        self.client = jack.Client("sender")
        self.client.set_xrun_callback(on_xrun)
        self.port = self.client.midi_outports.register("out")
        self.queue: deque[tuple[int, bytes]] = deque()
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        self.port.clear_buffer()
        cycle, earliest = self.client.last_frame_time, 0
        while self.queue and self.queue[0][0] < cycle + frames:
            frame, data = self.queue.popleft()
            earliest = max(earliest, frame - cycle)
            self.port.write_midi_event(earliest, data)


def send(way: str, notes: int, results: Any) -> None:
    """In a process of its own: waits for each instant, sends, and gives the frames that were meant."""
    import rtmidi

    sys.setswitchinterval(SWITCH_INTERVAL)
    xruns: list[float] = []
    busy = way.endswith("busy")
    if way == "rtmidi":
        output = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="sender")
        output.open_virtual_port("out")
        clock, framed = jack.Client("clock"), None
        clock.set_xrun_callback(xruns.append)
        clock.activate()
    else:
        output, framed = None, Framed(xruns.append)
        clock = framed.client
    time.sleep(0.3)
    source = next(port for port in clock.get_ports(is_midi=True, is_output=True) if "sender" in port.name)
    clock.connect(source, f"{RECEIVER}:input")
    if busy:
        threading.Thread(target=_compute, daemon=True).start()
    gain_realtime_priority()
    chance, alarm, moment = random.Random(3), Alarm(), now() + 0.2
    meant: dict[int, int] = {}
    delay = DELAY * clock.blocksize
    for number in range(1, notes + 1):
        moment += chance.uniform(0.2, 1.8) * SPACING
        data = (0x90, number // 128, number % 128)
        if framed is None:
            alarm.wait(moment)
            meant[number] = clock.frame_time
            output.send_message(data)
        else:
            alarm.wait(moment - 0.001)  # as a scheduler would that hands over a little before the time
            frame = clock.frame_time + round((moment - now()) * RATE)
            meant[number] = frame
            framed.queue.append((frame + delay, bytes(data)))
    time.sleep(0.3)
    results.put((meant, len(xruns)))
    clock.deactivate()
    clock.close()
    if output is not None:
        output.close_port()
        output.delete()


def _compute() -> None:
    while True:
        sum(range(1000))


def measure(way: str, period: int, notes: int) -> dict[str, Any]:
    receiver = Receiver()
    results = _spawn.Queue()
    sender = _spawn.Process(target=send, args=(way, notes, results))
    sender.start()
    meant, xruns = results.get(timeout=120.0)
    sender.join()
    came = receiver.frames()
    late = [1000.0 * (came[number] - frame) / RATE for number, frame in meant.items() if number in came]
    around = (late[max(0, index - NEIGHBOURS) : index + NEIGHBOURS] for index in range(len(late)))
    found = percentiles([delay - min(others) for delay, others in zip(late, around, strict=True)])
    return {
        "way": way,
        "period": f"{period} ({1000.0 * period / RATE:.1f} ms)",
        "notes": notes,
        "lost": notes - len(late),
        "p50 ms": found["p50"],
        "p95 ms": found["p95"],
        "p99 ms": found["p99"],
        "worst ms": found["max"],
        "xruns": xruns,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=1000, help="notes each way (default 1000)")
    options = parser.parse_args()
    os.environ["JACK_NO_AUDIO_RESERVATION"] = os.environ["JACK_NO_START_SERVER"] = "1"
    roots = os.pathsep.join(str(ROOT / name) for name in ("bridge", "models"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (roots, os.environ.get("PYTHONPATH"))))
    measured = []
    for period in PERIODS:
        with server(period):
            for way in ("rtmidi", "at its frame", "at its frame, busy"):
                measured.append(measure(way, period, options.notes))
                time.sleep(2.0)  # jackd is done with those that have left
    print(table(measured))
    print(f"written to {write_result(Path(__file__).stem, {'rows': measured})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
