"""Controllers and keys in, turns of the live band's dials out. Logic alone: no ports, no files, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bandmate.band.bindings import CHANNEL_MODE, WHOLE, Binding, Mode, Source, binding, bound
from bandmate.band.dials import checked, find_dial
from bandmate_bridge.messages import ControlHeard, FromConductor, NoteHeard

Turn = tuple[str, float]

PENDING = 0.25
"""Seconds for which what was turned here is believed before the dial is asked: turning takes a moment."""
DETENTS = 64
"""Clicks of an encoder from one end of a dial to the other."""
NOTICED = 8
"""Steps of 127 that a knob has to move to be learnt, so that one that trembles is not."""
CLICKS = 4
"""Messages that an encoder sends until it is known as one."""
LEARNING = 30.0
"""Seconds after which a dial that was to be learnt is forgotten."""

_PAIRED = frozenset({0, 32, 6, 38, 96, 97, 98, 99, 100, 101})
"""Bank select and (N)RPNs, which belong to other messages: never learnt."""
_PEDALS = frozenset({64, 66, 67})
"""What a player's feet do anyway: never learnt, but bound where it is asked for."""


class ControlMap:
    """Hears everything that the players do, and says which dials it turns.

    `stands` tells where a dial stands now; without it, where it was turned to here. `learnt` is told each
    binding that came by learning.
    """

    def __init__(
        self,
        bindings: Iterable[Binding] = (),
        stands: Callable[[str], float] | None = None,
        learnt: Callable[[Binding], None] | None = None,
    ) -> None:
        self.bindings = tuple(bindings)
        self._stands = stands
        self.learnt = learnt
        self._knobs: dict[Binding, float] = {}  # where an absolute control stands, as a value of its dial
        self._pressed: set[Binding] = set()
        self._turned: dict[str, tuple[float, float]] = {}  # value, and when
        self._lesson: _Lesson | None = None

    @property
    def learning(self) -> str | None:
        """The dial that waits for a control."""
        return self._lesson.dial if self._lesson is not None else None

    def learn(self, dial: str | None, time: float | None = None) -> None:
        """Binds the next control that is moved to a dial; None: not after all.

        A dial of a range takes a controller, a switch or cue a controller or a key. With `time` (seconds, as
        in messages) it is forgotten LEARNING seconds later. Raises BandmateError("bad_value").
        """
        if dial is not None:
            find_dial(dial)
        self._lesson = _Lesson(dial, time) if dial is not None else None

    def claims(self, message: FromConductor) -> bool:
        """Whether a message is a control's, so that it is no music."""
        if not isinstance(message, (ControlHeard, NoteHeard)):
            return False
        source = Source.of(message)
        return any(b.source.meets(source) for b in self.bindings)

    def hear(self, message: ControlHeard | NoteHeard) -> list[Turn]:
        """The dials that a message turns, each with its new value, in its range."""
        if isinstance(message, ControlHeard) and message.number >= CHANNEL_MODE:
            return []
        lesson = self._lesson
        if lesson is not None:
            if lesson.over(message.time):
                self._lesson = None
            elif (new := lesson.hear(message)) is not None:
                self._lesson = None
                self.bindings = bound(self.bindings, new)
                if self.learnt is not None:
                    self.learnt(new)
                return []
        source = Source.of(message)
        raw = message.value if isinstance(message, ControlHeard) else (127 if message.velocity else 0)
        turns: list[Turn] = []
        for of in self.bindings:
            if of.source.meets(source):
                value = self._value(of, raw, message.time)
                if value is not None:
                    exact = checked(of.dial, value)
                    self._turned[of.dial] = (exact, message.time)
                    turns.append((of.dial, self._said(of.dial, exact)))
        return turns

    def _value(self, of: Binding, raw: int, time: float) -> float | None:
        """Where a binding turns its dial to; None: nowhere."""
        if of.mode in ("pickup", "jump"):
            return self._absolute(of, raw, time)
        if of.mode in _CLICKS:
            by = _CLICKS[of.mode](raw) * (of.high - of.low) / DETENTS
            return _moved(self._at(of.dial, time), by, of)
        down = raw >= 64
        if of.mode == "level":
            return of.high if down else of.low
        if down == (of in self._pressed):
            return None
        if not down:
            self._pressed.discard(of)
            return of.low if of.mode == "hold" else None
        self._pressed.add(of)
        if of.mode == "toggle":
            middle = (of.low + of.high) / 2
            up = (self._at(of.dial, time) > middle) == (of.high > of.low)
            return of.low if up else of.high
        return of.high

    def _absolute(self, of: Binding, raw: int, time: float) -> float | None:
        """A knob's value, once it has the dial in its hand: it takes it where it meets or passes it."""
        new = of.low + (of.high - of.low) * raw / 127
        last = self._knobs.get(of)
        self._knobs[of] = new
        if of.mode == "jump":
            return new
        stands = min(max(self._at(of.dial, time), min(of.low, of.high)), max(of.low, of.high))
        near = abs(of.high - of.low) / 127 * 1.01
        if _is_whole(of.dial):
            near = max(near, 0.5)
        reach = (new, new if last is None else last)
        return new if min(reach) - near <= stands <= max(reach) + near else None

    def _at(self, dial: str, time: float) -> float:
        """Where a dial stands, unrounded where it was turned here."""
        found, _ = find_dial(dial)
        turned = self._turned.get(dial)
        if self._stands is None:
            return turned[0] if turned is not None else found.usual
        if turned is not None and time - turned[1] < PENDING:
            return turned[0]
        stands = self._stands(dial)
        return turned[0] if turned is not None and self._said(dial, turned[0]) == stands else stands

    def _said(self, dial: str, value: float) -> float:
        return float(round(value)) if _is_whole(dial) else value


