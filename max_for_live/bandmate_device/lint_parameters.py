"""What is wrong with a device's parameters, as Live and Push see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bandmate_device.objects import PARAMETERS
from bandmate_device.opened import OpenedBox, OpenedPatch

SHORT = 10  # characters that Push has room for
_INT, _ENUM, _BLOB = 1, 2, 3
_STEPS = 256  # values that an int parameter of Live may have


def parameter_findings(patch: OpenedPatch) -> Iterator[str]:
    """One line for each thing that is wrong."""
    parameters = {box.id: box for box in patch.boxes if box.parameter is not None}
    for box in patch.boxes:
        if box.maxclass in PARAMETERS and (box.id not in parameters or box.raw.get("parameter_enable") != 1):
            yield f"{box.name} is no parameter: it can be neither mapped nor automated"
    long_names = Counter(str((b.parameter or {}).get("parameter_longname")) for b in parameters.values())
    for name, count in long_names.items():
        if count > 1:
            yield f"{count} parameters have the long name {name}"
    for box in parameters.values():
        yield from _one(box, box.parameter or {})
    listed = {name: row for name, row in patch.raw.get("parameters", {}).items() if isinstance(row, list)}
    if set(listed) != set(parameters):
        yield f"the parameters block and the boxes differ by {sorted(set(listed) ^ set(parameters))}"
    for name, row in listed.items():
        value = (parameters[name].parameter or {}) if name in parameters else {}
        if value and row[:2] != [value.get("parameter_longname"), value.get("parameter_shortname")]:
            yield f"the parameters block calls {parameters[name].name} {row[:2]}"
    yield from _banks(patch, parameters)


def _one(box: OpenedBox, value: Mapping[str, Any]) -> Iterator[str]:
    for key in ("parameter_longname", "parameter_shortname", "parameter_info", "parameter_annotation_name"):
        if not value.get(key):
            yield f"{box.name} has no {key}"
    short = str(value.get("parameter_shortname", ""))
    if len(short) > SHORT:
        yield f"{box.name}: the short name {short!r} has more than {SHORT} characters"
    initial = value.get("parameter_initial")
    if not isinstance(initial, list) or len(initial) != 1 or value.get("parameter_initial_enable") != 1:
        yield f"{box.name} has no initial value"
        return
    kind = value.get("parameter_type")
    if (value.get("parameter_invisible", 0) != 0) != (kind == _BLOB):
        yield f"{box.name} cannot be automated, or is a blob that can"
    if kind == _BLOB:
        return
    low, high = value.get("parameter_mmin", 0), value.get("parameter_mmax")
    if high is None or not low <= initial[0] <= high:
        yield f"{box.name} begins at {initial[0]}, outside {low} to {high}"
        return
    if kind == _ENUM and high != len(value.get("parameter_enum", ())) - 1:
        yield f"{box.name} has {len(value.get('parameter_enum', ()))} items and the maximum {high}"
    if kind == _INT and high - low >= _STEPS:
        yield f"{box.name} is an int of {high - low + 1} values: Live has {_STEPS}"


def _banks(patch: OpenedPatch, parameters: Mapping[str, OpenedBox]) -> Iterator[str]:
    """Push's banks name real parameters, each once, and leave none out."""
    turned = {
        (box.parameter or {}).get("parameter_longname")
        for box in parameters.values()
        if (box.parameter or {}).get("parameter_type") != _BLOB
    }
    banks = patch.raw.get("parameters", {}).get("parameterbanks", {})
    placed: list[str] = []
    for number, bank in banks.items():
        names = bank.get("parameters", [])
        if str(bank.get("index")) != number or len(names) != 8 or not bank.get("name"):
            said = f"index {bank.get('index')}, name {bank.get('name')!r}, {len(names)} places"
            yield f"bank {number} says {said}"
        placed += [name for name in names if name != "-"]
    for name, count in Counter(placed).items():
        if count > 1 or name not in turned:
            what = "" if name in turned else ", which is no parameter,"
            yield f"the banks name {name}{what} {count} times"
    for lost in sorted(str(name) for name in turned - set(placed)):
        yield f"no bank has {lost}"
