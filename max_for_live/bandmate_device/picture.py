"""A device as it will look in Live, drawn from its patch alone: what the patch has not, the picture has not.

Colours and letters are Live's default theme as nearly as SVG can say; the script's own words (status, take)
are samples, which the picture says in its description.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from xml.sax.saxutils import escape

from bandmate_device.lint_view import texts_of
from bandmate_device.opened import OpenedBox, OpenedPatch
from bandmate_device.patch import HEIGHT, Rect

_TITLE_BAR = 18  # Live's own, above a device
_GROUND, _BAR, _EDGE = "#363636", "#464646", "#5b5b5b"
_FIELD, _FIELD_EDGE = "#1e1e1e", "#111111"
_BUTTON, _ON = "#2a2a2a", "#ffad56"
_TEXT, _FAINT, _DARK, _ARC = "#dcdcdc", "#a5a5a5", "#111111", "#03c3d5"
_GREEN = "#59bf61"
_SIZE = 9.5
_FONT = "Helvetica, Arial, sans-serif"
_SAMPLES = {
    "status": "Ready",
    "take_line": "Riff, 31 notes, written",
    "drum_table": "36 48  38 50",
}


def drawn(patch: OpenedPatch, title: str) -> str:
    """The device as SVG, of its own size, under a title bar."""
    width = int(patch.raw["devicewidth"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * width}" height="{2 * (HEIGHT + _TITLE_BAR)}" '
        f'viewBox="0 {-_TITLE_BAR} {width} {HEIGHT + _TITLE_BAR}" font-family="{_FONT}">',
        f"<title>{escape(title)}</title>",
        "<desc>Drawn from the patch. The words of the status and take lines are samples.</desc>",
        _rect(Rect(0, -_TITLE_BAR, width, HEIGHT + _TITLE_BAR), _GROUND),
        _rect(Rect(0, -_TITLE_BAR, width, _TITLE_BAR), _BAR),
        f'<circle cx="10" cy="{-_TITLE_BAR / 2}" r="4" fill="{_ON}"/>',
        _words(20, -_TITLE_BAR / 2 + 3.5, title, _TEXT, 10, bold=True),
    ]
    for box in patch.boxes:
        if (rect := box.shown) is not None:
            parts.append(_DRAWERS[box.maxclass](box, rect))
    return "\n".join([*parts, "</svg>", ""])


def _rect(rect: Rect, fill: str, edge: str = "", rounded: float = 0) -> str:
    stroke = f' stroke="{edge}" stroke-width="0.75"' if edge else ""
    corner = f' rx="{rounded:g}"' if rounded else ""
    return (
        f'<rect x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" height="{rect.height:g}"'
        f' fill="{fill}"{stroke}{corner}/>'
    )


def _words(
    x: float, y: float, text: str, colour: str, size: float = _SIZE, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{escape(text)}</text>"
    )


def _centred(rect: Rect, text: str, colour: str, size: float = _SIZE) -> str:
    x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
    return _words(x, y + size * 0.35, text, colour, size, "middle")


def _size_of(box: OpenedBox) -> float:
    return float(box.raw.get("fontsize", _SIZE))


def _value(box: OpenedBox) -> float:
    return float((box.parameter or {})["parameter_initial"][0])


def _shown_value(box: OpenedBox) -> str:
    value = box.parameter or {}
    number = _value(box)
    return f"{number:.2f}" if value.get("parameter_unitstyle") == 1 else f"{number:.0f}"


def _dial(box: OpenedBox, rect: Rect) -> str:
    value = box.parameter or {}
    low, high = value.get("parameter_mmin", 0), value["parameter_mmax"]
    share = (_value(box) - low) / (high - low)
    x, y, radius = rect.x + rect.width / 2, rect.y + rect.height / 2 + 1, 10.0
    end = -225 + 270 * share
    return "".join(
        [
            _words(x, rect.y + 9, str(value["parameter_shortname"]), _TEXT, anchor="middle"),
            _arc(x, y, radius, -225, 45, _DARK),
            _arc(x, y, radius, -225, end, _ARC),
            f'<line x1="{x:g}" y1="{y:g}" x2="{x + radius * cos(radians(end)):.2f}" '
            f'y2="{y + radius * sin(radians(end)):.2f}" stroke="{_TEXT}" stroke-width="1.5"/>',
            _words(x, rect.y + rect.height - 2, _shown_value(box), _TEXT, anchor="middle"),
        ]
    )


def _arc(x: float, y: float, radius: float, begin: float, end: float, colour: str) -> str:
    ends = [(x + radius * cos(radians(a)), y + radius * sin(radians(a))) for a in (begin, end)]
    large = int(end - begin > 180)
    return (
        f'<path d="M{ends[0][0]:.2f} {ends[0][1]:.2f} A{radius:g} {radius:g} 0 {large} 1 {ends[1][0]:.2f} '
        f'{ends[1][1]:.2f}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
    )


def _numbox(box: OpenedBox, rect: Rect) -> str:
    return _rect(rect, _FIELD, _FIELD_EDGE) + _centred(rect, _shown_value(box), _ARC)


def _menu(box: OpenedBox, rect: Rect) -> str:
    chosen = texts_of(box)[int(_value(box))]
    return _pulled_down(rect, chosen, _size_of(box))


def _umenu(box: OpenedBox, rect: Rect) -> str:
    return _pulled_down(rect, str(box.raw["items"][0]), _size_of(box))


def _pulled_down(rect: Rect, chosen: str, size: float) -> str:
    right, middle = rect.x + rect.width, rect.y + rect.height / 2
    return (
        _rect(rect, _BUTTON, _FIELD_EDGE)
        + _words(rect.x + 4, middle + size * 0.35, chosen, _TEXT, size)
        + f'<path d="M{right - 11:g} {middle - 2:g}h7l-3.5 4z" fill="{_FAINT}"/>'
    )


def _tab(box: OpenedBox, rect: Rect) -> str:
    items = texts_of(box)
    width = rect.width / len(items)
    drawing = ""
    for number, item in enumerate(items):
        own = Rect(rect.x + number * width, rect.y, width, rect.height)
        on = number == int(_value(box))
        drawing += _rect(own, _ON if on else _BUTTON, _FIELD_EDGE)
        drawing += _centred(own, item, _DARK if on else _TEXT, _size_of(box))
    return drawing


def _text_button(box: OpenedBox, rect: Rect) -> str:
    on = box.raw.get("mode") == 1 and _value(box) > 0
    return _rect(rect, _ON if on else _BUTTON, _EDGE) + _centred(
        rect, texts_of(box)[0], _DARK if on else _TEXT, _size_of(box)
    )


def _comment(box: OpenedBox, rect: Rect) -> str:
    sample = _SAMPLES.get(box.name, "")
    text = str(box.raw.get("text", "")) or sample
    bold = box.raw.get("fontface") == 1
    return _words(rect.x + 1, rect.y + 12.5, text, _FAINT if sample else _TEXT, _size_of(box), bold=bold)


def _bar(box: OpenedBox, rect: Rect) -> str:
    return _rect(rect, _FIELD, _FIELD_EDGE) + _rect(rect._replace(width=rect.width * 0.6), _ARC)


def _field(box: OpenedBox, rect: Rect) -> str:
    text = _SAMPLES.get(box.name, "")
    return _rect(rect, _FIELD, _FIELD_EDGE) + _words(rect.x + 4, rect.y + 11, text, _FAINT, _size_of(box))


def _panel(box: OpenedBox, rect: Rect) -> str:
    radius = rect.width / 2
    return f'<circle cx="{rect.x + radius:g}" cy="{rect.y + radius:g}" r="{radius:g}" fill="{_GREEN}"/>'


def _line(box: OpenedBox, rect: Rect) -> str:
    return _rect(Rect(rect.x + rect.width / 2 - 0.5, rect.y, 1, rect.height), _EDGE)


_DRAWERS: Mapping[str, Callable[[OpenedBox, Rect], str]] = {
    "live.comment": _comment,
    "live.dial": _dial,
    "live.line": _line,
    "live.menu": _menu,
    "live.numbox": _numbox,
    "live.tab": _tab,
    "live.text": _text_button,
    "multislider": _bar,
    "panel": _panel,
    "textedit": _field,
    "umenu": _umenu,
}
