"""What a picture is made of: boxes, bands, words and images, in pixels from the upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Anchor = Literal["start", "middle", "end"]


class Colour(NamedTuple):
    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


PAPER, GROUND, SHADE = Colour(255, 255, 255), Colour(247, 247, 249), Colour(236, 237, 241)
LINE, STRONG, INK = Colour(216, 218, 224), Colour(150, 154, 164), Colour(40, 43, 51)


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    colour: Colour
    opacity: float = 1.0
    about: str = ""  # shown where a pointer rests on it


class Band(NamedTuple):
    """What lies between two curves, whose points are `step` apart."""

    x: float
    step: float
    upper: Sequence[float]
    lower: Sequence[float]
    colour: Colour


class Words(NamedTuple):
    """One line of text; `y` is its base line, `size` the height of its letters' box."""

    x: float
    y: float
    text: str
    size: float = 11.0
    colour: Colour = INK
    anchor: Anchor = "start"


class Image(NamedTuple):
    """Pixels [rows, columns, 3], stretched over a box."""

    x: float
    y: float
    width: float
    height: float
    pixels: Pixels


Shape = Box | Band | Words | Image


@dataclass
class Drawing:
    """A page and the shapes on it, the later over the earlier. `about` says what it shows."""

    width: float
    height: float
    about: str = ""
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        self.shapes.extend(shapes)

    def vertical(self, x: float, top: float, bottom: float, colour: Colour = LINE) -> None:
        self.add(Box(x - 0.5, top, 1.0, bottom - top, colour))

    def horizontal(self, y: float, left: float, right: float, colour: Colour = LINE) -> None:
        self.add(Box(left, y - 0.5, right - left, 1.0, colour))
