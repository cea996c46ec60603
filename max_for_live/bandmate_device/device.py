"""A whole device: its patch, from the table and the sources, packed with its script."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from bandmate_device.container import MIDI_EFFECT, Entry, write_device
from bandmate_device.controls import add_controls, connect_controls, parameters_block
from bandmate_device.layout import lay_out_patch, read_layout
from bandmate_device.patch import Json, Patch, json_bytes, patcher_json
from bandmate_device.patch_text import read_patch_texts
from bandmate_device.table import DeviceName, Table, read_table

_SHARED = ("script", "live_notes", "transport", "played", "audition")  # patches of both devices
_OWN: dict[DeviceName, tuple[str, ...]] = {"main": ("main",), "part": ()}


class Made(NamedTuple):
    """A device: its file's name, its patcher, and the file's bytes."""

    file: str
    patcher: Json
    data: bytes


def make_device(folder: Path, device: DeviceName, script: str) -> Made:
    """The device of the sources in `folder` (max_for_live), with `script` as its one JavaScript file."""
    table = read_table(folder / "device.json", device)
    layout = read_layout((folder / "source" / "layout" / f"{device}.layout").read_text("utf-8"))
    stamp = build_stamp(folder, script)
    script_file = stamped(table.script, stamp)
    patch = Patch()
    add_controls(patch, table, layout)
    patch.boxes["stamp"].text = f"build {stamp}"
    blocks = read_patch_texts(_sources(folder, table, script_file, stamp), patch)
    blocks += connect_controls(patch, table)
    known = {name for block in blocks for name in block}
    blocks.append([name for name in patch.boxes if name not in known])
    lay_out_patch(patch, blocks)
    tree = patcher_json(
        patch,
        layout.width,
        MIDI_EFFECT,
        {
            "parameters": parameters_block(patch, table),
            "dependency_cache": [
                {"name": script_file, "bootpath": ".", "type": "TEXT", "implicit": 1},
            ],
        },
    )
    entry = Entry(script_file, "TEXT", script.encode("ascii"))
    name = table.file.removesuffix(".amxd")
    return Made(table.file, tree, write_device(name, json_bytes(tree), (entry,)))


def stamped(script: str, stamp: str) -> str:
    """A script's name within a device: Max knows scripts by name, two builds in a set must not share one."""
    return script.replace(".js", f"-{stamp}.js")


def build_stamp(folder: Path, script: str) -> str:
    """Which build this is: b (or Max would take it for a number) and a hash of all that goes into it."""
    digest = hashlib.sha256(script.encode())
    source = folder / "source"
    for file in [folder / "device.json", *sorted([*source.glob("*/*.patch"), *source.glob("*/*.layout")])]:
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return f"b{digest.hexdigest()[:7]}"


def _sources(folder: Path, table: Table, script_file: str, stamp: str) -> dict[str, str]:
    words = {"{script}": script_file, "{argument}": table.script_argument, "{stamp}": stamp}
    sources = {}
    for name in (*_SHARED, *_OWN[table.device]):
        text = (folder / "source" / "patch" / f"{name}.patch").read_text("utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        sources[f"{name}.patch"] = text
    return sources
