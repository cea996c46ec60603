"""A band that plays the same four bars for ever, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from bandmate.band.dials import DIALS, checked
from bandmate.band.status import PLAYER, BandStatus, LiveNote, Timing
from bandmate.take import Take
from bandmate_bridge.messages import ClockState
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Role, Score

ROLES: tuple[Role, ...] = ("drums", "bass", "chords")
_BAR = {
    "drums": ((0.0, 36), (0.5, 42), (1.0, 38), (1.5, 42), (2.0, 36), (2.5, 42), (3.0, 38), (3.5, 46)),
    "bass": ((0.0, 38), (1.0, 41), (2.0, 45), (3.0, 48)),
    "chords": ((0.0, 62), (0.0, 65), (0.0, 69), (2.5, 60), (2.5, 64), (2.5, 67)),
    f"{PLAYER} 1": ((0.0, 74), (0.75, 77), (1.5, 76), (2.0, 72), (3.25, 69)),
}


def notes(first: float, last: float) -> list[LiveNote]:
    """What is played in the beats from `first` to `last`."""
    found = []
    for bar in range(int(first // 4), int(last // 4) + 1):
        for who, line in _BAR.items():
            for beat, pitch in line:
                start = 4.0 * bar + beat
                if first <= start < last:
                    found.append(LiveNote(who, start, 0.45 if who == "bass" else 0.9, pitch, 90))
    return found


class StandIn:
    """What was asked of it is in `turned`, `tempos` and `kept`."""

    def __init__(self, roles: tuple[Role, ...] = ROLES, source: str = "internal") -> None:
        self.dials = {dial.name: dial.usual for dial in DIALS if dial.scope == "band"}
        self.roles = roles
        self.clock = ClockState(False, source, 21.3, 0.0, 120.0, 4, 4, 20.0)  # type: ignore[arg-type]
        self.timing = Timing(0.9998, 1234, 0, 11.5, 31.25, 1.1, 0, 5)
        self.level = ""
        self.turned: list[tuple[str, float]] = []
        self.tempos: list[float] = []
        self.kept: list[int] = []
        self.closed = False

    def status(self) -> BandStatus:
        now, committed = self.clock.beat, self.clock.beat + 1.2
        played = [note for note in notes(now - 16, now + 4) if note.who in (*self.roles, f"{PLAYER} 1")]
        return BandStatus(
            "playing" if self.dials["play"] else "resting",
            self.clock,
            self.roles,
            dict(self.dials),
            "Dm7",
            tuple(note for note in played if note.start > now and not note.who.startswith(PLAYER)),
            committed,
            tuple(note for note in played if note.start <= now),
            self.timing,
            self.level,
            1,
        )

    def turn(self, name: str, value: float) -> None:
        self.dials[name] = checked(name, value)
        self.turned.append((name, value))

    def tempo(self, bpm: float) -> None:
        self.tempos.append(bpm)
        self.clock = self.clock._replace(bpm=bpm)

    def keep(self, bars: int) -> Future[Take]:
        self.kept.append(bars)
        future: Future[Take] = Future()
        if bars == 16:
            future.set_exception(BandmateError("nothing was played in the last 16 bars", "nothing_played"))
        else:
            score = Score((Part("bass", (Note(0.0, 1.0, 40, 90),)),))
            future.set_result(Take.create(score, task="jam", bars=bars))
        return future

    def close(self) -> Sequence[Take]:
        self.closed = True
        return ()
