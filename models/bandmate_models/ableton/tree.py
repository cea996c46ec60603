"""The bytes of a Live set -> a tree of what is wanted of it. Everything else goes by unread.

A set is XML, compressed with gzip (or bare, as some keep it under version control). Most of it are devices
and samples, so the parser hears all elements and keeps those that `SHAPE` names. What no set of Live's has is
refused: a document type (so there are no entities), elements without end, XML without end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from ..errors import BandmateError

LARGEST_FILE = 64 * 2**20  # bytes as saved
LARGEST_XML = 256 * 2**20  # bytes unpacked; a long song with many devices has some 20 MB
MOST_ELEMENTS = 4_000_000  # a set of 24 MB has some 600,000
MOST_KEPT = 600_000
DEEPEST = 400
LONGEST_TAG = 16 * 2**20  # bytes of one tag: presets are long attributes
_BLOCK = 2**20  # bytes unpacked at a time; the limits are looked at after each
_GZIP = b"\x1f\x8b"

CONTROLLERS = 130
"""What a clip's envelopes may turn: pitch bend, channel pressure, then the controllers from 0 on."""
_CLIP = "CurrentStart CurrentEnd Loop Name Disabled Notes Envelopes"
_PARAMETER = "Manual AutomationTarget ArrangerAutomation"
SHAPE: Mapping[str, frozenset[str]] = {
    parent: frozenset(children.split())
    for parent, children in {
        "Ableton": "LiveSet",
        "LiveSet": "Tracks MasterTrack MainTrack Scenes SceneNames Locators ScaleInformation",
        "Tracks": "MidiTrack GroupTrack",
        "MidiTrack": "Name TrackGroupId DeviceChain",
        "GroupTrack": "Name TrackGroupId DeviceChain",
        "MasterTrack": "DeviceChain MasterChain AutomationEnvelopes",
        "MainTrack": "DeviceChain AutomationEnvelopes",
        "Name": "EffectiveName UserName",
        "DeviceChain": "Mixer MainSequencer",
        "MasterChain": "Mixer",
        "Mixer": "Speaker Tempo TimeSignature",
        "Speaker": _PARAMETER,
        "Tempo": _PARAMETER,
        "TimeSignature": _PARAMETER,
        "ArrangerAutomation": "Events",
        "AutomationEnvelopes": "Envelopes",
        "Envelopes": "AutomationEnvelope Envelopes ClipEnvelope",
        "ClipEnvelope": "EnvelopeTarget Automation",
        "AutomationEnvelope": "EnvelopeTarget Automation",
        "EnvelopeTarget": "PointeeId",
        "Automation": "Events",
        "Events": "FloatEvent EnumEvent BoolEvent MidiClip",
        "MainSequencer": "ClipSlotList ClipTimeable MidiControllers",
        "MidiControllers": " ".join(f"ControllerTargets.{number}" for number in range(CONTROLLERS)),
        "ClipTimeable": "ArrangerAutomation",
        "ClipSlotList": "ClipSlot",
        "ClipSlot": "ClipSlot Value",
        "Value": "MidiClip",
        "MidiClip": _CLIP,
        "Loop": "LoopStart LoopEnd StartRelative LoopOn OutMarker",
        "Notes": "KeyTracks MidiNoteEvent",
        "KeyTracks": "KeyTrack",
        "KeyTrack": "Notes MidiKey",
        "Scenes": "Scene",
        "SceneNames": "Scene",
        "Scene": "Name Tempo IsTempoEnabled TimeSignatureId IsTimeSignatureEnabled",
        "Locators": "Locators Locator",
        "Locator": "Time Name",
        "ScaleInformation": "Root RootNote Name",
    }.items()
}
DRUM_DEVICES = frozenset({"DrumGroupDevice", "InstrumentImpulse"})
"""Where one of these is inside a MIDI track, the track gets a child `Drums`."""


class Node:
    """An element: its tag, its attributes, its children that were kept."""

    __slots__ = ("attributes", "children", "tag")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Node] = []

    def each(self, *path: str) -> Iterator[Node]:
        """The nodes that a path of tags leads to, in order."""
        tag, *rest = path
        for child in self.children:
            if child.tag == tag:
                if rest:
                    yield from child.each(*rest)
                else:
                    yield child

    def at(self, *path: str) -> Node | None:
        """The first node that a path leads to."""
        return next(self.each(*path), None)

    def value(self, *path: str) -> str | None:
        """The attribute `Value` of the first node that a path leads to: where Live writes most things."""
        node = self.at(*path)
        return None if node is None else node.attributes.get("Value")


