"""Ardour without its window opens stems: a session whose tracks hold their sound and MIDI files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

PROGRAM = "ardour7-lua"

_SCRIPTS = Path(__file__).parent / "data" / "ardour"
_SUPERCLOCKS = 282_240_000
"""Of a second, in Ardour 7."""
_TICKS = 1920
"""Of a quarter note, in Ardour 7."""
_PLAIN = {"muted": "0", "opaque": "1", "locked": "0", "stretch": "1", "shift": "1", "scale-amplitude": "1"}


class Region(NamedTuple):
    """A region as Ardour sees it, in samples: its sound's rises out of silence, or its notes' beginnings."""

    kind: str
    track: str
    position: int
    length: int
    onsets: list[int]


def opened(
    session: Path, stems: Path, names: Sequence[str], rate: int, frames: int, beats: float, bpm: float
) -> list[Region]:
    """The regions of a new session of the stems "NAME.wav" and "NAME.mid", as Ardour has loaded it."""
    told = {"SESSION_FOLDER": str(session), "SESSION_RATE": str(rate), "SESSION_NAMES": "\n".join(names)}
    _run("new_session.lua", told)
    _import(session, stems, names, rate, frames, beats, bpm)
    lines = [line.split("|") for line in _run("read_session.lua", told).splitlines()]
    return [
        Region(kind, track, int(position), int(length), [int(place) for place in places.split()])
        for mark, kind, track, position, length, places in (line for line in lines if line[0] == "region")
    ]


def _run(script: str, told: dict[str, str]) -> str:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment = {**kept, "HOME": str(Path(told["SESSION_FOLDER"]).parent), **told}
    command = ["timeout", "-k", "2", "120", PROGRAM, str(_SCRIPTS / script)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "Error: " not in said, said
    return said


def _import(
    session: Path, stems: Path, names: Sequence[str], rate: int, frames: int, beats: float, bpm: float
) -> None:
    """Copies the files into the session, and a region of each onto its track at 0, as an import does."""
    [state] = session.glob("*.ardour")
    [inside] = (session / "interchange").iterdir()
    tree = ElementTree.parse(state)
    root = tree.getroot()
    sources, playlists = root.find("Sources"), {each.get("name"): each for each in root.iter("Playlist")}
    assert sources is not None
    lengths = {"audio": f"a{frames * _SUPERCLOCKS // rate}@a0", "midi": f"b{round(beats * _TICKS)}@b0"}
    identity = 10_000
    for name in names:
        for kind, suffix, channels in (("audio", "wav", 2), ("midi", "mid", 1)):
            file = f"{name}.{suffix}"
            shutil.copy(stems / file, inside / f"{kind}files" / file)
            ids = [str(identity + channel) for channel in range(channels)]
            for channel, each in enumerate(ids):
                about = {
                    "name": file,
                    "type": kind,
                    "flags": "",
                    "id": each,
                    "channel": str(channel),
                    "origin": "",
                }
                ElementTree.SubElement(sources, "Source", about)
            region = {f"source-{channel}": each for channel, each in enumerate(ids)}
            region |= {f"master-{source}": each for source, each in region.items()}
            region |= {"name": name, "id": str(identity + channels), "type": kind, "channels": str(channels)}
            region |= {"start": lengths[kind].split("@")[1], "length": lengths[kind], **_PLAIN}
            track = name if kind == "audio" else f"{name} MIDI"
            ElementTree.SubElement(playlists[track], "Region", region)
            identity += channels + 1
    root.set("id-counter", str(identity))
    for tempo in root.iter("Tempo"):
        tempo.set("npm", f"{bpm:g}")
        tempo.set("enpm", f"{bpm:g}")
    tree.write(state)
