"""The REAPER scripts, run in Lua against a strict stand-in for REAPER's API, with the real command line."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import mido
import pytest

from bandmate.library import Library
from bandmate_models.midi import read_midi
from bandmate_models.score import Metre, Score

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "examples" / "hosts" / "reaper"
HOST = ROOT / "tests" / "hosts" / "reaper_host.lua"
LUA = shutil.which("lua5.4") or shutil.which("lua")
pytestmark = pytest.mark.skipif(LUA is None or os.name == "nt", reason="Lua 5.4 is not installed")

RIFF = [[4.0, 5.0, 62, 90, 0], [5.0, 5.5, 65, 84, 0], [5.5, 6.0, 69, 92, 0], [6.25, 7.75, 67, 80, 0]]


def lua(value: Any) -> str:
    """A value as Lua writes it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"[{lua(key)}]={lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ",".join(lua(item) for item in value) + "}"
    return json.dumps(value)


def item(notes: list[list[Any]], start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"from": start, "to": end, "notes": notes, **more}


class Reaper:
    """A project, and `bandmate` as it is run by a script, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "my studio"
        self.library = Library(self.folder / "library")
        self.program = self.folder / "band mate"
        self.folder.mkdir()
        setting = " ".join(
            f"{name}={shlex.quote(str(value))}"
            for name, value in (
                ("BANDMATE_LIBRARY", self.library.folder),
                ("XDG_CONFIG_HOME", self.folder),
                ("PYTHONPATH", os.pathsep.join(sys.path)),
            )
        )
        self.program.write_text(f'#!/bin/sh\n{setting} exec {shlex.quote(sys.executable)} -m bandmate "$@"\n')
        self.program.chmod(0o755)
        self.scene: dict[str, Any] = {
            **{"bpm": 96, "beats": 4, "unit": 4, "cursor": 0.0, "inputs": [], "tracks": []},
            **{"resources": str(self.folder / "REAPER"), "program": str(self.program)},
        }

    def run(self, script: str, **more: Any) -> dict[str, Any]:
        """The project after a script."""
        scene = self.folder / "scene.lua"
        scene.write_text(f"return {lua({**self.scene, **more})}")
        words = [str(LUA), str(HOST), str(scene), str(SCRIPTS / script)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def asked(self) -> Score:
        """The phrase that was handed to `bandmate`."""
        [file] = (self.folder / "REAPER" / "Bandmate").glob("*/phrase.mid")
        return read_midi(file)

    def taken(self) -> Score:
        return self.library.get(self.library.list()[0].id).score


@pytest.fixture
def reaper(tmp_path: Path) -> Reaper:
    return Reaper(tmp_path)


def written(track: dict[str, Any], origin: float) -> list[tuple[float, ...]]:
    """The notes of a track's made items in beats from `origin`, to a tick."""
    notes = [note for made in track["items"] if made["made"] for note in made["notes"]]
    return sorted((round(n[0] - origin, 2), round(n[1] - n[0], 2), n[2], n[3]) for n in notes)


def wanted(score: Score) -> list[list[tuple[float, ...]]]:
    """The notes of each part of a score, likewise."""
    return [sorted((round(n[0], 2), round(n[1], 2), n[2], n[3]) for n in part.notes) for part in score.parts]


def test_the_selected_item_is_continued_on_its_track_from_the_bar_line(reaper: Reaper) -> None:
    tracks = [{"name": "Lead", "items": [item(RIFF, 4.0, 7.8, selected=True)]}]
    project = reaper.run("Bandmate_answer.lua", tracks=tracks, inputs=["continue\n2\n--seed 7"])
    assert project["said"] == []
    asked = reaper.asked()
    assert [(n.start, n.duration, n.pitch, n.velocity) for n in asked.parts[0].notes] == [
        (0.0, 1.0, 62, 90),
        *((1.0, 0.5, 65, 84), (1.5, 0.5, 69, 92), (2.25, 1.5, 67, 80)),
    ]
    assert (round(asked.tempos[0].bpm, 2), asked.parts[0].name) == (96, "Lead")
    [lead] = project["tracks"]
    old, new = lead["items"]
    assert (old["notes"], old["made"]) == (RIFF, False)
    assert (new["from"], new["to"], new["name"]) == (8.0, 16.0, "Lead continue")
    assert [written(lead, 8.0)] == wanted(reaper.taken())
    assert project["undo"] == ["Bandmate: Lead continue"]


def test_what_lies_there_is_left_and_the_answer_goes_to_another_track(reaper: Reaper) -> None:
    later = item([[12.0, 13.0, 40, 100, 0]], 12.0, 13.0)
    tracks = [{"name": "Lead", "items": [item(RIFF, 4.0, 8.0, selected=True), later]}]
    project = reaper.run("Bandmate_answer.lua", tracks=tracks, inputs=["continue\n1\n"])
    project_two = reaper.run("Bandmate_answer.lua", tracks=tracks, inputs=["continue\n2\n--seed 7"])
    assert len(project["tracks"]) == 1, "one bar has room"
    lead, band = project_two["tracks"]
    assert len(lead["items"]) == 2
    assert band["made"] and band["name"].startswith("Bandmate ")
    assert band["items"][0]["from"] == 8.0


def test_the_phrase_is_what_sounds(reaper: Reaper) -> None:
    notes = [
        [7.0, 8.0, 60, 90, 0],
        [7.5, 8.0, 61, 90, 0, True],
        [9.5, 12.0, 64, 90, 0],
    ]
    looped = item(notes, 7.0, 14.0, loop=True, period=3.5, selected=True)
    scene = {"beats": 7, "unit": 8, "tracks": [{"name": "Lead", "items": [looped]}]}
    project = reaper.run("Bandmate_answer.lua", **scene, inputs=["continue\n1\n"])
    asked = reaper.asked()
    assert asked.metres[0] == Metre(0.0, 7, 8)
    assert [n[:3] for n in asked.parts[0].notes] == [
        (0.0, 1.0, 60),
        *((2.5, 2.5, 64), (3.5, 1.0, 60), (6.0, 1.0, 64)),
    ]
    assert project["tracks"][0]["items"][1]["from"] == 14.0
    assert project["tracks"][0]["items"][1]["to"] == 17.5


