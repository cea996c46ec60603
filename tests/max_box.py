"""What every object of the simulated Max has, and how messages are read."""

from __future__ import annotations

import re

from bandmate_device.opened import OpenedBox
from max_graph import BANG, Atom, Graph, Message


def atoms(text: str) -> list[Atom]:
    """A text's words as Max reads them: ints, floats, symbols."""
    found: list[Atom] = []
    for word in text.split():
        if re.fullmatch(r"-?\d+", word):
            found.append(int(word))
        elif re.fullmatch(r"-?(\d+\.\d*|\.\d+)", word):
            found.append(float(word))
        else:
            found.append(word)
    return found


def tidy(message: list[Atom] | Message) -> Message:
    """A message as Max passes it on: with nothing left, it is a bang."""
    return tuple(message) or BANG


def number(message: Message) -> float:
    assert isinstance(message[0], (int, float)), f"a number wanted: {message}"
    return message[0]


class Object:
    """A box at work."""

    def __init__(self, box: OpenedBox, graph: Graph) -> None:
        self.box, self.graph = box, graph
        words = atoms(box.text)[1:] if box.maxclass == "newobj" else []
        cut = next((i for i, word in enumerate(words) if str(word).startswith("@")), len(words))
        self.arguments = words[:cut]
        self.begin()

    def begin(self) -> None:
        """What it is when it is made."""

    def send(self, outlet: int, *message: Atom) -> None:
        self.graph.send(self.box, outlet, message)

    def receive(self, inlet: int, message: Message) -> None:
        what = self.box.text or self.box.maxclass
        raise AssertionError(f"{self.box.name} ({what}) does not know {message}")
