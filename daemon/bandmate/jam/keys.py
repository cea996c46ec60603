"""The keys of the screen: one table for what they do, for the line that tells them, and for the page."""

from __future__ import annotations

from typing import NamedTuple

PARTS = 6
"""Parts that have a number of their own."""


class Key(NamedTuple):
    """Keys by Textual's names, what is written on them, what they do in a word and in a sentence.

    `does` is an action of the screen, with its arguments.
    """

    names: tuple[str, ...]
    shown: str
    word: str
    doc: str
    does: tuple[str, ...]


# fmt: off
KEYS: tuple[Key, ...] = (
    Key(("question_mark",), "?", "help", "all keys", ("keys",)),
    Key(("q", "ctrl+c"), "q", "quit", "stop, and keep the session as a take", ("quit", "quit")),
    Key(("space",), "space", "play", "the band plays, or stops at once", ("switch('play')",)),
    Key(("c",), "c", "count in", "clicks for a bar, then the band begins", ("cue('count_in')",)),
    Key(("f",), "f", "fill", "a fill in the last half of this bar", ("cue('fill')",)),
    Key(("e",), "e", "ending", "the band ends on the first beat of the bar after the next",
        ("cue('ending')",)),
    Key(("t",), "t", "stop-time", "hits on the first beat of each bar alone", ("switch('stop_time')",)),
    Key(tuple("123456"), "1-6", "mute", "mute the part of that number",
        tuple(f"mute({number})" for number in range(PARTS))),
    Key(tuple(f"f{n}" for n in range(1, PARTS + 1)), "F1-F6", "solo",
        "solo the part of that number; where the terminal keeps those keys: s, then the number",
        tuple(f"solo({number})" for number in range(PARTS))),
    Key(("s",), "s 1-6", "solo", "the number that follows means solo", ("solo_next",)),
    Key(("up", "down"), "↑ ↓", "part", "choose whose density, register and level are turned: one's, or all",
        ("choose(-1)", "choose(1)")),
    Key(("n", "N"), "n N", "energy", "more and less energy", ("more('energy', 0.1)", "more('energy', -0.1)")),
    Key(("d", "D"), "d D", "density", "more and fewer notes", ("more('density', 1)", "more('density', -1)")),
    Key(("r", "R"), "r R", "register", "higher and lower", ("more('register', 1)", "more('register', -1)")),
    Key(("v", "V"), "v V", "level", "louder and softer", ("more('level', 0.05)", "more('level', -0.05)")),
    Key(("w", "W"), "w W", "swing", "more and less swing", ("more('swing', 0.1)", "more('swing', -0.1)")),
    Key(("o",), "o", "own", "leave density and register to the model again", ("own",)),
    Key(("a",), "a", "trade", "player and band take turns: every 2, 4 or 8 bars, or not", ("trade",)),
    Key(("g",), "g", "follow", "the band rests where you do", ("switch('follow')",)),
    Key(("h",), "h", "chord lock", "pitched parts keep to the chords that you hold",
        ("switch('chord_lock')",)),
    Key(("j", "k", "l"), "j k l", "keep 4 8 16", "keep the last 4, 8 or 16 bars as a take",
        ("keep(4)", "keep(8)", "keep(16)")),
    Key(("plus", "minus"), "+ -", "tempo", "one beat a minute faster or slower", ("tempo(1)", "tempo(-1)")),
    Key(("b",), "b", "tap", "tap the tempo, four times or more", ("tap",)),
)
# fmt: on
