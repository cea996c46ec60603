"""docs/troubleshooting.md has every sentence of the device's status light, and codes that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bandmate_bridge.protocol import CODES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SCRIPTS = ROOT / "max_for_live" / "source" / "script"
SCRIPT = (SCRIPTS / "daemon.js").read_text(encoding="utf-8")
SAID = re.compile(r'this\.(?:change|seek)\(\s*"\w+",\s*"([^"]+)"')


def test_every_sentence_of_the_status_light_is_on_the_page() -> None:
    sentences = {*SAID.findall(SCRIPT), *re.findall(r'var ABSENT = "([^"]+)"', SCRIPT)}
    assert len(sentences) >= 5
    assert [sentence for sentence in sentences if sentence.strip() not in PAGE] == []


def test_what_the_device_says_it_says_in_these_words() -> None:
    table = PAGE[PAGE.index("What it cannot do") : PAGE.index("What the daemon refuses")]
    sentences = re.findall(r"^\| (\*.*?\*) \|", table, re.MULTILINE)
    assert len(sentences) >= 10
    scripts = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js"))
    words = [piece.strip() for sentence in sentences for piece in re.findall(r"\*([^*]+)\*", sentence)]
    assert [piece for piece in words if piece not in scripts] == []


def test_the_colours_are_those_of_the_light() -> None:
    device = json.loads((ROOT / "max_for_live" / "device.json").read_text(encoding="utf-8"))
    [light] = [element for element in device["elements"] if element["kind"] == "light"]
    colours = re.findall(r"^\| (\w+) \| \*", PAGE, re.MULTILINE)
    assert set(colours) == {"red", "amber", "green"}
    assert all(colour.capitalize() in light["info"] for colour in colours)


def test_the_codes_are_codes_of_the_protocol() -> None:
    named = re.findall(r"\(`(\w+)`\) \|", PAGE)
    assert len(named) >= 4
    assert set(named) <= set(CODES)
