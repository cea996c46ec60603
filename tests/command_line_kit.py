"""The command line in an empty folder, with a stand-in for the model."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import band_stand_in
from bandmate import cli
from bandmate.demo_phrase import demo_phrase
from bandmate_models.midi import midi_bytes


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, a library of its own, no settings from outside."""
    for variable in list(os.environ):
        if variable.startswith("BANDMATE_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("BANDMATE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def band(monkeypatch: pytest.MonkeyPatch) -> None:
    band_stand_in.install(monkeypatch)


@pytest.fixture
def phrase(workplace: Path) -> str:
    (workplace / "phrase.mid").write_bytes(midi_bytes(demo_phrase()))
    return "phrase.mid"


def bandmate(*arguments: object) -> int:
    """The exit code of a command."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def process(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Python code in a process of its own, beside the stand-in."""
    path = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
