"""What is wrong with a device, as far as it can be seen without Max.

Max does not complain: it drops a box it cannot make and a cord it cannot draw, shows two controls one over
the other, and Live forgets a parameter without a name. `findings` says each such thing in one line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from bandmate_device.container import FROZEN, MIDI_EFFECT, BadDevice, Device, read_device
from bandmate_device.lint_parameters import parameter_findings
from bandmate_device.lint_view import view_findings
from bandmate_device.objects import UI, UnknownObject, object_names, ports_of
from bandmate_device.opened import OpenedBox, OpenedPatch, open_patch
from bandmate_device.patch import HEIGHT, Cord

SHARED_BY_ALL_DEVICES = {"bandmate.audition"}
"""Names of send and receive that are meant to reach every device of the set; all others begin with `---`."""


def findings(data: bytes) -> list[str]:
    """What is wrong with a device's file; nothing where all is well."""
    try:
        device = read_device(data)
        patch = open_patch(json.loads(device.patch))
    except (BadDevice, ValueError, KeyError, TypeError) as error:
        return [f"cannot be read: {error!r}"]
    return [
        *_container(device, patch),
        *_boxes(patch),
        *_cords(patch),
        *_threads(patch),
        *_names(patch),
        *parameter_findings(patch),
        *view_findings(patch),
    ]


def _container(device: Device, patch: OpenedPatch) -> Iterator[str]:
    """The file agrees with the patch that is in it."""
    raw = patch.raw
    if device.kind != MIDI_EFFECT or device.meta != FROZEN:
        yield f"is no frozen MIDI effect: {device.kind!r}, {device.meta}"
    if not device.entries[0].data.endswith(b"\0"):
        yield "the patch does not end in a NUL"
    if raw.get("project", {}).get("amxdtype") != int.from_bytes(device.kind, "big"):
        yield "project.amxdtype is not the kind that the container says"
    width = raw.get("devicewidth")
    if raw.get("openrect") != [0.0, 0.0, width, float(HEIGHT)] or raw.get("openinpresentation") != 1:
        yield f"does not open as a view of {width} x {HEIGHT}: openrect {raw.get('openrect')}"
    for key in ("fileversion", "appversion", "minimum_live_version", "parameters", "dependency_cache"):
        if not raw.get(key):
            yield f"the patcher has no {key}"
    files = {entry.name: entry for entry in device.entries[1:]}
    scripts = {box.id: [*box.text.split(), "", ""][1] for box in patch.boxes if box.object == "js"}
    wanted = set(scripts.values())
    cached = {row["name"] for row in raw.get("dependency_cache", ())}
    if set(files) != wanted or cached != wanted:
        yield f"scripts: wanted are {sorted(wanted)}, frozen {sorted(files)}, listed {sorted(cached)}"
    for box in patch.boxes:
        if (entry := files.get(scripts.get(box.id, ""))) is not None:
            said = re.search(rb"^\s*(?:var\s+)?outlets\s*=\s*(\d+)", entry.data, re.MULTILINE)
            if said is None or int(said[1]) != box.raw.get("numoutlets"):
                yield f"{entry.name} does not say outlets = {box.raw.get('numoutlets')}"


def _boxes(patch: OpenedPatch) -> Iterator[str]:
    """Every box is one that Max can make, with as many ends as the object has."""
    for what, names in (("id", [b.id for b in patch.boxes]), ("name", [b.name for b in patch.boxes])):
        for name, count in Counter(names).items():
            if count > 1 or not name:
                yield f"{count} boxes have the {what} {name!r}"
    joined = {end for cord in patch.cords for end in (cord.source, cord.target)}
    for box in patch.boxes:
        if box.maxclass != "newobj" and box.maxclass not in UI:
            kind = "must be a newobj box" if box.maxclass in object_names() else "is no class known here"
            yield f"{box.name}: maxclass {box.maxclass} {kind}"
            continue
        try:
            ports = UI[box.maxclass] if box.maxclass in UI else ports_of(box.text)
        except (UnknownObject, ValueError) as error:
            yield f"{box.name}: {error}"
            continue
        says = (box.raw.get("numinlets"), box.raw.get("numoutlets"), tuple(box.raw.get("outlettype", ())))
        if says != (ports.inlets, len(ports.outlets), ports.outlets):
            yield f"{box.name} ({box.text or box.maxclass}) says {says}, the object has {ports}"
        if box.object in ("t", "unpack") and "s" in box.text.split()[1:]:
            yield f"{box.name}: sends a symbol by itself, which route does not know"
        if not box.text.isascii():
            yield f"{box.name}: text that is not ASCII"
        if box.id not in joined and box.object not in ("comment", "live.comment", "live.line"):
            yield f"{box.name} ({box.text or box.maxclass}) is joined to nothing"


