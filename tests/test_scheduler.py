"""The scheduler against a clock whose time the test moves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge import scheduler as scheduler_module
from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.messages import Change, Cue, FromConductor, PlanFinished, PlanStarted
from bandmate_bridge.scheduler import Scheduler


class Stage:
    """A scheduler, what it sent as (seconds, bytes), and what it told. One beat is a second at first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = 0.0
        monkeypatch.setattr(scheduler_module, "now", lambda: self.time)
        self.clock = Clock(60.0)
        self.clock.start(0.0, 0.0)
        self.sent: list[tuple[float, tuple[int, ...]]] = []
        self.told: list[FromConductor] = []
        self.scheduler = Scheduler(
            self.clock, lambda port, data: self.sent.append((self.time, data)), self.told.append
        )

    def run_to(self, time: float) -> None:
        """Plays every deadline up to `time` at its own time."""
        while (deadline := self.scheduler.deadline()) <= time:
            self.time = max(self.time, deadline)
            self.scheduler.play_due()
        self.time = time

    def play(self, *cues: Cue, plan: str = "plan", changes: tuple[Change, ...] = ()) -> None:
        self.scheduler.play(plan, cues, changes, "")

    def rounded(self) -> list[tuple[float, tuple[int, ...]]]:
        return [(round(time, 6), data) for time, data in self.sent]

    def still_sounding(self) -> set[tuple[int, int]]:
        """(channel, pitch) that a receiver would still hear."""
        sounding: set[tuple[int, int]] = set()
        for _, data in self.sent:
            if data[0] & 0xF0 == 0x90:
                sounding.add((data[0] & 15, data[1]))
            elif data[0] & 0xF0 == 0x80:
                sounding.discard((data[0] & 15, data[1]))
        return sounding


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def cue(start: float, duration: float = 0.5, pitch: int = 60, channel: int = 0) -> Cue:
    return Cue(start, duration, pitch, 90, channel)


def test_notes_leave_at_their_beats_and_end_at_their_ends(stage: Stage) -> None:
    stage.play(cue(1.0), cue(2.0, 0.25, 64))
    stage.run_to(5.0)
    assert stage.rounded() == [
        (1.0, (0x90, 60, 90)),
        (1.5, (0x80, 60, 0)),
        (2.0, (0x90, 64, 90)),
        (2.25, (0x80, 64, 0)),
    ]
    assert stage.told == [PlanStarted("plan", 1.0, 1.0), PlanFinished("plan", 2, 0, False)]


def test_a_change_of_tempo_holds_for_what_is_queued_and_for_what_sounds(stage: Stage) -> None:
    stage.play(cue(1.0, 2.0), cue(4.0))
    stage.run_to(2.0)
    stage.clock.set_tempo(120.0, 2.0)
    stage.run_to(9.0)
    assert [time for time, _ in stage.rounded()] == [1.0, 2.5, 3.0, 3.25]


def test_late_notes_are_dropped_and_counted_and_nearly_late_ones_played(stage: Stage) -> None:
    stage.time = 10.0
    stage.play(cue(9.94, pitch=1), cue(9.96, pitch=2), cue(10.5, pitch=3))
    stage.run_to(12.0)
    assert [data[1] for _, data in stage.sent if data[0] == 0x90] == [2, 3]
    assert stage.told[-1] == PlanFinished("plan", 2, 1, False)
    assert stage.scheduler.dropped == 1


def test_a_note_off_is_sent_however_late(stage: Stage) -> None:
    stage.play(cue(1.0, 0.5))
    stage.run_to(1.2)
    stage.time = 60.0
    stage.scheduler.play_due()
    assert stage.sent[-1] == (60.0, (0x80, 60, 0))


def test_cancel_ends_the_plan_at_once_and_leaves_the_others(stage: Stage) -> None:
    stage.play(cue(1.0, 3.0), cue(2.0, 3.0), plan="answer")
    stage.play(cue(1.0, 3.0, 72), plan="other")
    stage.run_to(1.5)
    stage.scheduler.cancel("answer")
    assert stage.still_sounding() == {(0, 72)}
    assert stage.told[-1] == PlanFinished("answer", 1, 0, True)
    stage.run_to(9.0)
    assert stage.still_sounding() == set()
    assert [data[1] for _, data in stage.sent if data[0] == 0x90] == [60, 72]


def test_cancel_lifts_the_pedal_and_centres_the_bend(stage: Stage) -> None:
    pedal, bend = Change(1.0, (0xB0, 64, 127)), Change(1.0, (0xE0, 0, 100))
    stage.play(cue(1.0, 9.0), changes=(pedal, bend))
    stage.run_to(2.0)
    stage.scheduler.cancel("plan")
    assert {data for time, data in stage.sent if time == 2.0} == {(0x80, 60, 0), (0xB0, 64, 0), (0xE0, 0, 64)}


