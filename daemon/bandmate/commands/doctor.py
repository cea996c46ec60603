"""`bandmate doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import argparse

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console

_STYLES = {"ok": "32", "warn": "33", "fail": "31"}


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "doctor",
        help="say what works on this machine",
        description="Check the model and its speed, MIDI, JACK, audio, the OSC port, the library and "
        "real-time priority. The exit code is 1 where Bandmate's main job cannot run, else 0.",
    )
    add_settings(
        command,
        "host",
        "osc_port",
        "library",
        "weights",
        "precision",
        "threads",
        "soundfont",
        "midi_in",
        "midi_out",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.doctor import examine

    worst = 0
    for finding in examine(config):
        level = console.paint(f"{finding.level:<4}", _STYLES[finding.level])
        console.line(f"{level}  {finding.about:<10}  {finding.says}")
        if finding.advice:
            console.line(f"{'':18}-> {finding.advice}")
        worst = max(worst, int(finding.level == "fail"))
        console.out.flush()
    return worst
