"""What is bound to what: a controller or key of the player's, and the dial of the live band that it turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from bandmate.band.dials import Dial, find_dial
from bandmate_bridge.messages import ControlHeard, NoteHeard
from bandmate_models.errors import BandmateError
from bandmate_models.wishes import pitch_of

SourceKind = Literal["cc", "key"]
Mode = Literal["pickup", "jump", "relative", "offset", "toggle", "hold", "level", "press"]
MODES: tuple[Mode, ...] = get_args(Mode)

_KNOB: tuple[Mode, ...] = ("pickup", "jump", "relative", "offset", "toggle", "hold")
_BUTTON: tuple[Mode, ...] = ("toggle", "hold", "level")
FITTING: dict[tuple[str, SourceKind], tuple[Mode, ...]] = {
    ("range", "cc"): _KNOB,
    ("range", "key"): ("toggle", "hold"),
    ("switch", "cc"): _BUTTON,
    ("switch", "key"): ("toggle", "hold"),
    ("cue", "cc"): ("press",),
    ("cue", "key"): ("press",),
}
"""By the kind of dial and of source the modes that make sense; the first is the usual one."""

WHOLE = frozenset({"trade", "split", "density", "register", "channel"})
"""Dials that stand at whole numbers."""

CHANNEL_MODE = 120
"""Controllers from here on are no controllers: all sound off, all notes off and their like."""

_SOURCE = re.compile(r"(cc|key|note)\s*([^@\s]+)(?:\s*@\s*(\d+))?", re.IGNORECASE)


class Source(NamedTuple):
    """A controller by number, or a key by pitch, on a channel 0-15; None: on any."""

    kind: SourceKind
    number: int
    channel: int | None = None

    @classmethod
    def parse(cls, text: str) -> Source:
        """ "cc74", "cc 74@10" (on channel 10 of 16), "key C1", "key 36@16". BandmateError("bad_value")."""
        match = _SOURCE.fullmatch(text.strip())
        if match is None:
            raise _bad(f"{text!r} is no control: write it like cc74, cc74@10 (its channel) or key C1")
        channel = int(match[3]) - 1 if match[3] else None
        if channel is not None and not 0 <= channel <= 15:
            raise _bad(f"MIDI channels go from 1 to 16, not {match[3]}")
        if match[1].lower() == "cc":
            if not match[2].isdecimal() or int(match[2]) >= CHANNEL_MODE:
                raise _bad(f"controllers go from cc0 to cc{CHANNEL_MODE - 1}, not cc{match[2]}")
            return cls("cc", int(match[2]), channel)
        pitch = pitch_of(match[2])
        return cls("key", pitch, channel)

    @classmethod
    def of(cls, message: ControlHeard | NoteHeard) -> Source:
        """Where a message comes from, its channel with it."""
        if isinstance(message, ControlHeard):
            return cls("cc", message.number, message.channel)
        return cls("key", message.pitch, message.channel)

    def __str__(self) -> str:
        where = "" if self.channel is None else f"@{self.channel + 1}"
        return f"cc{self.number}{where}" if self.kind == "cc" else f"key {key_name(self.number)}{where}"

    def meets(self, other: Source) -> bool:
        """Whether some message comes from both."""
        same = (self.kind, self.number) == (other.kind, other.number)
        return same and (self.channel == other.channel or self.channel is None or other.channel is None)


class Binding(NamedTuple):
    """A source turns a dial between `low` and `high`, which may be upside down."""

    dial: str
    source: Source
    mode: Mode
    low: float
    high: float


def binding(
    dial: str, source: Source, mode: str | None = None, low: float | None = None, high: float | None = None
) -> Binding:
    """A binding, its mode and range the usual ones where they are not given. BandmateError("bad_value")."""
    found, _ = find_dial(dial)
    fitting = FITTING[found.kind, source.kind]
    chosen: Mode = fitting[0]
    if mode is not None:
        named = [known for known in fitting if known == mode]
        if not named:
            kind = "a controller" if source.kind == "cc" else "a key"
            raise _bad(f"{kind} turns {dial} by {' or '.join(fitting)}, not by {mode!r}")
        chosen = named[0]
    first, last = (_end(found, dial, value, at) for value, at in ((low, found.low), (high, found.high)))
    if first == last:
        raise _bad(f"{dial} cannot go from {first:g} to {last:g}: that is one value")
    return Binding(dial, source, chosen, first, last)


def _end(dial: Dial, name: str, value: float | None, usual: float) -> float:
    if value is None:
        return float(usual)
    if not dial.low <= value <= dial.high:
        raise _bad(f"{name} goes from {dial.low:g} to {dial.high:g}, not to {value:g}")
    return float(value)


def bound(bindings: Sequence[Binding], new: Binding, *, also: bool = False) -> tuple[Binding, ...]:
    """With a new one, instead of what its source turned and, unless `also`, of what turned its dial."""
    kept = [b for b in bindings if not b.source.meets(new.source) and (also or b.dial != new.dial)]
    return (*kept, new)


def unbound(bindings: Sequence[Binding], word: str) -> tuple[Binding, ...]:
    """`bindings` without those of a dial or of a source. BandmateError("bad_value") where there is none."""
    if _SOURCE.fullmatch(word.strip()):
        source = Source.parse(word)
        kept = tuple(b for b in bindings if b.source != source)
    else:
        find_dial(word)
        kept = tuple(b for b in bindings if b.dial != word)
    if len(kept) == len(bindings):
        raise _bad(f"nothing is bound to {word}")
    return kept


def key_name(pitch: int) -> str:
    """ "C4" for the middle C, 60."""
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return f"{names[pitch % 12]}{pitch // 12 - 1}"


def usual_bindings() -> tuple[Binding, ...]:
    """What is bound where nobody has chosen: controllers that MIDI leaves free, on any channel; no keys."""
    usual = [binding(dial, Source("cc", number)) for number, dial in _USUAL.items()]
    return (*usual, binding("trade", Source("cc", 115), "toggle", 0, 4))


# fmt: off
_USUAL: dict[int, str] = {
    21: "energy", 22: "swing", 23: "drums.level", 24: "bass.level",
    25: "chords.level", 26: "guitar.level", 27: "strings.level", 28: "melody.level",
    102: "drums.mute", 103: "bass.mute", 104: "chords.mute",
    105: "guitar.mute", 106: "strings.mute", 107: "melody.mute",
    108: "play", 109: "count_in", 110: "ending", 111: "fill",
    112: "stop_time", 113: "follow", 114: "chord_lock",
}
# fmt: on


def _bad(sentence: str) -> BandmateError:
    return BandmateError(sentence, "bad_value")
