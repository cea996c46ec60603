"""The live band after accidents: how soon it is silent where it must be, and how soon it plays again.

python benchmarks/band_recovery.py [--times 3]

`bandmate serve` plays a band of four on synchronous jackd (client timeout 20 ms) at 120 bpm, and another
process (the tests' own musician) hears it. "Silent" is from the accident to the last note-off of what
sounded, "plays" from the accident's end (SIGCONT, jackd or the port back, the new daemon's start) to the
band's next note. "Hanging" are notes without a note-off half a second after the band was asked to rest at
last. What sounded in a jackd or a port that went is not counted: nothing reaches it any more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bandmate_bridge.osc_client import OscClient
from bandmate_models.errors import BandmateError
from harness import ROOT, table, write_result

sys.path.insert(0, str(ROOT / "tests"))
from jack_helpers import JackServer, Musician

ROLES = "drums,bass,chords,guitar"
CLIENT_TIMEOUT_MS = 20
WARM = 6.0
"""Seconds that the band plays before each accident: the link has a spare conductor by then."""
STILL = 2.0
GIVEN_UP = 40.0
PORT = 7810
now = time.perf_counter


class Stage:
    """jackd, a daemon that plays into `port`, and a musician who hears what comes out there."""

    def __init__(self, folder: Path, through: str = "") -> None:
        os.environ["JACK_DEFAULT_SERVER"] = f"bandmate-band-{os.getpid()}"
        self.jack = JackServer(os.environ["JACK_DEFAULT_SERVER"], CLIENT_TIMEOUT_MS)
        self.jack.start()
        self._folder, self._through = folder, through
        self.echo = self.start_echo() if through else None
        self.daemon = self.start_daemon()
        self.musician = self.bring_musician()

    def start_daemon(self) -> subprocess.Popen[bytes]:
        out = ["--midi-out", self._through] if self._through else []
        words = ["serve", "--osc-port", str(PORT), "--library", str(self._folder), *out]
        daemon = subprocess.Popen([sys.executable, "-m", "bandmate", *words], stdout=subprocess.DEVNULL)
        comes(self.status)
        with OscClient(PORT) as client:
            client.ask("band", "roles", ROLES, "play", 1)
        return daemon

    def start_echo(self) -> subprocess.Popen[str]:
        words = [sys.executable, str(ROOT / "benchmarks" / "band_echo.py")]
        echo = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert echo.stdout is not None
        echo.stdout.readline()
        return echo

    def bring_musician(self) -> Musician:
        return Musician(*(("Echo In:Echo In", "Echo Out:Echo Out") if self._through else ()))

    def status(self) -> dict[str, Any]:
        with contextlib.suppress(BandmateError, OSError), OscClient(PORT) as client:
            values = client.ask("status")[-1].values
            return dict(zip(map(str, values[::2]), values[1::2], strict=True))
        return {}

    def notes_after(self, moment: float) -> list[float]:
        return [at for at, data in tuple(self.musician.heard) if data[0] & 0xF0 == 0x90 and at > moment]

    def silence_after(self, moment: float) -> float:
        """Seconds until nothing of what sounded at `moment` does, read from what was heard."""
        comes(lambda: not self.musician.still_sounding(), 15.0)
        ends = [at for at, data in tuple(self.musician.heard) if data[0] & 0xF0 == 0x80 and at > moment]
        return (ends[-1] if ends else moment) - moment

    def hanging(self) -> int:
        with OscClient(PORT) as client:
            client.ask("band", "play", 0)
        time.sleep(0.5)
        left = len(self.musician.still_sounding())
        with OscClient(PORT) as client:
            client.ask("band", "play", 1)
        return left

    def close(self) -> None:
        self.musician.leave()
        self.daemon.terminate()
        self.daemon.wait(20)
        if self.echo is not None:
            self.echo.terminate()
            self.echo.wait(10)
        self.jack.stop()


def stop_for_a_while(stage: Stage, pid: int) -> tuple[float, float | None]:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STILL)
    os.kill(pid, signal.SIGCONT)
    return now(), None


def conductor_stopped(stage: Stage) -> tuple[float, float | None]:
    return stop_for_a_while(stage, stage.status()["conductor"])


def engine_stopped(stage: Stage) -> tuple[float, float | None]:
    return stop_for_a_while(stage, stage.daemon.pid)


def conductor_killed(stage: Stage) -> tuple[float, float | None]:
    killed = now()
    os.kill(stage.status()["conductor"], signal.SIGKILL)
    return killed, None


def engine_killed(stage: Stage) -> tuple[float, float | None]:
    killed = now()
    stage.daemon.kill()
    stage.daemon.wait()
    silent = stage.silence_after(killed)
    begun = now()
    stage.musician.leave()
    stage.daemon = stage.start_daemon()
    stage.musician = stage.bring_musician()
    return begun, silent


def jack_restarted(stage: Stage) -> tuple[float, float | None]:
    stage.jack.stop()
    with contextlib.suppress(Exception):
        stage.musician.leave()
    time.sleep(1.0)
    stage.jack.start()
    back = now()
    comes(lambda: "closed" not in stage.status().get("midi_out", "closed"), 20.0)
    stage.musician = stage.bring_musician()
    return back, None


def port_vanished(stage: Stage) -> tuple[float, float | None]:
    assert stage.echo is not None
    stage.musician.leave()
    stage.echo.kill()
    stage.echo.wait()
    time.sleep(1.0)
    back = now()
    stage.echo = stage.start_echo()
    stage.musician = stage.bring_musician()
    return back, None


Accident = Callable[[Stage], tuple[float, float | None]]
"""Happens to a stage; gives when it was over, and the seconds to silence where that can be told."""

ACCIDENTS: dict[str, Accident] = {
    "the conductor is stopped for 2 s": conductor_stopped,
    "the engine is stopped for 2 s": engine_stopped,
    "the conductor is killed": conductor_killed,
    "the engine is killed, and the daemon started anew": engine_killed,
    "jackd is started anew": jack_restarted,
    "the port that it plays into vanishes": port_vanished,
}


def comes(condition: Callable[[], object], seconds: float = GIVEN_UP) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)
    return bool(condition())


def rows(times: int, folder: Path) -> Iterator[dict[str, Any]]:
    for name, accident in ACCIDENTS.items():
        stage = Stage(folder, "Echo In" if accident is port_vanished else "")
        try:
            trials = [trial(stage, accident) for _ in range(times)]
        finally:
            stage.close()
        silences = [silent for silent, _, _ in trials if silent is not None]
        plays = sorted(plays for _, plays, _ in trials)
        yield {
            "accident": name,
            "times": times,
            "silent within s": max(silences) if silences else None,
            "plays, middle s": plays[len(plays) // 2],
            "plays, longest s": plays[-1],
            "hanging": sum(hanging for _, _, hanging in trials),
        }


def trial(stage: Stage, accident: Accident) -> tuple[float | None, float, int]:
    """Seconds to silence, where that is told, seconds until the band plays again, and notes that hang."""
    begun = now()
    comes(lambda: stage.notes_after(begun))
    time.sleep(WARM)
    over, silent = accident(stage)
    comes(lambda: stage.notes_after(over))
    again = stage.notes_after(over)
    time.sleep(1.0)
    return silent, again[0] - over if again else float("inf"), stage.hanging()


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--times", type=int, default=3)
    options = arguments.parse_args()
    os.environ |= {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(options.times, Path(folder)):
            found.append(row)
            print(table([row]), flush=True)
    print(f"written to {write_result(Path(__file__).stem, {'rows': found})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
