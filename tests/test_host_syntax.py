"""Scripts for other hosts parse, as ECMAScript 5 where an engine may be old; what they name is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOSTS = ROOT / "examples" / "hosts"
ACORN = ROOT / "tests" / "max_for_live" / "node_modules" / "acorn" / "bin" / "acorn"
SCRIPTS = sorted(path for path in HOSTS.rglob("*") if path.suffix in (".js", ".lua", ".pd", ".py"))


@pytest.mark.skipif(not ACORN.is_file() or shutil.which("node") is None, reason="acorn (npm) is not there")
@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.suffix == ".js"], ids=lambda p: p.name)
def test_it_is_ecmascript_5(script: Path) -> None:
    done = subprocess.run(["node", ACORN, "--ecma5", "--silent", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_names_is_there(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    named = re.findall(r"\b((?:docs|tests|examples)/[\w/]+\.\w+)", text)
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("script", [p for p in SCRIPTS if p.suffix != ".py"], ids=lambda path: path.name)
def test_a_script_says_what_was_tried(script: Path) -> None:
    assert re.search(r"[Tt]ried", script.read_text(encoding="utf-8"))
