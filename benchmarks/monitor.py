"""The live monitor through JACK's dummy driver: dropouts beside silent streams', and how late notes sound.

python benchmarks/monitor.py [--minutes 5]

Three jackd run at once, 256 frames at 48 kHz: on one the band plays by MIDI and through the monitor, on
another it plays by MIDI alone and a stream of the same size writes zeros from Python, on the third there is
such a silent stream and nothing else; so all see the same machine at the same time. A block that the monitor
did not have ready counts as an xrun too, and by itself as a gap. Then strokes of a wood block are played one
by one, and another client records the monitor: "added" is from the moment at which the conductor sends a note
to the first frame that sounds, whose own place in the sample is taken off; "said to be added" is what the
monitor tells of itself.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from bandmate_bridge.audio.live.band import Band
from bandmate_bridge.audio.live.process import AudioProcess
from bandmate_bridge.audio.live.timeline import Timeline
from bandmate_bridge.audio.sampler.bank import Bank
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import Change, Configure, Cue, FromConductor, PlanStarted, Play, Start
from bandmate_bridge.monitor_feed import FeedAddress
from harness import percentiles, table, write_result

FRAMES, RATE = 256, 48_000
STROKES, SPACING = 60, 0.5  # of the wood block; beats at 120 a minute
LOUD = 0.003
SILENT = {"still": "silence alone", "silent": "silence beside the same MIDI"}
"""JACK servers with silent streams; a conductor plays on the last of them too."""
_spawn = get_context("spawn")


@contextlib.contextmanager
def jack(name: str, *, realtime: bool) -> Iterator[None]:
    """jackd on the dummy driver; this process and those it starts meanwhile use it."""
    os.environ |= {
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_NO_START_SERVER": "1",
        "JACK_DEFAULT_SERVER": f"bandmate-{name}-{os.getpid()}",
    }
    server = os.environ["JACK_DEFAULT_SERVER"]
    options = [
        "-R" if realtime else "-r",
        "-S",
        "-n",
        server,
        "-d",
        "dummy",
        "-r",
        str(RATE),
        "-p",
        str(FRAMES),
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(["jackd", *options], **quiet)  # type: ignore[call-overload]
    try:
        subprocess.run(["jack_wait", "-s", server, "-w", "-t", "10"], check=True, **quiet)  # type: ignore[call-overload]
        yield
    finally:
        process.terminate()
        process.wait()


def silence(pipe: Connection) -> None:
    """A stream of zeros, until the pipe says so; sends how many blocks it made and lost."""
    import sounddevice

    counts = [0, 0]

    def play(out: Any, frames: int, at: Any, status: Any) -> None:
        out.fill(0.0)
        counts[0] += 1
        counts[1] += bool(status.output_underflow)

    with sounddevice.OutputStream(RATE, FRAMES, channels=2, dtype="float32", latency="low", callback=play):
        pipe.send("ready")
        pipe.recv()
        counts[:] = [0, 0]
        pipe.send("begun")
        pipe.recv()
        pipe.send(tuple(counts))


def recording(pipe: Connection) -> None:
    """Records the left channel from when the pipe says so to when it says so; sends times and blocks."""
    import sounddevice

    blocks: list[tuple[float, Any]] = []
    timeline = Timeline(RATE, FRAMES)

    def hear(heard: Any, frames: int, at: Any, status: Any) -> None:
        timeline.tick(time.perf_counter())
        blocks.append((timeline.now, heard[:, 0].copy()))

    with sounddevice.InputStream(RATE, FRAMES, channels=1, dtype="float32", latency="low", callback=hear):
        pipe.send("ready")
        pipe.recv()
    pipe.send(blocks)


@contextlib.contextmanager
def child(target: Any) -> Iterator[Connection]:
    here, there = _spawn.Pipe()
    process = _spawn.Process(target=target, args=(there,), daemon=True)
    process.start()
    assert here.recv() == "ready"
    try:
        yield here
    finally:
        process.join(10.0)


class Played:
    """A conductor on the JACK server of now, with a monitor or without."""

    def __init__(self, *, heard: bool = True) -> None:
        address = FeedAddress.free()
        settings = {"frames": FRAMES, "port": address.port, "token": address.token}
        self.said: list[Mapping[str, Any]] = []
        self.sent: list[float] = []
        self.monitor = AudioProcess("bandmate_bridge.audio.live.monitor", settings, self.said.append, print)
        self.ready = self.monitor.start() if heard else {}
        self.link = ConductorLink(Configure(monitor=tuple(address)), self._hear)
        self.realtime = self.link.start().realtime
        self.link.send(Start())

    def report(self) -> Mapping[str, Any]:
        """What the monitor counted since the last report."""
        count = len(self.said)
        self.monitor.tell("report")
        while len(self.said) == count:
            time.sleep(0.05)
        return dict(self.said[-1]["report"])

    def close(self) -> None:
        self.link.close()
        self.monitor.close()

    def _hear(self, message: FromConductor) -> None:
        if isinstance(message, PlanStarted):
            self.sent.append(message.time)


def dense(beats: int) -> tuple[tuple[Cue, ...], tuple[Change, ...]]:
    """Drums in sixteenths, a bass, held chords of four and a melody, under a pedal."""
    cues = []
    for beat in range(1, beats):
        cues += [Cue(beat + step / 4, 0.1, 42, 70, 9) for step in range(4)]
        cues += [Cue(beat, 0.2, 36 if beat % 2 else 38, 110, 9), Cue(beat, 0.9, 36 + beat % 5, 100, 1)]
        cues += [Cue(beat, 3.8, 60 + beat % 3 + third, 80, 2) for third in (0, 4, 7, 11) if beat % 4 == 0]
        cues += [Cue(beat + step / 2, 0.5, 72 + (beat + step) % 9, 95, 0) for step in range(2)]
    changes = (Change(0.5, (0xC1, 33)), Change(0.5, (0xC2, 48)), Change(0.5, (0xB0, 64, 127)))
    return tuple(sorted(cues)), changes


def dropouts(seconds: float, realtime: bool) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    notes = Play("band", *dense(int(2 * seconds) + 20))
    with contextlib.ExitStack() as stack:
        silent = []
        for name in SILENT:
            stack.enter_context(jack(name, realtime=realtime))
            silent.append(stack.enter_context(child(silence)))
        unheard = Played(heard=False)
        stack.enter_context(jack("band", realtime=realtime))
        played = Played()
        for conductor in (played, unheard):
            conductor.link.send(notes)
        time.sleep(3.0)
        for stream in silent:
            stream.send("begin")
        played.report()
        for stream in silent:
            stream.recv()
        time.sleep(seconds)
        report = played.report()
        for stream in silent:
            stream.send("end")
        counts = [stream.recv() for stream in silent]
        ready = played.ready
        for conductor in (played, unheard):
            conductor.close()
    band = {
        "gaps": report["gaps"],
        "mean ms": report["mean_ms"],
        "longest ms": report["longest_ms"],
        "most voices": report["voices"],
    }
    rows = [
        {"stream": "the band", "blocks": report["blocks"], "xruns": report["xruns"], **band},
    ]
    rows += [
        {"stream": stream, "blocks": blocks, "xruns": xruns, **dict.fromkeys(band)}
        for stream, (blocks, xruns) in zip(SILENT.values(), counts, strict=True)
    ]
    return rows, ready


def onset_in_sample() -> float:
    """Seconds from a stroke's beginning to its first frame that counts as loud."""
    band = Band(Bank(BUILT), RATE)
    band.take((0x99, 76, 127))
    sound = np.concatenate([band.block(FRAMES)[0] for _ in range(20)])
    return float(np.argmax(np.abs(sound) > LOUD)) / RATE


