"""The screen of `bandmate jam`: what it shows, and what its keys ask of the band."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from bandmate.band.dials import dial_names
from bandmate.band.status import Timing
from bandmate.jam.keys import KEYS
from bandmate.jam.news import News
from bandmate.jam.screen import Jam
from bandmate.jam.widgets import Roll
from jam_stand_in import StandIn

Steps = Callable[[Pilot[None]], Awaitable[None]]


def shown(stage: StandIn, *keys: str, size: tuple[int, int] = (110, 40), news: News | None = None) -> str:
    """The screen's text after some keys were pressed."""

    async def run() -> str:
        app = Jam(stage, news or News(), frame=60.0)
        async with app.run_test(size=size) as pilot:
            await pilot.press(*keys)
            app.show()
            await pilot.pause()
            lines = [app.screen._compositor.render_strips()[y].text for y in range(size[1])]
        return "\n".join(lines)

    return asyncio.run(run())


def test_the_screen_shows_where_the_clock_is_and_how_the_band_keeps_up() -> None:
    text = shown(StandIn())
    for figure in (
        "resting",
        "6.2 ○○○○",
        "120.0 bpm",
        "4/4",
        "internal clock stands still",
        "chord Dm7",
        "1 player",
        "in time 99.98 %",
        "1234 notes",
        "0 dropped",
        "re-plan p50 11.5 p99 31.2 ms",
        "age p95 1.10 beats",
        "nothing given up",
        "0 of 5 bars degraded",
    ):
        assert figure in text


def test_a_running_clock_lights_the_beat() -> None:
    stage = StandIn()
    stage.clock = stage.clock._replace(running=True, bpm=0.001)
    assert "internal clock stands" not in shown(stage)
    assert "○●○○" in shown(stage)


def test_what_was_given_up_is_told() -> None:
    stage = StandIn()
    stage.level, stage.timing = "fewer parts", Timing(0.98, 500, 7, 80.0, 400.0, 2.5, 3, 20)
    text = shown(stage)
    assert "given up: fewer parts" in text
    assert "7 dropped" in text
    assert "3 of 20 bars degraded" in text


def test_every_part_has_a_lane_with_its_mute_solo_and_level() -> None:
    stage = StandIn()
    stage.dials |= {"bass.mute": 1.0, "chords.solo": 1.0, "drums.level": 0.5, "drums.density": 4.0}
    text = shown(stage)
    assert "1 drums" in text
    assert "2 bass     MUTE" in text
    assert "3 chords   SOLO" in text
    assert "player 1" in text
    assert "▰▰▰▰▱▱▱▱  50 %" in text
    assert "dens 4 reg -" in text


def test_the_roll_has_notes_on_both_sides_of_now() -> None:
    lines = shown(StandIn()).splitlines()
    ruler = next(line for line in lines if "▼" in line)
    now, committed = ruler.index("▼"), ruler.index("┆")
    assert now < committed
    drums = lines[lines.index(ruler) + 1 :]
    lane = next(line for line in drums if line.strip().startswith("1 drums"))
    for first, last in ((19, now), (now + 1, committed), (committed, len(lane))):
        assert any(letter in "▀▄" for line in drums for letter in line[first:last])


KEYS_AND_DIALS = [
    (("space",), [("play", 1.0)]),
    (("c",), [("count_in", 1.0)]),
    (("f",), [("fill", 1.0)]),
    (("e",), [("ending", 1.0)]),
    (("t", "t"), [("stop_time", 1.0), ("stop_time", 0.0)]),
    (("1", "3", "1"), [("drums.mute", 1.0), ("chords.mute", 1.0), ("drums.mute", 0.0)]),
    (("f2", "s", "3"), [("bass.solo", 1.0), ("chords.solo", 1.0)]),
    (("s", "1", "1"), [("drums.solo", 1.0), ("drums.mute", 1.0)]),
    (("n", "n", "N"), [("energy", 0.6), ("energy", 0.7), ("energy", 0.6)]),
    (("down", "down", "d", "d", "D"), [("bass.density", 4.0), ("bass.density", 5.0), ("bass.density", 4.0)]),
    (("up", "R"), [("chords.register", 3.0)]),
    (("V",), [("drums.level", 0.7), ("bass.level", 0.7), ("chords.level", 0.7)]),
    (("down", "r", "o"), [("drums.register", 4.0), ("drums.density", -1.0), ("drums.register", -1.0)]),
    (("w", "W", "W"), [("swing", 0.1), ("swing", 0.0), ("swing", 0.0)]),
    (("a", "a", "a", "a"), [("trade", 2.0), ("trade", 4.0), ("trade", 8.0), ("trade", 0.0)]),
    (("g", "h"), [("follow", 1.0), ("chord_lock", 0.0)]),
    (("4",), []),
]