class _Lesson:
    """Listens for the control that is moved: a knob by some way, a button or key by its press."""

    def __init__(self, dial: str, since: float | None) -> None:
        self.dial = dial
        self._since = since
        self._is_range = find_dial(dial)[0].kind == "range"
        self._heard: dict[Source, list[int]] = {}

    def over(self, time: float) -> bool:
        return self._since is not None and time - self._since > LEARNING

    def hear(self, message: ControlHeard | NoteHeard) -> Binding | None:
        source = Source.of(message)
        if isinstance(message, NoteHeard):
            return None if self._is_range or not message.velocity else binding(self.dial, source)
        if message.number in _PAIRED or message.number in _PEDALS:
            return None
        if not self._is_range:
            return binding(self.dial, source) if message.value >= 64 else None
        values = self._heard.setdefault(source, [])
        values.append(message.value)
        clicks = _clicking(values)
        if not clicks and max(values) - min(values) >= NOTICED:
            return binding(self.dial, source)
        if len(clicks) == 1 and len(values) >= CLICKS:
            return binding(self.dial, source, clicks[0])
        return None


def _clicking(values: Sequence[int]) -> list[Mode]:
    """The ways in which an encoder may have sent these values; none where a knob did: it repeats nothing."""
    if 1 < len(values) == len(set(values)):
        return []
    return [mode for mode, small in _SMALL.items() if small.issuperset(values)]


def _moved(stands: float, by: float, of: Binding) -> float:
    """A dial moved within its binding's range; from outside of it, it may come back, and goes no further."""
    if by > 0:
        return min(stands + by, max(of.low, of.high, stands))
    return max(stands + by, min(of.low, of.high, stands))


def _is_whole(dial: str) -> bool:
    return dial.rpartition(".")[2] in WHOLE


def _relative(raw: int) -> int:
    """Two's complement (127 is one back) or, up to 16 clicks at once, a sign in bit 6 (65 is one back)."""
    if raw <= 64:
        return raw % 64
    return 64 - raw if raw <= 80 else raw - 128


def _offset(raw: int) -> int:
    return raw - 64


_CLICKS: dict[Mode, Callable[[int], int]] = {"relative": _relative, "offset": _offset}
"""How many clicks a value of an encoder means."""
_SMALL: dict[Mode, frozenset[int]] = {
    mode: frozenset(raw for raw in range(128) if 0 < abs(clicks(raw)) <= 4)
    for mode, clicks in _CLICKS.items()
}
