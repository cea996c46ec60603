"""The live band at work: a held-out performance through JACK into the daemon and back, beside a bare echo.

python benchmarks/band.py [--minutes 10] [--bpm 120 180] [--hog 2] [--peer 3 --notochord PYTHON]

jackd runs synchronously on its dummy driver (48 kHz, 128 frames). One process is `bandmate serve`, one plays
a pianist of the held-out songs and records all that comes back, one is an echo of nothing but rtmidi. Four
parts play. "In time" is counted by the daemon's conductor: notes that left within 5 ms of their beat, of all
that were planned, dropped ones among these. What the recorder hears is set against the grid of twelfths of a
beat that the band plays on, its constant delay (the median) taken off. The echo's and the daemon's ways are
those of the same notes, from the player's sending to the recorder's hearing. Offline rates are means of three
answers. With `--peer` minutes, Notochord plays to the same pianist through the same jackd at the same time
(see band_notochord.py; PYTHON is one where it is installed), each of the two counted by its own intentions.
StreamMUSE publishes .995 in time on one machine, and .954 across a local network, of other hardware.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil

from band_figures import figures
from band_player import Player
from bandmate.tasks.studio import Request, Studio
from bandmate_bridge.osc_client import OscClient
from bandmate_models.controls import Controls
from bandmate_models.midi import read_midi
from bandmate_models.score import Part, Score, Tempo
from bandmate_models.weights import Weights
from harness import ROOT, table, write_result

ROLES = ("drums", "bass", "chords", "guitar")
FRAMES = 128
OFFLINE_BARS, ANSWERS = 32, 3
SHOWN = (
    "run", "in_time", "recorded_in_time", "planned", "dropped", "age_p95_beats", "degraded_bars",
    "plan_p50_ms", "plan_p99_ms", "beyond_the_echo_p99_ms", "cpu_share",
)  # fmt: skip


@contextlib.contextmanager
def jack() -> Iterator[str]:
    """jackd of our own; children find it by their environment."""
    name = f"bandmate-bench-{os.getpid()}"
    os.environ |= {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": name}
    options = f"-r -S -n {name} -d dummy -r 48000 -p {FRAMES}"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(["jackd", *options.split()], **quiet)
    try:
        subprocess.run(["jack_wait", "-s", name, "-w", "-t", "10"], check=True, **quiet)
        yield name
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def child(*arguments: str, ready: str, python: str = sys.executable) -> Iterator[subprocess.Popen[str]]:
    """A process that has said a line with `ready`; what it says before that is read away."""
    process = subprocess.Popen([python, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if ready in line:
            break
    else:
        raise SystemExit(f"{arguments} did not start")
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def pianist(path: Path) -> Part:
    """The piano of a song of the held-out set, as it was played."""
    score = read_midi(path.read_bytes())
    return max((part for part in score.parts if not part.is_drums), key=lambda part: len(part.notes))


def repeated(part: Part, beats: float) -> list[tuple[float, int, int]]:
    """Keys down and up by beat, the song over and over."""
    length = 4.0 * (int(part.notes[-1].end / 4.0) + 1)
    first = 4.0 * int(part.notes[0].start / 4.0)
    events = []
    for turn in range(int(beats / (length - first)) + 1):
        shift = turn * (length - first) - first
        for note in part.notes:
            events.append((note.start + shift, note.pitch, max(1, note.velocity)))
            events.append((note.end + shift - 0.01, note.pitch, 0))
    return sorted(event for event in events if event[0] < beats)


class Watch:
    """CPU and memory of a process and its children, every two seconds."""

    def __init__(self, pid: int) -> None:
        self.megabytes: list[float] = []
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._cpu = self._seconds()
        self._begun = time.perf_counter()
        threading.Thread(target=self._run, daemon=True).start()

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._all())

    def _run(self) -> None:
        while not self._ended.wait(2.0):
            with contextlib.suppress(psutil.Error):
                self.megabytes.append(sum(process.memory_info().rss for process in self._all()) / 2**20)

    def close(self) -> dict[str, float]:
        self._ended.set()
        minute = self.megabytes[30:45] or self.megabytes[-5:]
        return {
            "cpu_share": (self._seconds() - self._cpu) / (time.perf_counter() - self._begun),
            "megabytes_after_a_minute": statistics.median(minute),
            "megabytes_halfway": statistics.median(self.megabytes[len(self.megabytes) // 2 :][:15]),
            "megabytes_at_the_end": statistics.median(self.megabytes[-10:]),
        }


def status_of(client: OscClient) -> dict[str, Any]:
    values = client.ask("status")[-1].values
    return dict(zip(map(str, values[::2]), values[1::2], strict=True))


def hog() -> subprocess.Popen[bytes]:
    """A process that computes for nothing."""
    return subprocess.Popen([sys.executable, "-c", "while True: pass"])


def run(
    bpm: float, minutes: float, part: Part, with_hog: bool = False, notochord: str | None = None
) -> dict[str, Any]:
    """One run; `notochord` is the Python of the peer that plays too. Gives figures."""
    seconds = 60.0 * minutes
    with contextlib.ExitStack() as stack:
        stack.enter_context(jack())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        port = 7470 + os.getpid() % 400
        daemon = stack.enter_context(
            child("-m", "bandmate", "serve", "--osc-port", str(port), "--tempo", str(bpm), "--thru",
                  ready="Bandmate Out")
        )  # fmt: skip
        threading.Thread(target=drain, args=(daemon.stdout,), daemon=True).start()
        stack.enter_context(child(str(ROOT / "benchmarks" / "band_echo.py"), ready="ready"))
        peer = None
        if notochord is not None:
            script = str(ROOT / "benchmarks" / "band_notochord.py")
            peer = stack.enter_context(child(script, ready="ready", python=notochord))
        to = {"band": "Bandmate In", "echo": "Echo In"}
        source = {"band": "Bandmate Out", "echo": "Echo Out"}
        if peer is not None:
            to["notochord"], source["notochord"] = "Notochord In", "Notochord Out"
        musician = Player(to, repeated(part, seconds * bpm / 60.0), seconds, source)
        stack.callback(musician.leave)
        client = stack.enter_context(OscClient(port))
        client.ask("band", "roles", ",".join(ROLES), "play", 1)
        time.sleep(0.3)
        beat, moment = status_of(client)["beat"], time.perf_counter()
        musician.play(beat - 1.0, moment, bpm)
        watch, busy = Watch(daemon.pid), hog() if with_hog else None
        levels: set[str] = set()
        while time.perf_counter() < moment + seconds:
            time.sleep(2.0)
            levels.add(str(status_of(client)["band_level"]))
        status, machine = status_of(client), watch.close()
        told = musician.told()
        if busy is not None:
            busy.kill()
        client.ask("band", "play", 0)
        theirs = {}
        if peer is not None and peer.stdout is not None:
            peer.terminate()
            theirs = json.loads(peer.stdout.readline())
    found = figures(bpm, minutes, with_hog, status, told, machine, sorted(levels - {""}))
    return {**found, "notochord": theirs} if theirs else found


def offline_rates(weights: Weights, part: Part, bpm: float) -> dict[str, float]:
    """Notes a second of each part in an offline accompaniment of the same playing."""
    first = 4.0 * int(part.notes[0].start / 4.0)
    phrase = Score((part,), tempos=(Tempo(0.0, bpm),)).excerpt(first, first + 4.0 * OFFLINE_BARS)
    asked = Request("accompany", phrase, Controls(roles=",".join(ROLES)), end=4.0 * OFFLINE_BARS)
    seconds = 4.0 * OFFLINE_BARS * 60.0 / bpm
    counts = Counter[str]()
    for seed in range(ANSWERS):
        for written in Studio(weights).answer(asked, seed).parts:
            counts[written.role] += len(written.notes)
    return {role: notes / seconds / ANSWERS for role, notes in counts.items()}


def drain(stream: IO[str] | None) -> None:
    for _ in stream or ():
        pass


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--bpm", type=float, nargs="+", default=[120.0, 180.0])
    arguments.add_argument("--hog", type=float, default=0.0, help="minutes more beside a busy process")
    arguments.add_argument("--peer", type=float, default=0.0, help="minutes more beside Notochord")
    arguments.add_argument("--notochord", metavar="PYTHON", help="a Python in which notochord is installed")
    arguments.add_argument(
        "--song", type=Path, default=ROOT / "corpus" / "pop909", help="a MIDI file, or a source of the corpus"
    )
    options = arguments.parse_args()
    song, part = pianist_of(options.song)
    weights = Weights.load(None)
    if options.peer and not options.notochord:
        raise SystemExit("band: --peer needs --notochord, the Python in which it is installed")
    runs = []
    for minutes, beside in ((options.minutes, ""), (options.hog, "a hog"), (options.peer, "Notochord")):
        for bpm in options.bpm if minutes else ():
            peer = options.notochord if beside == "Notochord" else None
            found = run(bpm, minutes, part, beside == "a hog", peer)
            offline = offline_rates(weights, part, bpm)
            live = found["notes_a_second"]
            runs.append(
                {
                    "run": f"{bpm:g} bpm" + (f", beside {beside}" if beside else ""),
                    **found,
                    "offline_notes_a_second": offline,
                    "of_offline_notes": {role: live[role] / notes for role, notes in offline.items()},
                }
            )
            print(table([{key: row[key] for key in SHOWN} for row in runs]), flush=True)
    print(f"written to {write_result('band', {'frames': FRAMES, 'song': song.stem, 'runs': runs})}")


def pianist_of(song: Path) -> tuple[Path, Part]:
    """A file and its pianist; of a folder, its first song of the test split."""
    chosen = song if song.is_file() else held_out(song)
    return chosen, pianist(chosen)


def held_out(folder: Path) -> Path:
    """The first song of the test split in a folder of the corpus."""
    import csv

    with (ROOT / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["source"] == folder.name]
    name = sorted(Path(row["path"]).name for row in rows if row["split"] == "test")[0]
    return folder / name


if __name__ == "__main__":
    main()
