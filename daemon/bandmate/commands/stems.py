"""`bandmate stems TAKE|FILE.mid`: every part as sound and MIDI, a mix, and what a DAW needs to know."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "stems",
        help="every part of a take as sound and MIDI, for a DAW",
        description="Write each part of a take, or of a MIDI file, as a sound file and a MIDI file, with a "
        "mix and stems.json: tempo map, key, levels, where it is from. All sounds begin with bar 1 and are "
        "equally long. The folder appears when it is complete.",
    )
    command.add_argument(
        "music",
        metavar="TAKE|FILE.mid",
        help='a take\'s id, a beginning or end of it, "last", or a MIDI file',
    )
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help='the new folder; default: "TITLE stems"'
    )
    command.add_argument(
        "--format", default="wav", metavar="NAME", help="wav, flac, ogg or mp3; default: %(default)s"
    )
    command.add_argument("--bits", metavar="N", help="16 or 24, for WAV also 32f; default: 24")
    command.add_argument(
        "--rate", type=int, default=44_100, metavar="HZ", help="44100 or 48000; default: %(default)s"
    )
    command.add_argument(
        "--phrase", action="store_true", help="the take's phrase too, and the answer after it"
    )
    command.add_argument("--force", action="store_true", help="replace a folder that holds nothing but stems")
    add_settings(command, "mix", "lufs", "binaural", "soundfont", "library", "watermark", "watermark_key")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.files import safe_stem
    from bandmate.named_music import music_named
    from bandmate.stems.export import Wishes, export_stems

    sound = (options.format, options.bits, options.rate)
    wishes = Wishes(
        *sound, config.mix, config.soundfont, config.watermark_bytes, config.lufs, config.binaural
    )
    music = music_named(options.music, config, with_phrase=options.phrase)
    for notice in music.notices:
        console.warn(notice)
    folder = options.output or Path(f"{safe_stem(music.title)} stems")
    progress = console.progress("stems")
    try:
        made = export_stems(music, wishes, folder, force=options.force, progress=progress)
    finally:
        progress.clear()
    minutes, seconds = divmod(round(made.seconds), 60)
    turned = f", turned down by {-made.gain:.1f} dB" if made.gain < 0 else ""
    console.line(f"{len(music.score.parts)} parts of {minutes}:{seconds:02}{turned}")
    for name in made.files:
        console.line(f"  {folder / name}")
    return 0
