"""A score as a DAWproject 1.0: a zip with project.xml, which Bitwig Studio, Studio One and others open.

Each part is a track with one clip from beat 0 on, in it the notes and, as points, the controls (pedals and
other CCs, bends, pressure); tempo and metre changes are automation, markers markers. Times are beats (quarter
notes). The schema is that of https://github.com/bitwig/dawproject.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as xml

from bandmate_models.score import Control, Part, Role, Score

VERSION = "1.0"
COLOURS: dict[Role, str] = {
    "melody": "#e0a030",
    "chords": "#4a90d9",
    "guitar": "#3aa76d",
    "bass": "#8e5ea2",
    "drums": "#c0504d",
    "strings": "#d48ab0",
    "other": "#8a8a8a",
}
DRUM_CHANNEL = 9
_EXPRESSIONS = {"cc": "channelController", "bend": "pitchBend", "pressure": "channelPressure"}
_MODIFIED = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same music


def dawproject(
    score: Score, *, length: float, title: str = "", comment: str = "", program: str = ""
) -> bytes:
    """The file of a score of `length` beats; `program` is the version of Bandmate that wrote it."""
    project = xml.Element("Project", version=VERSION)
    xml.SubElement(project, "Application", name="Bandmate", version=program or "0")
    _transport(project, score)
    tracks = _structure(project, score.parts)
    _arrangement(project, score, tracks, length)
    meta = xml.Element("MetaData")
    if title:
        xml.SubElement(meta, "Title").text = title
    if comment:
        xml.SubElement(meta, "Comment").text = comment
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in (("project.xml", project), ("metadata.xml", meta)):
            entry = zipfile.ZipInfo(name, _MODIFIED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            xml.indent(root)
            archive.writestr(entry, xml.tostring(root, encoding="UTF-8", xml_declaration=True))
    return buffer.getvalue()


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _transport(project: xml.Element, score: Score) -> None:
    transport = xml.SubElement(project, "Transport")
    tempo, metre = score.tempo_at(0.0), score.metre_at(0.0)
    xml.SubElement(
        transport,
        "Tempo",
        id="tempo",
        name="Tempo",
        unit="bpm",
        min="20",
        max="999",
        value=_number(tempo.bpm),
    )
    xml.SubElement(
        transport,
        "TimeSignature",
        id="metre",
        numerator=str(metre.numerator),
        denominator=str(metre.denominator),
    )


def _structure(project: xml.Element, parts: Iterable[Part]) -> list[str]:
    """A track for each part, and the master; the ids of the parts' tracks."""
    structure = xml.SubElement(project, "Structure")
    ids = []
    for number, part in enumerate(parts):
        track = f"track{number}"
        name = part.name or part.role.capitalize()
        _track(structure, track, name, "regular", "notes", colour=COLOURS[part.role])
        ids.append(track)
    _track(structure, "master", "Master", "master", "audio notes")
    return ids


def _track(
    structure: xml.Element, track: str, name: str, role: str, content: str, *, colour: str = "#808080"
) -> None:
    element = xml.SubElement(
        structure, "Track", id=track, name=name, color=colour, contentType=content, loaded="true"
    )
    channel = xml.SubElement(
        element, "Channel", id=f"{track}.channel", role=role, audioChannels="2", solo="false"
    )
    if role != "master":
        channel.set("destination", "master.channel")
    xml.SubElement(channel, "Mute", id=f"{track}.mute", name="Mute", value="false")
    xml.SubElement(
        channel, "Pan", id=f"{track}.pan", name="Pan", unit="normalized", min="0", max="1", value="0.5"
    )
    xml.SubElement(
        channel, "Volume", id=f"{track}.volume", name="Volume", unit="linear", min="0", max="2", value="1"
    )


def _arrangement(project: xml.Element, score: Score, tracks: list[str], length: float) -> None:
    arrangement = xml.SubElement(project, "Arrangement", id="arrangement")
    lanes = xml.SubElement(arrangement, "Lanes", id="lanes", timeUnit="beats")
    for track, part in zip(tracks, score.parts, strict=True):
        lane = xml.SubElement(lanes, "Lanes", id=f"{track}.lane", track=track)
        clips = xml.SubElement(lane, "Clips", id=f"{track}.clips")
        clip = xml.SubElement(
            clips, "Clip", time="0", duration=_number(length), playStart="0", name=part.name or part.role
        )
        channel = str(DRUM_CHANNEL if part.is_drums else 0)
        content = clip
        if any(control.kind in _EXPRESSIONS for control in part.controls):
            content = xml.SubElement(clip, "Lanes", id=f"{track}.content")
        notes = xml.SubElement(content, "Notes", id=f"{track}.notes")
        for note in part.notes:
            velocity = _number(note.velocity / 127)
            xml.SubElement(
                notes,
                "Note",
                time=_number(note.start),
                duration=_number(note.duration),
                channel=channel,
                key=str(note.pitch),
                vel=velocity,
                rel=velocity,
            )
        _controls(content, part.controls, channel)
    if score.markers:
        markers = xml.SubElement(arrangement, "Markers", id="markers")
        for marker in score.markers:
            xml.SubElement(markers, "Marker", time=_number(marker.beat), name=marker.text)
    if len(score.tempos) > 1:
        points = _automation(arrangement, "TempoAutomation", "tempo", {"unit": "bpm"})
        for tempo in score.tempos:
            xml.SubElement(
                points,
                "RealPoint",
                time=_number(tempo.beat),
                value=_number(tempo.bpm),
                interpolation="hold",
            )
    if len(score.metres) > 1:
        points = _automation(arrangement, "TimeSignatureAutomation", "metre")
        for metre in score.metres:
            xml.SubElement(
                points,
                "TimeSignaturePoint",
                time=_number(metre.beat),
                numerator=str(metre.numerator),
                denominator=str(metre.denominator),
            )


def _controls(content: xml.Element, controls: Iterable[Control], channel: str) -> None:
    """Points for each controller, from 0 to 1; a bend's middle is 0.5. Program changes are left out."""
    told = sorted((c for c in controls if c.kind in _EXPRESSIONS), key=lambda c: (c.kind, c.number, c.beat))
    for (kind, number), changes in groupby(told, key=lambda c: (c.kind, c.number)):
        points = xml.SubElement(content, "Points", unit="normalized")
        target = xml.SubElement(points, "Target", expression=_EXPRESSIONS[kind], channel=channel)
        if kind == "cc":
            target.set("controller", str(number))
        for change in changes:
            value = (change.value + 8192) / 16384 if kind == "bend" else change.value / 127
            xml.SubElement(
                points, "RealPoint", time=_number(change.beat), value=_number(value), interpolation="hold"
            )


def _automation(
    arrangement: xml.Element, name: str, parameter: str, more: dict[str, str] | None = None
) -> xml.Element:
    attributes = {"id": f"{parameter}.automation", "timeUnit": "beats", **(more or {})}
    points = xml.SubElement(arrangement, name, attributes)
    xml.SubElement(points, "Target", parameter=parameter)
    return points
