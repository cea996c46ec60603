"""How each genre is mixed, as one table: `python -m bandmate_bridge.audio.mix.presets` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from bandmate_bridge.audio.mix.compressor import Compressor
from bandmate_bridge.audio.mix.eq import Band
from bandmate_bridge.audio.mix.reverb import Room
from bandmate_bridge.audio.mix.strip import Strip
from bandmate_models.errors import BandmateError
from bandmate_models.score import ROLES, Role


class Preset(NamedTuple):
    """A genre's way of mixing; `strips` are the default's with its changes."""

    name: str
    about: str
    room: Room
    strips: dict[Role, Strip]
    balance: float  # of the difference between a part and the loudest one that is made up: 0 none, 1 all
    tone: tuple[Band, ...]  # of the whole mix
    glue: Compressor | None  # of the whole mix


_STRIPS: dict[Role, Strip] = {
    "melody": Strip(
        gain=1.0,
        bands=(Band("high pass", 90), Band("bell", 300, -1.5, 1.0), Band("high shelf", 6000, 1.5)),
        compressor=Compressor(2.0, 2.5, attack=15, release=150),
        room=-12.0,
    ),
    "chords": Strip(
        gain=-1.5,
        pan=-0.25,
        bands=(Band("high pass", 100), Band("bell", 350, -2.0, 0.9), Band("high shelf", 8000, 1.0)),
        compressor=Compressor(4.0, 2.0, attack=25, release=200),
        room=-14.0,
        distance=2.0,
    ),
    "guitar": Strip(
        gain=-1.5,
        pan=0.35,
        bands=(Band("high pass", 90), Band("bell", 250, -2.0, 1.0), Band("bell", 3000, 1.0, 0.8)),
        compressor=Compressor(3.0, 2.5, attack=20, release=150),
        room=-15.0,
        distance=2.0,
    ),
    "bass": Strip(
        width=0.3,
        bands=(Band("high pass", 32), Band("low shelf", 90, 1.5), Band("bell", 300, -2.0, 0.9)),
        compressor=Compressor(1.0, 4.0, attack=20, release=180),
        room=-28.0,
        distance=1.8,
    ),
    "drums": Strip(
        bands=(Band("high pass", 30), Band("bell", 400, -2.0, 0.8), Band("high shelf", 8000, 1.5)),
        compressor=Compressor(4.0, 3.0, attack=12, release=120),
        room=-18.0,
        distance=2.2,
    ),
    "strings": Strip(
        gain=-3.0,
        pan=0.15,
        width=1.2,
        bands=(Band("high pass", 70), Band("bell", 400, -1.0, 0.8), Band("high shelf", 9000, 1.0)),
        compressor=Compressor(5.0, 1.5, attack=40, release=300),
        room=-9.0,
        distance=3.0,
    ),
    "other": Strip(
        gain=-2.0,
        pan=-0.4,
        bands=(Band("high pass", 90), Band("bell", 350, -1.5, 0.9)),
        compressor=Compressor(4.0, 2.0, attack=20, release=180),
        room=-14.0,
        distance=2.5,
    ),
}


class _Change(NamedTuple):
    """What a genre adds to a role's gain and room, in dB, and where it pans it."""

    gain: float = 0.0
    room: float = 0.0
    pan: float | None = None


class _Row(NamedTuple):
    about: str
    room: Room
    balance: float = 0.5
    squeeze: float = 1.0  # of the default's compression: 0 none, 1 as much, 2 twice the slope
    changes: Mapping[Role, _Change] = MappingProxyType({})
    tone: tuple[Band, ...] = ()
    glue: Compressor | None = None


_CLUB = Room(0.8, before=8, bright=3500)
_STUDIO = Room(1.2, before=15, bright=4500)
_PLATE = Room(1.8, before=25, bright=6000, thin=300)
_HALL = Room(2.1, before=25, bright=3500, thin=120)
_CHURCH = Room(3.4, before=35, bright=2500, thin=120)
_GLUE = Compressor(3.0, 1.6, attack=30, release=250)
_HARD = Compressor(2.0, 2.2, attack=20, release=150)
_SMILE = (Band("low shelf", 90, 1.0), Band("high shelf", 9000, 1.5))
_WARM = (Band("high shelf", 7000, -1.5),)

