"""`bandmate watermark detect FILE`: whether a sound file carries a mark of ours, and which take's."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser("watermark", help="look for the mark that exported sound may carry")
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    detect = actions.add_parser(
        "detect",
        help="whether a sound file is marked, and by which take",
        description="Look for the inaudible mark of sound that was written with --watermark: also after MP3, "
        "resampling, a change of level, noise or a cut. Exit code 0: marked; 1: no mark found.",
    )
    detect.add_argument("file", type=Path, metavar="FILE", help="any sound file")
    add_settings(detect, "library", "watermark_key")
    detect.set_defaults(run=_detect)


def _detect(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.library import Library
    from bandmate_bridge.audio.watermark.detecting import THRESHOLD
    from bandmate_bridge.audio.watermark.files import number_of, search_file

    finding = search_file(options.file, config.watermark_key.encode())
    strength = f"{finding.score:.1f} standard deviations above chance"
    if not finding.found:
        console.line(f"{options.file}: no mark found ({strength}; {THRESHOLD:g} would be one)")
        return 1
    takes = [card for card in Library(config.library_folder).list() if number_of(card.id) == finding.number]
    whose = ", ".join(card.id for card in takes) or "of no take in this library"
    console.line(f"{options.file}: marked {finding.number:06x} ({strength}): {whose}")
    return 0
