"""`device.json` as data: what patch and script share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

DeviceName = Literal["main", "part"]
DEVICES: tuple[DeviceName, ...] = ("main", "part")


class BadTable(ValueError):
    """The table says something that a device cannot have."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of Live. `items` are those of an enum, `span` the lowest and highest value of a number."""

    name: str
    long: str
    short: str
    kind: Literal["float", "int", "enum"]
    items: tuple[str, ...]
    span: tuple[float, float]
    initial: float
    unit: str
    bank: tuple[str, int]
    info: str

    @property
    def is_switch(self) -> bool:
        return self.items == ("off", "on")


@dataclass(frozen=True)
class Button:
    """A parameter that is pressed; `text` is written on it."""

    name: str
    long: str
    short: str
    text: str
    bank: tuple[str, int]
    info: str


@dataclass(frozen=True)
class Menu:
    """A menu that the script fills."""

    name: str
    text: str
    info: str


@dataclass(frozen=True)
class Element:
    """Whatever else is seen, and what is hidden: kind is light, line, bar, text or hidden."""

    name: str
    kind: str
    info: str


@dataclass(frozen=True)
class Table:
    """What one device has."""

    device: DeviceName
    title: str
    file: str
    script: str
    script_argument: str
    banks: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    buttons: tuple[Button, ...]
    menus: tuple[Menu, ...]
    elements: tuple[Element, ...]


def read_table(path: Path, device: DeviceName) -> Table:
    """What the file says of one device. Raises BadTable."""
    whole = json.loads(path.read_text("utf-8"))
    own = whole["devices"][device]

    def mine(kind: str) -> list[dict[str, Any]]:
        return [row for row in whole[kind] if row["device"] in (device, "both")]

    table = Table(
        device=device,
        title=own["title"],
        file=own["file"],
        script=whole["script"],
        script_argument=own["script_argument"],
        banks=tuple(whole["banks"][device]),
        parameters=tuple(_parameter(row) for row in mine("parameters")),
        buttons=tuple(
            Button(r["name"], r["long"], r["short"], r["text"], tuple(r["bank"]), r["info"])
            for r in mine("buttons")
        ),
        menus=tuple(Menu(r["name"], r["text"], r["info"]) for r in mine("menus")),
        elements=tuple(Element(r["name"], r["kind"], r["info"]) for r in mine("elements")),
    )
    turned: tuple[Parameter | Button, ...] = (*table.parameters, *table.buttons)
    strangers = {row.bank[0] for row in turned} - set(table.banks)
    if strangers:
        raise BadTable(f"no bank is called {', '.join(sorted(strangers))}")
    return table


def _parameter(row: dict[str, Any]) -> Parameter:
    items = tuple(row.get("items", ()))
    low, high = row.get("range", (0, len(items) - 1))
    if not low <= row["initial"] <= high:
        raise BadTable(f"{row['varname']} begins at {row['initial']}, outside {low} to {high}")
    return Parameter(
        name=row["varname"],
        long=row["long"],
        short=row["short"],
        kind=row["type"],
        items=items,
        span=(float(low), float(high)),
        initial=row["initial"],
        unit=row["unit"],
        bank=(row["bank"][0], row["bank"][1]),
        info=row["info"],
    )
