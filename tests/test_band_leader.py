"""Who plays when, in any metre: fills, stop-time, trading, following the player, and the ending."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.leader import Form, Leader
from bandmate_models import vocabulary as v
from bandmate_models.chords import Chord
from bandmate_models.frames import Frame
from bandmate_models.live.guide import LiveGuide
from bandmate_models.live.ledger import voice_of
from bandmate_models.score import Role

BAND: tuple[Role, ...] = ("drums", "bass", "chords", "melody")
BARS = [48, 36, 24, 42, 60, 15, 12]
"""Ticks of a bar: 4/4, 3/4, 2/4, 7/8, 5/4, 5/16, 1/4."""
every_metre = pytest.mark.parametrize("bar", BARS)


class Stage:
    """A leader with a guide, in bars of so many ticks from `line` on."""

    def __init__(self, bar: int = 48, line: int = 0, roles: tuple[Role, ...] = BAND) -> None:
        self.guide = LiveGuide()
        self.guide.slots = {voice_of(role): slot for slot, role in enumerate(roles)}
        self.leader = Leader(self.guide, roles, Form(line, bar))
        self.roles = roles

    def lead(self, committed: int, *, player_rests: bool = False, without: Any = (), **dials: float) -> bool:
        return self.leader.lead(committed, dials, player_rests=player_rests, without=without)

    def plays(self, role: Role, first: int, last: int) -> list[int]:
        """Ticks from `first` to before `last` on which a part may begin a note."""
        return [tick for tick in range(first, last) if self._may(role, tick)]

    def rests(self, role: Role, first: int, last: int) -> bool:
        return not self.plays(role, first, last)

    def _may(self, role: Role, tick: int) -> bool:
        mask = np.ones(v.SIZE, dtype=bool)
        reader: Any = SimpleNamespace(frame=Frame(tick, 1, 0, None))
        self.guide.narrow(reader, mask)
        return bool(mask[v.BASE["onset"] + self.roles.index(role) * v.TICKS_PER_BEAT])


def test_with_no_dial_turned_everybody_may_play_at_any_time() -> None:
    stage = Stage()
    stage.lead(0)
    assert all(stage.plays(role, 0, 200) == list(range(200)) for role in BAND)


@given(st.integers(-100, 100), st.sampled_from(BARS), st.integers(-500, 500))
def test_bars_are_counted_from_any_line_in_any_metre(line: int, bar: int, tick: int) -> None:
    form = Form(line, bar)
    before, after = form.line_before(tick), form.line_after(tick)
    assert before <= tick <= after and after - before in (0, bar)
    assert before == line + form.number(tick) * bar


@every_metre
def test_the_band_ends_on_the_first_beat_of_the_bar_after_the_next(bar: int) -> None:
    stage = Stage(bar, line=7)
    asked = 7 + 2 * bar + bar // 2
    end = stage.leader.end_after(asked)
    stage.lead(asked)
    assert end == 7 + 4 * bar
    for role in BAND:
        assert stage.plays(role, asked, end + 3 * bar) == list(range(asked, end + 1))


@every_metre
def test_in_stop_time_everybody_plays_on_bar_lines_alone(bar: int) -> None:
    stage = Stage(bar)
    stage.lead(bar // 3, stop_time=1)
    assert stage.plays("chords", bar // 3, 4 * bar) == [bar, 2 * bar, 3 * bar]


def test_stop_time_goes_on_for_as_long_as_it_is_asked_for() -> None:
    stage = Stage()
    for committed in range(0, 100 * 48, 6):
        stage.lead(committed, stop_time=1)
        assert stage.plays("drums", committed, committed + 30) == [
            tick for tick in range(committed, committed + 30) if tick % 48 == 0
        ]


def test_after_stop_time_everybody_plays_again_at_once() -> None:
    stage = Stage()
    stage.lead(0, stop_time=1)
    assert stage.lead(54)
    assert stage.plays("bass", 54, 150) == list(range(54, 150))


@every_metre
def test_player_and_soloists_take_turns_and_the_rhythm_goes_on(bar: int) -> None:
    stage = Stage(bar)
    for committed in range(0, 16 * bar, bar):
        stage.lead(committed, trade=4)
        answers = committed // bar % 8 >= 4
        assert stage.rests("melody", committed, committed + bar) == (not answers)
        assert len(stage.plays("drums", committed, committed + bar)) == bar
        assert len(stage.plays("chords", committed, committed + bar)) == bar


def test_where_nobody_is_a_soloist_all_but_drums_and_bass_answer() -> None:
    stage = Stage(roles=("drums", "bass", "chords"))
    stage.lead(0, trade=2)
    assert stage.rests("chords", 0, 96) and stage.plays("chords", 96, 192)
    assert stage.plays("bass", 0, 96)


def test_drums_and_bass_alone_answer_themselves() -> None:
    stage = Stage(roles=("drums", "bass"))
    stage.lead(0, trade=1)
    assert stage.rests("bass", 0, 48) and stage.plays("bass", 48, 96)


def test_the_band_rests_where_the_player_does_if_it_follows() -> None:
    stage = Stage()
    stage.lead(0, player_rests=True)
    assert stage.plays("bass", 0, 48)
    assert stage.lead(48, player_rests=True, follow=1)
    assert all(stage.rests(role, 48, 480) for role in BAND)
    assert stage.lead(480, player_rests=False, follow=1)
    assert all(len(stage.plays(role, 480, 528)) == 48 for role in BAND)


def test_parts_that_are_given_up_rest_until_they_are_taken_back() -> None:
    stage = Stage()
    stage.lead(0, without=("melody", "strings"))
    assert stage.rests("melody", 0, 480) and stage.plays("chords", 0, 48)
    stage.lead(48)
    assert stage.plays("melody", 48, 96)


def test_what_is_told_already_is_no_news() -> None:
    stage = Stage()
    stage.lead(0, stop_time=1)
    assert not stage.lead(6, stop_time=1)
    assert stage.lead(12, stop_time=0)


@every_metre
def test_a_fill_is_the_last_half_of_the_bar(bar: int) -> None:
    leader = Stage(bar).leader
    assert leader.fill_at(2 * bar) == (3 * bar - bar // 2, 3 * bar)


def test_a_fill_that_is_asked_for_late_begins_at_once_or_waits_for_the_next_bar() -> None:
    leader = Stage(48).leader
    assert leader.fill_at(30) == (30, 48)
    assert leader.fill_at(42) == (72, 96)


def test_a_fill_pushes_drums_until_the_next_bar_line_and_no_further() -> None:
    guide = LiveGuide()
    guide.fill(24, 48)

    def push(start: int) -> np.ndarray | None:
        reader: Any = SimpleNamespace(frame=Frame(start, 12, 0, None), stream="m", tick=0)
        return guide.push(reader)

    inside, crash = push(24), push(48)
    assert push(0) is None and push(60) is None
    assert inside is not None and crash is not None
    toms, crashes = v.BASE["drum"] + 47, v.BASE["drum"] + 49
    assert inside[toms] > 0 and not inside[crashes]
    assert crash[crashes] > 0 and not crash[toms]


@pytest.mark.parametrize("ticks", [-96, 48, 5])
def test_turns_and_the_ending_go_along_with_a_clock_that_jumps(ticks: int) -> None:
    stage = Stage()
    stage.lead(96, trade=2)
    stage.leader.end_after(100)
    stage.guide.move(ticks)
    stage.leader.move(ticks)
    assert stage.leader.ends_at == 192 + ticks
    stage.lead(96 + ticks, trade=2)
    assert len(stage.plays("melody", 96 + ticks, 192 + ticks)) == 96, "it is still the band's turn"
    assert stage.rests("melody", 193 + ticks, 480)


def test_chords_go_along_with_a_clock_that_jumps() -> None:
    guide = LiveGuide()
    guide.tell_chord(0, Chord(0, "maj"))
    guide.tell_chord(96, Chord(5, "maj"))
    guide.move(-96)
    assert guide.chord_at(-1) == Chord(0, "maj") and guide.chord_at(0) == Chord(5, "maj")
