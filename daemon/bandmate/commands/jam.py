"""`bandmate jam`: play with the live band, on a screen or a line a bar."""

from __future__ import annotations

import argparse
import gc
import math
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console
from bandmate.folders import data_folder
from bandmate.jam.news import News
from bandmate.library import Library
from bandmate_models.errors import BandmateError

if TYPE_CHECKING:
    from bandmate.jam.screen import Jam
    from bandmate.jam.stage import Stage
    from bandmate.take import Take

_SETTINGS = (
    "roles",
    "genre",
    "key",
    "tempo",
    "metre",
    "mood",
    "swing",
    "programs",
    "seed",
    "clock",
    "clock_out",
    "count_in",
    "midi_in",
    "midi_out",
    "thru",
    "band_ports",
    "monitor",
    "monitor_device",
    "audio_block",
    "listen",
    "listen_device",
    "listen_latency",
    "soundfont",
    "osc_port",
    "library",
    "weights",
    "precision",
    "threads",
)


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "jam",
        help="play with a live band, on a screen",
        description="Play, and a band plays along: a screen shows what it plays and plans, keys lead it. "
        "The whole session becomes a take.",
    )
    command.add_argument("--headless", action="store_true", help="no screen: play at once, a line a bar")
    command.add_argument("--minutes", type=float, metavar="N", help="headless: how long; unset: until Ctrl-C")
    add_settings(command, *_SETTINGS)
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    minutes = math.inf if options.minutes is None else float(options.minutes)
    if not options.headless and options.minutes is not None:
        raise BandmateError("--minutes goes with --headless; a screen is left with q", "bad_value")
    if not minutes > 0:
        raise BandmateError(f"--minutes must be above 0, not {minutes:g}", "bad_value")
    takes = _headless(config, console, minutes * 60.0) if options.headless else _on_screen(config, console)
    library = Library(config.library_folder)
    for take in takes:
        console.line(take.summary())
        console.line(f"take {take.id}: {library.file(take.id)}")
    if not takes:
        console.line("nothing was played, so nothing is kept")
    return 0


def _headless(config: Config, console: Console, seconds: float) -> Sequence[Take]:
    """Until the time is over or a signal comes."""
    from bandmate.jam.headless import play

    ending, news = threading.Event(), News()
    _at_signals(ending.set, "SIGINT", "SIGTERM", "SIGHUP")
    stage = _open(config, news)
    try:
        play(stage, news, console, seconds, ending.wait)
    finally:
        takes = stage.close()
    return takes


def _on_screen(config: Config, console: Console) -> Sequence[Take]:
    """Until it is quit. Raises BandmateError ("no_terminal") where there is nothing to show a screen on."""
    if not (sys.stdin.isatty() and console.out.isatty() and console.unicode):
        raise BandmateError("the screen needs a terminal; without one use --headless", "no_terminal")
    from bandmate.jam.screen import Jam
    from bandmate.jam.terminal import private_terminal

    news = News()
    with private_terminal(data_folder() / "jam.log"):
        stage = _open(config, news)
        try:
            _show(Jam(stage, news), stage)
        finally:
            takes = stage.close()
    return takes


def _show(jam: Jam, stage: Stage) -> None:
    """Until the screen is left, whichever way."""
    from bandmate.jam.terminal import Guard

    guard = Guard(jam.exit, stage.close)
    _at_signals(guard.asked.set, "SIGTERM", "SIGHUP")
    guard.start()
    try:
        jam.run()
    finally:
        guard.left.set()


def _at_signals(work: Callable[[], None], *names: str) -> None:
    """Does `work` where a signal would end the program, so that the session is kept."""
    for name in names:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: work())


def _open(config: Config, news: News) -> Stage:
    """The band, ready to play. Raises BandmateError."""
    from bandmate.band.stage import open_stage
    from bandmate.server import SWITCH_INTERVAL

    sys.setswitchinterval(SWITCH_INTERVAL)
    stage = open_stage(config, news.say)
    gc.collect()
    gc.freeze()
    for port in stage.ready.ports:
        if not port.open:
            news.say(f"MIDI {port.direction} {port.name} is closed: {port.detail}")
    return stage
