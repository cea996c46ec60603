"""The whole patch at work in the simulated Max: what goes to the script, what comes back; patches as text."""

from __future__ import annotations

import json
from itertools import combinations
from random import Random

import pytest

from bandmate_device.container import read_device
from bandmate_device.controls import Misplaced, add_controls
from bandmate_device.layout import BadLayout, read_layout
from bandmate_device.patch import Patch
from bandmate_device.patch_text import BadPatchText, read_patch_texts
from bandmate_device.table import DEVICES, DeviceName, read_table
from device_kit import FOLDER, device, patch_of
from max_expr import Expression
from max_graph import Graph, Message
from max_live import Control

TABLES = {name: read_table(FOLDER / "device.json", name) for name in DEVICES}


def loaded(name: DeviceName = "main") -> Graph:
    graph = Graph(patch_of(device(name)), shuffle=Random(1))
    graph.start()
    return graph


def heard(graph: Graph) -> list[Message]:
    return [message for _, message in graph.heard]


def control(graph: Graph, name: str) -> Control:
    thing = graph.by_name[name]
    assert isinstance(thing, Control)
    return thing


@pytest.mark.parametrize("name", DEVICES)
def test_when_it_is_loaded_the_script_starts_then_hears_every_parameter_once(name: DeviceName) -> None:
    graph = loaded(name)
    said = [message for message in heard(graph) if message[0] != "active"]
    assert said[0] == ("bang",)
    values = {message[1]: message[2] for message in said if message[0] == "parameter"}
    assert values == {row.name: row.initial for row in TABLES[name].parameters}
    assert sum(message[0] == "parameter" for message in said) == len(values)
    assert sum(message[0] == "saved" for message in said) == (name == "main")
    assert not any(message[0] == "button" for message in said)


def test_the_script_says_which_ports() -> None:
    graph = loaded()
    graph.from_script(3, "daemon", 7411)
    graph.from_script(3, "listen", 7412)
    assert graph.sent[-1][1] == ("port", 7411)
    assert graph.seen["hear"] == [("port", 7412)]
    graph.from_script(0, "/bandmate/hello", 1, 1, 7412, "Live")
    assert graph.sent[-1][1] == ("/bandmate/hello", 1, 1, 7412, "Live")


@pytest.mark.parametrize("name", DEVICES)
def test_what_is_turned_is_said_and_what_is_set_is_shown_without_being_said(name: DeviceName) -> None:
    graph = loaded(name)
    for row in TABLES[name].parameters:
        graph.heard.clear()
        control(graph, row.name).turn(row.span[1])
        graph.run(graph.now + 1)
        assert heard(graph) == [("parameter", row.name, row.span[1])]
        graph.from_script(1, "set", row.name, row.initial)
        graph.run(graph.now + 1)
        assert control(graph, row.name).value == (row.initial,)
        assert len(graph.heard) == 1


def test_buttons_are_said_when_they_are_pressed_and_only_once_all_is_loaded() -> None:
    graph = Graph(patch_of(device("main")))
    control(graph, "generate").press()
    graph.start()
    assert ("button", "generate") not in heard(graph)
    for button in TABLES["main"].buttons:
        graph.heard.clear()
        control(graph, button.name).press()
        control(graph, button.name).turn(0)
        control(graph, button.name).turn(1)
        graph.run(graph.now + 1)
        assert heard(graph) == [("button", button.name)] * 2


def test_menus_are_filled_shown_and_said() -> None:
    graph = loaded()
    for menu in TABLES["main"].menus:
        messages: list[Message] = [("clear",), ("append", "Auto"), ("append", "Bass synth"), ("set", 1)]
        for message in messages:
            graph.from_script(1, "menu", menu.name, *message)
        assert graph.seen[menu.name][-4:] == messages
        graph.heard.clear()
        control(graph, menu.name).turn(1)
        graph.run(graph.now + 1)
        assert heard(graph) == [("menu", menu.name, 1)]


def test_light_lines_and_bar() -> None:
    graph = loaded()
    for state, colour in enumerate((0.88, 0.96, 0.35)):
        graph.from_script(1, "light", state)
        assert graph.seen["light"][-1][:2] == ("bgfillcolor", colour)
    graph.from_script(1, "progress", 0.25)
    assert graph.seen["progress"][-1] == (0.25,)
    for line in ("status", "stamp", "take_line"):
        graph.from_script(1, line, "some words")
        assert control(graph, line).value == ("some words",)
    graph.from_script(1, "open", "file:///tmp/stems")
    assert graph.opened == ["file:///tmp/stems"]


