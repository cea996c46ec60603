"""What a message of the OSC protocol is: its arguments, their kinds and ranges, checked and packed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

from bandmate_bridge.osc_packet import Atom, encode
from bandmate_models.errors import BandmateError

ROOT = "/bandmate/"
MAX_ID = 2**24 - 1  # the largest run of whole numbers that a client with 32-bit floats counts exactly
MAX_TEXT = 200  # bytes of UTF-8
MAX_BEATS = 4096.0  # so that beat x TICKS rounds to the right whole number in 32-bit floats
MAX_PLACE = 65536.0  # nine hours at 120 a minute; near its end 32-bit floats miss a beat by a 250th
TICKS = 960  # beats travel as multiples of 1/960

Direction = Literal["ask", "tell", "both"]  # client -> daemon, daemon -> client, either way


@dataclass(frozen=True, slots=True)
class Kind:
    """What one argument may be. `tag` is the OSC type that the daemon itself sends."""

    tag: str
    low: float
    high: float
    doc: str


KINDS: dict[str, Kind] = {
    "id": Kind(
        "i", 0, MAX_ID, "a whole number the client chose, new for every request and list; 0 is nobody's"
    ),
    "int": Kind("i", -(2**31), 2**31 - 1, "a whole number"),
    "count": Kind("i", 0, MAX_ID, "a whole number of at least 0"),
    "midi": Kind("i", 0, 127, "a whole number from 0 to 127"),
    "float": Kind("f", -3.0e38, 3.0e38, "a number"),
    "beat": Kind("f", 0, MAX_BEATS, f"quarter notes, 0 to {MAX_BEATS:.0f}, a multiple of 1/{TICKS}"),
    "place": Kind("f", -MAX_PLACE, MAX_PLACE, f"quarter notes on the clock, up to {MAX_PLACE:.0f}"),
    "text": Kind("s", 0, 0, f"a string of at most {MAX_TEXT} bytes, UTF-8"),
    "velocity": Kind("i", 1, 127, "a whole number from 1 to 127"),
    "any": Kind("s", -3.0e38, 3.0e38, "a number or a string"),
}


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the table: fixed arguments, then `group` any number of times."""

    name: str
    direction: Direction
    arguments: tuple[Argument, ...]
    group: tuple[Argument, ...]
    doc: str
    answers: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return ROOT + self.name

    def check(self, atoms: tuple[Atom, ...]) -> list[Atom]:
        """The arguments, whole numbers as int. Raises BandmateError: wrong_arity, wrong_type, bad_value."""
        over = len(atoms) - len(self.arguments)
        if over < 0 or (over % len(self.group) if self.group else over):
            raise BandmateError(f"{self.address} takes {self.signature}", "wrong_arity")
        values = [_checked(argument, atom) for argument, atom in zip(self.arguments, atoms, strict=False)]
        again = list(atoms[len(self.arguments) :])
        for place, argument in enumerate(self.group):
            again[place :: len(self.group)] = _checked_column(argument, again[place :: len(self.group)])
        return values + again

    def packet(self, *atoms: Atom) -> bytes:
        """The message as sent: numbers in the type of the table, long texts cut."""
        kinds = [argument.kind for argument in self.arguments]
        while len(kinds) < len(atoms):
            kinds += [argument.kind for argument in self.group]
        return encode(self.address, *map(_outgoing, kinds, atoms))

    @property
    def signature(self) -> str:
        fixed = " ".join(argument.name for argument in self.arguments)
        again = " ".join(argument.name for argument in self.group)
        return f"{fixed} ({again}) …".strip() if again else fixed or "no arguments"


def _checked(argument: Argument, atom: Atom) -> Atom:
    kind = KINDS[argument.kind]
    if isinstance(atom, str):
        if kind.tag != "s":
            raise BandmateError(f"{argument.name} must be a number, not {atom[:40]!r}", "wrong_type")
        if len(atom.encode()) > MAX_TEXT:
            raise BandmateError(f"{argument.name} is longer than {MAX_TEXT} bytes", "bad_value")
        return atom
    if argument.kind == "text":
        raise BandmateError(f"{argument.name} must be a string, not {atom}", "wrong_type")
    if not math.isfinite(atom):
        raise BandmateError(f"{argument.name} is not a number", "bad_value")
    if kind.tag == "i" and atom != int(atom):
        raise BandmateError(f"{argument.name} must be a whole number, not {atom}", "wrong_type")
    if not kind.low <= atom <= kind.high:
        raise BandmateError(f"{argument.name} must be {kind.doc}, not {atom}", "bad_value")
    return int(atom) if kind.tag == "i" else atom


def _checked_column(argument: Argument, atoms: list[Atom]) -> list[Atom]:
    """The same for many, fast where nothing is wrong: a chunk has two hundred numbers."""
    kind = KINDS[argument.kind]
    if kind.tag != "s" and atoms and str not in set(map(type, atoms)):
        numbers = cast("list[float]", atoms)
        if math.isfinite(sum(numbers)) and kind.low <= min(numbers) <= max(numbers) <= kind.high:
            if kind.tag == "f":
                return atoms
            whole: list[Atom] = list(map(int, numbers))
            if whole == atoms:
                return whole
    return [_checked(argument, atom) for atom in atoms]


def _outgoing(kind: str, atom: Atom) -> Atom:
    if isinstance(atom, str):
        return atom.encode()[:MAX_TEXT].decode(errors="ignore")
    if KINDS[kind].tag == "f":
        return float(atom)
    return int(atom) if KINDS[kind].tag == "i" else atom


def message(direction: Direction, name: str, spec: str, doc: str, answers: str = "") -> Message:
    """`spec`: "name:kind name:kind (name:kind name:kind)"; what is in brackets comes any number of times."""
    fixed, _, again = spec.partition("(")

    def arguments(text: str) -> tuple[Argument, ...]:
        return tuple(Argument(*word.split(":")) for word in text.rstrip(")").split())

    return Message(name, direction, arguments(fixed), arguments(again), doc, tuple(answers.split()))
