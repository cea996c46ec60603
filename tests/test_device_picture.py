"""The pictures of the devices show what the patch shows, where it shows it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bandmate_device.lint_view import texts_of
from bandmate_device.picture import drawn
from bandmate_device.table import DEVICES, DeviceName
from bandmate_device.text_width import text_width
from device_kit import FOLDER, device, patch_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", DEVICES)
def test_all_that_is_written_on_the_device_is_in_the_picture_at_its_place(name: DeviceName) -> None:
    patch = patch_of(device(name))
    root = ElementTree.fromstring(drawn(patch, "Bandmate"))
    words = [
        (text.text, float(text.get("x", "0")), float(text.get("y", "0"))) for text in root.iter(f"{SVG}text")
    ]
    for box in patch.boxes:
        rect = box.shown
        if rect is None or box.maxclass in ("live.menu", "panel", "live.line"):
            continue
        for wanted in texts_of(box):
            assert any(
                text == wanted and rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height
                for text, x, y in words
            ), (box.name, wanted)


@pytest.mark.parametrize("name", DEVICES)
def test_nothing_is_drawn_outside_and_the_picture_is_the_same_twice(name: DeviceName) -> None:
    patch = patch_of(device(name))
    picture = drawn(patch, "Bandmate")
    assert picture == drawn(patch, "Bandmate")
    width = float(patch.raw["devicewidth"])
    root = ElementTree.fromstring(picture)
    assert root.get("viewBox") == f"0 -18 {width:g} 187"
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.get("x", "0")) + float(rect.get("width", "0")) <= width
        assert float(rect.get("y", "0")) + float(rect.get("height", "0")) <= 169
    assert not re.search(r"\bnan\b|None", picture)


def test_what_is_moved_in_the_patch_is_moved_in_the_picture() -> None:
    patch = patch_of(device("part"))
    before = drawn(patch, "Bandmate")
    box = next(box for box in patch.boxes if box.name == "part_mute")
    box.raw["presentation_rect"][1] += 3.0  # type: ignore[index]
    assert drawn(patch, "Bandmate") != before


def lines_of(sentence: str, width: float) -> int:
    """Lines that a sentence takes where words are kept whole."""
    lines, filled = 1, 0.0
    for word in sentence.split(" "):
        needs = text_width(word + " ", 9.5)
        if filled + needs > width:
            lines, filled = lines + 1, 0.0
        filled += needs
    return lines


def test_every_sentence_of_the_script_fits_into_the_status_line() -> None:
    scripts = [path.read_text("utf-8") for path in (FOLDER / "source" / "script").glob("*.js")]
    sentences = {found for script in scripts for found in re.findall(r'"([A-Z][^"]* [^"]*)"', script)}
    assert len(sentences) > 20
    status = next(box for box in patch_of(device("main")).boxes if box.name == "status").shown
    assert status is not None
    room = int(status.height // 14)
    assert [text for text in sentences if lines_of(text, status.width - 4) > room] == []
