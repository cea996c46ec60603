"""The tree of a Live set -> its tracks, clips, scenes and maps, as numbers that have been checked.

What differs: until Live 9 the automation of tempo and metre stands at the parameter, since Live 10 in the
main track's envelopes, by the id of the target; the main track is called MasterTrack until Live 11; until
Live 10 scenes have their tempo in their name. Live 8 writes no `Manual` values: the first point of the
automation is the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from ..score import Key, Marker, Metre, Note
from .tree import Node, bad_file

MOST_BEATS = 100_000_000.0
"""What a time may be; the point before all others stands at -63,072,000."""
BEFORE_ALL = -63_072_000.0
SLOWEST, FASTEST = 1.0, 2000.0  # bpm that are believed; Live's own go from 20 to 999
METRE_CODES = 99
"""A metre's code is its numerator - 1, and this many for each doubling of the denominator."""

MAJOR = ("Major", "Mixolydian", "Lydian", "Major Pentatonic", "Harmonic Major", "Lydian Augmented")
MINOR = ("Minor", "Dorian", "Phrygian", "Minor Blues", "Minor Pentatonic", "Harmonic Minor", "Melodic Minor")
SCALES = (
    "Major",
    "Minor",
    "Dorian",
    "Mixolydian",
    "Lydian",
    "Phrygian",
    "Locrian",
    "Whole Tone",
    "Half-whole Dim.",
    "Whole-half Dim.",
    "Minor Blues",
    "Minor Pentatonic",
    "Major Pentatonic",
    "Harmonic Minor",
    "Harmonic Major",
    "Dorian #4",
    "Phrygian Dominant",
    "Melodic Minor",
    "Lydian Augmented",
)
"""Live 12 writes a scale's number, earlier ones its name. Those behind these have no key of ours."""

_NUMBERED = re.compile(r"^\d+[- ]")
_BPM = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d+)?) ?bpm", re.IGNORECASE)
_METRE = re.compile(r"(?<!\d)(\d{1,2})/(1|2|4|8|16)(?!\d)")


class Point(NamedTuple):
    """A value of an automation at a beat; Live goes from one point to the next in a straight line."""

    beat: float
    value: float


class Clip(NamedTuple):
    """A MIDI clip. Its notes and markers count beats of its own content, where notes may lie below 0.

    It begins at `start`; `looped`, it goes back from `loop_end` to `loop_start`, else it ends at `loop_end`.
    `at` and `length` are the beats of the arrangement that it fills; in a slot `length` is None.
    """

    name: str
    notes: tuple[Note, ...]
    start: float
    loop_start: float
    loop_end: float
    looped: bool
    at: float = 0.0
    length: float | None = None


class Track(NamedTuple):
    """A MIDI track: its clips in the arrangement, and those in its slots by scene, counted from 0."""

    name: str
    drums: bool
    heard: bool
    arrangement: tuple[Clip, ...]
    slots: dict[int, Clip]


class Scene(NamedTuple):
    """A row of slots, with a tempo and a metre where it sets them."""

    name: str
    tempo: float | None
    metre: Metre | None


class LiveSet(NamedTuple):
    """`tempos` and `metres` begin at beat 0 or before; two tempo points at one beat are a jump."""

    tracks: tuple[Track, ...]
    scenes: tuple[Scene, ...]
    tempos: tuple[Point, ...]
    metres: tuple[Metre, ...]
    key: Key | None
    markers: tuple[Marker, ...]


def live_set_of(root: Node) -> LiveSet:
    """Raises BandmateError ("bad_file") for a number that is none."""
    live_set = root.at("LiveSet")
    if live_set is None:
        raise bad_file("not a Live set: it holds a preset or a clip, not a set")
    groups = {group.attributes.get("Id"): group for group in live_set.each("Tracks", "GroupTrack")}
    main = live_set.at("MainTrack") or live_set.at("MasterTrack")
    return LiveSet(
        tuple(_track(track, groups) for track in live_set.each("Tracks", "MidiTrack")),
        tuple(_scenes(live_set)),
        tuple(_tempos(main)),
        tuple(_metres(main)),
        _key(live_set.at("ScaleInformation")),
        tuple(sorted(_markers(live_set), key=lambda marker: marker.beat)),
    )


def number(text: str | None, what: str, low: float = -MOST_BEATS, high: float = MOST_BEATS) -> float:
    """A number that stands where one must. BandmateError ("bad_file") where it does not."""
    try:
        value = float(text if text is not None else "")
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and low <= value <= high):
        told = "missing" if text is None else repr(text[:40])
        raise bad_file(f"the Live set is damaged: {what} is {told}; save it again in Live")
    return value


def _track(track: Node, groups: dict[str | None, Node]) -> Track:
    sequencer = track.at("DeviceChain", "MainSequencer")
    arrangement: list[Clip] = []
    slots: dict[int, Clip] = {}
    if sequencer is not None:
        for node in sequencer.each("ClipTimeable", "ArrangerAutomation", "Events", "MidiClip"):
            if not _is_disabled(node):
                at = number(node.attributes.get("Time"), "a clip's Time")
                first = number(node.value("CurrentStart"), "CurrentStart")
                last = number(node.value("CurrentEnd"), "CurrentEnd")
                arrangement.append(_clip(node)._replace(at=at, length=last - first))
        for index, slot in enumerate(sequencer.each("ClipSlotList", "ClipSlot")):
            for node in slot.each("ClipSlot", "Value", "MidiClip"):
                if not _is_disabled(node):
                    slots[index] = _clip(node)
    drums = track.at("Drums") is not None
    return Track(_name(track), drums, _is_heard(track, groups), tuple(arrangement), slots)


