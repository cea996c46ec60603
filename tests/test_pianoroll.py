"""The piano roll in the terminal."""

import io
import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.console import Console
from bandmate.demo_phrase import demo_phrase
from bandmate.pianoroll import COLOURS, roll
from bandmate_models.score import ROLES, Metre, Note, Part, Score

MELODY = Score(
    parts=(Part("melody", (Note(0.0, 1.0, 60, 80), Note(1.0, 0.25, 61, 80), Note(4.0, 2.0, 60, 80))),)
)


def console(width: int = 100, encoding: str = "utf-8", **environ: str) -> Console:
    made = Console(io.TextIOWrapper(io.BytesIO(), encoding=encoding), environ=environ)
    made.width = width
    return made


def lines(score: Score, width: int = 100, bars: "int | None" = None, **how: str) -> list[str]:
    return list(roll(score, console(width, **how), bars))


def test_a_melody_is_drawn_note_by_note() -> None:
    ruler, lane, _ = lines(MELODY)
    assert ruler.split() == ["1", "2"]
    assert lane == "  melody │▄▁▁▁▀   ·   ·   │▄▁▁▁▁▁▁▁·   ·   │"


def test_bar_lines_stand_above_each_other() -> None:
    drawn = lines(demo_phrase())
    columns = {tuple(match.start() for match in re.finditer("│", line)) for line in drawn if "│" in line}
    assert len(columns) == 1
    assert len(columns.pop()) == 5


def test_drums_have_a_line_for_each_kind_that_sounds() -> None:
    strokes = (
        Note(0.0, 0.1, 36, 100),
        Note(1.0, 0.1, 38, 30),
        Note(0.5, 0.1, 42, 100),
        Note(2.0, 0.1, 75, 90),
    )
    drawn = lines(Score(parts=(Part("drums", strokes),)))
    assert [line.split("│")[0].strip() for line in drawn[1:-1]] == ["hat", "snare", "kick", "perc"]
    assert "▏" in drawn[2]
    assert drawn[3].endswith("│▌   ·   ·   ·   │")


@pytest.mark.parametrize("width", [20, 40, 60, 79, 100, 200, 400])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    phrase = demo_phrase()
    drawn = lines(phrase, width)
    widest = max(map(len, drawn))
    one_bar_at_its_smallest = 9 + 2 + 8
    assert widest <= max(width, one_bar_at_its_smallest)
    numbers = [number for line in drawn if "│" not in line for number in line.split()]
    assert numbers == ["1", "2", "3", "4"]


def test_silent_bars_are_drawn_when_asked_for() -> None:
    assert lines(MELODY, 200, bars=6)[0].split() == ["1", "2", "3", "4", "5", "6"]
    assert lines(Score(), bars=2) == ["         1                2", ""]


def test_metres_that_change_keep_their_bars_apart() -> None:
    score = Score(
        parts=(Part("bass", (Note(0.0, 8.0, 40, 80),)),),
        metres=(Metre(0.0, 3, 4), Metre(3.0, 7, 8), Metre(6.5, 2, 4)),
    )
    _, lane, _ = lines(score)
    assert [len(bar) for bar in lane.split("│")[1:-1]] == [12, 14, 8]


def test_every_part_has_a_label_and_a_colour() -> None:
    score = Score(parts=tuple(Part(role, (Note(0.0, 1.0, 60, 80),)) for role in ROLES if role != "drums"))
    drawn = "\n".join(lines(score, FORCE_COLOR="1"))
    for part in score.parts:
        assert f"\x1b[{COLOURS[part.role]}m{part.role:>8} " in drawn
    assert drawn.count("\x1b[0m") == drawn.count("\x1b[") / 2


def test_no_colour_where_none_is_wanted() -> None:
    assert "\x1b" not in "".join(lines(demo_phrase()))
    assert "\x1b" not in "".join(lines(demo_phrase(), NO_COLOR="1", FORCE_COLOR="1"))


def test_a_terminal_without_blocks_gets_plain_characters() -> None:
    assert lines(MELODY, encoding="ascii")[1] == "  melody |#---#   .   .   |#-------.   .   |"
    for line in lines(demo_phrase(), encoding="ascii"):
        assert line.isascii()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ROLES),
            st.lists(
                st.builds(Note, st.floats(0, 40), st.floats(0, 12), st.integers(0, 127), st.integers(1, 127)),
                max_size=12,
            ),
        ),
        max_size=4,
    ),
    st.integers(1, 12),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(10, 200),
    st.one_of(st.none(), st.integers(1, 12)),
)
def test_any_score_can_be_drawn(
    parts: list[tuple[str, list[Note]]], numerator: int, denominator: int, width: int, bars: "int | None"
) -> None:
    score = Score(
        parts=tuple(Part(role, tuple(sorted(notes))) for role, notes in parts),  # type: ignore[arg-type]
        metres=(Metre(0.0, numerator, denominator),),
    )
    drawn = list(roll(score, console(width), bars))
    systems = [line for line in drawn if line.strip() and "│" not in line]
    assert bool(systems)
    for role, notes in parts:
        if notes and role != "drums":
            assert any(line.startswith(f"{role:>8} ") for line in drawn)


def test_progress_is_silent_where_nobody_looks() -> None:
    err = io.StringIO()
    progress = Console(io.StringIO(), err).progress("playing")
    progress(1, 2)
    progress.clear()
    assert err.getvalue() == ""


def test_progress_tells_share_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    err = Terminal()
    progress = Console(io.StringIO(), err, os.environ).progress("playing")
    now[0] = 3.0
    progress(1, 4)
    assert re.search(r"playing \[#{7}-{21}\] 1/4 +9 s left", err.getvalue())
    progress.clear()
    assert err.getvalue().endswith("\r\x1b[K")