def _cords(patch: OpenedPatch) -> Iterator[str]:
    boxes = patch.by_id
    for cord, count in Counter(patch.cords).items():
        source, target = boxes.get(cord.source), boxes.get(cord.target)
        if source is None or target is None:
            yield f"a cord from {cord.source} to {cord.target}: one of them is not there"
            continue
        if not 0 <= cord.outlet < source.raw.get("numoutlets", 0):
            yield f"a cord from outlet {cord.outlet} of {source.name}, which has no such outlet"
        if not 0 <= cord.inlet < target.raw.get("numinlets", 0):
            yield f"a cord to inlet {cord.inlet} of {target.name}, which has no such inlet"
        if count > 1:
            yield f"{count} cords from {source.name} to {target.name}"


def _threads(patch: OpenedPatch) -> Iterator[str]:
    """What may reach what: the script is deferred, the transport only asked, the track never cut off."""
    boxes = patch.by_id
    for cord in patch.cords:
        source, target = boxes.get(cord.source), boxes.get(cord.target)
        if source is None or target is None:
            continue
        if target.object == "js" and source.object != "deferlow":
            yield f"{source.name} reaches the script without deferlow"
        kinds = source.raw.get("outlettype", ())
        kind = kinds[cord.outlet] if 0 <= cord.outlet < len(kinds) else None
        if target.object == "transport" and (cord.inlet, kind) != (0, "bang"):
            yield f"{source.name} could move Live's transport: {target.name} may be sent bangs alone"
        if target.object == "midiout" and source.object not in ("midiin", "midiflush"):
            yield f"{source.name} reaches the track without midiflush"
    whole = [c for c in patch.cords if c.source in boxes and c.target in boxes]
    if ("midiin", "midiout") not in {(boxes[c.source].object, boxes[c.target].object) for c in whole}:
        yield "midiin is not joined to midiout: the track is silent until the script runs"
    for script in (box for box in patch.boxes if box.object == "js"):
        for box in _reached(patch, script):
            if box.object == "midiformat":
                yield f"notes go from {script.name} to {box.name} in the low-priority thread, through no pipe"


def _reached(patch: OpenedPatch, start: OpenedBox) -> list[OpenedBox]:
    """The boxes that a message from `start` may reach at once, other than as a bang: up to pipe or delay."""
    boxes = patch.by_id
    receivers: dict[str, list[OpenedBox]] = {}
    for box in patch.boxes:
        if box.object == "r":
            receivers.setdefault(box.text, []).append(box)
    cords: dict[str, list[Cord]] = {}
    for cord in patch.cords:
        cords.setdefault(cord.source, []).append(cord)
    seen: dict[str, OpenedBox] = {}
    ways = [start]
    while ways:
        box = ways.pop()
        ways += [] if box.object != "s" else receivers.get(box.text.replace("s", "r", 1), [])
        kinds = box.raw.get("outlettype", ())
        for cord in cords.get(box.id, ()):
            target = boxes.get(cord.target)
            if target is None or cord.target in seen or kinds[cord.outlet : cord.outlet + 1] == ["bang"]:
                continue
            hot = cord.inlet == (1 if target.object == "gate" else 0)
            if hot and target.object not in ("pipe", "delay", "deferlow"):
                seen[cord.target] = target
                ways.append(target)
    return list(seen.values())


def _names(patch: OpenedPatch) -> Iterator[str]:
    """Shared names are the device's own; what is sent is received; nothing leaves the machine."""
    ends: dict[str, set[str]] = {"s": set(), "r": set()}
    for box in patch.boxes:
        words = box.text.split()
        if box.object in ends and len(words) > 1:
            ends[box.object].add(words[1])
            if not words[1].startswith("---") and words[1] not in SHARED_BY_ALL_DEVICES:
                yield f"{box.name}: the name {words[1]} is shared with every other device of the set"
        if box.object == "udpsend" and words[1] != "127.0.0.1":
            yield f"{box.name} sends to {words[1]}, not to this machine"
    for name in ends["s"] ^ ends["r"]:
        yield f"{name} is {'sent and not received' if name in ends['s'] else 'received and not sent'}"
