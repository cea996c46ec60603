"""How far the clock is from whom it follows: MIDI clock with jitter and a ramp, a host, a player; clock out.

python benchmarks/clocks.py [--quick]

What is reckoned takes its messages in a time of its own, by the conductor's own code. What goes through JACK
takes them as they come: another process plays MIDI clock, unsteady by 3 ms (sd), and notes between; each
note is stamped with the conductor's beat, which is held against the beat that the sender meant at that time.
The middle of those errors is the way through JACK, at most a period and a half; it is given apart. Clock out
is heard by another process, as MIDI programs hear it. Then one conductor leads another through JACK, and one
of them is stopped (SIGSTOP) for two seconds, or jackd is started anew: how long until the follower's clock
is within 10 ms of the leader's again, or the next note is heard. --quick leaves out what goes through JACK.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import itertools
import math
import multiprocessing
import os
import random
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bandmate_bridge.clock import Line
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import Configure, Cue, FromConductor, NoteHeard, Play, PortWish, SetTempo, Start
from bandmate_bridge.midi_clock import PULSE, START
from bandmate_bridge.player_pulse import PlayerPulse
from bandmate_bridge.waiting import Alarm, gain_realtime_priority, now
from harness import ROOT, percentiles, table, write_result

sys.path.insert(0, str(ROOT / "tests"))
from clock_kit import Stage
from jack_helpers import IN_PORT, JackServer, Musician
from player_kit import performance

LIMIT_MS = 5.0
"""Of the beat at p99, following MIDI clock with jitter and a ramp."""

JITTER = 0.003
SETTLED_BEATS = 4.0
SEEDS = 5
PROBES_PER_BEAT = 8

Tempo = Callable[[float], float]
TEMPOS: dict[str, Tempo] = {
    "steady, 120": lambda beat: 120.0,
    "90 -> 140 in 16 bars": lambda beat: 90.0 + 50.0 * min(1.0, max(0.0, (beat - 32.0) / 64.0)),
}
BEATS = 112.0

DELAYS: dict[str, Callable[[random.Random], float]] = {
    "none": lambda source: 0.0,
    "5 ms on average, exponential": lambda source: source.expovariate(200.0),
    "20 ms, even": lambda source: source.uniform(0.0, 0.02),
    "5 ms, one in twenty 100 ms": lambda source: 0.1 if source.random() < 0.05 else source.expovariate(200.0),
}
LOOP = 16.0

DRIFTS: dict[str, Tempo] = {
    "steady, 100": lambda beat: 100.0,
    "100 -> 110 in 32 bars": lambda beat: 100.0 + 10.0 * beat / 128.0,
    "140 -> 125 in 32 bars": lambda beat: 140.0 - 15.0 * beat / 128.0,
}
UNSTEADY = 0.012
HEARD_BEATS = 24.0
GIVEN_UP = 30.0

_spawn = multiprocessing.get_context("spawn")


def pulse_times(tempo: Tempo, beats: float) -> list[float]:
    """Seconds from beat 0 at which the pulses come: each is as long as the tempo in its middle says."""
    steps = (2.5 / tempo((index + 0.5) / 24.0) for index in range(round(beats * 24)))
    return list(itertools.accumulate(steps, initial=0.0))


def beat_in(times: Sequence[float], moment: float) -> float:
    """The beat at `moment`, between pulses in proportion."""
    index = min(max(bisect.bisect_right(times, moment) - 1, 0), len(times) - 2)
    return (index + (moment - times[index]) / (times[index + 1] - times[index])) / 24.0


def midi_reckoned(tempo: Tempo, seed: int) -> Iterator[float]:
    """Errors (ms) at every pulse of an unsteady MIDI clock, from the second bar on."""
    source, times = random.Random(seed), pulse_times(tempo, BEATS)
    arrivals = sorted(max(0.0, time + source.gauss(0.0, JITTER)) for time in times)
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch, "midi")
        begun, heard = stage.time + 0.02, 0
        stage.hear(START)
        for index, moment in enumerate(times[:-24]):
            while arrivals[heard] <= moment:
                stage.run_to(begun + arrivals[heard])
                stage.hear(PULSE)
                heard += 1
            stage.run_to(begun + moment)
            if index >= 24 * SETTLED_BEATS:
                yield (stage.beat - index / 24.0) * 60_000.0 / stage.clock.bpm


def host_reckoned(delay: Callable[[random.Random], float], seed: int) -> Iterator[float]:
    """Errors (ms) between the messages of a host that plays a loop of four bars at 120."""
    source = random.Random(seed)
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch, "host")
        begun = stage.time
        for step in range(600):
            stage.run_to(max(stage.time, begun + step / 10.0))
            meant = (stage.time - begun) * 2.0 % LOOP
            stage.host(meant, loop=(0.0, LOOP), delay=delay(source))
            stage.wait(0.03)
            apart = (stage.beat - (stage.time - begun) * 2.0 + LOOP / 2.0) % LOOP - LOOP / 2.0
            if step >= 20:
                yield apart * 500.0


def player_reckoned(tempo: Tempo, seed: int) -> Iterator[float]:
    """Errors (ms) at the notes of a player, between where each was meant and where the pulse has it."""
    pulse, line, bars_off = PlayerPulse(), None, None
    for note in performance(seed, 32, tempo, UNSTEADY):
        if line is not None and note.beat > HEARD_BEATS:
            beat = line.beat_at(note.due)
            bars_off = round(beat - note.beat) if bars_off is None else bars_off
            yield (beat - bars_off - note.beat) * 1000.0 / line.speed
        lead = pulse.hear(note.time, 60, 80, tempo(0.0))
        if lead is not None:
            line = Line(lead.beat, lead.time, lead.bpm / 60.0)


def play_clock(begin: float, tempo: Tempo | str, seed: int) -> None:
    """In a process of its own: start, unsteady pulses, and notes between for the conductor to stamp."""
    import rtmidi

    source = random.Random(seed)
    times = pulse_times(TEMPOS[tempo] if isinstance(tempo, str) else tempo, BEATS)
    pulses = [(max(0.0, time + source.gauss(0.0, JITTER)), (PULSE,)) for time in times]
    probes = [
        (source.uniform(times[0], times[-1]), (0x90, index % 128, 1))
        for index in range(int(BEATS * PROBES_PER_BEAT))
    ]
    output = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="clock")
    names = output.get_ports()
    output.open_port(names.index(IN_PORT))
    gain_realtime_priority()
    alarm = Alarm()
    for moment, data in [(-0.05, (START,)), *sorted([*pulses, *probes])]:
        alarm.wait(begin + moment)
        output.send_message(data)
    time.sleep(0.3)
    output.close_port()
    output.delete()


def midi_through_jack(tempo: str) -> tuple[list[float], float]:
    """Errors (ms) of the stamps with their median taken off, and that median."""
    said: list[FromConductor] = []
    with ConductorLink(Configure(backend="jack", source="midi"), said.append):
        begin, times = now() + 3.0, pulse_times(TEMPOS[tempo], BEATS)
        sender = _spawn.Process(target=play_clock, args=(begin, tempo, 1))
        sender.start()
        sender.join()
    errors = []
    for note in (message for message in said if isinstance(message, NoteHeard)):
        meant = beat_in(times, note.time - begin)
        if SETTLED_BEATS < meant < BEATS - 1.0:
            bpm = TEMPOS[tempo](meant)
            errors.append((note.beat - meant) * 60_000.0 / bpm)
    way = statistics.median(errors)
    return [error - way for error in errors], way


def clock_out_through_jack(bpm: float, beats: float) -> list[float]:
    """Errors (ms) of the times at which another process hears the pulses; their median taken off."""
    said: list[FromConductor] = []
    configure = Configure(
        (PortWish("Bandmate In"),), (PortWish("Bandmate Out"),), "jack", clock_out="Bandmate Out"
    )
    with ConductorLink(configure, said.append) as link:
        player = Musician()
        link.send(SetTempo(bpm))
        link.send(Start(0.0))
        time.sleep(beats * 60.0 / bpm + 0.5)
        state = link.clock
        player.leave()
    heard = [moment for moment, data in player.heard if data == (PULSE,)][: round(beats * 24)]
    errors = [(moment - state.time_at(index / 24.0)) * 1000.0 for index, moment in enumerate(heard)]
    middle = statistics.median(errors)
    return [error - middle for error in errors]


def recoveries() -> Iterator[dict[str, Any]]:
    """Seconds from SIGCONT, or from jackd's return, to a clock that is right again and to a note."""
    leading = Configure((), (PortWish("Bandmate Out"),), "jack", clock_out="Bandmate Clock")
    following = Configure((PortWish("Bandmate Clock", False),), (PortWish("Follower"),), "jack", "midi")
    with (
        a_server() as server,
        ConductorLink(leading, lambda message: None) as leader,
        ConductorLink(following, lambda message: None) as follower,
    ):
        comes(lambda: all(port.open for port in follower.ports))
        leader.send(Start(0.0))
        comes(lambda: leader.connections and follower.connections)
        for name, link in (("leader", leader), ("follower", follower)):
            seconds = [back_after(lambda link=link: stand_still(link), leader, follower) for _ in range(5)]
            yield recovery(f"the {name} is stopped for 2 s", "its clock is right", seconds)

        def restart() -> float:
            server.stop()
            time.sleep(1.0)
            server.start()
            return now()

        seconds = [back_after(restart, leader, follower) for _ in range(3)]
        yield recovery("jackd is started anew", "the follower's clock is right", seconds)
    with a_server(), ConductorLink(Configure(backend="jack"), lambda message: None) as link:
        player = Musician()
        link.send(Start(0.0))
        link.send(Play("groove", tuple(Cue(beat / 4.0, 0.2, 60, 90, 0) for beat in range(2, 240))))
        seconds = []
        for _ in range(5):
            time.sleep(2.0)
            continued = stand_still(link)
            comes(lambda continued=continued: after(player, continued))
            seconds.append(after(player, continued)[0] - continued)
        player.leave()
    yield recovery("the conductor is stopped for 2 s", "a note (one every 0.125 s)", seconds)


