"""Lines that Live draws: a parameter's automation in the arrangement, and the envelopes of a clip.

Until Live 9 a parameter's automation stands at the parameter, since Live 10 in the track's envelopes, by the
id of its target. Live 8 writes no `Manual` values: the first point of the automation is the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..score import Control, ControlKind, Metre
from .codes import bpm_of, metre_of, number
from .tree import CONTROLLERS, Node

BEFORE_ALL = -63_072_000.0
"""The beat of the point that says what was before anything was drawn."""
RAMP = 1 / 12
"""Beats: a sloping envelope changes a control this often."""
MOST_STEPS = 10_000
"""Of one slope."""

Target = tuple[ControlKind, int]


class Point(NamedTuple):
    """A value of an automation at a beat; Live goes from one point to the next in a straight line."""

    beat: float
    value: float


def standing(parameter: Node) -> str | None:
    """The value that a parameter stands at."""
    first = parameter.at("ArrangerAutomation", "Events")
    events = first.children if first is not None else []
    return parameter.value("Manual") or (events[0].attributes.get("Value") if events else None)


def tempos(main: Node | None) -> Iterator[Point]:
    """The tempo's points: where none but the first is automated, what the tempo stands at."""
    stands, changes = _changes(main, "Tempo")
    points = [Point(beat, bpm_of(value)) for beat, value in changes]
    if len(points) > 1:
        yield from points
    elif stands is not None or points:
        yield Point(BEFORE_ALL, bpm_of(stands) if stands is not None else points[0].value)
    else:
        yield Point(BEFORE_ALL, 120.0)


def metres(main: Node | None) -> Iterator[Metre]:
    """The metres, likewise."""
    stands, changes = _changes(main, "TimeSignature")
    found = [metre_of(value, beat) for beat, value in changes]
    if len(found) > 1:
        yield from found
    elif stands is not None or found:
        yield metre_of(stands, BEFORE_ALL) if stands is not None else found[0]
    else:
        yield Metre(BEFORE_ALL, 4, 4)


def _changes(main: Node | None, name: str) -> tuple[str | None, list[tuple[float, str | None]]]:
    """What a parameter of the main track stands at, and its automation as (beat, value), in order."""
    mixer = None
    if main is not None:
        mixer = main.at("DeviceChain", "Mixer") or main.at("MasterChain", "Mixer")
    parameter = mixer.at(name) if mixer is not None else None
    if main is None or parameter is None:
        return None, []
    places = list(parameter.each("ArrangerAutomation", "Events"))
    target = parameter.at("AutomationTarget")
    for envelope in main.each("AutomationEnvelopes", "Envelopes", "AutomationEnvelope"):
        pointee = envelope.value("EnvelopeTarget", "PointeeId")
        if target is not None and pointee == target.attributes.get("Id"):
            places.extend(envelope.each("Automation", "Events"))
    events = [event.attributes for place in places for event in place.children]
    timed = [(number(said.get("Time"), "an automation's Time"), said.get("Value")) for said in events]
    return standing(parameter), sorted(timed, key=lambda point: point[0])


def targets_of(sequencer: Node) -> dict[str, Target]:
    """What a clip's envelopes mean by the id that they point at: bend, pressure, then the controllers."""
    found: dict[str, Target] = {}
    for controllers in sequencer.each("MidiControllers"):
        for node in controllers.children:
            index = int(node.tag.rpartition(".")[2])
            if (pointed := node.attributes.get("Id")) and index < CONTROLLERS:
                found[pointed] = _FIRST_TARGETS.get(index) or ("cc", index - len(_FIRST_TARGETS))
    return found


def controls_of(clip: Node, targets: Mapping[str, Target]) -> tuple[Control, ...]:
    """What a clip's envelopes turn of MIDI, in order."""
    controls: list[Control] = []
    for envelope in clip.each("Envelopes", "Envelopes", "ClipEnvelope"):
        target = targets.get(envelope.value("EnvelopeTarget", "PointeeId") or "")
        if target is not None:
            controls.extend(_steps(envelope, *target))
    return tuple(sorted(controls, key=lambda control: control.beat))


def _steps(envelope: Node, kind: ControlKind, controller: int) -> Iterator[Control]:
    """An envelope as changes: at its points, and on slopes every RAMP beats."""
    low, high = (-8192, 8191) if kind == "bend" else (0, 127)
    points = [
        Point(
            number(event.attributes.get("Time"), "an envelope's Time"),
            number(event.attributes.get("Value"), "an envelope's Value"),
        )
        for event in envelope.each("Automation", "Events", "FloatEvent")
    ]
    drawn = sorted((p for p in points if p.beat > BEFORE_ALL), key=lambda point: point.beat)
    last: int | None = None
    for index, point in enumerate(drawn):
        following = drawn[index + 1] if index + 1 < len(drawn) else point
        length = following.beat - point.beat
        if length <= 0 and following is not point:
            continue  # the lower end of a jump
        count = 1 if following.value == point.value else min(max(1, round(length / RAMP)), MOST_STEPS)
        for step in range(count):
            exact = point.value + (following.value - point.value) * step / count
            value = min(max(round(exact), low), high)
            if value != last:
                yield Control(point.beat + length * step / count, kind, controller, value)
                last = value


_FIRST_TARGETS: dict[int, Target] = {0: ("bend", 0), 1: ("pressure", 0)}
