"""MIDI clock from one conductor to another through JACK: standstills, jumps, a server that goes and comes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import (
    Configure,
    Cue,
    Fault,
    FromConductor,
    Locate,
    Measure,
    PlanFinished,
    PlanStarted,
    Play,
    PortWish,
    SetTempo,
    Start,
    Stop,
    Timing,
)
from jack_helpers import JackServer, until

pytest_plugins = ("jack",)

CLOCK_PORT = "Bandmate Clock"
STANDSTILL = 2.0
NEAR = 0.5
"""Beats: what is counted is right where they agree so far; how exactly they do is for the benchmarks."""


class Desk:
    """A link and all that its conductor said."""

    def __init__(self, configure: Configure) -> None:
        self.said: list[FromConductor] = []
        self.link = ConductorLink(configure, self.said.append)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [message for message in self.said if isinstance(message, kind)]

    def beat(self) -> float:
        return self.link.clock.beat_at(time.perf_counter())

    def stand_still(self) -> None:
        """The conductor is stopped for two seconds, and continued."""
        assert self.link.pid is not None
        os.kill(self.link.pid, signal.SIGSTOP)
        time.sleep(STANDSTILL)
        os.kill(self.link.pid, signal.SIGCONT)

    @property
    def faults(self) -> list[str]:
        return [fault.code for fault in self.of(Fault)]


@pytest.fixture
def leader(jack: JackServer) -> Iterator[Desk]:
    desk = Desk(Configure((), (PortWish("Leader Out"),), "jack", clock_out=CLOCK_PORT))
    with desk.link:
        yield desk


@pytest.fixture
def follower(leader: Desk) -> Iterator[Desk]:
    wishes = (PortWish(CLOCK_PORT, virtual=False),)
    desk = Desk(Configure(wishes, (PortWish("Follower Out"),), "jack", "midi"))
    with desk.link:
        until(lambda: all(port.open for port in desk.link.ports), "the leader's clock port")
        leader.link.send(Start(0.0))
        until(lambda: desk.link.clock.running, "the clock")
        yield desk


def agree(leader: Desk, follower: Desk) -> Callable[[], bool]:
    return lambda: follower.link.clock.running and abs(leader.beat() - follower.beat()) < NEAR


def test_one_leads_the_other_by_start_jump_tempo_and_stop(leader: Desk, follower: Desk) -> None:
    until(agree(leader, follower), "the same beat")
    leader.link.send(Locate(64.0, time.perf_counter()))
    until(lambda: follower.link.clock.beat > 60.0, "the jump")
    until(agree(leader, follower), "the same beat after a jump")
    leader.link.send(SetTempo(150.0))
    until(lambda: abs(follower.link.clock.bpm - 150.0) < 3.0, "the tempo")
    until(agree(leader, follower), "the same beat in another tempo")
    leader.link.send(Stop())
    until(lambda: not follower.link.clock.running, "the stop")
    assert "clock_lost" not in follower.faults


def test_a_follower_that_stood_still_counts_what_it_missed(leader: Desk, follower: Desk) -> None:
    until(lambda: leader.beat() > 4.0, "a bar")
    follower.stand_still()
    until(agree(leader, follower), "the same beat after a standstill")
    time.sleep(1.0)
    assert agree(leader, follower)()
    assert follower.faults == []


def test_a_leader_that_stood_still_says_where_it_is(leader: Desk, follower: Desk) -> None:
    until(lambda: leader.beat() > 4.0, "a bar")
    leader.stand_still()
    until(agree(leader, follower), "the same beat after a standstill")
    time.sleep(1.0)
    assert agree(leader, follower)()


def test_after_a_standstill_late_notes_are_dropped_and_the_groove_goes_on(leader: Desk) -> None:
    leader.link.send(Start(0.0))
    leader.link.send(Play("groove", tuple(Cue(beat / 4.0, 0.2, 60, 90, 0) for beat in range(4, 48))))
    until(lambda: leader.of(PlanStarted), "the groove")
    before = leader.link.clock
    leader.stand_still()
    until(lambda: leader.of(PlanFinished), "the end")
    (finished,) = leader.of(PlanFinished)
    assert finished.dropped >= 10 and finished.played >= 20
    assert finished.played + finished.dropped == 44 and not finished.cancelled
    assert leader.link.ask(Measure(), Timing).notes == finished.played
    after = leader.link.clock
    assert after.beat == pytest.approx(before.beat_at(after.time), abs=1e-6)
    assert leader.faults == []


def test_a_leader_that_leaves_stops_the_clock_and_its_successor_is_followed(
    leader: Desk, follower: Desk
) -> None:
    until(lambda: leader.beat() > 4.0, "a bar")
    leader.link.close()
    until(lambda: not follower.link.clock.running, "the halt")
    assert follower.faults == []
    until(lambda: not follower.link.ports[0].open, "the end of the port")
    successor = Desk(Configure((), (PortWish("Leader Out"),), "jack", clock_out=CLOCK_PORT))
    with successor.link:
        until(lambda: all(port.open for port in follower.link.ports), "the successor's port")
        successor.link.send(Start(16.0))
        until(agree(successor, follower), "the successor's beat")


def test_when_the_server_comes_back_so_does_the_clock(leader: Desk, follower: Desk, jack: JackServer) -> None:
    until(lambda: leader.link.connections and follower.link.connections, "the connections to be seen")
    jack.stop()
    until(lambda: "clock_lost" in follower.faults, "the loss of the clock")
    assert not follower.link.clock.running
    jack.start()
    until(agree(leader, follower), "the same beat with another server", 30.0)
