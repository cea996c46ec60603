"""The script for Logic's Scripter, run in node against a stand-in for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "examples" / "hosts" / "logic" / "Bandmate.js"
HOST = ROOT / "tests" / "hosts" / "scripter_host.js"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

PLAYS, BANDMATE = {"set": ["This track", 0]}, {"set": ["This track", 1]}


def scripter(*orders: dict[str, Any]) -> list[dict[str, Any]]:
    """What the script sends."""
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    done = subprocess.run(["node", HOST, SCRIPT], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def blocks(beats: float, step: float = 0.4, metre: tuple[int, int] = (4, 4), start: float = 1.0) -> list[Any]:
    """Logic playing for so many beats, a block at a time."""
    made, at = [], start
    while at < start + beats:
        timing = {"playing": True, "blockStartBeat": at, "blockEndBeat": at + step, "tempo": 120}
        made.append({"block": {**timing, "meterNumerator": metre[0], "meterDenominator": metre[1]}})
        at += step
    return made


def stopped(at: float) -> dict[str, Any]:
    timing = {"playing": False, "blockStartBeat": at, "blockEndBeat": at, "tempo": 120}
    return {"block": {**timing, "meterNumerator": 4, "meterDenominator": 4}}


def presses(sent: list[dict[str, Any]]) -> list[float]:
    assert {event["kind"] for event in sent} <= {"control"}
    assert {event["number"] for event in sent} <= {80}
    assert [event["value"] for event in sent] == [127, 0] * (len(sent) // 2)
    return [event["beat"] for event in sent[::2]]


def test_the_footswitch_is_pressed_once_at_the_end_of_my_bars() -> None:
    sent = scripter({"set": ["My bars", 2]}, {"set": ["Bandmate's bars", 1]}, *blocks(36, step=0.13))
    assert presses(sent) == [8.75, 20.75, 32.75]


def test_it_is_pressed_in_logics_bars_wherever_playing_begins_and_in_seven_eight() -> None:
    assert presses(scripter(*blocks(12, start=30.2))) == []
    assert presses(scripter(*blocks(20, start=30.2))) == [48.75]
    one_and_one = ({"set": ["My bars", 1]}, {"set": ["Bandmate's bars", 1]})
    assert presses(scripter(*one_and_one, *blocks(9, metre=(7, 8)))) == [4.25]


def test_nothing_is_pressed_while_logic_stands_still() -> None:
    assert scripter(*[stopped(16.5) for _ in range(9)]) == []


def test_one_part_of_the_band_comes_through() -> None:
    notes = [{"note": [True, channel, 40 + channel, 90]} for channel in (1, 10, 16)]
    for part, channels in ((0, [1, 10, 16]), (1, [10]), (2, [1, 16])):
        sent = scripter(BANDMATE, {"set": ["Part", part]}, *notes)
        assert [event["channel"] for event in sent] == channels


def test_what_sounds_is_ended_when_logic_stops() -> None:
    on, off = {"note": [True, 1, 60, 90]}, {"note": [False, 1, 60, 0]}
    held = {"note": [True, 10, 36, 90]}
    sent = scripter(BANDMATE, *blocks(1), on, held, off, stopped(2.0), stopped(2.0))
    assert [(event["kind"], event["channel"], event["pitch"]) for event in sent] == [
        ("note on", 1, 60),
        ("note on", 10, 36),
        ("note off", 1, 60),
        ("note off", 10, 36),
    ]
    assert [event["kind"] for event in scripter(BANDMATE, held, {"reset": True})] == ["note on", "note off"]


def test_what_i_play_goes_through_as_it_is() -> None:
    sent = scripter(PLAYS, {"note": [True, 3, 61, 77]}, {"note": [False, 3, 61, 1]}, stopped(1.0))
    assert [(event["kind"], event["velocity"]) for event in sent] == [("note on", 77), ("note off", 1)]
