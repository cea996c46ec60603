"""The clock that a host leads by message: late messages, loops, jumps, silence."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge.messages import ClockState, Jumped, SetSource
from clock_kit import Stage, cue

LOOP = (0.0, 8.0)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch, "host")


def follow(stage: Stage, beats: float, **told: object) -> None:
    """The host plays on for so many beats at 120, telling its place ten times a second."""
    start, first = stage.time, stage.beat
    loop = told.get("loop", (0.0, 0.0))
    assert isinstance(loop, tuple)
    for step in range(1, int(beats / 2.0 * 10.0) + 1):
        stage.run_to(start + step / 10.0)
        beat = first + step / 5.0
        stage.host(beat % loop[1] if loop[1] else beat, **told)  # type: ignore[arg-type]


def test_the_clock_starts_and_stops_with_the_host_and_stands_where_it_stands(stage: Stage) -> None:
    stage.host(3.0, playing=False)
    assert not stage.clock.running and stage.beat == 3.0
    stage.host(3.0)
    follow(stage, 4.0)
    assert stage.clock.running and stage.beat == pytest.approx(7.0, abs=0.01)
    stage.host(7.0, playing=False)
    stage.wait(1.0)
    assert not stage.clock.running and stage.beat == 7.0


def test_a_stop_silences_and_cancels(stage: Stage) -> None:
    stage.host(0.0)
    stage.play(cue(0.5, 8.0), cue(4.0))
    stage.wait(0.5)
    assert stage.still_sounding() == {(0, 60)}
    stage.host(1.0, playing=False)
    assert stage.still_sounding() == set()
    assert stage.cancelled == ["plan"]


@pytest.mark.parametrize("seed", range(5))
def test_messages_that_are_held_up_leave_the_clock_where_the_host_is(stage: Stage, seed: int) -> None:
    source, begun = random.Random(seed), stage.time
    worst = 0.0
    for step in range(200):
        stage.run_to(max(stage.time, begun + step / 10.0))
        stage.host((stage.time - begun) * 2.0, delay=min(0.09, source.expovariate(1.0 / 0.006)))
        if step > 30:
            worst = max(worst, abs(stage.beat - (stage.time - begun) * 2.0) / 2.0)
    assert worst < 0.003
    assert stage.jumps == []


def test_a_change_of_tempo_holds_at_once_for_what_is_queued(stage: Stage) -> None:
    stage.host(0.0)
    stage.play(cue(4.0))
    follow(stage, 2.0)
    stage.host(2.0, bpm=60.0)
    begun = stage.time
    stage.wait(1.9)
    stage.host(2.0 + 1.9, bpm=60.0)
    stage.wait(0.5)
    assert stage.ons() == [(pytest.approx(begun + 2.0, abs=0.002), 60)]


def test_a_loop_takes_the_queue_along_without_a_gap(stage: Stage) -> None:
    begun = stage.time
    stage.host(0.0, loop=LOOP)
    stage.play(*(cue(beat / 2.0, 0.75, 40 + beat) for beat in range(48)))
    follow(stage, 20.0, loop=LOOP)
    assert stage.jumps == [(-8.0, True), (-8.0, True)]
    assert stage.beat == pytest.approx(4.0, abs=0.02)
    times = [time for time, _ in stage.ons()]
    assert times == pytest.approx([begun + step / 4.0 for step in range(len(times))], abs=0.002)
    assert len(times) >= 40
    assert stage.cancelled == []


def test_the_clock_jumps_at_the_loops_end_and_does_not_wait_to_be_told(stage: Stage) -> None:
    stage.host(6.0, loop=LOOP)
    stage.wait(1.02)
    assert stage.beat == pytest.approx(0.04, abs=0.01)
    stage.host(7.98, loop=LOOP)
    stage.host(0.06, loop=LOOP, delay=0.01)
    assert stage.jumps == [(-8.0, True)]


def test_a_message_from_after_the_jump_that_comes_before_it_is_the_jump(stage: Stage) -> None:
    stage.host(6.0, loop=LOOP)
    stage.wait(0.99)
    stage.host(0.05, loop=LOOP)
    stage.wait(0.5)
    assert stage.jumps == [(-8.0, True)]
    assert stage.beat == pytest.approx(1.05, abs=0.02)


def test_a_host_beyond_its_loop_plays_on(stage: Stage) -> None:
    stage.host(10.0, loop=LOOP)
    stage.wait(1.0)
    stage.host(12.0, loop=LOOP)
    assert stage.jumps == [] and stage.beat == pytest.approx(12.0, abs=0.01)


def test_a_loop_that_is_taken_off_at_its_very_end_is_mended(stage: Stage) -> None:
    stage.host(6.0, loop=LOOP)
    stage.play(cue(9.0))
    stage.wait(1.1)
    stage.host(8.2)
    stage.wait(1.0)
    assert stage.jumps == [(-8.0, True), (8.0, True)]
    assert len(stage.ons()) == 1


def test_a_jump_of_whole_bars_carries_and_another_drops(stage: Stage) -> None:
    stage.host(0.0)
    stage.play(cue(1.0, 4.0), cue(3.0, 0.5, 64))
    follow(stage, 2.0)
    stage.host(34.0)
    assert stage.jumps == [(pytest.approx(32.0, abs=0.02), True)]
    assert stage.still_sounding() == {(0, 60)}
    follow(stage, 2.0)
    assert [pitch for _, pitch in stage.ons()] == [60, 64]
    stage.host(7.3)
    assert stage.jumps[-1][1] is False
    assert stage.still_sounding() == set() and stage.cancelled == ["plan"]
    assert stage.beat == pytest.approx(7.3, abs=0.01)


def test_notes_that_were_reckoned_before_a_jump_go_along_or_are_refused(stage: Stage) -> None:
    stage.host(6.0, loop=LOOP)
    stage.wait(1.1)
    assert stage.state.jumps == 1 and stage.state.loop_length == 8.0
    stage.play(cue(9.0), jumps=0)
    stage.wait(0.6)
    assert len(stage.ons()) == 1
    stage.host(4.7, loop=LOOP)
    stage.play(cue(6.0), plan="stale", jumps=1)
    assert "stale" in stage.cancelled
    stage.play(cue(6.0), plan="new", jumps=stage.state.jumps)
    stage.wait(0.8)
    assert len(stage.ons()) == 2


def test_one_message_that_is_far_behind_is_doubted_and_two_are_believed(stage: Stage) -> None:
    stage.host(0.0)
    follow(stage, 4.0)
    stage.host(3.4)
    assert stage.jumps == []
    follow(stage, 2.0)
    stage.host(stage.beat - 0.6)
    stage.host(stage.beat - 0.6 + 0.2, delay=0.1)
    stage.host(stage.beat - 0.6 + 0.2, delay=0.1)
    assert len(stage.jumps) == 1


def test_who_asks_for_the_clock_that_leads_already_disturbs_nothing(stage: Stage) -> None:
    stage.host(0.0)
    stage.play(cue(0.5, 8.0))
    follow(stage, 2.0)
    stage.tell(SetSource("host"))
    assert stage.clock.running and stage.still_sounding() == {(0, 60)}
    stage.tell(SetSource("internal"))
    assert not stage.clock.running and stage.still_sounding() == set()


def test_a_silent_host_is_lost_and_found(stage: Stage) -> None:
    stage.host(0.0)
    stage.play(cue(1.0, 60.0))
    follow(stage, 2.0)
    stage.wait(1.9)
    assert stage.clock.running
    stage.wait(0.2)
    assert stage.faults == ["clock_lost"]
    assert not stage.clock.running and stage.still_sounding() == set()
    stage.host(40.0)
    assert stage.clock.running and stage.beat == 40.0


def test_a_standstill_of_this_process_is_not_the_hosts_silence(stage: Stage) -> None:
    stage.host(0.0)
    stage.time += 2.5
    stage.transport.pardon(stage.time)
    stage.transport.look(stage.time)
    assert stage.faults == []
    stage.host(5.0)
    assert stage.clock.running and stage.jumps == []


def test_bars_are_counted_from_the_hosts_beginning_or_the_change_of_metre(stage: Stage) -> None:
    stage.host(5.0, metre=(3, 4))
    assert (stage.state.numerator, stage.state.bar) == (3, 3.0)
    follow(stage, 2.0, metre=(3, 4))
    stage.host(7.02, metre=(6, 8))
    assert (stage.state.numerator, stage.state.denominator, stage.state.bar) == (6, 8, 7.0)


hosts = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.floats(0.0, 0.2), st.floats(0.0, 0.1)),
        st.tuples(st.just("tempo"), st.floats(30.0, 300.0), st.just(0.0)),
        st.tuples(st.just("jump"), st.floats(0.0, 64.0), st.just(0.0)),
        st.tuples(st.just("loop"), st.floats(0.0, 16.0), st.floats(0.25, 8.0)),
        st.tuples(st.just("no loop"), st.just(0.0), st.just(0.0)),
        st.tuples(st.just("stop"), st.floats(0.0, 3.0), st.just(0.0)),
        st.tuples(st.just("silence"), st.floats(0.0, 4.0), st.just(0.0)),
        st.tuples(st.just("note"), st.floats(0.0, 6.0), st.floats(0.0, 8.0)),
    ),
    max_size=40,
)


@given(hosts)
def test_whatever_the_host_does_nothing_hangs_and_beats_run_back_at_jumps_alone(
    doings: list[tuple[str, float, float]],
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch, "host")
        watch = _monotony(stage)
        beat, bpm, loop = 0.0, 120.0, (0.0, 0.0)
        stage.host(beat)
        for kind, value, other in doings:
            if kind in ("tell", "silence"):
                stage.wait(value)
                beat += value * bpm / 60.0
                beat = loop[0] + (beat - loop[0]) % loop[1] if loop[1] and beat >= sum(loop) else beat
                stage.host(beat, bpm=bpm, loop=loop, delay=other)
                beat += other * bpm / 60.0
            elif kind == "tempo":
                bpm = value
            elif kind == "jump":
                beat = value
            elif kind == "loop":
                loop = (value, other)
            elif kind == "no loop":
                loop = (0.0, 0.0)
            elif kind == "stop":
                stage.host(beat, bpm=bpm, loop=loop, playing=False)
                stage.wait(value)
            else:
                stage.play(cue(stage.beat + value, other, 60 + int(value)), plan=f"plan {int(other)}")
            watch()
        stage.wait(60.0)
        assert stage.still_sounding() == set()
        assert stage.scheduler.sounding == 0


def _monotony(stage: Stage) -> Callable[[], None]:
    """Asserts at each call that the clock, if it ran on since the last, has not run back but by jumps."""
    last = (stage.clock.running, stage.beat, len(stage.told))

    def watch() -> None:
        nonlocal last
        ran, beat, heard = last
        told = stage.told[heard:]
        jumped = any(isinstance(message, Jumped) for message in told)
        stood = any(isinstance(message, ClockState) and not message.running for message in told)
        if ran and stage.clock.running and not (jumped or stood):
            assert stage.beat >= beat - 1e-9
        last = (stage.clock.running, stage.beat, len(stage.told))

    return watch
