"""The devices' script by itself: ECMAScript 5, messages of device.json alone, a world as narrow as Max's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bandmate_bridge.protocol import checksum
from bandmate_models.vocabulary import GENRES
from bandmate_models.word_table import MOODS
from device_script_kit import HARNESS, ROOT, Device, bundle, needs_node, until
from live_plan import TUNE, band

SOURCES = ROOT / "max_for_live" / "source" / "script"
TABLE: dict[str, Any] = json.loads((ROOT / "max_for_live" / "device.json").read_text(encoding="utf-8"))


def _has_acorn() -> bool:
    if shutil.which("node") is None:
        return False
    find = ["node", "-e", "require('acorn')"]
    return subprocess.run(find, cwd=HARNESS, capture_output=True, check=False).returncode == 0


needs_acorn = pytest.mark.skipif(
    not _has_acorn(),
    reason="acorn is not installed: npm install --no-package-lock --prefix tests/max_for_live",
)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "bandmate.js"
    file.write_text(bundle(SOURCES), encoding="ascii")
    return file


def parsed(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", str(HARNESS / "es5.js"), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@needs_node
@needs_acorn
def test_the_script_is_ecmascript_5_and_a_newer_one_is_refused(script: Path, tmp_path: Path) -> None:
    assert parsed(script).stdout == ""
    for newer in ("let a = 1;", "var f = () => 1;", "var s = `x`;", "var {a} = {};", "class A {}", "f(...a)"):
        file = tmp_path / "newer.js"
        file.write_text(newer, encoding="utf-8")
        assert parsed(file).returncode == 1, newer


def test_the_bundle_is_the_same_each_time_and_knows_its_modules(tmp_path: Path) -> None:
    assert bundle(SOURCES) == bundle(SOURCES)
    other = tmp_path / "source" / "script"
    shutil.copytree(SOURCES, other)
    (other / "stray.js").write_text("", encoding="ascii")
    with pytest.raises(ValueError, match="stray"):
        bundle(other)


def test_what_the_table_offers_is_known_to_the_daemon() -> None:
    items = {row["varname"]: row.get("items", []) for row in TABLE["parameters"]}
    assert items["genre"] == ["Auto", *GENRES]
    assert set(items["mood"][1:]) <= set(MOODS)


@needs_node
def test_every_message_of_the_patch_has_a_function(tmp_path: Path) -> None:
    device = Device(tmp_path, band())
    for message, _ in TABLE["messages"]["to_script"]:
        name, *words = re.findall(r"<[^>]*>|\S+", message)
        device.say(name, *([0] * len(words)))
    device.close()


def run(tmp_path: Path, source: str) -> list[str]:
    """The faults of a script of our own, after a bang."""
    device = Device(tmp_path, band(), source=f"inlets = 1; outlets = 4;\n{source}")
    device.say("bang")
    faults = list(device.live["faults"])
    device.kill()
    return faults


@needs_node
@pytest.mark.parametrize(("source", "fault"), [
    ("var api = new LiveAPI('live_set');", "before live.thisdevice"),
    ("function bang() { new LiveAPI('live_set').get('colour'); }", "Song has no colour"),
    ("function bang() { new LiveAPI('live_set').call('stop_everything'); }", "Song has no stop_everything"),
    ("function bang() { new LiveAPI('live_set').call('create_scene'); }", "takes 1 arguments"),
    ("function bang() { new LiveAPI('live_set').set('tempo', '120'); }", "tempo is a number"),
    ("function bang() { new LiveAPI('live_set').set('tracks', 1); }", "cannot be set"),
    ("function bang() { new LiveAPI('live_set').getnum('tempo'); }", "LiveAPI has no getnum"),
    ("function bang() { new LiveAPI('nowhere'); }", "nothing at path"),
    ("function bang() { new LiveAPI(function () { new LiveAPI('live_set').set('tempo', 99); },"
     " 'live_set').property = 'tempo'; }", "notification"),
    ("function bang() { outlet(4, ['x']); }", "no outlet 4"),
    ("function bang() { outlet(0, 'x', 1); }", "one array"),
    ("function bang() { outlet(0, [undefined]); }", "no atom"),
    ("function bang() { outlet(0, [NaN]); }", "no atom"),
    ("function bang() { outlet(0, [[1]]); }", "no atom"),
    ("function bang() { setTimeout(bang, 1); }", "setTimeout is not defined"),
    ("function bang() { console.log(1); }", "console is not defined"),
    ("function bang() { new Promise(bang); }", "Promise is not defined"),
    ("function bang() { [1].includes(1); }", "not a function"),
    ("function bang() { 'a'.startsWith('a'); }", "not a function"),
    ("function bang() { Object.assign({}, {}); }", "not a function"),
    ("function bang() { new Task(bang).schedule(5); }", "Task has no schedule"),
])  # fmt: skip
def test_the_stand_in_refuses_what_max_and_live_do_not_have(tmp_path: Path, source: str, fault: str) -> None:
    found = run(tmp_path, source)[0]
    assert fault in found


@needs_node
def test_the_stand_in_takes_what_max_has(tmp_path: Path) -> None:
    source = "function bang() { outlet(0, ['/a', 1, 0.5]); new LiveAPI('live_set').get('tempo'); }"
    assert run(tmp_path, source) == []


@needs_node
def test_the_scripts_checksum_is_the_protocols(tmp_path: Path) -> None:
    numbers = [(0, *row) for row in TUNE] + [(3, 1 / 3, 1 / 960, 127, 1)]
    flat = [number for row in numbers for number in row]
    source = bundle(SOURCES) + f"\nfunction sum() {{ outlet(2, [Lists.checksum({json.dumps(flat)})]); }}\n"
    device = Device(tmp_path, band(), source=source)
    device.say("sum")
    assert device.everything()[2] == [[checksum(numbers)]]
    device.kill()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path, band())
    device.begin(9)
    yield device
    device.close()


@needs_node
def test_menus_follow_the_sets_tracks(device: Device) -> None:
    def items() -> list[str]:
        return [words[2] for words in device.said(1, "menu") if words[:2] == ["target_bass", "append"]]

    until(lambda: "Bandmate Strings" in items(), "the menus")
    device.press("make_tracks")
    assert device.status == "No track is missing"
    device.put(want_guitar=1)
    device.press("make_tracks")
    until(lambda: items().count("Bandmate Guitar") >= 2, "the new track")


@needs_node
def test_audio_group_and_frozen_tracks_are_in_no_menu(tmp_path: Path) -> None:
    plan = band()
    for name, flag in (("Voice", {"midi": False}), ("Group", {"group": True}), ("Cold", {"frozen": True})):
        plan["tracks"].append({"name": name, **flag})
    device = Device(tmp_path, plan).begin(9)
    until(lambda: device.said(1, "menu"), "the menus")
    items = {words[2] for words in device.said(1, "menu") if words[1] == "append"}
    assert {"Lead", "Bandmate Bass"} <= items
    assert not items & {"Voice", "Group", "Cold"}
    device.close()


@needs_node
def test_lives_loop_is_told_to_the_scheduler(device: Device) -> None:
    for name, value in (("loop_start", 8.0), ("loop_length", 16.0), ("loop", 1)):
        device.song(name, value)
    assert device.said(2, "loop")[-1] == [1, 8, 16]


@needs_node
def test_a_part_tells_which_role_it_sounds_and_on_which_keys(tmp_path: Path) -> None:
    plan = band()
    plan["tracks"][0]["rack"] = [[60, "Kick"], [61, "Snare"]]
    part = Device(tmp_path, plan, "part").begin(9)
    part.choose("part_role", "drums")
    assert part.said(2, "plays")[-1] == ["drums"]
    until(lambda: [36, 60] in part.said(2, "drum") and [40, 61] in part.said(2, "drum"), "the drum map", 10)
    part.choose("part_drum_map", "GM")
    until(lambda: part.everything()[2][-1] == ["drums", "clear"], "the empty map", 10)
    part.close()


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "device.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+(?:\.py)?)`", page))
    tests = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("test_*.py")}
    missing = {
        name for name in named
        if not (name in tests or any(f"def {name}(" in source for source in tests.values()))
    }  # fmt: skip
    assert len(named) > 10
    assert missing == set()
