"""Flags that several commands have."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING

from bandmate.config import SETTINGS, kind_of
from bandmate.console import Console
from bandmate_models.controls import BY_ROLE, RANGES, SWITCHES, TEXTS, Controls

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction

_METAVARS = {
    "tempo": "BPM",
    "temperature": "T",
    "top_p": "P",
    "creativity": "X",
    "range": "NOTES",
    **dict.fromkeys(BY_ROLE, "N|ROLE:N,..."),
}


def add_controls(command: argparse.ArgumentParser) -> None:
    """--bars and the other wishes; `asked_controls` reads them."""
    group = command.add_argument_group("the answer")
    for field in fields(Controls):
        name = field.name
        flag = f"--{name.replace('_', '-')}"
        if name in SWITCHES:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=SWITCHES[name])
        elif name in TEXTS:
            group.add_argument(flag, metavar=_METAVARS.get(name, name.upper()), help=TEXTS[name])
        else:
            about = {**RANGES, **BY_ROLE}[name]
            help_ = f"{about.doc} ({about.low:g} to {about.high:g})"
            group.add_argument(flag, metavar=_METAVARS.get(name, "N"), help=help_)


def asked_controls(options: argparse.Namespace, base: Controls, console: Console) -> Controls:
    """The wishes on top of `base`; what a prompt says that means nothing is told in a line of its own.

    Raises BandmateError ("bad_value").
    """
    wishes = {field.name: getattr(options, field.name) for field in fields(Controls)}
    controls = Controls.parse(wishes, base)
    if controls.not_understood:
        console.warn(controls.not_understood)
    return controls


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
