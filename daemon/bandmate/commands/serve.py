"""`bandmate serve`: the daemon, on OSC and MIDI, until it is told to stop."""

from __future__ import annotations

import argparse

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import SETTINGS, Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "serve",
        help="listen on OSC and MIDI, and answer",
        description="Run the daemon: play into the MIDI port and it answers on the next bar line, "
        "or ask it over OSC. Ctrl-C stops it, with every note off.",
    )
    add_settings(command, *SETTINGS)
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.server import serve

    serve(config)
    return 0
