"""The clock, and the filter that leads it by incoming MIDI clock."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.midi_clock import CONTINUE, PULSE, SONG_POSITION, START, STOP, MidiClock
from bandmate_bridge.pulse_filter import PulseFilter

times = st.floats(0.0, 1e5)
tempos = st.floats(20.0, 400.0)


@given(times, st.floats(-1000.0, 1000.0), tempos, st.floats(-1000.0, 1000.0))
def test_time_of_a_beat_is_the_inverse_of_beat_at_a_time(
    start: float, first: float, bpm: float, beat: float
) -> None:
    clock = Clock(bpm)
    clock.start(first, start)
    assert clock.beat_at(clock.time_at(beat)) == pytest.approx(beat, abs=1e-6)


@given(times, st.lists(st.tuples(st.floats(0.001, 10.0), tempos), max_size=10))
def test_a_change_of_tempo_moves_no_beat_that_has_been(
    start: float, changes: list[tuple[float, float]]
) -> None:
    clock, now = Clock(), start
    clock.start(0.0, now)
    for wait, bpm in changes:
        now += wait
        before = clock.beat_at(now)
        clock.set_tempo(bpm, now)
        assert clock.beat_at(now) == pytest.approx(before, abs=1e-6)
        assert clock.beat_at(now + 60.0 / bpm) == pytest.approx(before + 1.0, abs=1e-6)


def test_a_standing_clock_keeps_its_beat_and_no_beat_comes() -> None:
    clock = Clock(120.0)
    clock.start(0.0, 10.0)
    clock.stop(11.0)
    assert clock.beat_at(99.0) == 2.0
    assert clock.time_at(3.0) == NEVER


def test_a_new_metre_waits_for_the_bar_line() -> None:
    clock = Clock(60.0)
    clock.start(0.0, 0.0)
    clock.set_metre(3, 4, 1.0)
    before, after = clock.state(3.9), clock.state(7.5)
    assert (before.numerator, before.bar) == (4, 0.0)
    assert (after.numerator, after.bar) == (3, 7.0)
    assert after.bar_after(7.5) == 10.0
    assert after.bar_before(6.9) == 4.0


def test_bar_lines_of_six_eight_are_three_beats_apart() -> None:
    clock = Clock(120.0, 6, 8)
    clock.start(-3.0, 0.0)
    state = clock.state(0.1)
    assert state.bar_length == 3.0
    assert [state.bar_after(beat) for beat in (-3.0, -2.9, 0.0, 0.1)] == [-3.0, 0.0, 0.0, 3.0]


@pytest.mark.parametrize("bpm", [0.0, -3.0, float("nan"), float("inf"), 1e9])
def test_a_tempo_that_is_none_is_refused(bpm: float) -> None:
    clock = Clock(100.0)
    with pytest.raises(ValueError, match="beats a minute"):
        clock.set_tempo(bpm, 0.0)
    assert clock.bpm == 100.0


@pytest.mark.parametrize("metre", [(0, 4), (4, 0), (4, 3), (-1, 8), (1000, 4)])
def test_a_metre_that_is_none_is_refused(metre: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not a metre"):
        Clock().set_metre(*metre, 0.0)


def jittered(bpm: float, pulses: int, jitter: float, start: float = 0.0) -> list[float]:
    """Pulse times as a system delivers them that looks every `jitter` seconds."""
    source = random.Random(4)
    exact = [start + index * 60.0 / bpm / 24.0 for index in range(pulses)]
    return [time + source.uniform(0.0, jitter) for time in exact]


@pytest.mark.parametrize("bpm", [60.0, 120.0, 174.0])
def test_the_pulse_filter_finds_the_tempo_through_jitter(bpm: float) -> None:
    pulses = PulseFilter()
    found = []
    for time in jittered(bpm, 24 * 16, 0.004):
        pulses.pulse(time)
        found.append(pulses.bpm or 0.0)
    assert all(value == pytest.approx(bpm, rel=0.01) for value in found[24 * 8 :])


def test_filtered_pulses_are_steadier_than_what_came_in() -> None:
    pulses, exact, worst_in, worst_out = PulseFilter(), 60.0 / 120.0 / 24.0, 0.0, 0.0
    for index, time in enumerate(jittered(120.0, 24 * 16, 0.006)):
        pulses.pulse(time)
        if index > 24 * 8:
            centre = index * exact + 0.003
            worst_in = max(worst_in, abs(time - centre))
            worst_out = max(worst_out, abs(pulses.time - centre))
    assert worst_out < worst_in / 2


def test_the_pulse_filter_follows_a_jump_of_tempo() -> None:
    pulses = PulseFilter()
    slow = jittered(80.0, 24 * 8, 0.002)
    for time in slow + jittered(140.0, 24 * 8, 0.002, slow[-1] + 0.02):
        pulses.pulse(time)
    assert pulses.bpm == pytest.approx(140.0, rel=0.01)


@pytest.mark.parametrize("bunch", [2, 10, 20])
def test_pulses_that_come_in_a_bunch_after_a_stall_leave_tempo_and_phase_alone(bunch: int) -> None:
    pulses, exact = PulseFilter(), 60.0 / 120.0 / 24.0
    for index in range(24 * 8):
        stalled = 24 * 6 <= index < 24 * 6 + bunch
        pulses.pulse((24 * 6 + bunch if stalled else index) * exact)
        assert index < 24 or pulses.bpm == pytest.approx(120.0, rel=0.02)
    assert pulses.time == pytest.approx((24 * 8 - 1) * exact, abs=0.003)


def led(messages: list[tuple[tuple[int, ...], float]]) -> tuple[Clock, list[str]]:
    clock = Clock()
    midi_clock = MidiClock(clock)
    return clock, [turn.kind for data, time in messages if (turn := midi_clock.receive(data, time))]


def pulses(count: int, start: float, bpm: float = 120.0) -> list[tuple[tuple[int, ...], float]]:
    return [((PULSE,), start + index * 2.5 / bpm) for index in range(count)]


def test_the_first_pulse_after_start_is_beat_zero() -> None:
    clock, turns = led([*pulses(24, 0.0), ((START,), 0.505), *pulses(48, 0.51)])
    assert turns == ["started"]
    assert clock.beat_at(0.51) == pytest.approx(0.0, abs=0.01)
    assert clock.beat_at(0.51 + 2.0) == pytest.approx(4.0, abs=0.02)


def test_pulses_alone_tell_the_tempo_and_start_nothing() -> None:
    clock, turns = led(pulses(60, 0.0, 90.0))
    assert turns == [] and not clock.running
    assert clock.bpm == pytest.approx(90.0, rel=0.001)


def test_continue_goes_on_from_the_song_position() -> None:
    position = 64  # sixteenths
    clock, turns = led(
        [((SONG_POSITION, position, 0), 0.0), ((CONTINUE,), 0.1), *pulses(24, 0.2, 100.0), ((STOP,), 1.0)]
    )
    assert turns == ["changed", "started", "stopped"]
    assert clock.beat_at(5.0) == pytest.approx(16.0 + 0.8 * 100.0 / 60.0, abs=0.05)


def test_continue_after_stop_goes_on_at_the_next_pulse() -> None:
    clock, _ = led([((START,), 0.0), *pulses(24, 0.01), ((STOP,), 0.6), ((CONTINUE,), 3.0), *pulses(1, 3.1)])
    assert clock.beat_at(3.1) == pytest.approx(1.0)


def test_a_running_clock_without_pulses_is_lost() -> None:
    clock = Clock()
    midi_clock = MidiClock(clock)
    for data, time in [((START,), 0.0), *pulses(24, 0.01)]:
        midi_clock.receive(data, time)
    assert midi_clock.look(0.6) is None
    turn = midi_clock.look(1.2)
    assert turn is not None and turn.kind == "lost" and not clock.running
