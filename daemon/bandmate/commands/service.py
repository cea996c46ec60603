"""`bandmate service`: the daemon from login on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import SETTINGS, Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser("service", help="run the daemon from login on")
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)

    install = actions.add_parser(
        "install",
        help="start the daemon now and at every login",
        description="Let this system start `bandmate serve` at login, and start it now. Settings that are "
        "given here, or in BANDMATE_* of the environment, are written into the service.",
    )
    _add_dry_run(install)
    add_settings(install, *SETTINGS)
    install.set_defaults(run=_install)

    remove = actions.add_parser("remove", help="stop it, and start it no more")
    _add_dry_run(remove)
    remove.set_defaults(run=_remove)

    status = actions.add_parser(
        "status",
        help="say whether it is installed, and whether the daemon answers",
        description="Say whether the service is installed and whether its daemon answers. The exit code is 1 "
        "where either is not so.",
    )
    status.set_defaults(run=_status)


def _add_dry_run(action: argparse.ArgumentParser) -> None:
    action.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")


def _install(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.service.manager import manager
    from bandmate.service.service import Service

    system, arguments = manager(), serve_arguments(options, config)
    service = Service(system)
    if options.dry_run:
        description, commands = service.plan(arguments)
        console.line(f"# {system.file}")
        console.line(system.readable(description))
        for command in commands:
            console.line(" ".join(command))
        return 0
    console.line(f"starting {system.name} ...")
    console.out.flush()
    news = "installed" if service.install(arguments) else "installed already"
    console.line(f"{news}: the daemon answers, and starts at every login ({system.file})")
    return 0


def _remove(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.service.manager import manager
    from bandmate.service.service import Service

    system = manager()
    if options.dry_run:
        for command in system.stopping:
            console.line(" ".join(command))
        console.line(f"# remove {system.file}")
        return 0
    removed = Service(system).remove()
    console.line(f"removed {system.name}" if removed else "nothing is installed")
    return 0


def _status(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.service.manager import manager
    from bandmate.service.service import Service

    system = manager()
    status = Service(system).status()
    if status.owner == "nobody":
        console.line("not installed; `bandmate service install` does it")
    elif status.owner == "another":
        console.line(f"{system.name} is there, but was not made by `bandmate service install`")
    else:
        console.line(f"installed: {system.file}")
    if status.owner == "us" and not status.known:
        console.line("the system does not know it: install it again")
    if status.address is not None:
        says = "answers" if status.answering else f"does not answer; see {system.log}"
        console.line(f"the daemon on {status.address[0]} port {status.address[1]} {says}")
    return 0 if status.answering else 1


def serve_arguments(
    options: argparse.Namespace, config: Config, environ: Mapping[str, str] = os.environ
) -> list[str]:
    """`bandmate serve` with the settings that were given, as flags or in the environment; paths absolute."""
    file = options.config or (Path(environ["BANDMATE_CONFIG"]) if environ.get("BANDMATE_CONFIG") else None)
    arguments = ["--config", str(file.expanduser().absolute())] if file is not None else []
    arguments.append("serve")
    for name in SETTINGS:
        if getattr(options, name) is None and f"BANDMATE_{name.upper()}" not in environ:
            continue
        value, flag = getattr(config, name), name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{flag}" if value else f"--no-{flag}")
        elif value is not None:
            arguments += [f"--{flag}", str(value.absolute() if isinstance(value, Path) else value)]
    return arguments
