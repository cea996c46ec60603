"""How far ahead the band plans, and what it gives up and takes back as the machine is slow or quick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.pace import LEVELS, MARGIN, MOST_LEAD, Pace

HALF_BEAT = 0.25
QUICK = 0.01


def commit(
    pace: Pace, times: int, seconds: float = QUICK, *, stale: bool = False, repeated: bool = False
) -> None:
    for _ in range(times):
        pace.planned(seconds, HALF_BEAT, stale=stale, repeated=repeated)


def test_at_first_nothing_is_given_up() -> None:
    assert Pace().now == LEVELS[0] and not Pace().now.name


def test_planning_begins_earlier_where_it_takes_longer() -> None:
    quick, slow = Pace(), Pace()
    commit(quick, 20, 0.02)
    commit(slow, 20, 0.1)
    assert quick.lead < slow.lead
    assert slow.lead > 0.1 + MARGIN


def test_one_slow_plan_among_many_moves_the_lead_little() -> None:
    pace = Pace()
    commit(pace, 60, 0.02)
    before = pace.lead
    commit(pace, 1, 2.0)
    assert pace.lead == before


def test_before_enough_was_measured_the_lead_is_the_one_given() -> None:
    pace = Pace(0.15)
    commit(pace, 3, 0.01)
    assert pace.lead == pytest.approx(0.15 + MARGIN)


@given(st.lists(st.floats(0, 10), max_size=80))
def test_the_lead_has_an_end(took: list[float]) -> None:
    pace = Pace()
    for seconds in took:
        commit(pace, 1, seconds)
    assert pace.latest < pace.lead <= MOST_LEAD + MARGIN


def test_who_listens_elsewhere_gets_the_notes_that_much_earlier() -> None:
    pace = Pace()
    lead, latest = pace.lead, pace.latest
    pace.least = 0.2
    assert pace.lead == pytest.approx(lead + 0.2)
    assert pace.latest == pytest.approx(latest + 0.2)


def test_plans_that_were_late_now_and_then_cost_nothing() -> None:
    pace = Pace()
    for _ in range(20):
        commit(pace, 7)
        commit(pace, 1, stale=True)
    assert pace.level == 0


def test_many_stale_plans_cost_a_level() -> None:
    pace = Pace()
    commit(pace, 4, stale=True)
    assert pace.level == 0
    commit(pace, 1, stale=True)
    assert pace.now.name == "a shorter look-ahead"


def test_two_repetitions_cost_a_level() -> None:
    pace = Pace()
    commit(pace, 1, repeated=True)
    assert pace.level == 0
    commit(pace, 1, repeated=True)
    assert pace.level == 1


def test_the_worst_is_the_last_bar_repeated_and_that_is_tried_again_after_a_breath() -> None:
    pace = Pace()
    commit(pace, 20, repeated=True)
    levels = [pace.level]
    for _ in range(200):
        commit(pace, 1, repeated=not pace.now.repeat)
        levels.append(pace.level)
    assert max(levels) == len(LEVELS) - 1 and LEVELS[max(levels)].repeat
    assert len(LEVELS) - 2 in levels[levels.index(len(LEVELS) - 1) :]


def test_what_was_given_up_is_taken_back_one_after_the_other() -> None:
    pace = Pace()
    commit(pace, 8, 0.3, repeated=True)
    given_up = [pace.level]
    for _ in range(300):
        commit(pace, 1)
        if pace.level != given_up[-1]:
            given_up.append(pace.level)
    assert given_up == list(range(given_up[0], -1, -1))


def test_who_listens_elsewhere_does_not_keep_the_band_from_taking_things_back() -> None:
    pace = Pace()
    pace.least = 0.2
    commit(pace, 2, repeated=True)
    commit(pace, 300)
    assert pace.level == 0


def test_nothing_is_taken_back_while_planning_takes_nearly_all_the_time_there_is() -> None:
    pace = Pace()
    commit(pace, 2, repeated=True)
    commit(pace, 300, HALF_BEAT)
    assert pace.level == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), max_size=120))
def test_levels_change_by_one_at_a_time(steps: list[tuple[float, bool, bool]]) -> None:
    pace = Pace()
    for seconds, stale, repeated in steps:
        before = pace.level
        commit(pace, 1, seconds, stale=stale, repeated=repeated)
        assert abs(pace.level - before) <= 1 and pace.now in LEVELS


def test_percentiles_are_milliseconds() -> None:
    pace = Pace()
    assert pace.percentiles() == (0.0, 0.0)
    commit(pace, 50, 0.02)
    assert pace.percentiles() == pytest.approx((20.0, 20.0))
