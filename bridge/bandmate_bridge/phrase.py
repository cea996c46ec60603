"""The player's phrase: where it begins, when it has ended, and its notes as a Score from a bar line on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from bandmate_bridge.messages import ClockState, ControlHeard, NoteHeard
from bandmate_models.score import Control, Metre, Note, Part, Role, Score, Tempo

FOOTSWITCH = 80
"""General purpose button 1 of the MIDI specification: most foot controllers can send it, no synth minds."""

EARLY = 0.5
"""Beats before a bar line from which a phrase's first note counts as that bar's, played early."""

LOOSE = 0.125
"""Beats by which a note on a bar line may miss it."""

RING = 0.5
"""Beats that a note may sound on past a bar line without the next bar counting as played."""

STUCK_BARS = 4
"""Whole bars after which a held note no longer keeps the phrase open: its note-off was lost."""

DRUM_CHANNEL = 9


class Phrase(NamedTuple):
    """A phrase that has ended. `score` is whole bars long and begins at beat 0; the rest is on the clock."""

    score: Score
    start: float  # its first bar line
    end: float  # the bar line after its last bar
    answer: float  # the bar line on which an answer should begin

    def carried(self, beats: float) -> Phrase:
        """The same, so many beats further on."""
        return self._replace(start=self.start + beats, end=self.end + beats, answer=self.answer + beats)


@dataclass(frozen=True, slots=True)
class Heard:
    """A note as it came in; `end` is None while the key is down. Times in seconds, the rest in beats."""

    channel: int
    pitch: int
    velocity: int
    start: float
    time: float
    end: float | None = None
    end_time: float = 0.0


class PhraseCapture:
    """Collects what the player plays; the phrase ends after `silent_bars` empty bars or by a footswitch.

    `footswitch` is a controller number whose press (64 or more) ends the phrase, None for no footswitch.
    `lead` is how many beats before the answer's bar line the end is told, so that there is time to answer.
    Whoever hears a note while an answer plays cancels that answer: the capture knows nothing of answers.
    """

    def __init__(
        self,
        *,
        footswitch: int | None = FOOTSWITCH,
        silent_bars: int = 1,
        lead: float = 0.5,
        role: Role | None = None,
    ) -> None:
        self._footswitch = footswitch
        self._silent_bars = silent_bars
        self._lead = lead
        self._role = role
        self._notes: list[Heard] = []
        self._controls: list[ControlHeard] = []
        self._held: dict[
            tuple[int, int], int
        ] = {}  # (channel, pitch) of a key that is down: its note's index
        self._pressed_at: float | None = None

    @property
    def is_empty(self) -> bool:
        return not self._notes

    @property
    def onset_times(self) -> list[float]:
        """Seconds at which the notes began: what a tempo can be estimated from."""
        return [note.time for note in self._notes]

    def hear(self, message: NoteHeard | ControlHeard) -> None:
        """Takes one thing the player did."""
        if isinstance(message, ControlHeard):
            self._control(message)
        elif message.velocity > 0:
            self._release(message)
            self._held[message.channel, message.pitch] = len(self._notes)
            self._notes.append(
                Heard(message.channel, message.pitch, message.velocity, message.beat, message.time)
            )
        else:
            self._release(message)

    def ends_at(self, clock: ClockState) -> float | None:
        """The beat at which the phrase has ended if nothing more is played; None while it cannot end."""
        if not self._notes:
            return None
        if self._pressed_at is not None:
            return self._pressed_at
        if self._held_since(clock) is not None:
            return None
        return self._end(clock) + self._silent_bars * clock.bar_length - self._lead

    def advance(self, clock: ClockState, beat: float) -> Phrase | None:
        """The phrase, once, when by `beat` it has ended; then the capture is empty again."""
        end = self.ends_at(clock)
        if end is None or beat < end:
            return None
        phrase = self.so_far(clock)
        self.clear()
        return phrase

    def so_far(self, clock: ClockState) -> Phrase | None:
        """The phrase as if it ended now; keys that are down end now."""
        if not self._notes:
            return None
        start, end = self._start(clock), self._end(clock)
        if self._pressed_at is not None:
            answer = clock.bar_after(self._pressed_at)
            end = min(end, max(answer, start + clock.bar_length))
            answer = max(answer, end)
        else:
            answer = end + self._silent_bars * clock.bar_length
        return Phrase(self._score(clock, start, end), start, end, answer)

    def rebase(self, clock: ClockState) -> None:
        """Takes the notes' beats anew from their times: after the clock was set to the player's tempo."""
        self._notes = [
            replace(
                note,
                start=clock.beat_at(note.time),
                end=None if note.end is None else clock.beat_at(note.end_time),
            )
            for note in self._notes
        ]
        self._controls = [control._replace(beat=clock.beat_at(control.time)) for control in self._controls]

    def carry(self, beats: float) -> None:
        """Goes along with a clock that has jumped by so many beats, as a host does that loops."""
        self._notes = [
            replace(note, start=note.start + beats, end=None if note.end is None else note.end + beats)
            for note in self._notes
        ]
        self._controls = [control._replace(beat=control.beat + beats) for control in self._controls]
        self._pressed_at = None if self._pressed_at is None else self._pressed_at + beats

    def clear(self) -> None:
        self._notes, self._controls, self._held, self._pressed_at = [], [], {}, None

    def _control(self, message: ControlHeard) -> None:
        if message.number != self._footswitch:
            self._controls.append(message)
        elif message.value >= 64 and self._notes and self._pressed_at is None:
            self._pressed_at = message.beat

    def _release(self, message: NoteHeard) -> None:
        index = self._held.pop((message.channel, message.pitch), None)
        if index is not None:
            self._notes[index] = replace(self._notes[index], end=message.beat, end_time=message.time)

    def _held_since(self, clock: ClockState) -> float | None:
        """When the last of the keys still down was pressed, stuck ones apart."""
        starts = [self._notes[index].start for index in self._held.values()]
        latest = max(starts, default=None)
        if latest is None or clock.beat - latest > STUCK_BARS * clock.bar_length:
            return None
        return latest

    def _start(self, clock: ClockState) -> float:
        """The bar line of the first note; one shortly before a bar line is that bar's unless a pickup."""
        first = min(note.start for note in self._notes)
        line = clock.bar_after(first)
        ahead = line - first
        is_pickup = ahead > LOOSE and any(abs(note.start - line) <= LOOSE for note in self._notes)
        return line if ahead <= EARLY and not is_pickup else clock.bar_before(first)

    def _end(self, clock: ClockState) -> float:
        """The bar line after the last bar in which a note begins or sounds for more than a moment."""
        begun = max(clock.bar_before(note.start + LOOSE) + clock.bar_length for note in self._notes)
        sounded = max((clock.bar_after(note.end - RING) for note in self._notes if note.end), default=begun)
        return max(begun, sounded, self._start(clock) + clock.bar_length)

    def _score(self, clock: ClockState, start: float, end: float) -> Score:
        length = end - start
        drums = self._part(
            "drums", [note for note in self._notes if note.channel == DRUM_CHANNEL], start, length
        )
        pitched = [note for note in self._notes if note.channel != DRUM_CHANNEL]
        part = self._part(self._role or guess_role(pitched), pitched, start, length)
        controls = tuple(
            Control(max(0.0, control.beat - start), "cc", control.number, control.value)
            for control in self._controls
            if control.beat < end
        )
        parts = tuple(part for part in (replace(part, controls=controls), drums) if part.notes)
        return Score(
            parts,
            tempos=(Tempo(0.0, clock.bpm),),
            metres=(Metre(0.0, clock.numerator, clock.denominator),),
        )

    def _part(self, role: Role, heard: list[Heard], start: float, length: float) -> Part:
        notes = []
        for note in heard:
            begin = max(0.0, note.start - start)
            stop = min(length, (note.end if note.end is not None else start + length) - start)
            if begin < length:
                notes.append(Note(begin, max(stop - begin, 0.0625), note.pitch, note.velocity))
        return Part(role, tuple(sorted(notes)))


def guess_role(notes: list[Heard]) -> Role:
    """Chords where notes mostly begin together, bass where they lie low, else melody."""
    if not notes:
        return "melody"
    starts = sorted(note.start for note in notes)
    together = sum(later - earlier < LOOSE for earlier, later in pairwise(starts))
    if together * 2 >= len(notes):
        return "chords"
    return "bass" if sum(note.pitch for note in notes) / len(notes) < 48 else "melody"
