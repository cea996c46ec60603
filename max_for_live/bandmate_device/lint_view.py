"""What is wrong with a device as it is seen: outside its edges, over each other, too narrow for its text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from bandmate_device.opened import OpenedBox, OpenedPatch
from bandmate_device.patch import HEIGHT, Rect
from bandmate_device.text_width import text_width

_SMALLEST = {"live.dial": (40, 46)}  # width and height below which Live crops it
_LOWEST = 15  # of any other control
_SIZE = 9.5  # of text, where a box says nothing


def view_findings(patch: OpenedPatch) -> Iterator[str]:
    """One line for each thing that is wrong."""
    width = float(patch.raw.get("devicewidth") or 0)
    seen = [(box, box.shown) for box in patch.boxes if box.shown is not None]
    for box, rect in seen:
        if rect.x < 0 or rect.y < 0 or rect.x + rect.width > width or rect.y + rect.height > HEIGHT:
            yield f"{box.name} reaches out of the device: {tuple(rect)}"
        yield from _too_small(box, rect)
    for (one, here), (other, there) in combinations(seen, 2):
        if _overlap(here, there):
            yield f"{one.name} and {other.name} lie over each other"
    for box in patch.boxes:
        if box.parameter is not None and box.maxclass != "newobj" and box.shown is None:
            yield f"{box.name} is a parameter that cannot be seen"
        if box.maxclass == "newobj" and box.raw.get("presentation"):
            yield f"{box.name} is an object box in the device's view"


def texts_of(box: OpenedBox) -> list[str]:
    """What is written on a box, longest possible: a label's text, a menu's items."""
    value = box.parameter or {}
    if box.maxclass in ("live.tab", "live.menu"):
        return [str(item) for item in value.get("parameter_enum", ())]
    return [text] if (text := str(box.raw.get("text", ""))) else []


def _too_small(box: OpenedBox, rect: Rect) -> Iterator[str]:
    if box.maxclass in ("live.line", "panel"):
        return
    wide, high = _SMALLEST.get(box.maxclass, (0, _LOWEST))
    if rect.width < wide or rect.height < high:
        yield f"{box.name} is {rect.width:g} x {rect.height:g}: a {box.maxclass} wants {wide} x {high}"
    texts = texts_of(box)
    size = float(box.raw.get("fontsize", _SIZE))
    if box.maxclass == "live.tab":
        need = len(texts) * max((text_width(text, size) + 4 for text in texts), default=0.0)
    else:
        need = max((text_width(text, size) for text in texts), default=0.0)
        need += {"live.menu": 16, "live.text": 4}.get(box.maxclass, 2)
    if texts and need > rect.width:
        yield f"{box.name}: its text wants {need:.0f} pixels and has {rect.width:g}"


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