def bad_file(sentence: str) -> BandmateError:
    return BandmateError(sentence, code="bad_file")


def load(path: Path) -> bytes:
    """The bytes of a file. BandmateError ("bad_file") where it is too large or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise bad_file(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # a path with a NUL in it
        raise bad_file(f"cannot read {str(path)!r}: {error}") from error
    if len(data) > LARGEST_FILE:
        raise bad_file(f"the Live set is larger than {LARGEST_FILE // 2**20} MiB: save a part of it as a set")
    return data


def tree_of(data: bytes) -> Node:
    """The element `Ableton` of a set. BandmateError ("bad_file") for what is no whole set."""
    keeper = _Keeper()
    fed = 0
    try:
        for block in _unpacked(data):
            keeper.parser.Parse(block)
            fed += len(block)
            if fed > LARGEST_XML:
                raise bad_file(
                    f"the Live set unpacks to more than {LARGEST_XML // 2**20} MiB: save a part of it"
                )
            if keeper.seen > MOST_ELEMENTS:
                raise bad_file(f"the Live set has more than {MOST_ELEMENTS} elements: save a part of it")
            if keeper.depth > DEEPEST:
                raise bad_file("not a Live set: its elements lie too deep in each other")
            if fed - keeper.parser.CurrentByteIndex > LONGEST_TAG:
                raise bad_file("not a Live set: one of its tags has no end")
        keeper.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise bad_file(f"not a Live set, or a damaged one: {expat.ErrorString(error.code)}") from error
    except (LookupError, ValueError) as error:
        raise bad_file(f"not a Live set: its XML has an odd encoding ({error})") from error
    except zlib.error as error:
        raise bad_file("the Live set is damaged: it cannot be unpacked; save it again in Live") from error
    if keeper.root is None:
        raise bad_file("not a Live set: its XML does not begin with Ableton")
    return keeper.root


def _unpacked(data: bytes) -> Iterator[bytes]:
    if not data.startswith(_GZIP):
        if not data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
            raise bad_file("not a Live set: neither gzip nor XML")
        for start in range(0, len(data), _BLOCK):
            yield data[start : start + _BLOCK]
        return
    unpacker = zlib.decompressobj(wbits=31)
    yield unpacker.decompress(data, _BLOCK)
    while not unpacker.eof:
        block = unpacker.decompress(unpacker.unconsumed_tail, _BLOCK)
        if not block and not unpacker.eof:
            raise bad_file("the Live set is cut short: save it again in Live")
        yield block


_DRUMS = Node("Drums", {})


class _Keeper:
    """Builds the tree. `_open` are the kept elements that are open, `_unread` counts open dropped ones."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[Node] = []
        self._track: Node | None = None
        self._unread = 0
        self.seen = 0
        self._kept = 0

    def _doctype(self, *_: object) -> None:
        raise bad_file("not a Live set: it has a document type, which Live never writes")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.seen += 1
        if not self._open:
            if tag != "Ableton":
                raise bad_file("not a Live set: its XML does not begin with Ableton")
        elif tag not in SHAPE.get(self._open[-1].tag, ()):
            self._unread = 1
            self.parser.StartElementHandler = self._start_unread
            self.parser.EndElementHandler = self._end_unread
            return
        self._kept += 1
        if self._kept > MOST_KEPT:
            raise bad_file(f"the Live set has more than {MOST_KEPT} notes and points: save a part of it")
        node = Node(tag, attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        if tag == "MidiTrack":
            self._track = node

    def _start_unread(self, tag: str, attributes: dict[str, str]) -> None:
        self.seen += 1
        self._unread += 1
        if tag in DRUM_DEVICES and self._track is not None and self._track.children[:1] != [_DRUMS]:
            self._track.children.insert(0, _DRUMS)

    def _end_unread(self, tag: str) -> None:
        self._unread -= 1
        if not self._unread:
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end

    def _end(self, tag: str) -> None:
        if self._open.pop() is self._track:
            self._track = None

    @property
    def depth(self) -> int:
        return self._unread + len(self._open)
