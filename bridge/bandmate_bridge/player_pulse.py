"""The player's beat, from the notes that are played: found once, then followed through its slow drift."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from bandmate_bridge.clock import Line
from bandmate_bridge.tempo import CHORD, FASTEST, SLOWEST, estimate_tempo

SURE = 0.8
"""Certainty from which an estimate is taken."""

REMEMBERED = 48
"""Onsets that a tempo is estimated from."""

STIFFNESS = 0.25
"""How quickly the player is followed: radians a beat of a critically damped loop of second order."""

LEVELS = ((1.0, 1.0, 0.0), (2.0, 0.6, 0.02), (4.0, 0.2, 0.06))
"""Onsets on beats, on eighths and on sixteenths: how many places there are in a beat, how far an onset there
is believed, and the beats by which it must be nearer than to the place before to be taken for one."""

LOOSE = 0.15
"""Beats from its place beyond which an onset says nothing: it is a grace note, or a triplet."""

LOOK_AGAIN = 8
"""Onsets after which the tempo is estimated anew, lest the loop holds on to a wrong one."""

OTHER = 0.04
"""Share of the tempo by which two estimates in a row have to differ from it for another one."""

BARS_FOR_DOWNBEAT = 2
FIRST_NOTE = 0.1
"""How much it counts for the first note that it is the first, as a share of all accents."""


class Onset(NamedTuple):
    """Notes that begin together: when, seconds; the lowest pitch; the highest velocity; how many."""

    time: float
    pitch: int
    velocity: int
    notes: int


class Lead(NamedTuple):
    """What follows from a note: `beat` is at `time`, at `bpm`, with a bar line at `bar` where that is found.

    `found` is whether this is the beginning of it: beats before then meant nothing.
    """

    beat: float
    time: float
    bpm: float
    found: bool = False
    bar: float | None = None


class PlayerPulse:
    """Hears note by note; the first onset is beat 0.

    Once the tempo is sure, each onset near a beat, an eighth or a sixteenth corrects phase and tempo a
    little, the more the stronger its place. That averages over expressive timing and follows a drift of a
    few per cent within some bars. Every few onsets the tempo is estimated anew, by itself, and taken where
    twice in a row it is another, as after a sudden change.
    """

    def __init__(self) -> None:
        self.bar_length = 4.0
        """Beats in a bar, of the metre that is set."""
        self._onsets: deque[Onset] = deque(maxlen=REMEMBERED)
        self._line: Line | None = None
        self._heard = 0
        self._suspected = 0.0
        self._has_downbeat = False

    def forget(self) -> None:
        """The player has stopped: the next note begins anew."""
        self._onsets.clear()
        self._line, self._heard, self._suspected, self._has_downbeat = None, 0, 0.0, False

    def hear(self, time: float, pitch: int, velocity: int, bpm: float) -> Lead | None:
        """A note that began at `time`; `bpm` is the tempo so far, near which the octave is chosen."""
        if self._onsets and time - self._onsets[-1].time <= CHORD:
            last = self._onsets[-1]
            self._onsets[-1] = Onset(
                last.time, min(last.pitch, pitch), max(last.velocity, velocity), last.notes + 1
            )
            return None
        self._onsets.append(Onset(time, pitch, velocity, 1))
        self._heard += 1
        return self._find(bpm) if self._line is None else self._follow(self._line, time)

    def _find(self, bpm: float) -> Lead | None:
        times = [onset.time for onset in self._onsets]
        pulse = estimate_tempo(times, min(max(bpm, SLOWEST), FASTEST))
        if pulse is None or pulse.certainty < SURE:
            return None
        line = Line(0.0, times[0], pulse.bpm / 60.0)
        off = [line.beat_at(time) - _nearest(line.beat_at(time)) for time in times]
        line = line._replace(beat=-sum(off) / len(off))
        self._line = line
        return Lead(line.beat_at(times[-1]), times[-1], pulse.bpm, True)

    def _follow(self, line: Line, time: float) -> Lead:
        beat = line.beat_at(time)
        place, believed = _place(beat)
        passed = min(2.0, max(0.0, beat - line.beat))
        off = believed * (beat - place)
        speed = line.speed * (1.0 - STIFFNESS**2 * passed * off)
        line = Line(beat - min(1.0, 2.0 * STIFFNESS * passed) * off, time, speed)
        if self._heard % LOOK_AGAIN == 0:
            line = self._look_again(line)
        self._line = line
        return Lead(line.beat, line.time, 60.0 * line.speed, bar=self._downbeat(line))

    def _look_again(self, line: Line) -> Line:
        bpm = 60.0 * line.speed
        recent = [onset.time for onset in self._onsets][-2 * LOOK_AGAIN :]
        pulse = estimate_tempo(recent, bpm)
        if pulse is None or pulse.certainty < SURE or abs(pulse.bpm / bpm - 1.0) < OTHER:
            self._suspected = 0.0
            return line
        suspected, self._suspected = self._suspected, pulse.bpm
        if abs(suspected / pulse.bpm - 1.0) >= OTHER:
            return line
        self._suspected = 0.0
        return Line(_nearest(line.beat), line.time, pulse.bpm / 60.0)

    def _downbeat(self, line: Line) -> float | None:
        """The beat of a bar line, told once, when enough bars were heard."""
        first = self._onsets[0]
        beats = line.beat - line.beat_at(first.time)
        if self._has_downbeat or beats < BARS_FOR_DOWNBEAT * self.bar_length:
            return None
        self._has_downbeat = True
        placed = [(line.beat_at(onset.time), onset) for onset in self._onsets]
        return round(placed[0][0]) + downbeat(placed, self.bar_length)


def downbeat(placed: Sequence[tuple[float, Onset]], bar_length: float) -> float:
    """Beats from the first onset to a bar line, 0 to `bar_length`: where the accents are.

    Accents are low notes, chords, loud notes and notes that are followed by silence; the first onset is
    believed to begin a bar where nothing speaks against it.
    """
    first = round(placed[0][0])
    usual_pitch = sum(onset.pitch for _, onset in placed) / len(placed)
    usual_velocity = sum(onset.velocity for _, onset in placed) / len(placed)
    steps = max(1, round(bar_length))
    accents = [0.0] * steps
    for index, (beat, onset) in enumerate(placed):
        if abs(beat - round(beat)) > LOOSE:
            continue
        until = placed[index + 1][0] if index + 1 < len(placed) else beat + 1.0
        accent = (
            1.0
            + max(0.0, usual_pitch - onset.pitch) / 12.0
            + 0.5 * min(3, onset.notes - 1)
            + max(0.0, onset.velocity - usual_velocity) / 20.0
            + 0.5 * min(2.0, until - beat)
        )
        accents[(round(beat) - first) % steps] += accent
    accents[0] += FIRST_NOTE * sum(accents)
    return float(accents.index(max(accents)))


def _nearest(beat: float) -> float:
    """The nearest sixteenth."""
    return round(beat * 4.0) / 4.0


def _place(beat: float) -> tuple[float, float]:
    """Where an onset at `beat` was meant to be, and how far that is to be believed."""
    found, believed, least = beat, 0.0, LOOSE
    for places, belief, handicap in LEVELS:
        place = round(beat * places) / places
        if abs(beat - place) + handicap < least:
            found, believed, least = place, belief, abs(beat - place) + handicap
    return found, believed
