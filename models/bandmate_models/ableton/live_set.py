"""The tree of a Live set -> its tracks, clips, scenes and maps, as numbers that have been checked.

The main track is called MasterTrack until Live 11; until Live 10 scenes have their tempo in their name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..score import Control, Key, Marker, Metre, Note
from .automation import Point, Target, controls_of, metres, standing, targets_of, tempos
from .codes import bpm_of, key_of, metre_of, number
from .tree import Node, bad_file

_NUMBERED = re.compile(r"^\d+[- ]")
_BPM = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d+)?) ?bpm", re.IGNORECASE)
_METRE = re.compile(r"(?<!\d)(\d{1,2})/(1|2|4|8|16)(?!\d)")


class Clip(NamedTuple):
    """A MIDI clip. Notes, controls and markers count beats of its own content, and may lie below 0.

    It begins at `start`; `looped`, it goes back from `loop_end` to `loop_start`, else it ends at `loop_end`.
    `at` and `length` are the beats of the arrangement that it fills; in a slot `length` is None.
    """

    name: str
    notes: tuple[Note, ...]
    controls: tuple[Control, ...]
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
    silent = _silent_groups(live_set)
    main = live_set.at("MainTrack") or live_set.at("MasterTrack")
    return LiveSet(
        tuple(_track(track, silent) for track in live_set.each("Tracks", "MidiTrack")),
        tuple(_scenes(live_set)),
        tuple(tempos(main)),
        tuple(metres(main)),
        key_of(live_set.at("ScaleInformation")),
        tuple(sorted(_markers(live_set), key=lambda marker: marker.beat)),
    )


def _silent_groups(live_set: Node) -> frozenset[str]:
    """The ids of groups that are off, or that lie in one that is."""
    within: dict[str, list[str]] = {}
    off: list[str] = []
    for group in live_set.each("Tracks", "GroupTrack"):
        own = group.attributes.get("Id", "")
        within.setdefault(group.value("TrackGroupId") or "", []).append(own)
        if not _is_on(group):
            off.append(own)
    silent: set[str] = set()
    while off:
        group_id = off.pop()
        if group_id not in silent:
            silent.add(group_id)
            off.extend(within.get(group_id, ()))
    return frozenset(silent)


def _track(track: Node, silent: frozenset[str]) -> Track:
    arrangement: list[Clip] = []
    slots: dict[int, Clip] = {}
    sequencer = track.at("DeviceChain", "MainSequencer")
    if sequencer is not None:
        targets = targets_of(sequencer)
        for node in sequencer.each("ClipTimeable", "ArrangerAutomation", "Events", "MidiClip"):
            if not _is_disabled(node):
                at = number(node.attributes.get("Time"), "a clip's Time")
                first = number(node.value("CurrentStart"), "CurrentStart")
                last = number(node.value("CurrentEnd"), "CurrentEnd")
                arrangement.append(_clip(node, targets)._replace(at=at, length=last - first))
        for index, slot in enumerate(sequencer.each("ClipSlotList", "ClipSlot")):
            for node in slot.each("ClipSlot", "Value", "MidiClip"):
                if not _is_disabled(node):
                    slots[index] = _clip(node, targets)
    heard = _is_on(track) and track.value("TrackGroupId") not in silent
    return Track(_name(track), track.at("Drums") is not None, heard, tuple(arrangement), slots)


def _name(track: Node) -> str:
    own, shown = track.value("Name", "UserName") or "", track.value("Name", "EffectiveName") or ""
    if own and "#" not in own:
        return own.strip()
    return _NUMBERED.sub("", shown or own.replace("#", "")).strip()


def _is_on(track: Node) -> bool:
    speaker = track.at("DeviceChain", "Mixer", "Speaker")
    return speaker is None or standing(speaker) != "false"


def _is_disabled(clip: Node) -> bool:
    return clip.value("Disabled") == "true"


def _clip(node: Node, targets: Mapping[str, Target]) -> Clip:
    loop = node.at("Loop")
    if loop is None:
        raise bad_file("the Live set is damaged: a clip has no Loop; save it again in Live")
    loop_start = number(loop.value("LoopStart"), "LoopStart")
    loop_end = number(loop.value("LoopEnd"), "LoopEnd")
    notes = sorted(note for keys in node.each("Notes", "KeyTracks", "KeyTrack") for note in _notes(keys))
    return Clip(
        name=node.value("Name") or "",
        notes=tuple(notes),
        controls=controls_of(node, targets),
        start=loop_start + number(loop.value("StartRelative") or "0", "StartRelative"),
        loop_start=loop_start,
        loop_end=loop_end,
        looped=loop.value("LoopOn") == "true",
    )


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
            bpm_of(scene.value("Tempo")) if timed == "true" else None,
            metre_of(scene.value("TimeSignatureId"), 0.0) if barred == "true" else None,
        )


def _markers(live_set: Node) -> Iterator[Marker]:
    for locator in live_set.each("Locators", "Locators", "Locator"):
        beat = number(locator.value("Time"), "a locator's Time")
        if beat >= 0 and (name := (locator.value("Name") or "").strip()):
            yield Marker(beat, name)
