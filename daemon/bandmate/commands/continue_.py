"""`bandmate continue IN.mid`: the bars that follow a phrase, drawn, written and sounded."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_controls, add_settings, asked_controls
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "continue",
        help="continue a phrase from a MIDI file",
        description="Continue a phrase: the answer starts on the bar line where the phrase ends, in its "
        "parts, tempo, metre and key. Every take is drawn, written as MIDI (alone, and after the phrase), "
        "sounded as WAV and kept in the library.",
    )
    command.add_argument("phrase", type=Path, metavar="IN.mid", help="standard MIDI file")
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("bandmate-takes"),
        metavar="FOLDER",
        help="default: %(default)s",
    )
    command.add_argument("--force", action="store_true", help="write over earlier takes of the same name")
    command.add_argument("--no-keep", action="store_true", help="do not keep the takes in the library")
    command.add_argument("--no-roll", action="store_true", help="do not draw the takes")
    add_controls(command)
    sound = ("audio", "soundfont", "watermark", "watermark_key")
    add_settings(command, *sound, "weights", "precision", "threads", "library")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.producing import Producer
    from bandmate_models.midi import read_midi

    controls = asked_controls(options, config.controls)
    phrase = read_midi(options.phrase)
    producer = Producer(config, console, keep=not options.no_keep, roll=not options.no_roll)
    producer.produce(phrase, controls, options.phrase.stem, options.output, force=options.force)
    return 0 if producer.complete else 2
