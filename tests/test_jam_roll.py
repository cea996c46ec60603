"""The picture of the music as cells, and the figures in words."""

from __future__ import annotations

import pytest

from bandmate.band.status import LiveNote
from bandmate.jam.figures import Item, clock_items, flowed, percent, position
from bandmate.jam.lanes import lanes_of, rows_of
from bandmate.jam.roll import (
    AHEAD,
    BEHIND,
    EMPTY,
    MAYBE,
    NOW,
    PAST,
    SURE,
    Register,
    View,
    bar_lines,
    dots,
    drum_row,
    ruler,
)
from bandmate_bridge.messages import ClockState
from jam_stand_in import StandIn

CLOCK = ClockState(True, "internal", 10.0, 0.0, 120.0, 4, 4, 8.0)
VIEW = View(first=32, cells=4, columns=64, now=20.0, committed=21.0)  # from beat 8 to 24


def note(start: float, duration: float = 1.0, pitch: int = 60) -> LiveNote:
    return LiveNote("bass", start, duration, pitch, 90)


@pytest.mark.parametrize("columns", [16, 61, 90, 181])
def test_the_view_has_room_for_what_was_and_what_comes(columns: int) -> None:
    view = View.of(columns, 33.3, 34.0)
    assert view.beat(0) <= 33.3 - BEHIND + 1 / view.cells
    assert view.beat(columns) >= 33.3 + AHEAD - 1 / view.cells
    assert 0 < view.column(33.3) < columns


def test_the_music_moves_by_whole_cells() -> None:
    views = [View.of(64, 20.0 + step / 40, 21.0) for step in range(41)]
    assert {view.column(12.0) for view in views} == {12, 13, 14, 15, 16}
    assert {view.column(view.now) for view in views} == {48}


@pytest.mark.parametrize(
    ("start", "what"), [(17.0, PAST), (19.5, NOW), (20.5, SURE), (21.0, MAYBE), (22.0, MAYBE)]
)
def test_a_note_is_seen_as_what_it_is(start: float, what: int) -> None:
    (row,) = dots([note(start)], VIEW, 1, False, Register())
    drawn = [(column, dot) for column, dot in enumerate(row) if dot != EMPTY]
    first = int((start - 8.0) * 4)
    assert [column for column, _ in drawn] == list(range(first, first + 4))
    assert {dot.what for _, dot in drawn} == {what}
    assert [dot.struck for _, dot in drawn] == [True, False, False, False]


def test_notes_out_of_view_are_not_drawn_and_those_at_its_edges_are_cut() -> None:
    (row,) = dots([note(2.0), note(7.5), note(23.5, 4.0), note(30.0)], VIEW, 1, False, Register())
    assert [column for column, dot in enumerate(row) if dot != EMPTY] == [0, 1, 62, 63]
    assert not row[0].struck


def test_a_note_that_begins_is_seen_in_one_that_is_held() -> None:
    (row,) = dots([note(10.0, 4.0), note(11.0, 1.0)], VIEW, 1, False, Register())
    assert [column for column, dot in enumerate(row) if dot.struck] == [8, 12]


def test_higher_notes_stand_higher_and_a_lane_keeps_its_register() -> None:
    register = Register()
    grid = dots([note(10.0, pitch=48), note(12.0, pitch=59)], VIEW, 12, False, register)
    assert [row for row, cells in enumerate(grid) if any(dot != EMPTY for dot in cells)] == [0, 11]
    before = (register.low, register.high)
    dots([note(14.0, pitch=52)], VIEW, 12, False, register)
    assert (register.low, register.high) == before
    dots([note(14.0, pitch=96), note(15.0, pitch=90)], VIEW, 12, False, register)
    dots([note(18.0, pitch=91)], VIEW, 12, False, register)
    assert register.low > 59


def test_drums_stand_in_the_order_of_a_kit() -> None:
    assert [drum_row(pitch, 5) for pitch in (49, 42, 45, 38, 36)] == [0, 1, 2, 3, 4]
    assert drum_row(49, 1) == drum_row(36, 1) == 0
    assert drum_row(76, 6) == 2


def test_bar_lines_are_where_the_metre_has_them() -> None:
    assert bar_lines(VIEW, CLOCK) == {0: 3, 16: 4, 32: 5, 48: 6}
    assert bar_lines(VIEW, CLOCK._replace(numerator=3, bar=9.0)) == {4: 4, 16: 5, 28: 6, 40: 7, 52: 8}


def test_the_ruler_says_bars_now_and_what_is_certain() -> None:
    text = ruler(VIEW, {0: 9, 16: 10, 63: 100})
    assert len(text) == 64
    assert (text[0], text[16:18], text[63], text[48], text[52]) == ("9", "10", "1", "▼", "┆")


@pytest.mark.parametrize(
    ("beat", "metre", "bar", "wanted"),
    [
        (10.0, (4, 4), 8.0, (3, 3, 4)),
        (10.0, (6, 8), 9.0, (4, 3, 6)),
        (-3.5, (4, 4), -4.0, (0, 1, 4)),
        (2.9999999, (3, 4), 0.0, (2, 1, 3)),
    ],
)
def test_the_position_is_counted_as_musicians_do(
    beat: float, metre: tuple[int, int], bar: float, wanted: tuple[int, int, int]
) -> None:
    clock = ClockState(False, "internal", beat, 0.0, 120.0, *metre, bar)
    assert position(clock, 0.0) == wanted


def test_a_share_is_never_rounded_up() -> None:
    assert [percent(share) for share in (1.0, 0.99999, 0.9995, 0.0)] == [
        "100.00 %",
        "99.99 %",
        "99.95 %",
        "0.00 %",
    ]


def test_figures_flow_into_lines_that_fit() -> None:
    items = [Item("x" * length) for length in (10, 20, 30, 5)]
    lines = flowed(items, 36)
    assert [[len(item.text) for item in line] for line in lines] == [[10, 20], [30], [5]]
    assert [len(line) for line in flowed(items, 3)] == [1, 1, 1, 1]


def test_the_rows_of_the_lanes_fill_the_height_and_no_more() -> None:
    lanes = lanes_of(StandIn().status())
    for height in range(1, 40):
        rows = rows_of(lanes, height)
        assert sum(rows) <= height
        assert len(rows) == len(lanes)
    assert rows_of(lanes, 21) == [6, 3, 6, 6]
    assert rows_of(lanes, 3) == [1, 1, 1, 0]


def test_a_band_without_a_chord_or_player_says_so() -> None:
    status = StandIn().status()._replace(chord="", players=0)
    texts = [item.text for item in clock_items(status, 0.0)]
    assert "chord -" in texts
    assert "nobody plays in" in texts
