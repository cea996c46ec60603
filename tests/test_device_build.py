"""The builder: the same bytes twice, stale files told, and the committed devices those of today's sources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import build
from bandmate_device.bundle import bundle
from bandmate_device.container import read_device
from bandmate_device.device import build_stamp, make_device, stamped
from bandmate_device.lint import findings
from bandmate_device.table import DEVICES, DeviceName
from device_kit import FOLDER, SCRIPT

SCRIPTS = FOLDER / "source" / "script"


def test_the_committed_devices_and_pictures_are_those_of_the_sources() -> None:
    files = build.built(FOLDER, FOLDER.parent / "docs", bundle(SCRIPTS))
    assert len(files) == 4
    assert build.stale(files) == []


@pytest.mark.parametrize("name", ["Bandmate.amxd", "Bandmate Part.amxd"])
def test_a_committed_device_is_clean_and_has_the_script_inside(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    assert findings(data) == []
    device = read_device(data)
    script = stamped("bandmate.js", build_stamp(FOLDER, bundle(SCRIPTS)))
    assert [entry.name for entry in device.entries] == [name, script]
    assert device.entries[1].data.decode("ascii") == bundle(SCRIPTS)


def test_it_builds_the_same_bytes_in_other_processes_and_on_other_days() -> None:
    code = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:2]; from pathlib import Path;"
        "from bandmate_device.device import make_device;"
        "print([hashlib.sha256(make_device(Path(sys.argv[1]), d, 'outlets = 4;').data).hexdigest()"
        " for d in ('main', 'part')])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code, str(FOLDER)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(told) == 1


@pytest.mark.parametrize("name", DEVICES)
def test_the_device_unpacks_to_the_json_that_was_made(name: DeviceName) -> None:
    made = make_device(FOLDER, name, SCRIPT)
    assert json.loads(read_device(made.data).patch) == made.patcher


def copied(folder: Path) -> Path:
    shutil.copytree(FOLDER / "source", folder / "source")
    shutil.copy(FOLDER / "device.json", folder)
    return folder


def test_any_change_of_a_source_changes_the_stamp(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    stamps = {build_stamp(folder, SCRIPT), build_stamp(folder, SCRIPT + "\n")}
    for name in ("device.json", "source/patch/played.patch", "source/layout/part.layout"):
        path = folder / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        stamps.add(build_stamp(folder, SCRIPT))
    assert len(stamps) == 5
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert build_stamp(folder, SCRIPT) in stamps  # a checkout on Windows is no other build


def test_what_is_stale_is_told_and_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path / "max_for_live")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(build, "HERE", folder)
    monkeypatch.setattr(build, "PICTURES", tmp_path / "docs")
    assert build.main(["--check"]) == 1
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0
    device = folder / "Bandmate.amxd"
    device.write_bytes(device.read_bytes()[:-1])
    assert build.main(["--check"]) == 1


def test_a_device_with_a_mistake_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copied(tmp_path / "max_for_live")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(build, "HERE", folder)
    monkeypatch.setattr(build, "PICTURES", tmp_path / "docs")
    layout = folder / "source" / "layout" / "main.layout"
    layout.write_text(layout.read_text("utf-8").replace("  3 152  48", "  3 140  48"), "utf-8")
    assert build.main([]) == 1
    assert "lie over each other" in capsys.readouterr().err
    assert not list(folder.glob("*.amxd"))
