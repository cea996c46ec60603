"""`bandmate map`: which controllers and keys turn what of the live band."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bandmate.commands.flags import Commands
from bandmate.config import Config
from bandmate.console import Console

if TYPE_CHECKING:
    from bandmate.band.bindings import Binding

_SOURCE = 'cc74, cc74@10 (channel 10 alone), "key C1" or "key 36@16"; C4 is the middle C'


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "map",
        help="bind controllers and keys to the live band's dials",
        description="List what turns what while the live band plays, or change it. A program that runs "
        "already sees changes when it is started anew.",
    )
    command.set_defaults(run=_list)
    actions = command.add_subparsers(title="actions", metavar="ACTION")

    listing = actions.add_parser("list", help="what is bound (also without an action)")
    listing.set_defaults(run=_list)

    dials = actions.add_parser("dials", help="all that can be turned, and its range")
    dials.set_defaults(run=_dials)

    setting = actions.add_parser("set", help="bind a controller or a key to a dial")
    setting.add_argument("dial", metavar="DIAL", help="like energy or bass.mute")
    setting.add_argument("source", metavar="SOURCE", help=_SOURCE)
    _add_manner(setting)
    setting.set_defaults(run=_set)

    learn = actions.add_parser("learn", help="bind the control that is moved next")
    learn.add_argument("dial", metavar="DIAL", help="like energy or bass.mute")
    learn.add_argument("--port", required=True, metavar="NAME", help="MIDI port to hear, by part of its name")
    learn.add_argument("--also", action="store_true", help="keep what turns the dial already")
    learn.set_defaults(run=_learn)

    remove = actions.add_parser("remove", help="unbind a dial, or a controller or key")
    remove.add_argument("what", metavar="DIAL|SOURCE")
    remove.set_defaults(run=_remove)

    reset = actions.add_parser("reset", help="back to what is bound at first")
    reset.set_defaults(run=_reset)


def _add_manner(command: argparse.ArgumentParser) -> None:
    from bandmate.band.bindings import MODES

    command.add_argument("--mode", choices=MODES, help="how it turns; default: what fits the dial")
    command.add_argument("--low", type=float, metavar="X", help="the dial's value at the lower end")
    command.add_argument("--high", type=float, metavar="X", help="and at the upper end, or when pressed")
    command.add_argument("--also", action="store_true", help="keep what turns the dial already")


def _list(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.band.control_file import control_file, load_bindings

    file = control_file()
    bindings = load_bindings(file)
    console.line(f"in {file}:" if file.exists() else "the usual (no file of your own):")
    for of in bindings:
        console.line(f"  {of.source!s:<12} {of.dial:<18} {of.mode:<9} {of.low:g} to {of.high:g}")
    if not bindings:
        console.line("  (nothing)")
    return 0


def _dials(options: argparse.Namespace, config: Config, console: Console) -> int:
    for line in _dial_rows():
        console.line(line)
    return 0


def _dial_rows() -> Iterator[str]:
    from bandmate.band.dials import DIALS, ROLES

    for dial in DIALS:
        name = dial.name if dial.scope == "band" else f"PART.{dial.name}"
        reach = f"{dial.low:g} to {dial.high:g}" if dial.kind == "range" else dial.kind
        yield f"  {name:<14} {reach:<10} {dial.doc}"
    yield f"PART is {', '.join(ROLES)}"


def _set(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.band.bindings import Source, binding

    source = Source.parse(options.source)
    new = binding(options.dial, source, options.mode, options.low, options.high)
    return _keep(new, options.also, console)


def _learn(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.band.learning import listen_and_learn

    new = listen_and_learn(options.dial, options.port, console.line)
    return _keep(new, options.also, console)


def _keep(new: Binding, also: bool, console: Console) -> int:
    from bandmate.band.bindings import bound
    from bandmate.band.control_file import control_file, load_bindings, save_bindings

    file = control_file()
    before = load_bindings(file)
    after = bound(before, new, also=also)
    save_bindings(after, file)
    console.line(f"{new.source} turns {new.dial} ({new.mode}, {new.low:g} to {new.high:g})")
    for gone in before:
        if gone not in after and gone.source != new.source:
            console.line(f"{gone.source} turns {gone.dial} no more; --also keeps both")
        elif gone not in after and gone.dial != new.dial:
            console.line(f"{gone.source} turned {gone.dial} before")
    return 0


def _remove(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.band.bindings import unbound
    from bandmate.band.control_file import control_file, load_bindings, save_bindings

    file = control_file()
    save_bindings(unbound(load_bindings(file), options.what), file)
    console.line(f"nothing is bound to {options.what} now")
    return 0


def _reset(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.band.control_file import control_file, forget_bindings

    forget_bindings(control_file())
    console.line("back to the usual; `bandmate map` lists it")
    return 0
