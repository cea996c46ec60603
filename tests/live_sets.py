"""Ableton Live sets written as Live writes them, as far as music goes, for the tests of reading.

The elements and their order were taken from sets that Live 8, 9, 10, 11 and 12 have saved.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

BEFORE_ALL = -63072000
Row = tuple[float, float, int, int]  # start, duration, pitch, velocity


def value(tag: str, said: object) -> str:
    text = str(said).lower() if isinstance(said, bool) else str(said)
    return f"<{tag} Value={quoteattr(text)}/>"


def element(tag: str, *inside: str, **attributes: object) -> str:
    said = "".join(f" {name}={quoteattr(str(text))}" for name, text in attributes.items())
    return f"<{tag}{said}>{''.join(inside)}</{tag}>"


def key_tracks(notes: Iterable[Row], muted: Iterable[Row] = ()) -> str:
    by_pitch: dict[int, list[tuple[Row, str]]] = {}
    for rows, enabled in ((notes, "true"), (muted, "false")):
        for row in rows:
            by_pitch.setdefault(row[2], []).append((row, enabled))
    tracks = []
    for index, (pitch, rows) in enumerate(sorted(by_pitch.items())):
        rendered = [
            f'<MidiNoteEvent Time="{start!r}" Duration="{duration!r}" Velocity="{velocity}" '
            f'OffVelocity="64" Probability="1" IsEnabled="{enabled}" NoteId="{number}"/>'
            for number, ((start, duration, _, velocity), enabled) in enumerate(rows)
        ]
        tracks.append(element("KeyTrack", element("Notes", *rendered), value("MidiKey", pitch), Id=index))
    events = "<PerNoteEventStore><EventLists/></PerNoteEventStore>"
    return element("Notes", element("KeyTracks", *tracks), events)


def clip(
    notes: Iterable[Row],
    *,
    at: float = 0.0,
    length: float = 16.0,
    loop: tuple[float, float] | None = None,
    looped: bool = True,
    begins: float = 0.0,
    name: str = "",
    disabled: bool = False,
    muted: Iterable[Row] = (),
    envelopes: Iterable[tuple[int, Sequence[tuple[float, float]]]] = (),
) -> str:
    """A MidiClip that fills `length` beats from `at`; its loop, and where from the loop's start it begins.

    An envelope is a controller's target (0 bend, 1 pressure, 66 the sustain pedal) and its points.
    """
    first, last = loop or (0.0, length)
    return element(
        "MidiClip",
        value("LomId", 0),
        value("CurrentStart", at),
        value("CurrentEnd", at + length),
        element(
            "Loop",
            value("LoopStart", first),
            value("LoopEnd", last),
            value("StartRelative", begins),
            value("LoopOn", looped),
            value("OutMarker", last),
            value("HiddenLoopStart", 0),
            value("HiddenLoopEnd", 4),
        ),
        value("Name", name),
        value("Annotation", ""),
        "<TimeSignature><TimeSignatures><RemoteableTimeSignature><Numerator Value='4'/>"
        "<Denominator Value='4'/></RemoteableTimeSignature></TimeSignatures></TimeSignature>",
        element("Envelopes", element("Envelopes", *(clip_envelope(*of) for of in envelopes))),
        value("Disabled", disabled),
        key_tracks(notes, muted),
        "<ScaleInformation><Root Value='7'/><Name Value='1'/></ScaleInformation>",
        Id=0,
        Time=at,
    )


def clip_envelope(target: int, points: Sequence[tuple[float, float]]) -> str:
    events = [element("FloatEvent", Time=beat, Value=said) for beat, said in ((BEFORE_ALL, 0), *points)]
    return element(
        "ClipEnvelope",
        element("EnvelopeTarget", value("PointeeId", 1000 + target)),
        element("Automation", element("Events", *events)),
        "<LoopSlot><Value/></LoopSlot>",
    )


def track(
    name: str,
    *arrangement: str,
    slots: Sequence[str] = (),
    drums: bool = False,
    on: bool = True,
    group: int = -1,
    shown: str = "",
    number: int = 1,
) -> str:
    """A MidiTrack; a slot that is "" is empty. Its device is a drum rack inside a rack, or a plug-in."""
    device = "<DrumGroupDevice Id='0'><Branches/></DrumGroupDevice>" if drums else "<PluginDevice Id='0'/>"
    rows = [
        element("ClipSlot", value("LomId", 0), element("ClipSlot", element("Value", row)), Id=index)
        for index, row in enumerate(slots)
    ]
    targets = [element(f"ControllerTargets.{n}", value("LockEnvelope", 0), Id=1000 + n) for n in range(131)]
    taken = clip([(0.25, 2.5, 99, 1)])
    devices = element("Devices", f"<InstrumentGroupDevice>{device}</InstrumentGroupDevice>")
    return element(
        "MidiTrack",
        element("Name", value("EffectiveName", shown or name), value("UserName", name)),
        value("TrackGroupId", group),
        element("TakeLanes", element("TakeLanes", element("TakeLane", element("ClipAutomation", taken)))),
        element(
            "DeviceChain",
            element("Mixer", element("Speaker", value("Manual", on))),
            element(
                "MainSequencer",
                element("ClipSlotList", *rows),
                element("ClipTimeable", element("ArrangerAutomation", element("Events", *arrangement))),
                element("MidiControllers", *targets),
            ),
            element("FreezeSequencer", element("ClipTimeable", taken)),
            element("DeviceChain", devices),
        ),
        Id=number,
    )


def group_track(number: int, *, on: bool, group: int = -1) -> str:
    mixer = element("Mixer", element("Speaker", value("Manual", on)))
    return element("GroupTrack", value("TrackGroupId", group), element("DeviceChain", mixer), Id=number)


def scene(name: str = "", *, tempo: float | None = None, metre: int | None = None) -> str:
    return element(
        "Scene",
        value("Name", name),
        value("Tempo", tempo or 120),
        value("IsTempoEnabled", tempo is not None),
        value("TimeSignatureId", metre or 201),
        value("IsTimeSignatureEnabled", metre is not None),
    )


def metre_code(numerator: int, denominator: int) -> int:
    return numerator - 1 + 99 * (denominator.bit_length() - 1)


def live_set(
    *tracks: str,
    tempos: Sequence[tuple[float, float]] = ((BEFORE_ALL, 120),),
    metres: Sequence[tuple[float, int, int]] = ((BEFORE_ALL, 4, 4),),
    scenes: Sequence[str] = (),
    markers: Sequence[tuple[float, str]] = (),
    scale: tuple[object, object] = (0, 0),
    main: str = "MainTrack",
    before: str = "",
) -> bytes:
    """The XML of a set as Live 10 to 12 write it; `before` stands between declaration and set."""

    def envelope(target: int, *events: str) -> str:
        return element(
            "AutomationEnvelope",
            element("EnvelopeTarget", value("PointeeId", target)),
            element("Automation", element("Events", *events)),
        )

    bars = [element("EnumEvent", Time=beat, Value=metre_code(*metre)) for beat, *metre in metres]
    beats = [element("FloatEvent", Time=beat, Value=bpm) for beat, bpm in tempos]
    stands = value("Manual", metre_code(*metres[0][1:]))
    locators = [element("Locator", value("Time", beat), value("Name", name)) for beat, name in markers]
    body = element(
        "LiveSet",
        element("Tracks", *tracks),
        element(
            main,
            element("AutomationEnvelopes", element("Envelopes", envelope(10, *bars), envelope(8, *beats))),
            element(
                "DeviceChain",
                element(
                    "Mixer",
                    element("Speaker", value("Manual", True)),
                    element("Tempo", value("Manual", tempos[0][1]), "<AutomationTarget Id='8'/>"),
                    element("TimeSignature", stands, "<AutomationTarget Id='10'/>"),
                ),
            ),
        ),
        element("Scenes", *scenes),
        element("ScaleInformation", value("Root", scale[0]), value("Name", scale[1])),
        value("InKey", True),
        element("Locators", element("Locators", *locators)),
        element("GroovePool", element("Grooves", clip([(0.0, 0.1, 36, 127)]))),
    )
    whole = element("Ableton", body, MajorVersion=5, MinorVersion="12.0_12117", Creator="Ableton Live 12.1")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{before}{whole}'.encode()


def old_live_set(
    *tracks: str, tempos: Sequence[tuple[float, float]], metre: int = 201, scenes: Sequence[str] = ()
) -> bytes:
    """The XML of a set as Live 8 writes it: no `Manual`, the automation at the parameter."""

    def automation(*events: str) -> str:
        return element("ArrangerAutomation", element("Events", *events))

    events = [element("FloatEvent", Time=beat, Value=bpm) for beat, bpm in tempos]
    mixer = element(
        "Mixer",
        element("Tempo", automation(*events), "<ModulationTarget Id='3'/>"),
        element("TimeSignature", automation(element("EnumEvent", Time=BEFORE_ALL, Value=metre))),
    )
    named = [element("Scene", value("Annotation", ""), Value=name) for name in scenes]
    body = element(
        "LiveSet",
        element("Tracks", *tracks),
        element("MasterTrack", element("MasterChain", mixer)),
        element("SceneNames", *named),
    )
    return f"<?xml version='1.0'?>{element('Ableton', body, MinorVersion='8.1_226')}".encode()


def als(xml: bytes) -> bytes:
    return gzip.compress(xml, 5)