def test_what_the_set_remembers() -> None:
    graph = loaded()
    graph.from_script(1, "saved", "target_bass", "Bass synth", 3)
    graph.run(graph.now + 1)
    graph.heard.clear()
    graph.start()
    assert ("saved", "target_bass", "Bass synth", 3) in heard(graph)
    control(graph, "drum_table").turn("text", 36, 48)
    graph.run(graph.now + 1)
    assert heard(graph)[-1] == ("drum_table", 36, 48)


def test_what_is_played_goes_through_and_is_told_with_its_beat() -> None:
    graph = loaded()
    graph.transport.jump(graph.now, 3.0)
    graph.transport.change(graph.now, playing=True)
    begun = graph.now
    graph.run(begun + 250)
    graph.tell("in", 0x92, 60, 100)
    assert graph.notes() == [(begun + 250, 60, 100)]
    graph.run(begun + 500)
    graph.tell("in", 0x82, 60, 64)
    graph.run(begun + 501)
    assert [message for message in heard(graph) if message[0] == "played"] == [
        ("played", pytest.approx(3.5), begun + 250, 60, 100, 3),
        ("played", pytest.approx(4.0), begun + 500, 60, 0, 3),
    ]
    assert not any(message[0] == "/bandmate/play_note" for _, message in graph.sent)


def test_while_the_band_plays_the_daemon_is_told_at_once() -> None:
    graph = loaded()
    graph.from_script(2, "jam", 1)
    graph.transport.jump(graph.now, 8.0)
    graph.transport.change(graph.now, playing=True)
    graph.tell("in", 0x92, 60, 100)
    (note,) = [message for _, message in graph.sent if message[0] == "/bandmate/play_note"]
    assert note == ("/bandmate/play_note", 16400000, pytest.approx(8.0), 60, 100, 2)


def hosts(graph: Graph) -> list[tuple[float, Message]]:
    return [(time, message[1:]) for time, message in graph.sent if message[0] == "/bandmate/host"]


def test_the_daemon_hears_of_the_transport_ten_times_a_second_and_at_changes() -> None:
    graph = loaded()
    graph.run(graph.now + 1000)
    assert hosts(graph) == []
    graph.transport.metre = (7, 8)
    graph.from_script(2, "jam", 1)
    graph.run(graph.now + 1000)
    assert [message[1:3] for _, message in hosts(graph)] == [(0, 0.0)]  # once: it stands still
    begun = graph.now
    graph.transport.change(begun, playing=True)
    graph.run(begun + 1000)
    told = [(time, message) for time, message in hosts(graph) if time > begun]
    assert len(told) in (10, 11, 12)
    for time, message in told:
        beat = (time - begun) * 120 / 60000
        assert message[1:] == (1, pytest.approx(beat), 120.0, 7, 8, 0, 0.0, 0.0)
    ids = [message[0] for _, message in hosts(graph)]
    assert ids == list(range(16000001, 16000001 + len(ids)))
    changes = {
        "tempo": lambda now: graph.transport.change(now, tempo=90.0),
        "jump": lambda now: graph.transport.jump(now, 64.0),
        "stop": lambda now: graph.transport.change(now, playing=False),
    }
    for change in changes.values():
        graph.run(graph.now + 35)
        before = len(hosts(graph))
        change(graph.now)
        graph.run(graph.now + 21)
        assert len(hosts(graph)) > before
    assert hosts(graph)[-1][1][1] == 0
    graph.from_script(2, "loop", 1, 16.0, 8.0)
    assert hosts(graph)[-1][1][6:] == (1, 16.0, 8.0)
    graph.from_script(2, "jam", 0)
    before = len(hosts(graph))
    graph.transport.change(graph.now, playing=True)
    graph.run(graph.now + 1000)
    assert len(hosts(graph)) == before


def test_an_audition_sounds_in_the_devices_of_its_role_and_here() -> None:
    graph = loaded()
    graph.from_script(2, "plays", "drums")
    graph.from_script(2, "drum", 36, 60)
    begun = graph.now
    graph.from_script(2, "now", "drums", 100.0, 50.0, 36, 90)
    graph.from_script(2, "now", "bass", 100.0, 50.0, 40, 90)
    graph.from_script(2, "here", 200.0, 50.0, 36, 80)
    graph.run(begun + 1000)
    assert graph.notes() == [
        (begun + 100, 60, 90),
        (begun + 150, 60, 0),
        (begun + 200, 36, 80),
        (begun + 250, 36, 0),
    ]
    graph.from_script(2, "drums", "clear")
    graph.from_script(2, "now", "drums", 0.0, 50.0, 36, 90)
    graph.run(graph.now + 100)
    assert graph.notes()[-1][1:] == (36, 0)
    part = loaded("part")
    part.from_script(2, "plays", "bass")
    part.broadcast("bandmate.audition", ("bass", 0.0, 50.0, 40, 90))
    part.run(part.now + 100)
    assert [pitch for _, pitch, velocity in part.notes() if velocity] == [40]


