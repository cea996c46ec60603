"""The Max objects that the devices use: how many inlets each has, and of what type its outlets are.

Max drops, in silence, a box whose class it does not know and a cord to an inlet that is not there; so
everything a patch may hold stands in these tables, and lint holds every box against them. Counts and outlet
types are as Max itself writes them into patches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Ports(NamedTuple):
    """Inlets of a box, and the type of each outlet: "int", "float", "bang", or "" for anything."""

    inlets: int
    outlets: tuple[str, ...]


class UnknownObject(ValueError):
    """The tables have no such object."""


_Arguments = Sequence[str]

_FIXED: dict[str, Ports] = {
    "change": Ports(1, ("", "int", "int")),
    "coll": Ports(1, ("", "", "", "")),
    "counter": Ports(5, ("int", "", "", "int")),
    "cpuclock": Ports(1, ("float",)),
    "deferlow": Ports(1, ("",)),
    "delay": Ports(2, ("bang",)),
    "f": Ports(2, ("float",)),
    "i": Ports(2, ("int",)),
    "js": Ports(1, ("", "", "", "")),  # our script's; its own source says how many
    "live.thisdevice": Ports(1, ("bang", "int", "int")),
    "metro": Ports(2, ("bang",)),
    "midiflush": Ports(1, ("int",)),
    "midiformat": Ports(7, ("int", "")),
    "midiin": Ports(1, ("int",)),
    "midiout": Ports(1, ()),
    "midiparse": Ports(1, ("", "", "", "int", "int", "", "int", "")),
    "pattr": Ports(1, ("", "", "")),
    "prepend": Ports(1, ("",)),
    "transport": Ports(2, ("int", "int", "float", "float", "float", "", "int", "float", "")),
    "udpreceive": Ports(1, ("",)),
    "udpsend": Ports(1, ()),
    "zl.iter": Ports(2, ("", "")),
    "zl.slice": Ports(2, ("", "")),
}

_LETTERS = {"b": "bang", "i": "int", "f": "float", "l": ""}


def _kind(argument: str) -> str:
    """The type that an argument such as i, f, 0, 0. or l gives an outlet; any other word is sent as it is."""
    if argument in _LETTERS:
        return _LETTERS[argument]
    if re.fullmatch(r"-?\d+", argument):
        return "int"
    return "float" if re.fullmatch(r"-?\d*\.\d*", argument) else argument


def _trigger(arguments: _Arguments) -> Ports:
    return Ports(1, tuple(_kind(a) for a in arguments) or ("int", "int"))


def _unpack(arguments: _Arguments) -> Ports:
    return Ports(1, tuple(_kind(a) for a in arguments) or ("int", "int"))


def _pack(arguments: _Arguments) -> Ports:
    return Ports(len(arguments) or 2, ("",))


def _route(arguments: _Arguments) -> Ports:
    return Ports(len(arguments) + 1, ("",) * (len(arguments) + 1))


def _select(arguments: _Arguments) -> Ports:
    return Ports(len(arguments) + 1 if arguments else 2, ("bang",) * max(1, len(arguments)) + ("",))


def _gate(arguments: _Arguments) -> Ports:
    return Ports(2, ("",) * (int(arguments[0]) if arguments else 1))


def _pipe(arguments: _Arguments) -> Ports:
    return Ports(max(2, len(arguments)), ("",) * max(1, len(arguments) - 1))


def _makenote(arguments: _Arguments) -> Ports:
    return Ports(4, ("float",) * 3) if len(arguments) > 2 else Ports(3, ("float",) * 2)


def _expr(arguments: _Arguments) -> Ports:
    numbers = [int(n) for n in re.findall(r"\$[fis](\d+)", " ".join(arguments))]
    return Ports(max(numbers, default=1), ("",))


def _split(arguments: _Arguments) -> Ports:
    kind = "float" if any("." in a for a in arguments) else "int"
    return Ports(3, (kind, kind))


_BY_ARGUMENTS: dict[str, Callable[[_Arguments], Ports]] = {
    "expr": _expr,
    "gate": _gate,
    "makenote": _makenote,
    "pack": _pack,
    "pipe": _pipe,
    "route": _route,
    "sel": _select,
    "split": _split,
    "t": _trigger,
    "unpack": _unpack,
    "s": lambda _: Ports(1, ()),
    "r": lambda _: Ports(0, ("",)),
}

UI: dict[str, Ports] = {
    "comment": Ports(1, ()),
    "live.comment": Ports(1, ()),
    "live.dial": Ports(1, ("", "float")),
    "live.line": Ports(1, ()),
    "live.menu": Ports(1, ("", "", "float")),
    "live.numbox": Ports(1, ("", "float")),
    "live.tab": Ports(1, ("", "", "float")),
    "live.text": Ports(1, ("", "")),
    "live.toggle": Ports(1, ("",)),
    "message": Ports(2, ("",)),
    "multislider": Ports(1, ("", "")),
    "panel": Ports(1, ()),
    "textedit": Ports(1, ("", "int", "", "")),
    "umenu": Ports(1, ("int", "", "")),
}
"""Classes that are a box's `maxclass` themselves. All others are "newobj", with their name in `text`."""

PARAMETERS = {"live.dial", "live.menu", "live.numbox", "live.tab", "live.text", "live.toggle"}
"""Classes that are parameters of Live."""


def object_names() -> frozenset[str]:
    """Every object that is written as text in a "newobj" box."""
    return frozenset({*_FIXED, *_BY_ARGUMENTS})


def ports_of(text: str) -> Ports:
    """The ports of an object box with this text. Raises UnknownObject."""
    name, *words = text.split()
    arguments = words[: next((i for i, word in enumerate(words) if word.startswith("@")), len(words))]
    if name in _FIXED:
        return _FIXED[name]
    if name in _BY_ARGUMENTS:
        return _BY_ARGUMENTS[name](arguments)
    raise UnknownObject(f"no object called {name!r} is known here")