def _name(track: Node) -> str:
    own, shown = track.value("Name", "UserName") or "", track.value("Name", "EffectiveName") or ""
    if own and "#" not in own:
        return own.strip()
    return _NUMBERED.sub("", shown or own.replace("#", "")).strip()


def _is_heard(track: Node, groups: dict[str | None, Node]) -> bool:
    """Whether the track is on, and every group that it is in. A ring of groups ends at its first."""
    seen: set[str | None] = set()
    place: Node | None = track
    while place is not None:
        speaker = place.at("DeviceChain", "Mixer", "Speaker")
        if speaker is not None and _standing(speaker) == "false":
            return False
        group = place.value("TrackGroupId")
        if group in seen:
            break
        seen.add(group)
        place = groups.get(group)
    return True


def _standing(parameter: Node) -> str | None:
    """The value that a parameter stands at."""
    first = parameter.at("ArrangerAutomation", "Events")
    events = first.children if first is not None else []
    return parameter.value("Manual") or (events[0].attributes.get("Value") if events else None)


def _is_disabled(clip: Node) -> bool:
    return clip.value("Disabled") == "true"


def _clip(node: Node) -> Clip:
    loop = node.at("Loop")
    if loop is None:
        raise bad_file("the Live set is damaged: a clip has no Loop; save it again in Live")
    loop_start = number(loop.value("LoopStart"), "LoopStart")
    loop_end = number(loop.value("LoopEnd"), "LoopEnd")
    start = loop_start + number(loop.value("StartRelative") or "0", "StartRelative")
    notes = sorted(note for keys in node.each("Notes", "KeyTracks", "KeyTrack") for note in _notes(keys))
    looped = loop.value("LoopOn") == "true"
    return Clip(node.value("Name") or "", tuple(notes), start, loop_start, loop_end, looped)


def _notes(keys: Node) -> Iterator[Note]:
    """The notes of one key that are not muted. One without a length is left out, as it does not sound."""
    pitch = int(number(keys.value("MidiKey"), "MidiKey", 0, 127))
    for event in keys.each("Notes", "MidiNoteEvent"):
        said = event.attributes
        if said.get("IsEnabled") == "false":
            continue
        start = number(said.get("Time"), "a note's Time")
        duration = number(said.get("Duration"), "a note's Duration")
        velocity = number(said.get("Velocity"), "a note's Velocity", 0, 127)
        if duration > 0:
            yield Note(start, duration, pitch, max(1, round(velocity)))


def _scenes(live_set: Node) -> Iterator[Scene]:
    for scene in live_set.each("SceneNames", "Scene"):
        name = scene.attributes.get("Value", "").strip()
        bpm, metre = _BPM.search(name), _METRE.search(name)
        yield Scene(
            name,
            float(bpm[1]) if bpm else None,
            Metre(0.0, int(metre[1]), int(metre[2])) if metre and int(metre[1]) else None,
        )
    for scene in live_set.each("Scenes", "Scene"):
        timed, barred = scene.value("IsTempoEnabled"), scene.value("IsTimeSignatureEnabled")
        yield Scene(
            (scene.value("Name") or "").strip(),
            _bpm(scene.value("Tempo")) if timed == "true" else None,
            metre_of(scene.value("TimeSignatureId"), 0.0) if barred == "true" else None,
        )


def _bpm(text: str | None) -> float:
    return number(text, "a tempo", SLOWEST, FASTEST)


def metre_of(code: str | None, beat: float) -> Metre:
    """The metre that Live's number stands for: 201 is 4/4. BandmateError ("bad_file") where it is none."""
    doublings, numerator = divmod(int(number(code, "a time signature", 0, 5 * METRE_CODES - 1)), METRE_CODES)
    return Metre(beat, numerator + 1, 2**doublings)


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
    return _standing(parameter), sorted(timed, key=lambda point: point[0])


def _tempos(main: Node | None) -> Iterator[Point]:
    """The tempo's points: where none but the first is automated, what the tempo stands at."""
    stands, changes = _changes(main, "Tempo")
    points = [Point(beat, _bpm(value)) for beat, value in changes]
    if len(points) > 1:
        yield from points
    elif stands is not None or points:
        yield Point(BEFORE_ALL, _bpm(stands) if stands is not None else points[0].value)
    else:
        yield Point(BEFORE_ALL, 120.0)


def _metres(main: Node | None) -> Iterator[Metre]:
    stands, changes = _changes(main, "TimeSignature")
    metres = [metre_of(value, beat) for beat, value in changes]
    if len(metres) > 1:
        yield from metres
    elif stands is not None or metres:
        yield metre_of(stands, BEFORE_ALL) if stands is not None else metres[0]
    else:
        yield Metre(BEFORE_ALL, 4, 4)


def _key(scale: Node | None) -> Key | None:
    """The set's scale as a key; None for rare scales, and for C Major, which an untouched set says."""
    if scale is None:
        return None
    name = scale.value("Name") or ""
    if name.isdecimal():
        name = SCALES[int(name)] if int(name) < len(SCALES) else ""
    root = scale.value("Root") or scale.value("RootNote")
    if name not in MAJOR + MINOR or root is None:
        return None
    tonic = int(number(root, "a scale's root", 0, 11))
    if tonic == 0 and name == "Major":
        return None
    return Key(0.0, tonic, "major" if name in MAJOR else "minor")


def _markers(live_set: Node) -> Iterator[Marker]:
    for locator in live_set.each("Locators", "Locators", "Locator"):
        beat = number(locator.value("Time"), "a locator's Time")
        if beat >= 0 and (name := (locator.value("Name") or "").strip()):
            yield Marker(beat, name)
