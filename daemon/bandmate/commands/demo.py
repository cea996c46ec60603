"""`bandmate demo`: the main job with nothing given."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "demo",
        help="hear what Bandmate does: three answers to an included phrase",
        description="Continue an included phrase of four bars three times: drawn, written as MIDI and WAV.",
    )
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("bandmate-demo"),
        metavar="FOLDER",
        help="default: %(default)s",
    )
    command.add_argument(
        "--seed", default="1", metavar="N", help="another seed, other answers; default: %(default)s"
    )
    add_settings(command, "audio", "mix", "lufs", "binaural", "soundfont", "weights", "precision", "threads")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.demo_phrase import BARS, demo_phrase
    from bandmate.producing import Producer
    from bandmate.tasks.studio import Request
    from bandmate_models.controls import Controls

    controls = Controls.parse({"bars": BARS, "takes": 3, "seed": options.seed})
    producer = Producer(config, console, keep=False)
    producer.produce(Request("continue", demo_phrase(), controls), "demo", options.output)
    console.line("The answers stand alone and after the phrase; drag the MIDI into your DAW, play the WAV.")
    console.line("Next: `bandmate continue YOUR.mid --bars 8`, or `bandmate serve` and play.")
    return 0 if producer.complete else 2