_TABLE: dict[str, _Row] = {
    "default": _Row("a small studio, everything in its place", _STUDIO, glue=_GLUE),
    "pop": _Row(
        "the tune in front, tight and bright",
        _PLATE,
        0.6,
        1.3,
        {"melody": _Change(1.5), "drums": _Change(0.5), "chords": _Change(-0.5)},
        _SMILE,
        _HARD,
    ),
    "rock": _Row(
        "drums and guitars forward, guitars wide",
        _STUDIO,
        0.6,
        1.4,
        {
            "drums": _Change(1.5, 3.0),
            "guitar": _Change(1.5, pan=0.55),
            "bass": _Change(0.5),
            "chords": _Change(-1.0),
        },
        (Band("low shelf", 90, 1.0), Band("bell", 3000, 1.0, 0.7)),
        _HARD,
    ),
    "metal": _Row(
        "dense and dry, guitars at the sides",
        _CLUB,
        0.6,
        1.6,
        {
            "drums": _Change(1.5),
            "guitar": _Change(2.0, -4.0, 0.7),
            "bass": _Change(0.5),
            "melody": _Change(0.0, -3.0),
        },
        (Band("bell", 400, -1.5, 0.8), Band("high shelf", 7000, 1.5)),
        _HARD,
    ),
    "jazz": _Row(
        "a club: hardly compressed, drums behind, bass clear",
        _CLUB,
        0.4,
        0.4,
        {"drums": _Change(-3.0, 4.0, 0.2), "bass": _Change(1.0, 8.0), "chords": _Change(0.5, pan=-0.35)},
        _WARM,
    ),
    "blues": _Row(
        "a club, the guitar next to the tune",
        _CLUB,
        0.5,
        0.8,
        {"guitar": _Change(1.5, 2.0), "drums": _Change(-1.0, 2.0)},
        _WARM,
        _GLUE,
    ),
    "funk": _Row(
        "dry, bass and drums in front",
        _CLUB,
        0.6,
        1.4,
        {"bass": _Change(1.5), "drums": _Change(1.0), "guitar": _Change(0.0, -3.0, 0.5)},
        _SMILE,
        _GLUE,
    ),
    "latin": _Row(
        "percussion wide awake, a live room",
        _STUDIO,
        0.5,
        0.9,
        {"drums": _Change(0.5, 3.0), "guitar": _Change(0.5, 1.0, 0.45), "chords": _Change(0.5)},
        (Band("high shelf", 8000, 1.0),),
        _GLUE,
    ),
    "electronic": _Row(
        "deep, bright and level",
        _PLATE,
        0.6,
        1.5,
        {"bass": _Change(1.5), "drums": _Change(1.0), "strings": _Change(0.5), "other": _Change(0.0, 3.0)},
        (Band("low shelf", 70, 2.0), Band("high shelf", 10000, 2.0)),
        _HARD,
    ),
    "ambient": _Row(
        "far away and long",
        Room(4.5, before=40, bright=3000, thin=150),
        0.4,
        0.5,
        {
            "melody": _Change(-1.0, 6.0),
            "chords": _Change(0.0, 6.0),
            "strings": _Change(1.5, 4.0),
            "other": _Change(0.0, 6.0),
            "drums": _Change(-3.0, 6.0),
            "guitar": _Change(-1.0, 6.0),
        },
        _WARM,
    ),
    "country": _Row(
        "clear, guitars wide, the tune in front",
        _STUDIO,
        0.6,
        1.1,
        {"melody": _Change(1.0), "guitar": _Change(1.0, pan=0.5), "drums": _Change(-1.0)},
        (Band("high shelf", 8000, 1.0),),
        _GLUE,
    ),
    "folk": _Row(
        "a wooden room, hardly touched",
        Room(1.0, before=10, bright=3000),
        0.4,
        0.5,
        {"guitar": _Change(1.0, 2.0, 0.25), "drums": _Change(-3.0, 3.0), "bass": _Change(-0.5, 6.0)},
        _WARM,
    ),
    "classical": _Row(
        "a concert hall from the tenth row, not compressed",
        _HALL,
        0.2,
        0.0,
        {
            "melody": _Change(-0.5, 2.0, -0.2),
            "chords": _Change(0.5, 3.0, 0.0),
            "strings": _Change(2.5, 1.0, -0.1),
            "bass": _Change(0.0, 16.0, 0.35),
            "drums": _Change(-2.0, 9.0, 0.1),
            "guitar": _Change(0.0, 4.0, 0.2),
            "other": _Change(0.5, 4.0, 0.25),
        },
    ),
    "romantic": _Row(
        "a larger hall, nearer to the piano",
        Room(2.6, before=28, bright=3200, thin=120),
        0.2,
        0.0,
        {
            "melody": _Change(0.0, 3.0),
            "chords": _Change(1.0, 4.0, 0.0),
            "strings": _Change(2.0, 2.0, -0.1),
            "bass": _Change(0.0, 16.0, 0.3),
            "drums": _Change(-2.0, 9.0),
        },
        _WARM,
    ),
    "hymn": _Row(
        "a church, all voices alike",
        _CHURCH,
        0.2,
        0.0,
        {
            "melody": _Change(-0.5, 3.0),
            "chords": _Change(1.5, 4.0, 0.0),
            "strings": _Change(2.5, 1.0, 0.1),
            "bass": _Change(0.0, 18.0),
            "drums": _Change(-3.0, 8.0),
        },
    ),
    "film": _Row(
        "wide and deep, percussion large",
        Room(2.4, before=30, bright=4000, thin=140),
        0.4,
        0.6,
        {"strings": _Change(2.5, 1.0, -0.15), "drums": _Change(1.0, 6.0), "bass": _Change(1.0, 8.0)},
        _SMILE,
    ),
    "game": _Row(
        "clear on small speakers",
        _STUDIO,
        0.6,
        1.2,
        {"melody": _Change(1.0), "bass": _Change(-0.5), "other": _Change(1.0)},
        (Band("high pass", 45), Band("bell", 2500, 1.0, 0.7)),
        _HARD,
    ),
}


