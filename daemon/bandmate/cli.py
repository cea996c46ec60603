"""The command line: `bandmate COMMAND`. A user's mistake is one line on stderr and exit code 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from bandmate import __version__
from bandmate.config import load_config
from bandmate.console import Console
from bandmate_models.errors import BandmateError

COMMANDS = (
    "tasks",
    "serve",
    "jam",
    "takes",
    "stems",
    "picture",
    "notation",
    "transcribe",
    "separate",
    "models",
    "ports",
    "map",
    "service",
    "doctor",
    "watermark",
    "bench",
    "evaluate",
    "demo",
)

_EPILOG = """Settings come from a file (--config, BANDMATE_CONFIG), BANDMATE_* in the environment, and flags.
`bandmate COMMAND --help` tells more; begin with `bandmate demo`."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"bandmate: {message}; see `{self.prog} --help`\n")


def parser() -> Parser:
    """All commands. Each module of `commands` adds its own, whose `run(options, config, console)` does it."""
    top = Parser(
        prog="bandmate",
        description="A bandmate that lives in your DAW: it continues, accompanies and varies what you play.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"bandmate {__version__}")
    top.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"bandmate.commands.{name}").add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        options = parser().parse_args(arguments)
        settings = getattr(options, "settings", ())
        flags = {name: getattr(options, name) for name in settings}
        config = load_config(options.config, flags)
        code = int(options.run(options, config, Console()))
        sys.stdout.flush()
    except BandmateError as error:
        Console().warn(str(error))
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; exit in peace
        return 141
    return code
