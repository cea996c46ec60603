"""MIDI clock in, through the conductor's transport: jitter, ramps, song position, losses and standstills."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.messages import Resume, SetTempo
from bandmate_bridge.midi_clock import CONTINUE, PULSE, SONG_POSITION, START, STOP
from clock_kit import Stage, cue

LIMIT_MS = 5.0
JITTER = 0.003


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch, "midi")


def send(stage: Stage, beats: float, bpm: float = 120.0, first: float | None = None) -> None:
    """Pulses of so many beats, the first one now or at the time `first`."""
    begun = stage.time if first is None else first
    for index in range(round(beats * 24)):
        stage.run_to(max(stage.time, begun + index * 2.5 / bpm))
        stage.hear(PULSE)
    stage.run_to(begun + beats * 60.0 / bpm)


def ramp(slow: float, fast: float, bars: int) -> Iterator[float]:
    """Seconds between pulses: eight bars of the first tempo, a ramp even in beats, four bars of the last."""
    for _ in range(8 * 96):
        yield 2.5 / slow
    for index in range(bars * 96):
        yield 2.5 / (slow + (fast - slow) * (index + 0.5) / (bars * 96))
    for _ in range(4 * 96):
        yield 2.5 / fast


@pytest.mark.parametrize("seed", range(3))
def test_three_milliseconds_of_jitter_and_a_ramp_stay_within_five(stage: Stage, seed: int) -> None:
    source, begun = random.Random(seed), stage.time + 0.02
    times = list(itertools.accumulate(ramp(90.0, 140.0, 16), initial=0.0))
    come = sorted(max(0.0, time + source.gauss(0.0, JITTER)) for time in times)
    stage.hear(START)
    pending, off = iter(come), []
    arrival = next(pending)
    for index, time in enumerate(times[:-24]):
        while arrival <= time:
            stage.run_to(begun + arrival)
            stage.hear(PULSE)
            arrival = next(pending)
        stage.run_to(begun + time)
        if index > 96:
            off.append(abs(stage.beat - index / 24.0) * 60.0 / stage.clock.bpm * 1000.0)
    assert sorted(off)[int(len(off) * 0.99)] < LIMIT_MS


def test_stop_silences_and_cancels_and_continue_goes_on(stage: Stage) -> None:
    stage.hear(START)
    stage.play(cue(0.5, 20.0), cue(6.0))
    send(stage, 2.0)
    assert stage.still_sounding() == {(0, 60)}
    stage.hear(STOP)
    assert stage.still_sounding() == set() and stage.cancelled == ["plan"]
    stage.wait(1.0)
    stage.hear(CONTINUE)
    send(stage, 1.0)
    assert stage.beat == pytest.approx(3.0, abs=0.05)


def test_song_position_by_whole_bars_carries_what_is_queued(stage: Stage) -> None:
    stage.hear(START)
    begun = stage.time
    stage.play(cue(8.5), cue(9.5))
    send(stage, 8.0)
    stage.hear(SONG_POSITION, 0, 0)
    stage.hear(CONTINUE)
    send(stage, 2.0)
    assert stage.jumps == [(-8.0, True)]
    assert [time for time, _ in stage.ons()] == pytest.approx([begun + 4.25, begun + 4.75], abs=0.003)
    assert stage.beat == pytest.approx(2.0, abs=0.02)


def test_a_song_position_elsewhere_drops_what_is_queued(stage: Stage) -> None:
    stage.hear(START)
    stage.play(cue(1.0, 30.0))
    send(stage, 4.0)
    stage.hear(SONG_POSITION, 10, 1)
    send(stage, 1.0)
    assert stage.jumps == [(pytest.approx(30.5, abs=0.05), False)]
    assert stage.still_sounding() == set() and stage.cancelled == ["plan"]
    assert stage.beat == pytest.approx(35.5, abs=0.05)


def test_a_start_of_a_clock_that_runs_takes_it_back_to_the_top(stage: Stage) -> None:
    stage.hear(START)
    send(stage, 4.0)
    stage.hear(START)
    send(stage, 1.0)
    assert stage.jumps == [(-4.0, True)]
    assert stage.beat == pytest.approx(1.0, abs=0.02)


def test_a_lost_clock_is_silent_and_stands(stage: Stage) -> None:
    stage.hear(START)
    stage.play(cue(0.5, 20.0))
    send(stage, 2.0)
    stage.wait(0.7)
    assert stage.faults == ["clock_lost"]
    assert stage.still_sounding() == set() and stage.cancelled == ["plan"]
    assert not stage.clock.running


@pytest.mark.parametrize("silence", [0.61, 1.7, 6.3])
def test_a_lost_clock_that_comes_back_is_where_it_would_be(stage: Stage, silence: float) -> None:
    begun = stage.time
    stage.hear(START)
    send(stage, 16.0)
    stage.wait(silence)
    assert not stage.clock.running
    index = int((stage.time - begun) * 48.0) + 1
    send(stage, 4.0, first=begun + index / 48.0)
    assert stage.clock.running
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0, abs=0.02)


@pytest.mark.parametrize("held_up", [0.7, 2.0])
def test_pulses_that_are_held_up_and_come_in_a_bunch_lose_no_beat(stage: Stage, held_up: float) -> None:
    begun = stage.time
    stage.hear(START)
    send(stage, 16.0)
    stage.wait(held_up)
    assert not stage.clock.running
    for _ in range(round(held_up * 48.0)):
        stage.hear(PULSE)
    send(stage, 4.0)
    assert stage.clock.running
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0, abs=0.03)


@pytest.mark.parametrize("seed", range(8))
def test_a_lost_clock_is_found_through_jitter(stage: Stage, seed: int) -> None:
    source, begun = random.Random(seed), stage.time
    stage.hear(START)
    gap = range(24 * 16, 24 * 24)
    for index in range(24 * 40):
        if index not in gap:
            stage.run_to(max(stage.time, begun + index / 48.0 + source.gauss(0.0, JITTER)))
            stage.hear(PULSE)
    assert stage.clock.running and stage.faults == ["clock_lost"]
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0, abs=0.13)


def test_one_that_comes_back_with_another_tempo_or_late_waits_for_its_start(stage: Stage) -> None:
    stage.hear(START)
    send(stage, 16.0)
    stage.wait(1.0)
    send(stage, 8.0, bpm=90.0)
    assert not stage.clock.running and stage.clock.bpm == pytest.approx(90.0, rel=0.01)
    stage.hear(START)
    send(stage, 8.0, bpm=90.0)
    stage.wait(15.0)
    send(stage, 8.0, bpm=90.0)
    assert not stage.clock.running
    stage.hear(START)
    send(stage, 2.0, bpm=90.0)
    assert stage.beat == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("lost", [1, 7, 30, 96])
def test_pulses_that_are_lost_while_the_process_stands_still_are_counted(stage: Stage, lost: int) -> None:
    begun = stage.time
    stage.hear(START)
    send(stage, 16.0)
    stage.time += lost / 48.0
    stage.transport.pardon(stage.time)
    send(stage, 4.0)
    assert stage.faults == []
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0, abs=0.03 if lost > 1 else 0.07)


def test_pulses_that_come_in_a_bunch_after_a_standstill_are_not_counted_twice(stage: Stage) -> None:
    begun = stage.time
    stage.hear(START)
    send(stage, 16.0)
    stage.time += 2.0
    stage.transport.pardon(stage.time)
    for _ in range(96):
        stage.hear(PULSE)
    send(stage, 4.0)
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0, abs=0.03)


def test_a_new_conductor_goes_on_where_the_pulses_are(stage: Stage) -> None:
    begun = stage.time
    stage.tell(Resume(20.0, begun, 120.0, 0.0))
    send(stage, 8.0, first=begun + 0.1)
    assert stage.beat == pytest.approx((stage.time - begun) * 2.0 + 20.0, abs=0.05)


def test_the_engine_cannot_set_the_tempo_of_incoming_clock(stage: Stage) -> None:
    stage.hear(START)
    send(stage, 4.0)
    stage.tell(SetTempo(60.0))
    send(stage, 1.0)
    assert stage.clock.bpm == pytest.approx(120.0, rel=0.01)


events = st.lists(
    st.one_of(
        st.tuples(st.just("pulses"), st.integers(1, 96), st.floats(40.0, 240.0)),
        st.tuples(st.sampled_from(["start", "stop", "continue"]), st.just(0), st.just(0.0)),
        st.tuples(st.just("position"), st.integers(0, 2**14 - 1), st.just(0.0)),
        st.tuples(st.just("silence"), st.just(0), st.floats(0.0, 12.0)),
        st.tuples(st.just("standstill"), st.just(0), st.floats(0.3, 3.0)),
        st.tuples(st.just("note"), st.integers(60, 64), st.floats(0.0, 6.0)),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(events, st.integers(0, 1000))
def test_whatever_comes_in_nothing_hangs_and_beats_run_back_at_jumps_alone(
    events: list[tuple[str, int, float]], seed: int
) -> None:
    source = random.Random(seed)
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch, "midi")
        for kind, number, value in events:
            if kind == "pulses":
                for _ in range(number):
                    before = stage.beat if stage.clock.running else -1e9
                    stage.wait(max(0.0, 2.5 / value + source.gauss(0.0, JITTER)))
                    if stage.clock.running:
                        assert stage.beat >= before - 1e-9
                    before = stage.beat if stage.clock.running else -1e9
                    stage.hear(PULSE)
                    assert not stage.clock.running or stage.beat >= before - 1e-9
            elif kind == "position":
                stage.hear(SONG_POSITION, number & 127, number >> 7)
            elif kind == "silence":
                stage.wait(value)
            elif kind == "standstill":
                stage.time += value
                stage.transport.pardon(stage.time)
            elif kind == "note":
                stage.play(cue(stage.beat + value, value, number), plan=str(number))
            else:
                stage.hear({"start": START, "stop": STOP, "continue": CONTINUE}[kind])
        stage.wait(60.0)
        assert stage.still_sounding() == set()
        assert stage.scheduler.sounding == 0
