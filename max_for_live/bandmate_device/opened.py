"""A patcher as its JSON says, for those who check, draw or run it: boxes by id, and cords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bandmate_device.patch import Cord, Json, Rect


@dataclass(frozen=True)
class OpenedBox:
    """One box. `raw` is all that the JSON says of it."""

    id: str
    raw: Mapping[str, Any]

    @property
    def maxclass(self) -> str:
        return str(self.raw.get("maxclass", ""))

    @property
    def text(self) -> str:
        return str(self.raw.get("text", ""))

    @property
    def name(self) -> str:
        """Its scripting name, or else its id."""
        return str(self.raw.get("varname", self.id))

    @property
    def object(self) -> str:
        """What it is: the first word of an object box, or else its class."""
        return (self.text.split() or [""])[0] if self.maxclass == "newobj" else self.maxclass

    @property
    def parameter(self) -> Mapping[str, Any] | None:
        """What Live is told of it, where it is a parameter."""
        attributes = self.raw.get("saved_attribute_attributes", {})
        value = attributes.get("valueof") if isinstance(attributes, Mapping) else None
        return value if isinstance(value, Mapping) else None

    @property
    def shown(self) -> Rect | None:
        """Its place in the device, where it is to be seen."""
        if not self.raw.get("presentation") or self.raw.get("hidden"):
            return None
        return Rect(*self.raw["presentation_rect"])


@dataclass(frozen=True)
class OpenedPatch:
    """The patcher's own keys, its boxes in order, and its cords, from box id to box id."""

    raw: Mapping[str, Any]
    boxes: tuple[OpenedBox, ...]
    cords: tuple[Cord, ...]

    @property
    def by_id(self) -> dict[str, OpenedBox]:
        return {box.id: box for box in self.boxes}


def open_patch(tree: Json) -> OpenedPatch:
    """Raises KeyError or TypeError where the tree is no patcher."""
    raw = tree["patcher"]
    boxes = tuple(OpenedBox(str(item["box"].get("id", "")), item["box"]) for item in raw["boxes"])
    cords = []
    for item in raw["lines"]:
        (source, outlet), (target, inlet) = (item["patchline"][end] for end in ("source", "destination"))
        cords.append(Cord(source, outlet, target, inlet))
    return OpenedPatch(raw, boxes, tuple(cords))
