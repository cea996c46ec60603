"""`bandmate ports`: the MIDI ports of this machine."""

from __future__ import annotations

import argparse

from bandmate.commands.flags import Commands
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser("ports", help="list the MIDI ports of this machine")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate_bridge.messages import Configure
    from bandmate_bridge.ports import Ports
    from bandmate_models.errors import BandmateError

    ports = Ports(Configure(inputs=(), outputs=()), lambda time, data: None, lambda: None)
    ports.open()
    try:
        if ports.backend == "none":
            raise BandmateError(ports.why_none, "no_midi")
        inputs, outputs = ports.listing()
        console.line(f"MIDI by {ports.backend}")
        for title, names in (("to listen to", inputs), ("to play to", outputs)):
            console.line(f"{title}:")
            for name in names or ("(none)",):
                console.line(f"  {name}")
    finally:
        ports.close()
    return 0
