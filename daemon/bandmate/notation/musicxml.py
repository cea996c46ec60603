"""A score as MusicXML 4.0: parts, measures, voices, ties, triplets, clefs, drums, keys, metres and tempos."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bandmate.notation.beams import beams_of
from bandmate.notation.quantising import DIVISIONS, Ruled, Written, ruled, written
from bandmate.notation.spelling import FEET, Clef, clef_of, fifths, spelled, stroke_of
from bandmate.notation.voices import MOST, Chord, Value, in_bar, voices
from bandmate_models.errors import BandmateError
from bandmate_models.score import Bar, Key, Part, Score

_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)
_KEYBOARDS = range(0, 24)  # programs that are written on two staves where they reach far
_MIDDLE = 60
_MOST_BARS = 2000


@dataclass(frozen=True, slots=True)
class _Staff:
    clef: Clef | None  # None: drums
    lines: list[list[Chord]]


def musicxml_bytes(score: Score, title: str, made_by: str = "", *, beats: float | None = None) -> bytes:
    """The file. `made_by` says what made the music, `beats` is the length where the last bars are silent.

    Times are laid on sixteenths, 32nds or triplets, whichever is nearest in each beat. Raises BandmateError
    ("silent", "too_long").
    """
    if not score.note_count:
        raise BandmateError(f"{title} holds no notes to write down", "silent")
    bars = tuple(score.bars(max(beats or 0.0, score.end)))
    if len(bars) > _MOST_BARS:
        raise BandmateError(
            f"{len(bars)} bars are too many to write down; {_MOST_BARS} is the most", "too_long"
        )
    parts = [part for part in score.parts if part.notes]
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(_child(root, "work"), "work-title").text = _text(title)
    about = _child(root, "identification")
    _leaf(_child(about, "encoding"), "software", "Bandmate")
    if made_by:
        told = ET.SubElement(_child(about, "miscellaneous"), "miscellaneous-field", name="comment")
        told.text = _text(made_by)
    listed = _child(root, "part-list")
    for number, part in enumerate(parts, 1):
        _list_part(listed, part, f"P{number}")
    for number, part in enumerate(parts, 1):
        element = ET.SubElement(root, "part", id=f"P{number}")
        _PartWriter(score, part, bars, f"P{number}", first=number == 1).write(element)
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n'.encode() + ET.tostring(root) + b"\n"


def _list_part(listed: ET.Element, part: Part, name: str) -> None:
    element = ET.SubElement(listed, "score-part", id=name)
    _leaf(element, "part-name", _text(part.name or part.role.capitalize()))
    keys = sorted({note.pitch for note in part.notes}) if part.is_drums else [0]
    for key in keys:
        instrument = ET.SubElement(element, "score-instrument", id=f"{name}-I{key}")
        _leaf(instrument, "instrument-name", f"Drum {key}" if part.is_drums else part.role.capitalize())
    for key in keys:
        midi = ET.SubElement(element, "midi-instrument", id=f"{name}-I{key}")
        if part.is_drums:
            _leaf(midi, "midi-channel", 10)
            _leaf(midi, "midi-unpitched", key + 1)
        else:
            _leaf(midi, "midi-program", part.program + 1)


class _PartWriter:
    """One part, measure by measure."""

    def __init__(self, score: Score, part: Part, bars: Sequence[Bar], name: str, *, first: bool) -> None:
        self._score = score
        self._part = part
        self._bars = bars
        self._name = name
        self._first = first
        self._rulers = ruled(bars, part.notes)
        self._staves = self._make_staves(written(bars, self._rulers, part.notes))

    def write(self, element: ET.Element) -> None:
        pickup = len(self._bars) > 1 and self._bars[0].length < self._bars[1].length
        for bar, ruler in zip(self._bars, self._rulers, strict=True):
            number = bar.number if pickup else bar.number + 1
            measure = ET.SubElement(element, "measure", number=str(number))
            if number == 0:
                measure.set("implicit", "yes")
            self._attributes(measure, bar)
            if self._first:
                self._tempos(measure, bar)
            self._music(measure, ruler, self._score.key_at(bar.start + 1e-6))
            if bar is self._bars[-1]:
                _leaf(ET.SubElement(measure, "barline", location="right"), "bar-style", "light-heavy")

    def _make_staves(self, notes: list[Written]) -> list[_Staff]:
        part, pitches = self._part, [note.pitch for note in notes]
        if part.is_drums:
            return [_Staff(None, _drum_voices(notes, self._rulers))]
        wide = min(pitches) < _MIDDLE - 7 and max(pitches) > _MIDDLE + 7
        if part.program in _KEYBOARDS and part.role != "bass" and wide:
            upper = [note for note in notes if note.pitch >= _MIDDLE]
            lower = [note for note in notes if note.pitch < _MIDDLE]
            return [_Staff(Clef("G", 2), voices(upper)), _Staff(Clef("F", 4), voices(lower))]
        return [_Staff(clef_of(pitches, part.role), voices(notes))]

    def _attributes(self, measure: ET.Element, bar: Bar) -> None:
        """What begins or changes with this measure."""
        before = self._bars[bar.number - 1] if bar.number else None
        key = self._score.key_at(bar.start + 1e-6)
        new_key = before is None or key != self._score.key_at(before.start + 1e-6)
        new_metre = before is None or before.metre[1:] != bar.metre[1:]
        if not (new_key or new_metre):
            return
        attributes = _child(measure, "attributes")
        if before is None:
            _leaf(attributes, "divisions", DIVISIONS)
        if new_key:
            element = _child(attributes, "key")
            _leaf(element, "fifths", 0 if self._part.is_drums else fifths(key))
            if key is not None and not self._part.is_drums:
                _leaf(element, "mode", key.mode)
        if new_metre:
            element = _child(attributes, "time")
            _leaf(element, "beats", bar.metre.numerator)
            _leaf(element, "beat-type", bar.metre.denominator)
        if before is None:
            self._clefs(attributes)

    def _clefs(self, attributes: ET.Element) -> None:
        if len(self._staves) > 1:
            _leaf(attributes, "staves", len(self._staves))
        for number, staff in enumerate(self._staves, 1):
            element = ET.SubElement(attributes, "clef")
            if len(self._staves) > 1:
                element.set("number", str(number))
            _leaf(element, "sign", staff.clef.sign if staff.clef else "percussion")
            if staff.clef:
                _leaf(element, "line", staff.clef.line)
                if staff.clef.octave:
                    _leaf(element, "clef-octave-change", staff.clef.octave)

    def _tempos(self, measure: ET.Element, bar: Bar) -> None:
        for tempo in self._score.tempos:
            inside = bar.start - 1e-6 <= tempo.beat < bar.end - 1e-6
            if not (inside or (bar.number == 0 and tempo is self._score.tempos[0])):
                continue
            direction = ET.SubElement(measure, "direction", placement="above")
            metronome = _child(_child(direction, "direction-type"), "metronome")
            _leaf(metronome, "beat-unit", "quarter")
            _leaf(metronome, "per-minute", f"{tempo.bpm:.2f}".rstrip("0").rstrip("."))
            offset = round((tempo.beat - bar.start) * DIVISIONS)
            if offset > 0:
                _leaf(direction, "offset", offset)
            ET.SubElement(direction, "sound", tempo=f"{tempo.bpm:.6g}")

    def _music(self, measure: ET.Element, ruler: Ruled, key: Key | None) -> None:
        """Every voice of every staff; between two, the writer goes back to the bar's beginning."""
        begun = False
        for number, staff in enumerate(self._staves, 1):
            found = [(line, in_bar(chords, ruler)) for line, chords in enumerate(staff.lines)]
            heard = [(line, values) for line, values in found if values] or [(0, [])]
            for line, values in heard:
                if begun:
                    _leaf(_child(measure, "backup"), "duration", ruler.length)
                begun = True
                place = _Place((number - 1) * MOST + line + 1, number if len(self._staves) > 1 else 0)
                if not values:
                    self._silent_bar(measure, ruler.length, place)
                beams = beams_of(values, ruler.pulse)
                for (value, tuplet), beam in zip(_grouped(values, ruler), beams, strict=True):
                    self._value(measure, value, tuplet, beam, place, key)

    def _silent_bar(self, measure: ET.Element, ticks: int, place: _Place) -> None:
        note = _child(measure, "note")
        ET.SubElement(note, "rest", measure="yes")
        _leaf(note, "duration", ticks)
        place.tell(note)

    def _value(
        self,
        measure: ET.Element,
        value: Value,
        tuplet: str,
        beams: Sequence[str],
        place: _Place,
        key: Key | None,
    ) -> None:
        for index, pitch in enumerate(value.pitches or (None,)):
            note = _child(measure, "note")
            if index:
                _child(note, "chord")
            self._head(note, pitch, key)
            _leaf(note, "duration", value.ticks)
            ties = [kind for kind, there in (("stop", value.tied_from), ("start", value.tied_to)) if there]
            for kind in ties:
                ET.SubElement(note, "tie", type=kind)
            if pitch is not None and self._part.is_drums:
                ET.SubElement(note, "instrument", id=f"{self._name}-I{pitch}")
            _leaf(note, "voice", place.voice)
            _leaf(note, "type", value.name)
            for _ in range(value.dots):
                _child(note, "dot")
            if value.third:
                change = _child(note, "time-modification")
                _leaf(change, "actual-notes", 3)
                _leaf(change, "normal-notes", 2)
            if pitch is not None and self._part.is_drums and stroke_of(pitch).head:
                _leaf(note, "notehead", stroke_of(pitch).head)
            place.tell_staff(note)
            for level, beam in enumerate(beams if index == 0 else (), 1):
                element = ET.SubElement(note, "beam", number=str(level))
                element.text = beam
            self._notations(note, ties, tuplet if index == 0 else "")

    def _head(self, note: ET.Element, pitch: int | None, key: Key | None) -> None:
        if pitch is None:
            _child(note, "rest")
        elif self._part.is_drums:
            stroke = stroke_of(pitch)
            element = _child(note, "unpitched")
            _leaf(element, "display-step", stroke.step)
            _leaf(element, "display-octave", stroke.octave)
        else:
            name = spelled(pitch, key)
            element = _child(note, "pitch")
            _leaf(element, "step", name.step)
            if name.alter:
                _leaf(element, "alter", name.alter)
            _leaf(element, "octave", name.octave)

    @staticmethod
    def _notations(note: ET.Element, ties: Sequence[str], tuplet: str) -> None:
        if not (ties or tuplet):
            return
        notations = _child(note, "notations")
        for kind in ties:
            ET.SubElement(notations, "tied", type=kind)
        for kind in tuplet.split():
            ET.SubElement(notations, "tuplet", type=kind, number="1")


