"""Flags that several commands have."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bandmate.config import SETTINGS, kind_of
from bandmate_models.controls import Controls

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction

_WISHES = {
    "bars": ("N", "bars to write"),
    "takes": ("N", "different answers"),
    "seed": ("N", "number that repeats an answer; each take adds one"),
    "temperature": ("T", "0 plays safe, 1 as learnt, above 1 adventurous"),
    "top_p": ("P", "share of the likely choices that stay in play"),
    "key": ("KEY", 'key of the answer, like "D minor"; default: the phrase\'s'),
}


def add_controls(command: argparse.ArgumentParser) -> None:
    """--bars and the other wishes; `asked_controls` reads them."""
    group = command.add_argument_group("the answer")
    for name, (metavar, about) in _WISHES.items():
        group.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=about)
    group.add_argument(
        "--scale-lock", action=argparse.BooleanOptionalAction, default=None, help="only notes of the key"
    )


def asked_controls(options: argparse.Namespace, base: Controls) -> Controls:
    """The wishes on top of `base`. Raises BandmateError ("bad_value")."""
    wishes = {name: getattr(options, name) for name in (*_WISHES, "scale_lock")}
    return Controls.parse(wishes, base)


def add_settings(command: argparse.ArgumentParser, *names: str) -> None:
    """Flags that stand for settings of those names; what is given wins over file and environment."""
    group = command.add_argument_group("settings")
    for name in names:
        _add_setting(group, name)
    command.set_defaults(settings=names)


def _add_setting(group: argparse._ArgumentGroup, name: str) -> None:
    flag, about, kind = f"--{name.replace('_', '-')}", SETTINGS[name].about, kind_of(name)
    if kind is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=about)
    else:
        metavar = {int: "N", float: "X", str: "TEXT"}.get(kind, "PATH")
        group.add_argument(flag, type=kind, metavar=metavar, help=about)
