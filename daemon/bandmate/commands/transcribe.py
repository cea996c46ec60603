"""`bandmate transcribe FILE`: the notes of a recording as MIDI, with its tempo, bars, key and chords."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "transcribe",
        help="write down a recording: notes, tempo, bars, key and chords",
        description="Hear the notes of a hummed, played or recorded phrase and write them as MIDI, in the "
        "tempo, metre and key of the recording. Needs `bandmate models add basic-pitch`, once.",
    )
    command.add_argument("sound", type=Path, metavar="FILE", help="a sound file of at most ten minutes")
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE.mid", help="default: FILE.mid in this folder"
    )
    command.add_argument("--no-roll", action="store_true", help="do not draw the notes")
    add_settings(command, "threads")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.files import safe_stem, write_beside
    from bandmate.phrase_file import read_recording
    from bandmate.pianoroll import draw
    from bandmate_models.errors import BandmateError
    from bandmate_models.midi import midi_bytes

    phrase = read_recording(options.sound, threads=config.threads)
    for notice in phrase.notices:
        console.warn(notice)
    output: Path = options.output or Path(f"{safe_stem(options.sound.stem)}.mid")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        written = write_beside(output, midi_bytes(phrase.score))
    except OSError as error:
        sentence = f"cannot write to {output}: {error.strerror or error}"
        raise BandmateError(sentence, "bad_path") from error
    for line in phrase.lines():
        console.line(line)
    if not options.no_roll:
        console.line()
        draw(phrase.score, console, sum(1 for _ in phrase.score.bars()))
    console.line(f"  {written}")
    return 0
