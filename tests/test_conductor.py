"""The conductor process and its link, without any MIDI system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import (
    Cancel,
    Change,
    ClockState,
    Configure,
    CountIn,
    Cue,
    Fault,
    FromConductor,
    Measure,
    PlanFinished,
    PlanStarted,
    Play,
    PortsChanged,
    PortWish,
    Ready,
    Restarted,
    SetMetre,
    SetTempo,
    SilenceNotes,
    Start,
    Stop,
    Timing,
)
from bandmate_bridge.wire import NOTES_PER_LINE, decode, encode, pieces
from bandmate_models.errors import BandmateError
from jack_helpers import until


class Desk:
    """A link whose conductor has no MIDI system, and all that it said."""

    def __init__(self) -> None:
        self.said: list[FromConductor] = []
        self.link = ConductorLink(Configure(backend="none"), self.said.append)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [message for message in self.said if isinstance(message, kind)]

    def beat(self) -> float:
        return self.link.clock.beat_at(time.perf_counter())


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with desk.link:
        yield desk


@pytest.mark.parametrize(
    "message",
    [
        Configure((PortWish("a"),), (), "jack", "midi"),
        SilenceNotes(((9, 36), (0, 60))),
        Play("p", (Cue(0.1, 1 / 3, 60, 90, 0),), (Change(2.0, (0xE0, 0, 64)),), "out", False),
        Ready(4, "none", True, ()),
        PortsChanged((), (("a:b", "c:d"), ("e:f", "g:h")), "jack"),
        ClockState(True, "midi", 0.1, 1e6 / 3, 120.0, 6, 8, -3.0),
        Stop(),
    ],
)
def test_messages_come_back_from_their_lines(message: FromConductor) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line) == message
    assert type(decode(line)) is type(message)


NO_MESSAGES = (b"", b"{", b"[]", b'["Nothing"]', b'["Stop",1]', b'["Play","a",[[1]]]', b"\xff")


@pytest.mark.parametrize("line", NO_MESSAGES)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        decode(line)


def test_long_plans_travel_in_pieces_of_which_the_last_closes() -> None:
    cues = tuple(Cue(float(i), 1.0, 60, 90, 0) for i in range(2 * NOTES_PER_LINE + 1))
    parts = list(pieces(Play("p", cues)))
    assert [len(part.cues) for part in parts] == [NOTES_PER_LINE, NOTES_PER_LINE, 1]
    assert [part.last for part in parts] == [False, False, True]
    assert tuple(cue for part in parts for cue in part.cues) == cues
    assert [part.last for part in pieces(Play("p", (), last=False))] == [False]


def test_without_a_midi_system_the_conductor_runs_and_says_why(desk: Desk) -> None:
    (ready,) = desk.of(Ready)
    assert ready.backend == "none"
    assert all(not port.open and "goes on without MIDI ports" in port.detail for port in ready.ports)
    desk.link.send(Start())
    desk.link.send(Play("p", (Cue(0.2, 0.1, 60, 90, 0),)))
    until(lambda: desk.of(PlanFinished), "the plan's end")
    assert desk.of(PlanFinished) == [PlanFinished("p", 1, 0, False)]


def test_five_thousand_notes_arrive_whole_and_are_measured(desk: Desk) -> None:
    desk.link.send(SetTempo(60.0))
    desk.link.send(Start())
    desk.link.send(Play("p", tuple(Cue(3.0 + i / 10_000, 0.01, i % 128, 90, 0) for i in range(5000))))
    until(lambda: desk.of(PlanFinished), "the plan's end", 30.0)
    (finished,) = desk.of(PlanFinished)
    assert finished.played + finished.dropped == 5000
    timing = desk.link.ask(Measure(), Timing)
    assert (timing.notes, timing.dropped) == (finished.played, finished.dropped)
    assert 0.0 <= timing.p50 <= timing.p95 <= timing.p99 <= timing.worst
    assert desk.link.ask(Measure(), Timing).notes == 0


def test_stop_ends_every_plan_and_halts_the_clock(desk: Desk) -> None:
    desk.link.send(Start())
    desk.link.send(Play("p", (Cue(0.0, 99.0, 60, 90, 0), Cue(50.0, 1.0, 60, 90, 0))))
    until(lambda: desk.of(PlanStarted), "the first note")
    desk.link.send(Stop())
    until(lambda: desk.of(PlanFinished), "the plan's end")
    assert desk.of(PlanFinished)[0].cancelled
    until(lambda: not desk.link.clock.running, "the clock's halt")
    stood = desk.beat()
    assert desk.beat() == stood


def test_a_count_in_starts_a_standing_clock_before_beat_zero(desk: Desk) -> None:
    desk.link.send(SetMetre(3, 4))
    desk.link.send(SetTempo(200.0))
    desk.link.send(CountIn(2))
    until(lambda: desk.link.clock.running, "the clock")
    assert desk.of(ClockState)[-1].bar <= -3.0
    until(lambda: desk.of(PlanFinished), "the last click")
    assert desk.of(PlanFinished) == [PlanFinished("count-in", 6, 0, False)]


def test_a_cancelled_plan_is_told_once_and_an_unknown_one_never(desk: Desk) -> None:
    desk.link.send(Play("p", (Cue(1.0, 1.0, 60, 90, 0),)))
    for plan in ("p", "p", "q"):
        desk.link.send(Cancel(plan))
    desk.link.ask(Measure(), Timing)
    assert desk.of(PlanFinished) == [PlanFinished("p", 0, 0, True)]


def test_nonsense_is_answered_by_a_fault_and_the_conductor_lives(desk: Desk) -> None:
    desk.link._write(b"nonsense\n" + b'["Play",1,2,3]\n' + b'["SetTempo","fast"]\n' + b'["Pong",1,2.0]\n')
    until(lambda: len(desk.of(Fault)) == 4, "four faults")
    assert desk.link.ask(Measure(), Timing).notes == 0


def test_a_killed_conductor_is_replaced_and_the_clock_runs_on(desk: Desk) -> None:
    desk.link.send(SetTempo(90.0))
    desk.link.send(SetMetre(6, 8))
    desk.link.send(Start())
    desk.link.send(Play("p", (Cue(500.0, 1.0, 60, 90, 0),)))
    until(lambda: desk.link.clock.running, "the clock")
    before, killed = desk.link.clock, desk.link.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: desk.of(Restarted), "word of the restart")
    assert "status -9" in desk.of(Restarted)[0].reason
    assert desk.of(PlanFinished) == [PlanFinished("p", 0, 0, True)]
    until(lambda: desk.link.clock.time > before.time and desk.link.clock.running, "the new clock")
    after = desk.link.clock
    assert (after.bpm, after.numerator, after.denominator) == (90.0, 6, 8)
    assert after.beat == pytest.approx(before.beat_at(after.time), abs=0.2)
    assert desk.link.pid != killed


def test_ctrl_c_is_left_to_the_engine(desk: Desk) -> None:
    assert desk.link.pid is not None
    os.kill(desk.link.pid, signal.SIGINT)
    assert desk.link.ask(Measure(), Timing).notes == 0
    assert not desk.of(Restarted)


def test_close_ends_the_process() -> None:
    desk = Desk()
    desk.link.start()
    process = desk.link._process
    desk.link.close()
    assert process is not None and process.returncode == 0
    assert not desk.of(Restarted)


def test_when_its_input_ends_the_conductor_leaves_and_says_so() -> None:
    desk = Desk()
    command = [sys.executable, "-m", "bandmate_bridge.conductor"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    line = encode(Configure(backend="none"))
    done = subprocess.run(command, input=line, capture_output=True, env=environment, timeout=20, check=False)
    assert done.returncode == 0
    assert b"the engine is gone" in done.stderr
    assert isinstance(decode(done.stdout.splitlines()[0]), Ready)
    assert desk.said == []


def test_a_conductor_that_does_not_answer_is_reported() -> None:
    desk = Desk()
    with desk.link, pytest.raises(BandmateError, match="did not answer with Restarted") as caught:
        desk.link.ask(Stop(), Restarted, timeout=0.2)
    assert caught.value.code == "no_conductor"