def added(realtime: bool) -> list[float]:
    """Milliseconds from the sending of each stroke to its sound."""
    own = onset_in_sample()
    with jack("late", realtime=realtime):
        played = Played()
        with child(recording) as recorder:
            subprocess.run(
                ["jack_connect", "PortAudio:out_0", "PortAudio-01:in_0"], check=True, capture_output=True
            )
            beat = played.link.clock.beat_at(time.perf_counter()) + 1.0
            for stroke in range(STROKES):
                played.link.send(Play(f"stroke {stroke}", (Cue(beat + stroke * SPACING, 0.1, 76, 127, 9),)))
            time.sleep(STROKES * SPACING / 2 + 1.5)
            recorder.send("end")
            blocks = recorder.recv()
        played.close()
    late = []
    sound = np.concatenate([block for _, block in blocks])
    for sent in played.sent:
        first = next((index for index, (begun, _) in enumerate(blocks) if begun >= sent), None)
        if first is None:
            continue
        window = np.abs(sound[first * FRAMES :][: RATE // 10]) > LOUD
        if window.any():
            frame = int(window.argmax())
            begun = blocks[first + frame // FRAMES][0] + frame % FRAMES / RATE
            late.append(1000.0 * (begun - sent - own))
    return late


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--no-realtime", action="store_true", help="jackd without real-time priority")
    options = parser.parse_args()
    rows, ready = dropouts(60.0 * options.minutes, not options.no_realtime)
    late = added(not options.no_realtime)
    data = {
        "sound system": ready["system"],
        "frames": FRAMES,
        "rate": RATE,
        "minutes": options.minutes,
        "real-time priority": not options.no_realtime,
        **{f"xruns beyond {row['stream']}": rows[0]["xruns"] - row["xruns"] for row in rows[1:]},
        "said to be added ms": ready["added_ms"],
        "added ms": percentiles(late),
        "one period ms": 1000.0 * FRAMES / RATE,
        "strokes heard": len(late),
        "streams": rows,
    }
    print(table(rows))
    print(data["added ms"])
    print(f"written to {write_result('monitor', data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