@pytest.mark.parametrize(("keys", "turned"), KEYS_AND_DIALS)
def test_keys_turn_dials(keys: tuple[str, ...], turned: list[tuple[str, float]]) -> None:
    stage = StandIn()
    shown(stage, *keys)
    assert [(name, pytest.approx(value)) for name, value in stage.turned] == turned
    assert {name for name, _ in stage.turned} <= set(dial_names())


def test_a_band_that_is_slow_to_turn_a_dial_loses_no_press() -> None:
    stage = StandIn()
    stage.turn = lambda name, value: stage.turned.append((name, value))  # type: ignore[method-assign]
    shown(stage, "n", "n", "n")
    assert [value for _, value in stage.turned] == pytest.approx([0.6, 0.7, 0.8])


def test_bars_are_kept_and_the_take_is_told() -> None:
    stage = StandIn()
    assert "kept 8 bars of 4/4" in shown(stage, "k")
    assert "nothing was played in the last 16 bars" in shown(stage, "l")
    assert "4 bars" in shown(stage, "j")
    assert stage.kept == [8, 16, 4]


def test_the_tempo_is_set_by_keys_and_by_tapping() -> None:
    stage = StandIn()
    shown(stage, "plus", "plus", "minus")
    assert stage.tempos == [121, 122, 121]
    shown(stage, "b", "b", "b")
    assert len(stage.tempos) == 3
    shown(stage, "b", "b", "b", "b")
    assert len(stage.tempos) == 4


def test_another_clock_keeps_its_tempo() -> None:
    stage = StandIn(source="midi")
    assert "the midi clock leads" in shown(stage, "plus")
    assert stage.tempos == []


def test_what_is_refused_is_told() -> None:
    from bandmate_models.errors import BandmateError

    stage = StandIn()

    def refuse(name: str, value: float) -> None:
        raise BandmateError("no drums here", "bad_value")

    stage.turn = refuse  # type: ignore[method-assign]
    assert "no drums here" in shown(stage, "f")


def test_notices_are_told() -> None:
    news = News()
    news.say("Bandmate In is gone")
    assert "Bandmate In is gone" in shown(StandIn(), news=news)


def test_all_keys_are_told_on_request() -> None:
    text = shown(StandIn(), "question_mark", size=(110, 50))
    for key in KEYS:
        assert f"{key.shown:>8}  {key.doc}" in text
    assert KEYS[-1].doc not in shown(StandIn(), "question_mark", "question_mark", size=(110, 50))


def test_the_page_tells_every_key() -> None:
    page = (Path(__file__).parents[1] / "docs" / "jam.md").read_text(encoding="utf-8")
    for key in KEYS:
        assert f"| `{key.shown}` | {key.doc} |" in page


def test_no_key_has_two_meanings_and_each_is_an_action() -> None:
    names = [name for key in KEYS for name in key.names]
    assert len(names) == len(set(names))
    for key in KEYS:
        for does in key.does:
            assert hasattr(Jam, f"action_{does.split('(')[0]}")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_is_left_without_closing_the_band(key: str) -> None:
    stage = StandIn()

    async def run() -> bool:
        app = Jam(stage, News())
        async with app.run_test() as pilot:
            await pilot.press(key)
            await pilot.pause()
            return app._exit

    assert asyncio.run(run())
    assert not stage.closed


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (200, 60)])
def test_it_fits_every_terminal(size: tuple[int, int]) -> None:
    stage = StandIn(roles=("drums", "bass", "chords", "guitar", "strings", "melody"))
    lines = shown(stage, size=size).splitlines()
    assert len(lines) == size[1]
    if size[1] >= 24:
        assert all(f"{number} {role}" in "\n".join(lines) for number, role in enumerate(stage.roles, 1))


def test_the_picture_moves_with_the_terminal() -> None:
    stage = StandIn()

    async def run() -> tuple[int, int]:
        app = Jam(stage, News(), frame=60.0)
        async with app.run_test(size=(80, 30)) as pilot:
            before = app.query_one(Roll)._drawn[0].cell_length
            await pilot.resize_terminal(120, 30)
            await pilot.pause()
            return before, app.query_one(Roll)._drawn[0].cell_length

    assert asyncio.run(run()) == (80, 120)
