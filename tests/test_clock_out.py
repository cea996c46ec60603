"""Outgoing MIDI clock: what a receiver of it hears, and where it believes to be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.clock import Clock
from bandmate_bridge.messages import Locate, SetTempo, Start, Steer, Stop
from bandmate_bridge.midi_clock import CONTINUE, PULSE, SONG_POSITION, START, STOP, MidiClock
from clock_kit import Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def statuses(stage: Stage) -> list[int]:
    return [data[0] for _, data in stage.pulses]


def receiver(stage: Stage) -> Clock:
    """A clock that is led by what was sent."""
    clock = Clock()
    led = MidiClock(clock)
    for time, data in stage.pulses:
        led.receive(data, time)
    return clock


def test_from_the_top_it_is_start_and_twenty_four_pulses_a_beat(stage: Stage) -> None:
    begun = stage.time
    stage.tell(Start(0.0))
    stage.wait(1.99)
    assert statuses(stage) == [START] + [PULSE] * 96
    times = [time - begun for time, data in stage.pulses if data == (PULSE,)]
    assert times == pytest.approx([index / 48.0 for index in range(96)], abs=1e-6)


def test_a_count_in_sends_pulses_and_starts_with_beat_0(stage: Stage) -> None:
    stage.tell(Start(-2.0))
    stage.wait(1.5)
    assert statuses(stage) == [PULSE] * 48 + [START] + [PULSE] * 25


def test_stop_is_sent_and_a_start_elsewhere_says_where(stage: Stage) -> None:
    stage.tell(Start(0.0))
    stage.wait(0.5)
    stage.tell(Stop())
    assert statuses(stage)[-1] == STOP
    count = len(stage.pulses)
    stage.wait(2.0)
    assert len(stage.pulses) == count
    stage.tell(Start(130.0))
    stage.wait(0.1)
    assert [data for _, data in stage.pulses[count : count + 3]] == [
        (SONG_POSITION, 520 & 127, 520 >> 7),
        (CONTINUE,),
        (PULSE,),
    ]


def test_a_jump_between_sixteenths_waits_for_the_next_one(stage: Stage) -> None:
    stage.tell(Start(0.0))
    stage.wait(0.5)
    stage.tell(Locate(8.1, stage.time))
    stage.wait(1.0)
    assert (SONG_POSITION, 33, 0) in [data for _, data in stage.pulses]
    assert receiver(stage).beat_at(stage.time) == pytest.approx(stage.beat, abs=0.05)


def test_after_a_standstill_the_receiver_is_told_where_it_is(stage: Stage) -> None:
    stage.tell(Start(0.0))
    stage.wait(1.0)
    count = len(stage.pulses)
    stage.time += 2.0
    stage.wait(1.0)
    missed = [data[0] for _, data in stage.pulses[count:]]
    assert missed[0] == STOP and SONG_POSITION in missed and CONTINUE in missed
    assert missed.count(PULSE) <= 49
    assert receiver(stage).beat_at(stage.time) == pytest.approx(stage.beat, abs=0.05)


def test_beyond_the_last_song_position_pulses_go_on(stage: Stage) -> None:
    stage.tell(Start(5000.0))
    stage.wait(1.0)
    assert (SONG_POSITION, 127, 127) in [data for _, data in stage.pulses]
    assert statuses(stage).count(PULSE) >= 48


def test_a_host_that_loops_takes_the_receiver_along(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "host")
    for step in range(100):
        stage.host((step / 5.0) % 8.0, loop=(0.0, 8.0))
        stage.wait(0.1)
    assert receiver(stage).beat_at(stage.time) == pytest.approx(stage.beat, abs=0.05)
    assert statuses(stage).count(START) == 3


doings = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.floats(-8.0, 400.0)),
        st.tuples(st.just("locate"), st.floats(-8.0, 400.0)),
        st.tuples(st.just("tempo"), st.floats(40.0, 240.0)),
        st.tuples(st.just("steer"), st.floats(-0.1, 0.1)),
        st.tuples(st.just("stop"), st.just(0.0)),
        st.tuples(st.just("wait"), st.floats(0.0, 2.0)),
        st.tuples(st.just("standstill"), st.floats(0.0, 2.0)),
    ),
    max_size=20,
)


@settings(deadline=None)
@given(doings)
def test_a_receiver_is_never_ahead_or_behind_for_long(doings: list[tuple[str, float]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch)
        for kind, value in doings:
            if kind == "start":
                stage.tell(Start(value))
            elif kind == "locate":
                stage.tell(Locate(value, stage.time))
            elif kind == "tempo":
                stage.tell(SetTempo(value))
            elif kind == "steer":
                stage.tell(Steer(stage.beat + value, stage.time, stage.clock.bpm))
            elif kind == "stop":
                stage.tell(Stop())
            elif kind == "wait":
                stage.wait(value)
            else:
                stage.time += value
        stage.tell(SetTempo(120.0))
        stage.wait(8.0)
        clock = receiver(stage)
        assert clock.running == stage.clock.running
        if clock.running:
            assert clock.beat_at(stage.time) == pytest.approx(stage.beat, abs=0.1)
