"""What of the live band can be turned while it plays: one table for controllers, keys, OSC and the screen.

A dial of the band has its plain name ("energy"), a dial of one part the part's role before it
("bass.density"). Values are numbers; a switch is on from 0.5, a cue happens each time it is set.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from bandmate_models.errors import BandmateError
from bandmate_models.score import Role

ROLES: tuple[Role, ...] = ("drums", "bass", "chords", "guitar", "strings", "melody")
"""Who may play in the live band, in the order of the screen and of the channels."""

Scope = Literal["band", "part"]
Kind = Literal["switch", "cue", "range"]


class Dial(NamedTuple):
    """One thing to turn: its kind, lowest and highest value, and the value at the start."""

    name: str
    scope: Scope
    kind: Kind
    low: float
    high: float
    usual: float
    doc: str


# fmt: off
DIALS: tuple[Dial, ...] = (
    Dial("play", "band", "switch", 0, 1, 0, "the band plays"),
    Dial("count_in", "band", "cue", 0, 1, 0, "clicks for a bar, then the band begins"),
    Dial("ending", "band", "cue", 0, 1, 0, "the band ends on the first beat of the bar after the next"),
    Dial("fill", "band", "cue", 0, 1, 0, "a fill in the last half of this bar"),
    Dial("stop_time", "band", "switch", 0, 1, 0, "hits on the first beat of each bar alone"),
    Dial("energy", "band", "range", 0, 1, 0.5, "how hard and how busily everybody plays"),
    Dial("trade", "band", "range", 0, 8, 0, "bars that player and band take in turn; 0: none"),
    Dial("follow", "band", "switch", 0, 1, 0, "the band rests where the player does"),
    Dial("chord_lock", "band", "switch", 0, 1, 1, "pitched parts keep to the chords that the player holds"),
    Dial("split", "band", "range", 0, 127, 0, "keys below this pitch lead the chords; 0: all of them do"),
    Dial("swing", "band", "range", 0, 1, 0, "how far off-beat eighths are late; 0: as written, 1: triplets"),
    Dial("mute", "part", "switch", 0, 1, 0, "the part is silent"),
    Dial("solo", "part", "switch", 0, 1, 0, "the parts that are not solo are silent"),
    Dial("level", "part", "range", 0, 1, 0.75, "how loud: 0.75 is as written"),
    Dial("density", "part", "range", -1, 7, -1, "onsets a beat in the model's steps; -1: its own choice"),
    Dial("register", "part", "range", -1, 7, -1, "how high, in the model's steps; -1: its own choice"),
    Dial("channel", "part", "range", 0, 16, 0, "MIDI channel; 0: its own (drums 10, bass 2, chords 3 ...)"),
)
# fmt: on

_BAND = {dial.name: dial for dial in DIALS if dial.scope == "band"}
_PART = {dial.name: dial for dial in DIALS if dial.scope == "part"}


def find_dial(name: str) -> tuple[Dial, Role | None]:
    """The dial that a name means, and whose it is (None: the band's). Raises BandmateError("bad_value")."""
    role, _, own = name.rpartition(".")
    if not role and own in _BAND:
        return _BAND[own], None
    for known in ROLES:
        if role == known and own in _PART:
            return _PART[own], known
    raise BandmateError(
        f"{name!r} is no dial: write one of {', '.join(_BAND)}, or a part's as bass.mute "
        f"({', '.join(_PART)}; parts: {', '.join(ROLES)})",
        "bad_value",
    )


def dial_names() -> tuple[str, ...]:
    """Every name that `find_dial` knows: the band's, then each part's."""
    return (*_BAND, *(f"{role}.{name}" for role in ROLES for name in _PART))


def checked(name: str, value: float) -> float:
    """The value, brought into the dial's range. BandmateError("bad_value") where it is none."""
    dial, _ = find_dial(name)
    if not value == value:
        raise BandmateError(f"{name} is set to what is not a number", "bad_value")
    return min(max(float(value), dial.low), dial.high)