def _preset(name: str, row: _Row) -> Preset:
    strips: dict[Role, Strip] = {}
    for role in ROLES:
        strip, change = _STRIPS[role], row.changes.get(role, _Change())
        strips[role] = strip._replace(
            gain=strip.gain + change.gain,
            room=strip.room + change.room,
            pan=strip.pan if change.pan is None else change.pan,
            compressor=_squeezed(strip.compressor, row.squeeze),
        )
    return Preset(name, row.about, row.room, strips, row.balance, row.tone, row.glue)


def _squeezed(compressor: Compressor | None, amount: float) -> Compressor | None:
    """The compressor with `amount` times its ratio above 1."""
    if compressor is None or not amount:
        return None
    return compressor._replace(ratio=1 + (compressor.ratio - 1) * amount)


PRESETS: dict[str, Preset] = {name: _preset(name, row) for name, row in _TABLE.items()}


def preset(name: str) -> Preset:
    """The preset of a name; raises BandmateError ("bad_value") for one that is none."""
    found = PRESETS.get(name.strip().lower())
    if found is None:
        raise BandmateError(f"no mix is called {name!r}; there are {', '.join(PRESETS)}", "bad_value")
    return found


def page() -> str:
    """The presets as two Markdown tables: what each is, and each role's gain, pan and room."""
    lines = ["| preset | is | balance | room | compression | whole mix |", "|---|---|---|---|---|---|"]
    for each in PRESETS.values():
        ratios = [strip.compressor.ratio for strip in each.strips.values() if strip.compressor]
        squeeze = f"{min(ratios):.3g} to {max(ratios):.3g} : 1" if ratios else "none"
        whole = [_band(band) for band in each.tone] + ([f"{each.glue.ratio:g} : 1"] if each.glue else [])
        balance, room = f"{each.balance * 100:g} %", f"{each.room.seconds:g} s"
        cells = (f"`{each.name}`", each.about, balance, room, squeeze, ", ".join(whole) or "–")
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", f"| preset | {' | '.join(ROLES)} |", f"|---|{'---|' * len(ROLES)}"]
    for each in PRESETS.values():
        places = (f"{s.gain:+g} dB, {_side(s.pan)}, {s.room:g} dB" for s in each.strips.values())
        lines.append(f"| `{each.name}` | {' | '.join(places)} |")
    return "\n".join(lines)


def _band(band: Band) -> str:
    gain = f" {band.gain:+g} dB" if band.gain else ""
    return f"{band.kind} {band.frequency:g} Hz{gain}"


def _side(pan: float) -> str:
    return "middle" if not pan else f"{abs(pan) * 100:.0f} % {'right' if pan > 0 else 'left'}"


if __name__ == "__main__":
    print(page())