def stand_still(link: ConductorLink) -> float:
    """Stops the conductor for two seconds; gives when it was continued."""
    assert link.pid is not None
    os.kill(link.pid, signal.SIGSTOP)
    time.sleep(2.0)
    continued = now()
    os.kill(link.pid, signal.SIGCONT)
    return continued


def back_after(accident: Callable[[], float], leader: ConductorLink, follower: ConductorLink) -> float:
    """Seconds from what `accident` gives to the follower's first state of those that stay right."""
    time.sleep(3.0)
    begun = accident()
    right: list[float] = []
    while len(right) < 8:
        if now() - begun > GIVEN_UP:
            return math.inf
        state = follower.clock
        if state.time > (right[-1] if right else begun):
            apart = abs(leader.clock.beat_at(state.time) - state.beat) * 60.0 / leader.clock.bpm
            right = [*right, state.time] if state.running and apart < 0.01 else []
        time.sleep(0.005)
    return right[0] - begun


def after(player: Musician, moment: float) -> list[float]:
    """When notes were heard after `moment`."""
    return [time for time, data in tuple(player.heard) if data[0] & 0xF0 == 0x90 and time > moment]


def comes(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def recovery(accident: str, until: str, seconds: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(seconds)
    return {
        "accident": accident,
        "until": until,
        "times": len(ordered),
        "middle s": ordered[len(ordered) // 2],
        "longest s": ordered[-1],
    }


def row(
    what: str, case: str, errors: Sequence[float], limit: float | None = None, way: float | None = None
) -> dict[str, Any]:
    found = percentiles([abs(error) for error in errors])
    return {
        "clock": what,
        "case": case,
        "samples": found["count"],
        "p50 ms": found["p50"],
        "p95 ms": found["p95"],
        "p99 ms": found["p99"],
        "worst ms": found["max"],
        "way ms": "" if way is None else way,
        "limit ms": "" if limit is None else limit,
        "p99 / limit": "" if limit is None else found["p99"] / limit,
    }


def reckoned() -> Iterator[dict[str, Any]]:
    for name, tempo in TEMPOS.items():
        errors = [error for seed in range(SEEDS) for error in midi_reckoned(tempo, seed)]
        yield row("MIDI clock, 3 ms of jitter, reckoned", name, errors, LIMIT_MS)
    for name, delay in DELAYS.items():
        errors = [error for seed in range(SEEDS) for error in host_reckoned(delay, seed)]
        yield row("host in a loop, reckoned", f"messages held up: {name}", errors)
    for name, tempo in DRIFTS.items():
        errors = [error for seed in range(SEEDS) for error in player_reckoned(tempo, seed)]
        yield row("player, 12 ms unsteady, reckoned", name, errors)


def through_jack() -> Iterator[dict[str, Any]]:
    with a_server():
        for name in TEMPOS:
            errors, way = midi_through_jack(name)
            yield row("MIDI clock, 3 ms of jitter, through JACK", name, errors, LIMIT_MS, way)
        yield row("MIDI clock out, heard through JACK", "120", clock_out_through_jack(120.0, 64.0))


@contextlib.contextmanager
def a_server() -> Iterator[JackServer]:
    """A jackd of this benchmark's own, of 128 frames."""
    os.environ["JACK_DEFAULT_SERVER"] = f"bandmate-clocks-{os.getpid()}"
    os.environ["JACK_NO_AUDIO_RESERVATION"] = os.environ["JACK_NO_START_SERVER"] = "1"
    server = JackServer(os.environ["JACK_DEFAULT_SERVER"])
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="only what needs no JACK; writes no result")
    options = parser.parse_args()
    roots = os.pathsep.join(str(ROOT / name) for name in ("bridge", "models"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (roots, os.environ.get("PYTHONPATH"))))
    measured = [*reckoned(), *([] if options.quick else through_jack())]
    print(table(measured))
    if not options.quick:
        back = list(recoveries())
        print(table(back))
        print(f"written to {write_result(Path(__file__).stem, {'clocks': measured, 'recovery': back})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