def test_a_repeated_note_ends_before_it_begins_again_and_ends_once(stage: Stage) -> None:
    stage.play(cue(1.0, 4.0), cue(2.0, 1.0))
    stage.run_to(9.0)
    assert stage.rounded() == [
        (1.0, (0x90, 60, 90)),
        (2.0, (0x80, 60, 0)),
        (2.0, (0x90, 60, 90)),
        (3.0, (0x80, 60, 0)),
    ]


def test_a_jump_of_the_clock_ends_what_sounds_and_keeps_what_is_queued(stage: Stage) -> None:
    stage.play(cue(1.0, 8.0), cue(12.0, 0.5, 67))
    stage.run_to(2.0)
    stage.scheduler.end_notes()
    stage.clock.locate(11.0, 2.0)
    assert stage.still_sounding() == set()
    stage.run_to(4.0)
    assert stage.rounded()[2:] == [(3.0, (0x90, 67, 90)), (3.5, (0x80, 67, 0))]
    assert stage.told[-1] == PlanFinished("plan", 2, 0, False)


def test_a_jump_that_carries_keeps_the_times_of_what_sounds_and_is_queued(stage: Stage) -> None:
    stage.play(cue(1.0, 8.0), cue(12.0, 0.5, 67), plan="one")
    stage.play(cue(11.5, 0.25, 69), plan="other")
    stage.run_to(2.0)
    stage.clock.shift(-8.0)
    stage.scheduler.carry(-8.0)
    stage.play(cue(5.0, 0.5, 72), plan="one")
    stage.run_to(20.0)
    assert [(time, data[1]) for time, data in stage.rounded() if data[0] == 0x90] == [
        (1.0, 60),
        (11.5, 69),
        (12.0, 67),
        (13.0, 72),
    ]
    assert (9.0, (0x80, 60, 0)) in stage.rounded()
    assert stage.still_sounding() == set()


def test_nothing_is_due_while_the_clock_stands_still(stage: Stage) -> None:
    stage.clock.stop(0.0)
    stage.play(cue(1.0))
    assert stage.scheduler.deadline() == NEVER


def test_panic_silences_every_channel_that_was_used(stage: Stage) -> None:
    stage.play(cue(1.0, 9.0), cue(1.0, 9.0, 40, 3))
    stage.run_to(2.0)
    stage.scheduler.panic()
    assert stage.still_sounding() == set()
    sent = {data for time, data in stage.sent if time == 2.0}
    assert {(0xB0 | channel, number, 0) for channel in (0, 3) for number in (64, 120, 123)} <= sent
    assert stage.scheduler.deadline() == NEVER


def test_a_plan_in_pieces_finishes_after_its_last_piece(stage: Stage) -> None:
    stage.scheduler.play("plan", [cue(1.0, 0.1)], (), "", last=False)
    stage.run_to(3.0)
    assert not any(isinstance(message, PlanFinished) for message in stage.told)
    stage.scheduler.play("plan", [cue(4.0, 0.1)], (), "", last=True)
    stage.run_to(5.0)
    assert stage.told[-1] == PlanFinished("plan", 2, 0, False)


def test_an_empty_plan_finishes(stage: Stage) -> None:
    stage.play()
    assert stage.told == [PlanFinished("plan", 0, 0, False)]


def test_a_note_that_has_no_time_is_passed_over(stage: Stage) -> None:
    stage.play(cue(float("nan")), cue(1.0, float("inf")), cue(1.0))
    stage.run_to(3.0)
    assert len(stage.sent) == 2


actions = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.floats(0, 8), st.floats(0, 4), st.integers(60, 63)),
        st.tuples(st.just("wait"), st.floats(0, 3)),
        st.tuples(st.just("tempo"), st.floats(30, 300)),
        st.tuples(st.just("jump"), st.floats(0, 20)),
        st.tuples(st.just("carry"), st.floats(-16, 16)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("stall"), st.floats(0, 1)),
    ),
    max_size=30,
)


@given(actions)
def test_whatever_happens_nothing_hangs_and_time_never_runs_back(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(monkeypatch)
        for index, (kind, *values) in enumerate(actions):
            if kind == "play":
                beat = stage.clock.beat_at(stage.time) + values[0]
                stage.play(cue(beat, values[1], values[2]), plan=str(index % 6))
            elif kind == "wait":
                stage.run_to(stage.time + values[0])
            elif kind == "tempo":
                stage.clock.set_tempo(values[0], stage.time)
            elif kind == "jump":
                stage.scheduler.end_notes()
                stage.clock.locate(values[0], stage.time)
            elif kind == "carry":
                stage.clock.shift(values[0])
                stage.scheduler.carry(values[0])
            elif kind == "cancel":
                stage.scheduler.cancel(str(values[0]))
            else:
                stage.time += values[0]
        stage.clock.set_tempo(300.0, stage.time)
        stage.run_to(stage.time + 60.0)
        assert stage.still_sounding() == set()
        assert stage.scheduler.sounding == 0
        assert stage.scheduler.deadline() == NEVER
        assert all(earlier <= later for (earlier, _), (later, _) in pairwise(stage.sent))
