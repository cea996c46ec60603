"""`bandmate picture TAKE|FILE`: music as a piano roll, sound as a waveform or spectrogram; SVG or PNG."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console

if TYPE_CHECKING:
    from bandmate.pictures.drawing import Drawing

KINDS = ("roll", "waveform", "spectrogram")
_SUFFIXES = (".svg", ".png")


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "picture",
        help="a take or a sound file as a picture",
        description="Draw a take, a MIDI file or a sound file; music is sounded where that is needed.",
    )
    command.add_argument(
        "music", metavar="TAKE|FILE", help='a take\'s id, a beginning or end of it, "last", MIDI, or sound'
    )
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help='.svg or .png; default: "TITLE KIND.svg" here'
    )
    command.add_argument(
        "--kind", metavar="KIND", help=f"{', '.join(KINDS)}; default: roll, of sound waveform"
    )
    command.add_argument("--phrase", action="store_true", help="the take in its place with its phrase")
    command.add_argument("--force", action="store_true", help="write over a file of that name")
    add_settings(command, "library", "soundfont")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.files import safe_stem
    from bandmate.pictures.writing import write_picture
    from bandmate_bridge.audio.listen.sound_file import is_sound
    from bandmate_models.errors import BandmateError

    kind = options.kind or ("waveform" if is_sound(Path(options.music)) else "roll")
    if kind not in KINDS:
        raise BandmateError(f"--kind is {', '.join(KINDS)}, not {kind!r}", "bad_value")
    output: Path | None = options.output
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise BandmateError(
            f"a picture's name ends in {' or '.join(_SUFFIXES)}, not {output.name!r}", "bad_value"
        )
    title, made_by, drawing = _drawn(options.music, kind, config, options.phrase)
    target = output or Path(f"{safe_stem(title)} {kind}.svg")
    console.line(str(write_picture(drawing, target, made_by, force=options.force)))
    return 0


def _drawn(name: str, kind: str, config: Config, with_phrase: bool) -> tuple[str, str, Drawing]:
    """Title, where it is from in a sentence, and the picture."""
    import numpy as np

    from bandmate.named_music import music_named
    from bandmate.pictures.roll import draw_roll
    from bandmate.pictures.sound import draw_spectrogram, draw_waveform
    from bandmate_bridge.audio.listen.sound_file import is_sound, read_stereo
    from bandmate_bridge.audio.render import PEAK, SAMPLE_RATE, render
    from bandmate_bridge.audio.signal import peak
    from bandmate_models.errors import BandmateError

    draw = draw_waveform if kind == "waveform" else draw_spectrogram
    if is_sound(Path(name)):
        if kind == "roll":
            raise BandmateError(f"{name} is sound; a roll is drawn of a take or a MIDI file", "bad_value")
        recording = read_stereo(Path(name), SAMPLE_RATE)
        return Path(name).stem, "", draw(recording.audio, recording.rate, Path(name).name)
    music = music_named(name, config, with_phrase=with_phrase)
    if kind == "roll":
        drawing = draw_roll(music.score, music.title, beats=music.beats)
    else:
        music.require_notes()
        sound = render(music.score, config.soundfont)
        drawing = draw(sound * np.float32(PEAK / max(peak(sound), 1e-9)), SAMPLE_RATE, music.title)
    return music.title, music.provenance.sentence, drawing
