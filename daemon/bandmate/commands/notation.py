"""`bandmate notation TAKE|FILE.mid`: sheet music, as MusicXML, SVG pages or PDF."""

from __future__ import annotations

import argparse
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console

_SUFFIXES = (".musicxml", ".xml", ".svg", ".pdf")


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "notation",
        help="a take as sheet music",
        description="Write a take or a MIDI file down as MusicXML, which notation programs open; as SVG "
        "pages or PDF where the extra `notation` is installed.",
    )
    command.add_argument(
        "music",
        metavar="TAKE|FILE.mid",
        help='a take\'s id, a beginning or end of it, "last", or MIDI',
    )
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help=f"{', '.join(_SUFFIXES)}; default: TITLE.musicxml"
    )
    command.add_argument("--phrase", action="store_true", help="the take in its place with its phrase")
    command.add_argument("--force", action="store_true", help="write over files of that name")
    add_settings(command, "library")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.files import safe_stem
    from bandmate.named_music import music_named
    from bandmate.notation.musicxml import musicxml_bytes
    from bandmate_models.errors import BandmateError

    output: Path | None = options.output
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise BandmateError(
            f"sheet music's name ends in {', '.join(_SUFFIXES)}, not {output.name!r}", "bad_value"
        )
    music = music_named(options.music, config, with_phrase=options.phrase)
    for notice in music.notices:
        console.warn(notice)
    target = output or Path(f"{safe_stem(music.title)}.musicxml")
    data = musicxml_bytes(music.score, music.title, music.provenance.sentence, beats=music.beats)
    for file in _written(data, target, options.force):
        console.line(str(file))
    return 0


def _written(musicxml: bytes, target: Path, force: bool) -> list[Path]:
    """The files; pages after the first are numbered. Raises BandmateError ("bad_path", "no_engraver")."""
    from bandmate.files import write_beside, write_durably
    from bandmate.notation.engraving import pdf_bytes, svg_pages
    from bandmate_models.errors import BandmateError

    files = {target: musicxml}
    if target.suffix.lower() == ".pdf":
        files = {target: pdf_bytes(svg_pages(musicxml))}
    elif target.suffix.lower() == ".svg":
        names = (target.with_name(f"{target.stem} {page}{target.suffix}" if page > 1 else target.name)
                 for page in range(1, 10_000))  # fmt: skip
        files = dict(zip(names, svg_pages(musicxml), strict=False))
    made = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            if force:
                write_durably(file, data)
            made.append(file if force else write_beside(file, data))
    except OSError as error:
        raise BandmateError(f"cannot write {target}: {error.strerror or error}", "bad_path") from error
    return made
