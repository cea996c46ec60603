"""`bandmate separate FILE -o DIR`: what strikes apart from what rings; or a Demucs of the user's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "separate",
        help="take a recording apart: what strikes, and what rings",
        description="Write harmonic.wav and percussive.wav, whose sum is the recording: a split by median "
        "filters, which parts drums from held notes and knows nothing of instruments. With --demucs it is "
        "Demucs that separates, if you have installed it.",
    )
    command.add_argument("sound", type=Path, metavar="FILE", help="a sound file of any length")
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help='the new folder; default: "FILE separated"'
    )
    command.add_argument(
        "--demucs", nargs="?", const="htdemucs", metavar="MODEL", help="by Demucs; default: %(const)s"
    )
    command.add_argument("--weights", type=Path, metavar="DIR", help="folder of Demucs weights of your own")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.files import safe_stem
    from bandmate.new_folder import new_folder
    from bandmate_bridge.audio.listen.separate_file import demucs_file, split_file
    from bandmate_models.errors import BandmateError

    if options.weights is not None and options.demucs is None:
        raise BandmateError("--weights is for --demucs: give both", "bad_value")
    folder: Path = options.output or Path(f"{safe_stem(options.sound.stem)} separated")
    progress = console.progress("separating")
    try:
        with new_folder(folder) as working:
            if options.demucs is not None:
                files = demucs_file(options.sound, working, options.demucs, options.weights)
            else:
                files = split_file(options.sound, working, progress)
            progress.clear()
    except FileExistsError as error:
        raise BandmateError(f"{folder} is there already; give another with -o", "bad_path") from error
    except OSError as error:
        sentence = f"cannot write to {folder}: {error.strerror or error}"
        raise BandmateError(sentence, "bad_path") from error
    for file in files:
        console.line(str(folder / file.name))
    return 0
