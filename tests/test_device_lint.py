"""Lint: the devices are clean, and each rule finds the mistake that it is there for."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from bandmate_device.container import read_device, write_device
from bandmate_device.lint import findings
from bandmate_device.patch import json_bytes
from bandmate_device.table import DEVICES, DeviceName
from device_kit import device

Tree = dict[str, Any]
Change = Callable[[Tree], None]


@pytest.mark.parametrize("name", DEVICES)
def test_the_devices_are_clean(name: DeviceName) -> None:
    assert findings(device(name)) == []


def box(tree: Tree, name: str) -> Tree:
    found: Tree = next(b["box"] for b in tree["patcher"]["boxes"] if b["box"]["varname"] == name)
    return found


def value(tree: Tree, name: str) -> Tree:
    found: Tree = box(tree, name)["saved_attribute_attributes"]["valueof"]
    return found


def cord(tree: Tree, source: str, outlet: int, target: str, inlet: int) -> None:
    ends = {"source": [box(tree, source)["id"], outlet], "destination": [box(tree, target)["id"], inlet]}
    tree["patcher"]["lines"].append({"patchline": ends})


def cut(tree: Tree, source: str, target: str) -> None:
    ids = box(tree, source)["id"], box(tree, target)["id"]
    lines = tree["patcher"]["lines"]
    ends = [(line["patchline"]["source"][0], line["patchline"]["destination"][0]) for line in lines]
    del lines[ends.index(ids)]


def add(tree: Tree, **keys: Any) -> None:
    tree["patcher"]["boxes"].append({"box": {"id": "obj-9999", "patching_rect": [0, 0, 20, 20], **keys}})


def put(tree: Tree, name: str, key: str, what: Any) -> None:
    box(tree, name)[key] = what


MISTAKES: dict[str, tuple[Change, str]] = {
    "maxclass_of_an_object": (
        lambda t: add(t, varname="x", maxclass="js", numinlets=1, numoutlets=0),
        "maxclass js must be a newobj box",
    ),
    "unknown_class": (lambda t: put(t, "bars", "maxclass", "live.knob"), "live.knob is no class"),
    "unknown_object": (lambda t: put(t, "again", "text", "pipes 0"), "no object called 'pipes'"),
    "wrong_ports": (lambda t: put(t, "again", "numinlets", 6), "again (pipe"),
    "wrong_outlettype": (lambda t: put(t, "due", "outlettype", ["", ""]), "due (t l b)"),
    "same_id": (lambda t: put(t, "again", "id", box(t, "last")["id"]), "have the id"),
    "same_name": (lambda t: put(t, "again", "varname", "last"), "have the name 'last'"),
    "dangling_cord": (
        lambda t: t["patcher"]["lines"][0]["patchline"].update(source=["obj-12345", 0]),
        "one of them is not there",
    ),
    "no_such_outlet": (lambda t: cord(t, "due", 2, "running", 1), "outlet 2 of due"),
    "no_such_inlet": (lambda t: cord(t, "due", 0, "running", 2), "inlet 2 of running"),
    "double_cord": (lambda t: cord(t, "due", 0, "running", 1), "2 cords from due"),
    "loose_box": (
        lambda t: cut(t, "settled", "buttons_on") or cut(t, "buttons_on", "pressed"),
        "joined to nothing",
    ),
    "script_not_deferred": (lambda t: cord(t, "osc", 0, "script", 0), "osc reaches the script"),
    "moves_the_transport": (lambda t: cord(t, "place", 0, "watched", 0), "move Live's transport"),
    "sets_the_position": (lambda t: cord(t, "watch", 0, "watched", 1), "move Live's transport"),
    "no_flush": (lambda t: cord(t, "bytes", 0, "out", 0), "without midiflush"),
    "deaf_track": (lambda t: cut(t, "in", "out"), "midiin is not joined"),
    "slow_notes": (lambda t: cord(t, "told", 1, "pair", 0), "in the low-priority thread"),
    "foreign_name": (lambda t: put(t, "to_all", "text", "s everybody"), "shared with every other device"),
    "leaves_the_machine": (
        lambda t: put(t, "to_daemon", "text", "udpsend 10.0.0.1 7400"),
        "sends to 10.0.0.1",
    ),
    "wrong_kind": (lambda t: t["patcher"]["project"].update(amxdtype=1), "amxdtype"),
    "no_width": (lambda t: t["patcher"].update(devicewidth=100.0), "does not open as a view"),
    "no_live_version": (lambda t: t["patcher"].update(minimum_live_version=""), "no minimum_live_version"),
    "other_script": (lambda t: put(t, "script", "text", "js other.js main 0"), "scripts: wanted are"),
    "no_parameter": (lambda t: put(t, "bars", "parameter_enable", 0), "bars is no parameter"),
    "same_long_name": (lambda t: value(t, "bars").update(parameter_longname="Take"), "long name Take"),
    "long_short_name": (
        lambda t: value(t, "bars").update(parameter_shortname="Number of bars"),
        "more than 10 characters",
    ),
    "no_info": (lambda t: value(t, "bars").pop("parameter_info"), "no parameter_info"),
    "no_initial": (lambda t: value(t, "bars").pop("parameter_initial"), "no initial value"),
    "initial_off": (lambda t: value(t, "bars").update(parameter_initial_enable=0), "no initial value"),
    "initial_outside": (lambda t: value(t, "bars").update(parameter_initial=[33]), "begins at 33"),
    "enum_maximum": (lambda t: value(t, "mood").update(parameter_mmax=3), "and the maximum 3"),
    "int_too_wide": (lambda t: value(t, "bars").update(parameter_mmax=900), "Live has 256"),
    "not_automated": (lambda t: value(t, "bars").update(parameter_invisible=1), "cannot be automated"),
    "not_listed": (
        lambda t: t["patcher"]["parameters"].pop(box(t, "bars")["id"]),
        "parameters block and the boxes",
    ),
    "listed_otherwise": (
        lambda t: t["patcher"]["parameters"].update({box(t, "bars")["id"]: ["Take", "Take", 0]}),
        "the parameters block calls bars",
    ),
    "bank_of_a_ghost": (
        lambda t: t["patcher"]["parameters"]["parameterbanks"]["0"]["parameters"].__setitem__(0, "Ghost"),
        "the banks name Ghost",
    ),
    "in_no_bank": (
        lambda t: t["patcher"]["parameters"]["parameterbanks"]["0"]["parameters"].__setitem__(0, "-"),
        "no bank has Bars",
    ),
    "bank_without_a_name": (
        lambda t: t["patcher"]["parameters"]["parameterbanks"]["0"].update(name=""),
        "bank 0 says",
    ),
    "out_of_the_device": (
        lambda t: put(t, "port", "presentation_rect", [0, 160, 48, 15]),
        "out of the device",
    ),
    "one_over_the_other": (
        lambda t: put(t, "bars", "presentation_rect", box(t, "takes")["presentation_rect"]),
        "lie over each other",
    ),
    "unseen": (lambda t: put(t, "bars", "presentation", 0), "cannot be seen"),
    "too_small": (lambda t: put(t, "energy", "presentation_rect", [700, 22, 30, 40]), "a live.dial wants"),
    "crowded": (lambda t: put(t, "continue", "text", "Continue the phrase"), "its text wants"),
    "object_in_view": (
        lambda t: box(t, "again").update(presentation=1, presentation_rect=[1, 1, 2, 2]),
        "object box in the device's view",
    ),
    "lone_symbol": (lambda t: put(t, "due", "text", "t s b"), "a symbol by itself"),
    "not_ascii": (lambda t: put(t, "heading_0", "text", "Début"), "not ASCII"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str) -> None:
    change, line = MISTAKES[mistake]
    tree = copy.deepcopy(json.loads(read_device(device("main")).patch))
    change(tree)
    script = read_device(device("main")).entries[1]
    spoilt = write_device("Bandmate", json_bytes(tree), (script,))
    assert any(line in found for found in findings(spoilt)), findings(spoilt)


def test_a_script_with_other_outlets_is_found() -> None:
    script = read_device(device("main")).entries[1]._replace(data=b"outlets = 3;\n")
    spoilt = write_device("Bandmate", read_device(device("main")).patch, (script,))
    assert findings(spoilt) == [f"{script.name} does not say outlets = 4"]


def test_what_is_no_device_is_one_finding() -> None:
    assert len(findings(b"RIFF")) == 1
    assert len(findings(write_device("X", b"[1]", ()))) == 1
