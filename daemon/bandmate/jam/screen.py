"""The screen of `bandmate jam`: what the band plays, is about to play and might play, and keys to lead it."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import pairwise
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from bandmate.band.dials import checked, find_dial
from bandmate.jam.figures import Item, clock_items, dial_items, flowed, timing_items
from bandmate.jam.keys import KEYS
from bandmate.jam.lanes import chosen_role
from bandmate.jam.news import News
from bandmate.jam.stage import Stage
from bandmate.jam.widgets import Lines, Roll
from bandmate.take import Take
from bandmate_models.errors import BandmateError

FRAME = 1 / 8
"""Seconds between two pictures."""
KEY_LINES = ((36, 9), (28, 2), (0, 1))
"""From which height on the screen has room for how many lines of keys."""
TRADES = (0.0, 2.0, 4.0, 8.0)
MIDDLE = {1.0: 4.0, -1.0: 3.0}
"""Where a density or register begins that was the model's own, upwards and downwards."""
SETTLING = 0.5
"""Seconds for which a dial is taken to stand where it was turned to, whatever the band says."""
TAPS, TAP_PAUSE = 4, 2.0
"""Taps that a tempo is taken from, and seconds after which they begin anew."""
SLOWEST, FASTEST = 20.0, 400.0


class Jam(App[None]):
    """Shows a stage and what is said of it, and leads it, until it is quit; the stage is not closed."""

    CSS = """
    Screen { background: rgb(16,16,18); color: rgb(215,215,215); layout: vertical; }
    Lines { height: auto; padding: 0 1; }
    Roll { height: 1fr; }
    #news { color: rgb(240,200,90); min-height: 1; }
    #keys { color: rgb(120,120,128); }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(name, key.does[min(index, len(key.does) - 1)], key.word, priority=True)
        for key in KEYS
        for index, name in enumerate(key.names)
    ]

    def __init__(self, stage: Stage, news: News, frame: float = FRAME) -> None:
        super().__init__()
        self._news = news
        self._stage = stage
        self._frame = frame
        self._status = stage.status()
        self._chosen = 0  # the number of the part that is turned; 0: everybody
        self._solo_next = self._all_keys = False
        self._said = "space plays; ? tells all keys"
        self._keeping: list[Future[Take]] = []
        self._taps: list[float] = []
        self._lines = {name: Lines(id=name) for name in ("clock", "dials", "timing", "news", "keys")}
        self._roll = Roll()
        self._asked: dict[str, tuple[float, float]] = {}  # dial -> value that was asked for, and when

    def compose(self) -> ComposeResult:
        yield from (self._lines["clock"], self._lines["dials"])
        yield self._roll
        yield from (self._lines["timing"], self._lines["news"], self._lines["keys"])

    def on_mount(self) -> None:
        self.show()
        self.set_interval(self._frame, self.show)

    def show(self) -> None:
        """Draws the band as it is now."""
        self._status = status = self._stage.status()
        for sentence in self._news.read():
            self._said = sentence
        self._hear_of_takes()
        width = self.size.width - 2
        chosen = chosen_role(status, self._chosen)
        texts = {
            "clock": flowed(clock_items(status, time.perf_counter()), width),
            "dials": flowed(dial_items(status, chosen), width),
            "timing": flowed(timing_items(status), width),
            "news": [[Item(self._said)]],
            "keys": self._key_lines(width),
        }
        for name, lines in texts.items():
            self._lines[name].show(lines)
        self._roll.show(status, self._chosen)

    def _key_lines(self, width: int) -> list[list[Item]]:
        if self._all_keys:
            return [[Item(f"{key.shown:>8}  {key.doc}"[:width])] for key in KEYS]
        lines = flowed([Item(f"{key.shown} {key.word}") for key in KEYS], width)
        return lines[: next(most for height, most in KEY_LINES if self.size.height >= height)]

    def _hear_of_takes(self) -> None:
        for future in [future for future in self._keeping if future.done()]:
            self._keeping.remove(future)
            error = future.exception()
            take = None if error is not None else future.result()
            self._said = f"kept {take.summary()}: take {take.id}" if take is not None else str(error)

    # Keys

    def action_switch(self, name: str) -> None:
        self._turn(name, 0.0 if self._dial(name) >= 0.5 else 1.0)

    def action_cue(self, name: str) -> None:
        self._said = name.replace("_", " ")
        self._turn(name, 1.0)

    def action_mute(self, part: int) -> None:
        """Mutes a part, or lets it play solo where that key came before."""
        what, self._solo_next = ("solo" if self._solo_next else "mute"), False
        self._flip(part, what)

    def action_solo(self, part: int) -> None:
        self._flip(part, "solo")

    def action_solo_next(self) -> None:
        self._solo_next = True
        self._said = "solo: which part? (1-6)"

    def action_choose(self, step: int) -> None:
        self._chosen = (self._chosen + step) % (len(self._status.roles) + 1)
        role = chosen_role(self._status, self._chosen)
        self._said = f"density, register and level are those of the {role}" if role else "of every part"

    def action_more(self, name: str, step: float) -> None:
        if name in ("energy", "swing"):
            self._turn(name, round(self._dial(name) + step, 3))
            return
        for role in self._turned():
            value = self._dial(f"{role}.{name}")
            own = name != "level" and value < 0
            self._turn(f"{role}.{name}", MIDDLE[step] if own else round(value + step, 3))

    def action_own(self) -> None:
        for role in self._turned():
            for name in ("density", "register"):
                self._turn(f"{role}.{name}", -1.0)

    def action_trade(self) -> None:
        now = self._dial("trade")
        bars = next((trade for trade in TRADES if trade > now), 0.0)
        self._turn("trade", bars)

    def action_keep(self, bars: int) -> None:
        self._attempt(lambda: self._keeping.append(self._stage.keep(bars)))

    def action_tempo(self, step: float) -> None:
        self._set_tempo(round(self._standing("tempo", self._status.clock.bpm)) + step)

    def action_tap(self) -> None:
        now = time.perf_counter()
        if self._taps and now - self._taps[-1] > TAP_PAUSE:
            self._taps = []
        self._taps = [*self._taps, now][-2 * TAPS :]
        if len(self._taps) >= TAPS:
            beat = statistics.mean(later - earlier for earlier, later in pairwise(self._taps))
            self._set_tempo(round(60.0 / beat, 1))

    def action_keys(self) -> None:
        self._all_keys = not self._all_keys

    def _turned(self) -> Iterable[str]:
        """Whose density, register and level is turned."""
        role = chosen_role(self._status, self._chosen)
        return self._status.roles if role is None else (role,)

    def _flip(self, part: int, what: str) -> None:
        if part < len(self._status.roles):
            name = f"{self._status.roles[part]}.{what}"
            self._turn(name, 0.0 if self._dial(name) >= 0.5 else 1.0)
        else:
            self._said = f"there is no part {part + 1}"

    def _dial(self, name: str) -> float:
        return self._standing(name, self._status.dials.get(name, find_dial(name)[0].usual))

    def _standing(self, name: str, seen: float) -> float:
        """Where a dial stands, or soon will: the band takes a moment to turn it."""
        value, since = self._asked.get(name, (seen, -math.inf))
        return value if time.perf_counter() - since < SETTLING else seen

    def _ask(self, name: str, value: float) -> float:
        self._asked[name] = (value, time.perf_counter())
        return value

    def _set_tempo(self, bpm: float) -> None:
        source = self._status.clock.source
        if source == "internal":
            asked = self._ask("tempo", min(max(bpm, SLOWEST), FASTEST))
            self._attempt(lambda: self._stage.tempo(asked))
        else:
            self._said = f"the {source} clock leads: set the tempo there"

    def _turn(self, name: str, value: float) -> None:
        asked = self._ask(name, checked(name, value))
        self._attempt(lambda: self._stage.turn(name, asked))

    def _attempt(self, work: Callable[[], None]) -> None:
        """What is refused is told."""
        try:
            work()
        except BandmateError as error:
            self._said = str(error)
