"""The maps of a score and the meta events that spell them, coded by mido: tempo, metre, key, marker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

from mido import MetaMessage
from mido.midifiles.meta import build_meta_message

from ..errors import BandmateError
from ..score import Key, Marker, Metre, Score, Tempo
from .chunks import MetaEvent
from .text import decode, encode

SMALLEST_BEAT = 64  # a metre's denominator goes up to here
MICROSECONDS = 60_000_000  # in a minute
SLOWEST = 0xFF_FF_FF  # microseconds in a beat: 3.6 bpm

_TEMPO, _METRE, _KEY, _MARKER, _CUE_POINT = 0x51, 0x58, 0x59, 0x06, 0x07

# The usual spelling of each tonic.
_KEYS: dict[Literal["major", "minor"], tuple[str, ...]] = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"),
}
_PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"#": 1, "b": -1}

_Change = TypeVar("_Change", Tempo, Metre, Key)


def score_of(metas: Iterable[MetaEvent], ticks_per_beat: int) -> Score:
    """A score without parts: its maps and markers. Of several changes at one tick the last one holds.

    Damaged events (a key of nine flats, a tempo of 0) are left out; before the first tempo and metre the
    defaults of MIDI hold, 120 bpm and 4/4.
    """
    tempos: list[Tempo] = []
    metres: list[Metre] = []
    keys: list[Key] = []
    markers: list[Marker] = []
    for tick, _, kind, data in sorted(metas, key=lambda meta: meta[0]):
        beat = tick / ticks_per_beat
        if kind in (_MARKER, _CUE_POINT):
            markers.append(Marker(beat, decode(data)))
            continue
        change = _change(beat, kind, data)
        if isinstance(change, Tempo):
            tempos.append(change)
        elif isinstance(change, Metre):
            metres.append(change)
        elif isinstance(change, Key):
            keys.append(change)
    default = Score()
    return Score(
        tempos=_map(tempos, default.tempos[0]),
        metres=_map(metres, default.metres[0]),
        keys=_last_at_each_beat(keys),
        markers=tuple(markers),
    )


def messages_of(score: Score) -> list[tuple[float, MetaMessage]]:
    """The maps and markers as (beat, message), sorted. "bad_value" for what MIDI cannot say."""
    messages: list[tuple[float, MetaMessage]] = []
    for metre in score.metres:
        if metre.denominator not in (1, 2, 4, 8, 16, 32, 64) or not 1 <= metre.numerator <= 255:
            raise BandmateError(f"MIDI has no metre {metre.numerator}/{metre.denominator}", "bad_value")
        message = MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        messages.append((metre.beat, message))
    for key in score.keys:
        name = _KEYS[key.mode][key.tonic % 12]
        messages.append((key.beat, MetaMessage("key_signature", key=name)))
    for tempo in score.tempos:
        if not MICROSECONDS / SLOWEST <= tempo.bpm <= MICROSECONDS:
            raise BandmateError(f"MIDI has no tempo of {tempo.bpm:g} bpm", "bad_value")
        messages.append((tempo.beat, MetaMessage("set_tempo", tempo=round(MICROSECONDS / tempo.bpm))))
    for marker in score.markers:
        messages.append((marker.beat, MetaMessage("marker", text=encode(marker.text))))
    return sorted(messages, key=lambda timed: timed[0])


def _change(beat: float, kind: int, data: bytes) -> Tempo | Metre | Key | None:
    """The change that a meta event says; None where it says none or nonsense."""
    if kind not in (_TEMPO, _METRE, _KEY):
        return None
    try:
        message = build_meta_message(kind, data)
    except Exception:  # for damaged data mido raises IndexError, struct.error and an error of its own
        return None
    if kind == _TEMPO:
        return Tempo(beat, _bpm(message.tempo)) if message.tempo else None
    if kind == _METRE:
        playable = message.numerator and message.denominator <= SMALLEST_BEAT
        return Metre(beat, message.numerator, message.denominator) if playable else None
    letter, accidental = message.key[0], message.key[1:].rstrip("m")
    tonic = (_PITCH_CLASSES[letter] + _ACCIDENTALS.get(accidental, 0)) % 12
    return Key(beat, tonic, "minor" if message.key.endswith("m") else "major")


def _bpm(microseconds: int) -> float:
    """The roundest tempo that these microseconds in a beat stand for: 666,667 is 90 bpm, not 89.999955."""
    exact = MICROSECONDS / microseconds
    rounded = round(exact, 3)
    return rounded if rounded and round(MICROSECONDS / rounded) == microseconds else exact


def _map(changes: list[_Change], default: _Change) -> tuple[_Change, ...]:
    """`changes` with one at beat 0."""
    first = [] if changes and changes[0].beat == 0 else [default]
    return _last_at_each_beat(first + changes)


def _last_at_each_beat(changes: Iterable[_Change]) -> tuple[_Change, ...]:
    return tuple({change.beat: change for change in changes}.values())
