"""Imports run downwards: daemon -> bridge -> models; and what is heavy is imported when it is asked for."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(p for top in ("daemon", "bridge", "models") for p in (ROOT / top).rglob("*.py"))
MAY_IMPORT = {
    "daemon": {"bandmate", "bandmate_bridge", "bandmate_models"},
    "bridge": {"bandmate_bridge", "bandmate_models"},
    "models": {"bandmate_models"},
}
SCORE_ONLY = {"bandmate_models.score", "bandmate_models.errors"}
TRAINING_ONLY = {"torch", "torchaudio", "encodec", "librosa", "transformers", "onnx", "tensorboard"}
LATE = {"symusic", "sounddevice"}
TRAINING_FOLDERS = ("models/bandmate_models/training", "models/bandmate_models/evaluation")
TRAINING_FILES = (
    "models/bandmate_models/transformer.py",
    "models/bandmate_models/export.py",
    "models/bandmate_models/onnx_graph.py",
    "models/bandmate_models/quantisation.py",
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


RUNTIME = [
    p for p in MODULES if not name_of(p).startswith(TRAINING_FOLDERS) and name_of(p) not in TRAINING_FILES
]


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Full names of the modules that a tree imports; relative ones resolved in `package`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_its_floor_and_below(path: Path) -> None:
    floor = name_of(path).split("/")[0]
    package = ".".join(path.relative_to(ROOT / floor).parts[:-1])
    ours = {n for n in imported(ast.parse(path.read_text("utf-8")), package) if n.startswith("bandmate")}
    assert {name.split(".")[0] for name in ours} <= MAY_IMPORT[floor]


def test_the_bridge_knows_of_the_models_only_their_score() -> None:
    known = {
        name
        for path in MODULES
        if name_of(path).startswith("bridge/")
        for name in imported(ast.parse(path.read_text("utf-8")), "")
        if name.startswith("bandmate_models")
    }
    assert known <= SCORE_ONLY


@pytest.mark.parametrize("path", RUNTIME, ids=name_of)
def test_the_runtime_never_imports_the_training_tools(path: Path) -> None:
    assert not {n.split(".")[0] for n in imported(ast.parse(path.read_text("utf-8")), "")} & TRAINING_ONLY


@pytest.mark.parametrize(
    "path", [p for p in MODULES if "models" not in name_of(p).split("/")[0]], ids=name_of
)
def test_what_is_slow_to_load_is_imported_late(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    top = ast.Module([n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))], [])
    assert not {n.split(".")[0] for n in imported(top, "")} & LATE


def test_starting_the_command_line_loads_no_training_tool() -> None:
    import subprocess

    code = "import bandmate.cli, sys; print(*sorted(m for m in sys.modules if '.' not in m))"
    env = {"PYTHONPATH": ":".join(str(ROOT / top) for top in MAY_IMPORT)}
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert not set(loaded.stdout.split()) & (TRAINING_ONLY | LATE)
