"""The pages say what is there: commands parse, modules and links exist, printed pages are fresh."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bandmate.cli import parser
from bandmate_models.corpus.sources import SOURCES

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "models" / "bandmate_models" / "weights"
sys.path.insert(0, str(ROOT / "benchmarks"))

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *WEIGHTS.rglob("*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`(bandmate [a-z][^`]*)`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def shell_lines(text: str) -> list[str]:
    """The commands of a page's plain fences, comments taken off, cut at && and pipes."""
    lines = [line for kind, body in _FENCE.findall(text) if not kind for line in body.splitlines()]
    commands = [re.split(r"\s#", line)[0] for line in lines]
    return [part.strip() for line in commands for part in re.split(r"&&|\||\s&$", line) if part.strip()]


def bandmate_commands() -> list[tuple[str, str]]:
    """(page, command) of every whole `bandmate …` on the pages, in fences and in the text."""
    found = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for command in [*shell_lines(text), *_CODE.findall(_FENCE.sub("", text))]:
            if command.startswith("bandmate ") and not re.search(r"[A-Z]{3,}|…|\.\.\.|\[", command):
                found.add((name_of(page), command))
    return sorted(found)


@pytest.mark.parametrize(("page", "command"), bandmate_commands())
def test_every_command_on_the_pages_is_one(page: str, command: str) -> None:
    arguments = shlex.split(command)[1:]
    if len(arguments) == 1:  # as a name in the text: `bandmate takes`
        arguments.append("--help")
    try:
        parser().parse_args(arguments)
    except SystemExit as leaving:
        assert leaving.code in (0, None), f"{page}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_and_script_on_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    modules = re.findall(r"python -m ((?:bandmate)[\w.]*\w)", text)
    scripts = re.findall(r"(?:python|bash) ((?:benchmarks|tests|\.ci)/[\w./]*\w)", text)
    assert [module for module in modules if find_spec(module) is None] == []
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in _LINK.findall(text):
        target, _, anchor = link.partition("#")
        if ":" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_benchmarks_page_is_fresh() -> None:
    from report import page

    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == page(), (
        "stale: run `python benchmarks/report.py > docs/benchmarks.md`"
    )


def test_the_page_of_comparisons_is_fresh() -> None:
    from comparisons import page

    assert (ROOT / "docs" / "comparisons.md").read_text(encoding="utf-8") == page(), (
        "stale: run `python benchmarks/comparisons.py > docs/comparisons.md`"
    )


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    files = {path.name for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    named = re.findall(r"`(?:[\w…]+/)*(\w+\.py)`", text)
    assert len(named) > 40 and set(named) <= files


def test_the_check_script_runs_the_commands_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for end in re.findall(r"readme '([^']+)'", script):
        assert re.search(rf"^pip install .* && {end}$", readme, re.MULTILINE)


def test_every_source_of_the_default_model_is_credited() -> None:
    text = (WEIGHTS / "ATTRIBUTION.md").read_text(encoding="utf-8")
    credited = set(re.findall(r"^\| (\w+) \|", text, re.MULTILINE)) - {"source"}
    assert credited == {source.name for source in SOURCES if source.weight > 0}


def test_the_weights_have_a_licence_of_their_own() -> None:
    text = (WEIGHTS / "LICENSE").read_text(encoding="utf-8")
    assert "CC-BY-SA-4.0" in text and "Section 8 -- Interpretation." in text
