"""A drawing as SVG."""

from __future__ import annotations

from base64 import b64encode
from xml.sax.saxutils import escape, quoteattr

from bandmate.pictures.drawing import PAPER, Band, Box, Drawing, Image, Shape, Words
from bandmate.pictures.png import png_bytes

_FONT = "Helvetica, Arial, sans-serif"


def svg_bytes(drawing: Drawing, made_by: str = "") -> bytes:
    """The file; `made_by` becomes its description."""
    width, height = _number(drawing.width), _number(drawing.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}">',
        f"<title>{_text(drawing.about)}</title>",
        *([f"<desc>{_text(made_by)}</desc>"] if made_by else []),
        f'<rect width="{width}" height="{height}" fill="{PAPER.hex}"/>',
        *map(_element, drawing.shapes),
        "</svg>",
    ]
    return "\n".join(lines).encode() + b"\n"


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        faint = f' fill-opacity="{shape.opacity:.2f}"' if shape.opacity < 1 else ""
        box = f'<rect {_place(shape)} fill="{shape.colour.hex}"{faint}'
        return f"{box}><title>{_text(shape.about)}</title></rect>" if shape.about else f"{box}/>"
    if isinstance(shape, Words):
        return (
            f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" font-size="{_number(shape.size)}" '
            f'fill="{shape.colour.hex}" text-anchor="{shape.anchor}">{_text(shape.text)}</text>'
        )
    if isinstance(shape, Image):
        data = b64encode(png_bytes(shape.pixels)).decode()
        return f'<image {_place(shape)} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    return _band(shape)


def _band(shape: Band) -> str:
    there = [(shape.x + index * shape.step, y) for index, y in enumerate(shape.upper)]
    back = [(shape.x + index * shape.step, y) for index, y in enumerate(shape.lower)][::-1]
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in there + back)
    return f'<polygon points={quoteattr(points)} fill="{shape.colour.hex}"/>'


def _place(shape: Box | Image) -> str:
    names = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
    return " ".join(f'{name}="{_number(value)}"' for name, value in names.items())


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """Text that XML can hold."""
    return escape("".join(letter for letter in text if letter >= " "))
