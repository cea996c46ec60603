"""Processes that this program starts: how its own are called and what they need, installed or in a bundle.

A bundle (PyInstaller) is one executable that holds Python and the packages; `packaging/bundle_main.py` makes
it understand `-m MODULE` as Python does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PATHS_OF_A_BUNDLE = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def is_bundle() -> bool:
    """Whether this program is a bundle without a Python of its own."""
    return bool(getattr(sys, "frozen", False))


def child_command(module: str, *arguments: str) -> list[str]:
    """What starts a module of ours as a process, in a bundle too."""
    return [sys.executable, "-m", module, *arguments]


def program_command(*arguments: str) -> list[str]:
    """What starts this program anew, as `bandmate ARGUMENTS` would."""
    return [sys.executable, *arguments] if is_bundle() else child_command("bandmate", *arguments)


def child_environment() -> dict[str, str]:
    """The environment in which a child finds the packages wherever this process found them."""
    if is_bundle():
        return dict(os.environ)
    roots = [str(Path(__file__).parents[1]), str(Path(sys.modules["bandmate_models"].__path__[0]).parent)]
    path = os.pathsep.join(filter(None, (*roots, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def foreign_environment() -> dict[str, str]:
    """The environment of a program that is not ours: without the paths where a bundle has libraries."""
    environment = dict(os.environ)
    if is_bundle():
        for name in _PATHS_OF_A_BUNDLE:
            environment.pop(name, None)
            if f"{name}_ORIG" in os.environ:
                environment[name] = os.environ[f"{name}_ORIG"]
    return environment
