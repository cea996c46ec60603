"""DAWproject files: an independent reading of them gives the same music."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from bandmate_bridge.files.dawproject import dawproject
from bandmate_models.score import Control, Marker, Metre, Note, Part, Score, Tempo
from scores import scores


class Opened(NamedTuple):
    """What another program would find in a file."""

    tracks: dict[str, list[tuple[float, float, int, int, int]]]
    controls: list[tuple[float, str, int, float]]
    tempos: list[tuple[float, float]]
    metres: list[tuple[float, int, int]]
    markers: list[tuple[float, str]]
    title: str | None


def opened(data: bytes) -> Opened:
    """Reads the file as its published schema says, by the ids that tie tracks, lanes and parameters."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        project = ElementTree.fromstring(archive.read("project.xml"))
        meta = ElementTree.fromstring(archive.read("metadata.xml"))
    names = {track.get("id"): track.get("name") for track in project.iter("Track")}
    tracks: dict[str, list[tuple[float, float, int, int, int]]] = {}
    for lane in project.findall("./Arrangement/Lanes/Lanes"):
        rows = tracks.setdefault(f"{lane.get('track')} {names[lane.get('track')]}", [])
        for clip in lane.iter("Clip"):
            at = float(clip.get("time", "0"))
            for note in clip.iter("Note"):
                place = at + float(note.get("time", "0"))
                rows.append(
                    (
                        place,
                        float(note.get("duration", "0")),
                        int(note.get("key", "0")),
                        round(127 * float(note.get("vel", "0"))),
                        int(note.get("channel", "0")),
                    )
                )
    controls = [
        (
            float(point.get("time", "")),
            target.get("expression", ""),
            int(target.get("controller", "-1")),
            float(point.get("value", "")),
        )
        for points in project.iter("Points")
        for target in points.iter("Target")
        for point in points.iter("RealPoint")
    ]
    tempo = project.find("./Transport/Tempo")
    metre = project.find("./Transport/TimeSignature")
    assert tempo is not None and metre is not None
    points = project.findall("./Arrangement/TempoAutomation/RealPoint")
    changes = project.findall("./Arrangement/TimeSignatureAutomation/TimeSignaturePoint")
    targets = {target.get("parameter") for target in project.iter("Target")}
    assert targets <= {tempo.get("id"), metre.get("id"), None}
    return Opened(
        tracks,
        controls,
        [(float(p.get("time", "")), float(p.get("value", ""))) for p in points]
        or [(0.0, float(tempo.get("value", "")))],
        [
            (float(c.get("time", "")), int(c.get("numerator", "")), int(c.get("denominator", "")))
            for c in changes
        ]
        or [(0.0, int(metre.get("numerator", "")), int(metre.get("denominator", "")))],
        [(float(m.get("time", "")), m.get("name", "")) for m in project.iter("Marker")],
        meta.findtext("Title"),
    )


@settings(max_examples=40, deadline=None)
@given(scores())
def test_another_reader_finds_the_same_notes_tempos_and_metres(score: Score) -> None:
    found = opened(dawproject(score, length=score.end + 1))
    assert len(found.tracks) == len(score.parts)
    for part, rows in zip(score.parts, found.tracks.values(), strict=True):
        assert len(rows) == len(part.notes)
        for note, (start, duration, pitch, velocity, channel) in zip(part.notes, rows, strict=True):
            assert (start, duration) == pytest.approx((note.start, note.duration), abs=1e-5)
            assert (pitch, velocity) == (note.pitch, note.velocity)
            assert (channel == 9) == part.is_drums
    assert [bpm for _, bpm in found.tempos] == pytest.approx([t.bpm for t in score.tempos], abs=1e-5)
    assert found.metres == [(m.beat, m.numerator, m.denominator) for m in score.metres]


def test_changes_of_tempo_and_metre_markers_and_title_are_told() -> None:
    score = Score(
        (Part("bass", (Note(0.0, 1.0, 40, 100),), name="Low & <slow>"),),
        tempos=(Tempo(0.0, 90.0), Tempo(8.0, 140.5)),
        metres=(Metre(0.0, 4, 4), Metre(8.0, 7, 8)),
        markers=(Marker(0.0, "Verse"), Marker(8.0, "Chorus")),
    )
    found = opened(dawproject(score, length=16.0, title="A take"))
    assert found.tempos == [(0.0, 90.0), (8.0, 140.5)]
    assert found.metres == [(0.0, 4, 4), (8.0, 7, 8)]
    assert found.markers == [(0.0, "Verse"), (8.0, "Chorus")]
    assert found.title == "A take"
    assert list(found.tracks) == ["track0 Low & <slow>"]


def test_pedals_bends_and_pressure_are_points() -> None:
    controls = (
        Control(0.0, "cc", 64, 127),
        Control(1.0, "cc", 11, 0),
        Control(2.0, "cc", 64, 0),
        Control(2.5, "bend", 0, 0),
        Control(3.0, "bend", 0, -8192),
        Control(3.0, "pressure", 0, 127),
        Control(3.5, "program", 0, 4),
    )
    found = opened(dawproject(Score((Part("chords", (), controls=controls),)), length=4.0))
    assert sorted(found.controls) == [
        (0.0, "channelController", 64, 1.0),
        (1.0, "channelController", 11, 0.0),
        (2.0, "channelController", 64, 0.0),
        (2.5, "pitchBend", -1, 0.5),
        (3.0, "channelPressure", -1, 1.0),
        (3.0, "pitchBend", -1, 0.0),
    ]


if importlib.util.find_spec("dawproject"):  # in no package index: whoever has it installed runs this too

    def test_the_published_classes_read_the_same_notes(tmp_path: Path) -> None:
        """Bitwig's classes in Python: https://github.com/roex-audio/dawproject-py, installed from there."""
        published = importlib.import_module("dawproject")
        score = Score(
            (
                Part("bass", (Note(0.0, 1.0, 40, 100), Note(1.5, 0.25, 43, 64)), name="Bass"),
                Part("drums", (Note(0.0, 0.25, 36, 127),), controls=(Control(0.0, "cc", 4, 64),), name="Kit"),
            ),
            tempos=(Tempo(0.0, 90.0), Tempo(8.0, 140.5)),
            metres=(Metre(0.0, 7, 8),),
            markers=(Marker(4.0, "Chorus"),),
        )
        file = tmp_path / "song.dawproject"
        file.write_bytes(dawproject(score, length=16.0, title="A take"))
        published.Referenceable.reset_id()
        project = published.DawProject.load_project(str(file))
        assert [track.name for track in project.structure] == ["Bass", "Kit", "Master"]
        assert (project.transport.tempo.value, project.transport.time_signature.numerator) == (90.0, 7)
        read = []
        for lane in project.arrangement.lanes.lanes:
            [clip] = lane.lanes[0].clips
            parts = getattr(clip.content, "lanes", [clip.content])
            [notes] = [part for part in parts if isinstance(part, published.Notes)]
            read.append(tuple((n.time, n.duration, n.key, round(127 * float(n.vel))) for n in notes.notes))
        assert read == [tuple(tuple(note) for note in part.notes) for part in score.parts]
        assert [(m.time, m.name) for m in project.arrangement.markers.markers] == [(4.0, "Chorus")]
        assert published.DawProject.load_metadata(str(file)).title == "A take"


def test_the_same_music_is_the_same_file() -> None:
    score = Score((Part("drums", (Note(0.0, 0.25, 36, 100),)),))
    assert dawproject(score, length=4.0) == dawproject(score, length=4.0)
