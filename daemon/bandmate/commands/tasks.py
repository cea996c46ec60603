"""The commands that make music: `bandmate continue IN.mid`, `bandmate generate` and their like."""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bandmate.commands.flags import Commands, add_controls, add_settings, asked_controls
from bandmate.config import Config
from bandmate.console import Console
from bandmate_models.errors import BandmateError

_SPAN = re.compile(r"\s*(\d{1,4})\s*(?:[-–]\s*(\d{1,4}))?\s*")


class _Task(NamedTuple):
    """A command: what it says of itself, and the music that it is given."""

    help: str
    about: str
    files: tuple[str, ...] = ("IN.mid",)
    flags: tuple[str, ...] = ()
    title: str = "{phrase} {task}"


_TASKS: dict[str, _Task] = {
    "continue": _Task(
        "continue a phrase",
        "Continue a phrase: the answer starts on the bar line where the phrase ends, in its parts, tempo, "
        "metre and key.",
        title="{phrase}",
    ),
    "generate": _Task(
        "make music from nothing but wishes",
        "Make so many bars from nothing: parts, style, key, chords and form are what the flags ask for. "
        "Without roles melody, chords, bass and drums play.",
        files=(),
        title="generated",
    ),
    "accompany": _Task(
        "write parts to play with a phrase",
        "Write new parts to a phrase, bar for bar: the roles asked for, or those of chords, bass and drums "
        "that it lacks.",
    ),
    "harmonise": _Task("put chords under a melody", "Write chords to a melody, bar for bar."),
    "drumify": _Task(
        "put drums to a phrase",
        "Write drums to a phrase, bar for bar. Drums that the phrase has give way to them.",
    ),
    "infill": _Task(
        "write some bars of a phrase anew",
        "Write bars of a phrase anew, from what stands before and after them, in all parts or in the roles "
        "asked for.",
        flags=("span",),
    ),
    "vary": _Task(
        "play a phrase otherwise",
        "Play a phrase otherwise: --creativity says how far from it, 0 to 1.",
    ),
    "humanise": _Task(
        "play stiff notes as a person would",
        "Give the notes of a phrase the timing and velocities of a player; pitches and rhythm stay.",
    ),
    "interpolate": _Task(
        "lead from one phrase to another",
        "Write the bars that lead from one phrase to another, in the first one's tempo and metre.",
        files=("A.mid", "B.mid"),
        title="{phrase} to {other}",
    ),
    "restyle": _Task(
        "keep melody and chords, change the groove",
        "Write a new band around the melody of a phrase: its chords are kept, the groove is that of --genre "
        "and the other wishes, or of an example.",
        flags=("like",),
    ),
}
_DESTINATIONS = ("phrase", "other")


def add(commands: Commands) -> None:
    for name, task in _TASKS.items():
        command = commands.add_parser(
            name,
            help=task.help,
            description=f"{task.about} Every take is drawn, written as MIDI (alone, and in its place), "
            "sounded as WAV and kept in the library.",
        )
        for destination, file in zip(_DESTINATIONS, task.files, strict=False):
            command.add_argument(
                destination,
                type=Path,
                metavar=file,
                help="MIDI file, Ableton Live set, or sound that is listened to",
            )
        if task.files:
            command.add_argument("--scene", metavar="N", help="of a Live set: a scene, by its number or name")
            command.add_argument("--track", metavar="NAME", help="of a Live set: this MIDI track alone")
        if "span" in task.flags:
            command.add_argument(
                "--span", required=True, metavar="BARS", help="bars to write, counted from 1, like 5-8 or 3"
            )
        if "like" in task.flags:
            command.add_argument(
                "--like", dest="other", type=Path, metavar="STYLE.mid", help="example of the style"
            )
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
        sound = ("audio", "mix", "lufs", "binaural", "soundfont", "watermark", "watermark_key")
        add_settings(command, *sound, "weights", "precision", "threads", "library")
        command.set_defaults(run=partial(run, name))


def run(name: str, options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.phrase_file import read_phrase
    from bandmate.producing import Producer
    from bandmate.tasks.studio import Request

    controls = asked_controls(options, config.controls, console)
    span = span_of(options.span) if "span" in options else None
    files = {place: getattr(options, place, None) for place in _DESTINATIONS}
    music = {
        place: read_phrase(
            file,
            threads=config.threads,
            scene=options.scene if place == "phrase" else None,
            track=options.track if place == "phrase" else None,
        )
        for place, file in files.items()
        if file is not None
    }
    for file in music.values():
        for notice in file.notices:
            console.warn(notice)
    scores = {place: file.score for place, file in music.items()}
    request = Request(name, scores.get("phrase"), controls, scores.get("other"), span)
    stems = {place: file.stem for place, file in files.items() if file is not None}
    title = _TASKS[name].title.format(task=name, **stems)
    producer = Producer(config, console, keep=not options.no_keep, roll=not options.no_roll)
    backing = music["phrase"].backing if "phrase" in music else None
    producer.produce(request, title, options.output, force=options.force, backing=backing)
    return 0 if producer.complete else 2


def span_of(text: str) -> tuple[int, int]:
    """Bars as people count them, "5-8" or "5", as numbers from 0, the last left out.

    Raises BandmateError ("bad_value").
    """
    match = _SPAN.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise BandmateError(
            f"span {text!r} is no run of bars; write it like 5-8, counted from 1", "bad_value"
        )
    return first - 1, last