def test_an_accompaniment_stands_beside_its_phrase_a_track_a_part(reaper: Reaper) -> None:
    riff = item(RIFF, 4.0, 20.0, loop=True, period=4.0, selected=True)
    tracks = [{"name": "Lead", "items": [riff]}]
    inputs = ["accompany\n\n--roles bass,drums --seed 2"]
    lead, *band = reaper.run("Bandmate_answer.lua", tracks=tracks, inputs=inputs)["tracks"]
    assert len(lead["items"]) == 1
    assert len(band) == 2
    assert sorted(written(track, 4.0) for track in band) == sorted(wanted(reaper.taken()))
    assert len({track["name"] for track in band}) == 2
    assert all(made["from"] == 4.0 for track in band for made in track["items"])


def test_a_take_of_the_library_is_put_at_the_cursor(reaper: Reaper) -> None:
    flags = ["--bars", "2", "--seed", "3", "--no-audio", "--roles", "melody,bass,drums"]
    subprocess.run([reaper.program, "generate", *flags], check=True, capture_output=True, cwd=reaper.folder)
    project = reaper.run("Bandmate_insert_take.lua", cursor=12.5, menu=1)
    assert "generated" in project["menu"]
    score = reaper.taken()
    assert sorted(written(track, 12.5) for track in project["tracks"]) == sorted(wanted(score))
    assert len(project["undo"]) == 1
    again = reaper.run("Bandmate_insert_take.lua", cursor=12.5, menu=0)
    assert again["tracks"] == [], "nothing was chosen"


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ({"tracks": []}, "Select one MIDI item"),
        ({"tracks": [{"name": "x", "items": [item([], 0, 4, selected=True)]}]}, "no notes"),
        ({"tracks": [{"name": "x", "items": [item([], 0, 4, selected=True, audio=True)]}]}, "a MIDI item"),
        (
            {"tracks": [{"name": "x", "items": [item(RIFF, 4, 8, selected=True)]}], "inputs": ["sing\n\n"]},
            "is one of continue",
        ),
        (
            {"tracks": [{"name": "x", "items": [item(RIFF, 4, 8, selected=True)]}], "inputs": ["vary\n\n-x"]},
            "bandmate: ",
        ),
        (
            {
                "tracks": [{"name": "x", "items": [item(RIFF, 4, 8, selected=True)]}],
                "program": "/no/such/bandmate",
                "inputs": ["vary\n\n"],
            },
            "cannot be run",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    reaper: Reaper, scene: dict[str, Any], words: str
) -> None:
    project = reaper.run("Bandmate_answer.lua", **scene)
    [said] = project["said"]
    assert words in said
    assert project["undo"] == []


def test_a_midi_file_is_read_as_mido_wrote_it_with_pedal_and_bends(reaper: Reaper) -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    head, piano, drums = (mido.MidiTrack() for _ in range(3))
    head += [mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("time_signature", numerator=3)]
    piano += [
        mido.MetaMessage("track_name", name="Grand piano"),
        mido.Message("sysex", data=[1, 2, 3]),
        mido.Message("program_change", program=0, channel=2),
        mido.Message("control_change", control=64, value=127, channel=2),
        mido.Message("note_on", note=60, velocity=80, channel=2),
        mido.Message("note_on", note=60, velocity=81, channel=2, time=240),
        mido.Message("aftertouch", value=9, channel=2),
        mido.Message("note_on", note=60, velocity=0, channel=2, time=240),
        mido.Message("pitchwheel", pitch=-8192, channel=2),
        mido.Message("note_off", note=60, channel=2, time=20_000),
    ]
    drums += [mido.Message("note_on", note=36, channel=9)]
    drums += [mido.Message("note_off", note=36, channel=9, time=60)]
    drums += [mido.MetaMessage("end_of_track", time=1000)]
    file.tracks += [head, piano, drums]
    file.save(reaper.folder / "mido.mid")
    script = reaper.folder / "read.lua"
    script.write_text(
        f"local bandmate = dofile({lua(str(SCRIPTS / 'bandmate.lua'))})\n"
        f"bandmate.insert(bandmate.read_midi({lua(str(reaper.folder / 'mido.mid'))}), 8, 'x')\n"
    )
    first, second = reaper.run(str(script))["tracks"]
    assert (first["name"], second["name"]) == ("Bandmate Grand piano", "Bandmate Drums")
    [made] = first["items"]
    assert made["notes"] == [
        pytest.approx([8, 9, 60, 80, 2]),
        pytest.approx([8.5, 8 + 20_480 / 480, 60, 81, 2]),
    ]
    assert made["controls"] == [[8, 0xB0, 2, 64, 127], [9, 0xE0, 2, 0, 0]]
    assert second["items"][0]["notes"] == [pytest.approx([8, 8.125, 36, 64, 9])]
    assert made["to"] == pytest.approx(8 + 20_480 / 480)


def test_an_empty_library_is_said(reaper: Reaper) -> None:
    assert reaper.run("Bandmate_insert_take.lua")["said"] == ["The library has no takes yet."]


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.lua")))
def test_the_scripts_parse(script: str) -> None:
    luac = shutil.which("luac5.4") or shutil.which("luac")
    assert luac is not None
    assert subprocess.run([luac, "-p", str(SCRIPTS / script)], check=False).returncode == 0
