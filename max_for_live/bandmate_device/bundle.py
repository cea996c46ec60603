"""One file of the script's modules, as [js] loads it: device.json's table, then each module in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODULES = (
    "music", "lists", "daemon", "live", "set", "phrase", "played", "drums", "settings", "targets", "places",
    "job", "shelf", "given", "audition", "jam", "device", "main",
)  # fmt: skip
"""Each needs those before it."""


def bundle(folder: Path) -> str:
    """The script of `folder` (source/script) with the table of device.json, two folders up.

    Both devices have the same one. Raises ValueError where the folder's modules are not those of MODULES.
    """
    there = {file.stem for file in folder.glob("*.js")}
    if there != set(MODULES):
        raise ValueError(f"modules that are not in the list, or not there: {sorted(there ^ set(MODULES))}")
    sources = [(folder / f"{name}.js").read_text(encoding="utf-8").strip() for name in MODULES]
    table = json.loads((folder.parent.parent / "device.json").read_text(encoding="utf-8"))
    head = f"var TABLE = {json.dumps(_shared(table), indent=1)};"
    return "\n\n".join(["autowatch = 0;", head, *sources]) + "\n"


def _shared(table: dict[str, Any]) -> dict[str, Any]:
    """What the script needs of the table."""
    parameters = {}
    for row in table["parameters"]:
        low, high = row.get("range", (0, len(row.get("items", ())) - 1))
        parameters[row["varname"]] = {
            "type": row["type"],
            "unit": row["unit"],
            "low": low,
            "high": high,
            "initial": row["initial"],
            **({"items": row["items"]} if "items" in row else {}),
        }
    return {
        "roles": table["roles"],
        "menus": [{"name": row["name"], "role": row["role"]} for row in table["menus"]],
        "parameters": parameters,
    }
