"""The live session's sense of time: whose clock runs, when it starts, whose tempo it has, when it rests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from bandmate_bridge.clocks.ableton_link import require_link
from bandmate_bridge.clocks.transport import LEADERS
from bandmate_bridge.messages import (
    ClockState,
    ControlHeard,
    CountIn,
    Jumped,
    Locate,
    NoteHeard,
    SetMetre,
    SetSource,
    SetTempo,
    Source,
    Start,
    Steer,
    Stop,
    ToConductor,
)
from bandmate_bridge.phrase import PhraseCapture
from bandmate_bridge.player_pulse import PlayerPulse
from bandmate_bridge.tap import TapTempo
from bandmate_bridge.tempo import estimate_tempo
from bandmate_models.errors import BandmateError

CALM_BARS = 8  # bars without music after which the internal clock stands still again
SURE = 0.8  # certainty from which the player's own tempo is taken
NEAR = 0.005  # share of the tempo that is not worth a change
SLOWEST, FASTEST = 20.0, 400.0  # that can be tapped
JUMP = 1.0  # beats by which a clock that moves on has jumped

OWN: frozenset[Source] = frozenset(("internal", "player"))
"""Clocks that this program starts and stops itself."""

NOT_RUNNING: Mapping[Source, str] = {
    "midi": "no MIDI clock runs: start the sender, or use the internal clock",
    "host": "the host does not play: start it, or use the internal clock",
    "link": "Link stands still: start it in one of its programs, or use the internal clock",
}

_Heard = TypeVar("_Heard", NoteHeard, ControlHeard)


class Timekeeper:
    """What is known of the conductor's clock, and the wishes that go to it.

    `follow_tempo` takes the tempo from playing that nothing counted in, until one is set.
    """

    def __init__(
        self,
        send: Callable[[ToConductor], None],
        notice: Callable[[str, str], None],
        *,
        count_in: int,
        follow_tempo: bool,
    ) -> None:
        self.clock = ClockState(False, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
        self._send = send
        self._notice = notice
        self._count_in = count_in
        self._follows = follow_tempo
        self._listens = False  # for the tempo of the phrase that is played
        self._started = -math.inf  # time of the note that started the clock
        self._active = 0.0  # beat of the latest music
        self._warned = False
        self._taps = TapTempo()
        self._player = PlayerPulse()
        self._chosen: Source | None = None

    def hear(self, clock: ClockState) -> bool:
        """What the conductor says of its clock; True where it has stopped or jumped, and the beat is lost."""
        if clock.time < self._started:
            return False
        before, self.clock = self.clock, clock
        if clock.running and not before.running:
            self._active, self._warned = clock.beat, False
        jumped = clock.running and abs(clock.beat - before.beat_at(clock.time)) > JUMP
        return before.running and (jumped or not clock.running)

    def carry(self, jumped: Jumped) -> None:
        """The clock has jumped without the beat being lost."""
        self.clock = self.clock._replace(beat=self.clock.beat + jumped.by, jumps=jumped.jumps)
        self._active += jumped.by

    def stamp(self, message: _Heard) -> _Heard:
        """The message with its beat on the clock as it is known here, which may be newer."""
        if self.clock.source in OWN:
            return message._replace(beat=self.clock.beat_at(message.time))
        return message

    def begin(self, time: float) -> bool:
        """Starts the internal clock with a note at `time`, its beat 0; False where another clock has to."""
        if self.clock.source not in OWN:
            if not self._warned:
                self._notice("no_clock", NOT_RUNNING[self.clock.source])
            self._warned = True
            return False
        self._send(Start(0.0))
        self._send(Locate(0.0, time))
        self.clock = self.clock._replace(running=True, beat=0.0, time=time, bar=0.0)
        self._started, self._listens = time, self._follows and self.clock.source == "internal"
        self._player.forget()
        return True

    def count_in(self) -> None:
        """Clicks, then beat 0, where the internal clock stands still and that is wished."""
        if not self.clock.running and self.clock.source in OWN and self._count_in:
            self._send(CountIn(self._count_in))

    def follow(self, capture: PhraseCapture) -> None:
        """Sets the clock to the tempo of the playing, once, as soon as that is clear."""
        if not self._listens:
            return
        onsets = capture.onset_times
        pulse = estimate_tempo(onsets)
        if pulse is None or pulse.certainty < SURE:
            return
        self._listens = False
        if abs(pulse.bpm - self.clock.bpm) < NEAR * self.clock.bpm:
            return
        newest = onsets[-1]
        self._take((newest - min(onsets)) * pulse.bpm / 60.0, newest, pulse.bpm)
        capture.rebase(self.clock)

    def heard(self, note: NoteHeard, capture: PhraseCapture) -> None:
        """Follows the player, where the clock is the player's: to each note, from the first to the last."""
        if self.clock.source != "player" or not note.velocity or not self.clock.running:
            return
        self._player.bar_length = self.clock.bar_length
        lead = self._player.hear(note.time, note.pitch, note.velocity, self.clock.bpm)
        if lead is None:
            return
        if lead.found:
            self._take(lead.beat, lead.time, lead.bpm)
            capture.rebase(self.clock)
        else:
            self._send(Steer(lead.beat, lead.time, lead.bpm, lead.bar))

    def _take(self, beat: float, time: float, bpm: float) -> None:
        """Sets place and tempo: beats before meant nothing."""
        self.clock = self.clock._replace(bpm=bpm, beat=beat, time=time, bar=0.0)
        here = Locate(beat, time)
        for message in (here, SetTempo(bpm), here):  # the first, lest the new tempo looks like a jump
            self._send(message)

    def forget_playing(self) -> None:
        """The phrase is over or dropped: its tempo is of no more interest."""
        self._listens = False

    def rest(self, beat: float, *, music: bool) -> None:
        """Lets the internal clock stand still when there was no music for a while."""
        if music:
            self._active = beat
        elif self.clock.source in OWN and beat > self._active + CALM_BARS * self.clock.bar_length:
            self._send(Stop())
            self._active = math.inf

    def set_tempo(self, bpm: float) -> None:
        """From now on, whatever is played; from any thread. Raises BandmateError `clock_follows`."""
        if self.source not in OWN:
            raise BandmateError(f"the clock follows {LEADERS[self.source]}: set it there", "clock_follows")
        self._follows = self._listens = False
        self._send(SetTempo(bpm))

    def tap(self, time: float) -> None:
        """One of at least four taps: they set the tempo, and the beat of a running clock. From any thread.

        Raises BandmateError `clock_follows`.
        """
        bpm = self._taps.tap(time)
        if bpm is None:
            return
        self.set_tempo(min(max(bpm, SLOWEST), FASTEST))
        clock = self.clock
        if clock.running:
            self._send(Steer(round(clock.beat_at(time)), time, bpm))

    def choose(self, source: Source) -> None:
        """Whose clock it is from now on; from any thread. Raises BandmateError `no_link`."""
        if source == "link":
            require_link()
        self._chosen = source
        self._send(SetSource(source))

    @property
    def source(self) -> Source:
        """Whose clock it is, or is about to be."""
        return self._chosen or self.clock.source

    def set_metre(self, numerator: int, denominator: int) -> None:
        """From the next bar line on; from any thread. Raises BandmateError `clock_follows`."""
        if self.source == "host":
            raise BandmateError("the metre is the host's: set it there", "clock_follows")
        self._send(SetMetre(numerator, denominator))