def test_the_device_says_when_it_is_switched() -> None:
    graph = loaded()
    graph.send(graph.by_name["device"].box, 1, (0,))
    graph.run(graph.now + 1)
    assert heard(graph)[-1] == ("active", 0)


def test_every_message_of_the_table_has_its_way_in_the_patch() -> None:
    """What device.json says that the script may say is taken by a box, and nothing else falls through."""
    messages = json.loads((FOLDER / "device.json").read_text("utf-8"))["messages"]
    boxes = {box.name: box for box in patch_of(device("main")).boxes}
    for outlet, box in (("1", "shown"), ("2", "told"), ("3", "ports")):
        words = {row[0].split()[0] for row in messages["from_script"][outlet]}
        assert words == set(boxes[box].text.split()[1:])
    own = {row[0].split()[0] for row in messages["from_patch"]}
    assert own == {box.text.split()[1] for box in boxes.values() if box.text.startswith("prepend /")}
    to_script = {row[0].split()[0] for row in messages["to_script"]}
    said = {box.text.split()[1] for box in boxes.values() if box.object == "prepend"}
    said |= {box.text.split()[0] for box in boxes.values() if box.maxclass == "message"}
    assert to_script <= said


def test_patches_as_text() -> None:
    patch = Patch()
    text = "## One\nhit : t b b\nsay = go $1\n# no box\nhit.1 -> say -> end\n## Two\nend : out\n"
    blocks = read_patch_texts({"a": text}, patch)
    assert blocks == [["heading_0", "hit", "say"], ["heading_1", "end"]]
    boxes = [(box.maxclass, box.text) for box in patch.boxes.values()]
    assert boxes[1:3] == [("newobj", "t b b"), ("message", "go $1")]
    assert [tuple(cord) for cord in patch.cords] == [("hit", 1, "say", 0), ("say", 0, "end", 0)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hit : t b", "a:1: neither a box under a heading"),
        ("## One\nhit t b", "a:2: neither"),
        ("## One\nhit : t b\nhit : t b", "a:3: two boxes are called hit"),
        ("## One\nhit : t b\nhit -> miss", "a:3: a cord from hit to miss"),
        ("## One\nhit : t b\nhit.x -> hit", "a:3: no end of a cord: hit.x"),
        ("## One\nhit : t b\nhit -> hit.1 -> hit", "a:3: a number between two cords"),
    ],
)
def test_a_line_that_is_wrong_is_named(text: str, line: str) -> None:
    with pytest.raises(BadPatchText, match=line):
        read_patch_texts({"a": text}, Patch())


@pytest.mark.parametrize("line", ["menu | bars | 0 0", "menu | bars | 0 100 60", "menu bars 0 0 9"])
def test_a_layout_that_is_wrong_is_named(line: str) -> None:
    with pytest.raises(BadLayout, match="line 2"):
        read_layout(f"## Title 120\n{line}\n")


def test_the_layout_shows_all_that_the_table_has_and_nothing_else() -> None:
    for line in ("menu | bars | 0 0 60", "menu | nothing | 0 0 60", ""):
        with pytest.raises(Misplaced):
            add_controls(Patch(), TABLES["main"], read_layout(f"## Title 120\n{line}\n"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3 - -1", 10),
        ("7 / 2", 3),
        ("7 / 2.", 3.5),
        ("$f1 / 480.", 2.0),
        ("$i2 == 3", 1),
        ("($f1 > 1.) && !($i2 < 3)", 1),
        ("max($f1\\, 1000.) + int(2.7)", 1002.0),
        ("1 < 2 == 1 || 0", 1),
    ],
)
def test_expressions_as_c_has_them(text: str, value: float) -> None:
    assert Expression(text).evaluate([960.0, 3]) == value


@pytest.mark.parametrize("text", ["1 +", "max(1, 2)", "(1", "1 2", "$x1", "foo(1)"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError):
        Expression(text)


@pytest.mark.parametrize("name", DEVICES)
def test_the_patch_is_laid_out_without_boxes_over_each_other(name: DeviceName) -> None:
    tree = json.loads(read_device(device(name)).patch)["patcher"]
    rects = [box["box"]["patching_rect"] for box in tree["boxes"]]
    assert max(x + width for x, _, width, _ in rects) < 5000
    for (x, y, width, height), (u, v, w, h) in combinations(rects, 2):
        assert not (x < u + w and u < x + width and y < v + h and v < y + height)
