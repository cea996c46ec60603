"""A patch as data: boxes, and cords between them; and the JSON that Max reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bandmate_device.objects import UI, Ports, ports_of

Json = dict[str, Any]

HEIGHT = 169
"""Of every device in Live, in pixels."""


class Rect(NamedTuple):
    """Left, top, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float


class Cord(NamedTuple):
    """From a box's outlet to a box's inlet, boxes by name."""

    source: str
    outlet: int
    target: str
    inlet: int


_NOWHERE = Rect(0, 0, 0, 0)


@dataclass
class Box:
    """One box. `keys` are what its class has and not every box; `shown` is its place in the device."""

    name: str
    maxclass: str
    text: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)
    place: Rect = _NOWHERE
    shown: Rect | None = None

    @property
    def ports(self) -> Ports:
        """Raises UnknownObject."""
        return UI[self.maxclass] if self.maxclass in UI else ports_of(self.text)


class Clash(ValueError):
    """Two boxes of one name, or a cord to a box that is not there."""


@dataclass
class Patch:
    """Boxes by name, in the order in which they are written, and the cords between them."""

    boxes: dict[str, Box] = field(default_factory=dict)
    cords: list[Cord] = field(default_factory=list)

    def add(self, box: Box) -> Box:
        if box.name in self.boxes:
            raise Clash(f"two boxes are called {box.name}")
        self.boxes[box.name] = box
        return box

    def object(self, name: str, text: str) -> Box:
        return self.add(Box(name, "newobj", text))

    def message(self, name: str, text: str) -> Box:
        return self.add(Box(name, "message", text))

    def connect(self, source: str, target: str, outlet: int = 0, inlet: int = 0) -> None:
        for name in (source, target):
            if name not in self.boxes:
                raise Clash(f"a cord from {source} to {target}, but there is no {name}")
        self.cords.append(Cord(source, outlet, target, inlet))

    def ids(self) -> dict[str, str]:
        """The id of each box in the JSON, by its name."""
        return {name: f"obj-{number}" for number, name in enumerate(self.boxes, 1)}


def patcher_json(patch: Patch, width: int, amxdtype: bytes, extra: Mapping[str, Any]) -> Json:
    """The patcher that Max reads, of a device `width` pixels wide; `extra` adds top keys (parameters...)."""
    ids = patch.ids()
    return {
        "patcher": {
            "fileversion": 1,
            "appversion": {"major": 8, "minor": 1, "revision": 8, "architecture": "x64", "modernui": 1},
            "classnamespace": "box",
            "rect": [80.0, 90.0, 1280.0, 800.0],
            "openrect": [0.0, 0.0, float(width), float(HEIGHT)],
            "openinpresentation": 1,
            "default_fontsize": 10.0,
            "default_fontface": 0,
            "default_fontname": "Arial Bold",
            "gridonopen": 1,
            "gridsize": [8.0, 8.0],
            "gridsnaponopen": 1,
            "objectsnaponopen": 1,
            "toolbarvisible": 1,
            "boxanimatetime": 500,
            "enablehscroll": 1,
            "enablevscroll": 1,
            "devicewidth": float(width),
            "description": "",
            "digest": "",
            "tags": "",
            "style": "",
            "boxes": [{"box": _box_json(box, ids[box.name])} for box in patch.boxes.values()],
            "lines": [
                {
                    "patchline": {
                        "source": [ids[cord.source], cord.outlet],
                        "destination": [ids[cord.target], cord.inlet],
                    }
                }
                for cord in patch.cords
            ],
            **extra,
            "latency": 0,
            "is_mpe": 0,
            "minimum_live_version": "11.0",
            "minimum_max_version": "8.1",
            "platform_compatibility": 0,
            "project": {
                "version": 1,
                "creationdate": 3_850_070_400,
                "modificationdate": 3_850_070_400,
                "viewrect": [0.0, 0.0, 300.0, 500.0],
                "autoorganize": 1,
                "hideprojectwindow": 1,
                "showdependencies": 1,
                "autolocalize": 0,
                "contents": {"patchers": {}, "code": {}},
                "layout": {},
                "searchpath": {},
                "detailsvisible": 0,
                "amxdtype": int.from_bytes(amxdtype, "big"),
                "readonly": 0,
                "devpathtype": 0,
                "devpath": ".",
                "sortmode": 0,
                "viewmode": 0,
                "includepackages": 0,
            },
            "autosave": 0,
        }
    }


def _box_json(box: Box, box_id: str) -> Json:
    ports = box.ports
    made: Json = {
        "id": box_id,
        "maxclass": box.maxclass,
        "numinlets": ports.inlets,
        "numoutlets": len(ports.outlets),
    }
    if ports.outlets:
        made["outlettype"] = list(ports.outlets)
    made["patching_rect"] = [float(number) for number in box.place]
    if box.shown is not None:
        made["presentation"] = 1
        made["presentation_rect"] = [float(number) for number in box.shown]
    if box.text:
        made["text"] = box.text
    made["varname"] = box.name
    return made | dict(box.keys)


def json_bytes(tree: Json) -> bytes:
    """The JSON as it goes into the device; the same tree gives the same bytes."""
    return json.dumps(tree, ensure_ascii=True).encode("ascii") + b"\n"
