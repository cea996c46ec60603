"""What is seen and turned: parameters, buttons, menus and the rest; their cords to and from the script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bandmate_device.layout import Layout
from bandmate_device.patch import HEIGHT, Box, Json, Patch, Rect
from bandmate_device.table import Button, Element, Menu, Parameter, Table

_FLOAT, _INT, _ENUM, _BLOB = 0, 1, 2, 3  # parameter_type
_INT_UNIT, _FLOAT_UNIT = 0, 1  # parameter_unitstyle
_AUTOMATED, _STORED_ONLY = 0, 1  # parameter_invisible
_LIGHT_OFF = [0.35, 0.35, 0.35, 1.0]
_CIRCLE = 1  # a panel's shape
_FIELD, _INK, _ARC = [0.12, 0.12, 0.12, 1.0], [0.86, 0.86, 0.86, 1.0], [0.01, 0.76, 0.84, 1.0]
_THEME = {  # what objects that are Max's own take from Live's theme, each by its attribute
    "bgcolor": {"expression": "themecolor.live_control_text_bg"},
    "bgfillcolor": {"expression": "themecolor.live_control_text_bg"},
    "slidercolor": {"expression": "themecolor.live_value_arc"},
    "textcolor": {"expression": "themecolor.live_control_fg"},
}

_NUMBERS = {
    "dial": ("live.dial", {"showname": 1, "shownumber": 1}),
    "numbox": ("live.numbox", {"textjustification": 1}),
}


class Misplaced(ValueError):
    """The layout shows what the table does not have, or hides what it has."""


def add_controls(patch: Patch, table: Table, layout: Layout) -> None:
    """Boxes for all that the layout shows and the table keeps hidden. Raises Misplaced."""
    parameters = {row.name: row for row in table.parameters}
    buttons = {row.name: row for row in table.buttons}
    menus = {row.name: row for row in table.menus}
    elements = {row.name: row for row in table.elements}
    texts = 0
    for look, name, rect in layout.cells:
        if look in ("label", "title"):
            texts += 1
            patch.add(_label(f"label_{texts}", name, rect, bold=look == "title"))
        elif name in parameters:
            patch.add(_parameter(parameters[name], look, rect))
        elif name in buttons and look == "button":
            patch.add(_button(buttons[name], rect))
        elif name in menus and look == "target":
            patch.add(_menu(menus[name], rect))
        elif name in elements and look == elements[name].kind:
            patch.add(_ELEMENTS[look](elements[name], rect))
        else:
            raise Misplaced(f"{table.device}: no {look} is called {name}")
    for number, x in enumerate(layout.lines, 1):
        keys = {"justification": 2, "linecolor": [0.5, 0.5, 0.5, 0.5]}
        patch.add(Box(f"line_{number}", "live.line", keys=keys, shown=Rect(x - 2, 6, 5, HEIGHT - 12)))
    for element in table.elements:
        if element.kind == "hidden":
            patch.add(_hidden(element))
    forgotten = {*parameters, *buttons, *menus, *elements} - set(patch.boxes)
    if forgotten:
        raise Misplaced(f"{table.device}: nowhere to be seen: {', '.join(sorted(forgotten))}")


def connect_controls(patch: Patch, table: Table) -> list[list[str]]:
    """Joins the controls to the script: what they say, what it shows. Answers its boxes, in blocks."""
    said, pressed, chosen = ["said_heading"], ["pressed_heading"], ["chosen_heading"]
    patch.add(Box(said[0], "comment", "Parameters"))
    names = [row.name for row in table.parameters]
    patch.object("set_one", f"route {' '.join(names)}")
    patch.connect("shown", "set_one", outlet=_SET)
    said.append("set_one")
    for number, name in enumerate(names):
        patch.object(f"say_{name}", f"prepend parameter {name}")
        patch.object(f"set_{name}", "prepend set")
        patch.connect("show_all", name)
        patch.connect(name, f"say_{name}")
        patch.connect(f"say_{name}", "later")
        patch.connect("set_one", f"set_{name}", outlet=number)
        patch.connect(f"set_{name}", name)
        said += [f"say_{name}", f"set_{name}"]
    if not table.buttons:
        return [said]
    patch.add(Box(pressed[0], "comment", "Buttons"))
    for button in table.buttons:
        patch.object(f"press_{button.name}", "route bang 1")
        patch.message(f"say_{button.name}", f"button {button.name}")
        patch.connect(button.name, f"press_{button.name}")
        for outlet in (0, 1):
            patch.connect(f"press_{button.name}", f"say_{button.name}", outlet=outlet)
        patch.connect(f"say_{button.name}", "pressed", inlet=1)
        pressed += [f"press_{button.name}", f"say_{button.name}"]
    patch.add(Box(chosen[0], "comment", "Menus"))
    patch.object("fill_one", f"route {' '.join(menu.name for menu in table.menus)}")
    patch.connect("shown", "fill_one", outlet=_MENU)
    chosen.append("fill_one")
    for number, menu in enumerate(table.menus):
        patch.object(f"say_{menu.name}", f"prepend menu {menu.name}")
        patch.connect("fill_one", menu.name, outlet=number)
        patch.connect(menu.name, f"say_{menu.name}")
        patch.connect(f"say_{menu.name}", "later")
        chosen.append(f"say_{menu.name}")
    return [said, pressed, chosen]


_SHOWN = ("light", "status", "progress", "set", "saved", "stamp", "take_line", "menu", "open")
"""What the script shows, in the order of the outlets of the box `shown` (source/patch/script.patch)."""
_SET, _MENU = _SHOWN.index("set"), _SHOWN.index("menu")


def _label(name: str, text: str, rect: Rect, bold: bool) -> Box:
    return Box(name, "live.comment", text, {"textjustification": 0, "fontface": int(bold)}, shown=rect)


def _parameter(row: Parameter, look: str, rect: Rect) -> Box:
    value: Json = {
        "parameter_initial": [row.initial],
        "parameter_initial_enable": 1,
        "parameter_longname": row.long,
        "parameter_shortname": row.short,
    }
    keys: Json = {}
    if row.kind == "enum":
        value["parameter_enum"] = list(row.items)
        value |= {"parameter_mmax": len(row.items) - 1, "parameter_type": _ENUM}
        if look == "toggle" and row.is_switch:
            maxclass = "live.text"
            keys = {"mode": 1, "text": row.short, "texton": row.short}
            keys |= {"automation": "off", "automationon": "on"}
        elif look == "tab":
            maxclass = "live.tab"
            keys = {"num_lines_patching": 1, "num_lines_presentation": 1, "fontsize": 9.0}
        elif look == "menu":
            maxclass = "live.menu"
        else:
            raise Misplaced(f"{row.name} cannot be a {look}")
    elif look in _NUMBERS:
        maxclass, keys = _NUMBERS[look]
        value |= {
            "parameter_mmin": row.span[0],
            "parameter_mmax": row.span[1],
            "parameter_type": _INT if row.kind == "int" else _FLOAT,
            "parameter_unitstyle": _FLOAT_UNIT if row.unit == "share" else _INT_UNIT,
        }
    else:
        raise Misplaced(f"{row.name} cannot be a {look}")
    return Box(row.name, maxclass, keys=keys | _live(value, row.long, row.info), shown=rect)


def _button(row: Button, rect: Rect) -> Box:
    value: Json = {
        "parameter_enum": ["off", "on"],
        "parameter_initial": [0],
        "parameter_initial_enable": 1,
        "parameter_longname": row.long,
        "parameter_mmax": 1,
        "parameter_shortname": row.short,
        "parameter_type": _ENUM,
    }
    keys: Json = {"mode": 0, "text": row.text, "texton": row.text}
    return Box(row.name, "live.text", keys=keys | _live(value, row.long, row.info), shown=rect)


def _live(value: Json, title: str, info: str, invisible: int = _AUTOMATED) -> Json:
    """The keys of a parameter of Live."""
    value |= {
        "parameter_annotation_name": title,
        "parameter_info": info,
        "parameter_invisible": invisible,
        "parameter_modmode": 0,
    }
    return {
        "annotation": info,
        "annotation_name": title,
        "parameter_enable": 1,
        "saved_attribute_attributes": {"valueof": dict(sorted(value.items()))},
    }


def _menu(row: Menu, rect: Rect) -> Box:
    keys = {
        "annotation": row.info,
        "annotation_name": row.text,
        "bgcolor": _FIELD,
        "bgfillcolor_color": _FIELD,
        "bgfillcolor_type": "color",
        "fontsize": 9.0,
        "items": ["Auto"],
        "parameter_enable": 0,
        "saved_attribute_attributes": _themed("bgfillcolor", "textcolor"),
        "textcolor": _INK,
    }
    return Box(row.name, "umenu", keys=keys, shown=rect)


def _light(row: Element, rect: Rect) -> Box:
    keys = {
        "annotation": row.info,
        "annotation_name": "Status light",
        "bgcolor": _LIGHT_OFF,
        "mode": 0,
        "shape": _CIRCLE,
    }
    return Box(row.name, "panel", keys=keys, shown=rect)


def _line(row: Element, rect: Rect) -> Box:
    keys = {"annotation": row.info, "fontface": 0, "textjustification": 0}
    return Box(row.name, "live.comment", "", keys, shown=rect)


def _bar(row: Element, rect: Rect) -> Box:
    keys = {
        "annotation": row.info,
        "bgcolor": _FIELD,
        "ignoreclick": 1,
        "orientation": 0,
        "parameter_enable": 0,
        "saved_attribute_attributes": _themed("bgcolor", "slidercolor"),
        "setminmax": [0.0, 1.0],
        "setstyle": 1,
        "size": 1,
        "slidercolor": _ARC,
    }
    return Box(row.name, "multislider", keys=keys, shown=rect)


def _text(row: Element, rect: Rect) -> Box:
    title = row.name.replace("_", " ").title()
    keys: Json = {"bgcolor": _FIELD, "fontsize": 9.0, "keymode": 1, "textcolor": _INK}
    keys |= _blob(title, row.info)
    keys["saved_attribute_attributes"] |= _themed("bgcolor", "textcolor")
    return Box(row.name, "textedit", keys=keys, shown=rect)


def _themed(*attributes: str) -> Json:
    return {name: _THEME[name] for name in attributes}


def _hidden(row: Element) -> Box:
    title = row.name.title()
    keys: Json = {"saved_object_attributes": {"parameter_enable": 1, "parameter_mappable": 0}}
    text = f"pattr {row.name} @autorestore 0 @thru 0 @parameter_enable 1 @parameter_mappable 0"
    blob = _blob(title, row.info)
    del blob["parameter_enable"]
    return Box(row.name, "newobj", text, keys | blob)


def _blob(title: str, info: str) -> Json:
    """A parameter that Live saves with the set and shows nowhere."""
    value = {
        "parameter_initial": [""],
        "parameter_initial_enable": 1,
        "parameter_longname": title,
        "parameter_shortname": title,
        "parameter_type": _BLOB,
    }
    return _live(value, title, info, _STORED_ONLY)


_ELEMENTS: Mapping[str, Callable[[Element, Rect], Box]] = {
    "light": _light,
    "line": _line,
    "bar": _bar,
    "text": _text,
}


def parameters_block(patch: Patch, table: Table) -> dict[str, Any]:
    """The patcher's `parameters`: names by box id, and the push banks."""
    ids = patch.ids()
    block: dict[str, Any] = {}
    for box in patch.boxes.values():
        value = box.keys.get("saved_attribute_attributes", {}).get("valueof")
        if value:
            block[ids[box.name]] = [value["parameter_longname"], value["parameter_shortname"], 0]
    turned: tuple[Parameter | Button, ...] = (*table.parameters, *table.buttons)
    places = {row.bank: row.long for row in turned}
    block["parameterbanks"] = {
        str(index): {
            "index": index,
            "name": name,
            "parameters": [places.get((name, place), "-") for place in range(8)],
        }
        for index, name in enumerate(table.banks)
    }
    block["inherited_shortname"] = 1
    return block