@dataclass(frozen=True, slots=True)
class _Place:
    """A voice, and its staff where there are several (else 0)."""

    voice: int
    staff: int

    def tell(self, note: ET.Element) -> None:
        _leaf(note, "voice", self.voice)
        self.tell_staff(note)

    def tell_staff(self, note: ET.Element) -> None:
        if self.staff:
            _leaf(note, "staff", self.staff)


def _drum_voices(notes: Sequence[Written], rulers: Sequence[Ruled]) -> list[list[Chord]]:
    """Hands and feet; a stroke is written until the next, or to the end of its beat."""
    ends = [ruler.start + beat * ruler.pulse for ruler in rulers for beat in range(len(ruler.grids))]
    lines = []
    for feet in (False, True):
        struck: dict[int, set[int]] = {}
        for note in notes:
            if (note.pitch in FEET) == feet:
                struck.setdefault(note.start, set()).add(note.pitch)
        starts = sorted(struck)
        stops = sorted({*starts, *ends, rulers[-1].end})
        chords, place = [], 0
        for start in starts:
            while stops[place] <= start:
                place += 1
            chords.append(Chord(start, stops[place], tuple(sorted(struck[start]))))
        if chords:
            lines.append(chords)
    return lines


def _grouped(values: Sequence[Value], ruler: Ruled) -> Iterator[tuple[Value, str]]:
    """Each value, and whether a triplet's bracket starts or stops with it."""
    for index, value in enumerate(values):
        beat = value.start // ruler.pulse

        def other(step: int, index: int = index, beat: int = beat) -> bool:
            """Whether the neighbour is of the same triplet."""
            near = index + step
            return (
                0 <= near < len(values) and values[near].third and values[near].start // ruler.pulse == beat
            )

        ends = [kind for kind, step in (("start", -1), ("stop", 1)) if value.third and not other(step)]
        yield value, " ".join(ends)


def _child(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, name)


def _leaf(parent: ET.Element, name: str, value: object) -> None:
    ET.SubElement(parent, name).text = str(value)


def _text(text: str) -> str:
    """Text that XML can hold."""
    return "".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff")
