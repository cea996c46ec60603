"""A clock to record by, a recorder, and what a MIDI file of it says to mido."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import mido

from bandmate.band.journal import NOBODY, Origin
from bandmate.band.recording import Recorder
from bandmate.band.scribe import Reporter
from bandmate.library import Library
from bandmate.take import Take
from bandmate_bridge.messages import ClockState, Jumped


class Desk:
    """A running clock that the test moves, a recorder on it, and what the recorder reports."""

    def __init__(self, folder: Path, origin: Origin = NOBODY, library: Library | None = None) -> None:
        self.folder = folder / "journals"
        self.library = library or Library(folder / "library")
        self.takes: list[Take] = []
        self.notices: list[str] = []
        self.state = ClockState(True, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
        self.time = 0.0
        self.recorder = Recorder(self.folder, self.library, origin, self.reporter, lambda: self.time)

    @property
    def reporter(self) -> Reporter:
        return Reporter(self.takes.append, lambda code, sentence: self.notices.append(code))

    def start(self) -> Desk:
        self.recorder.start()
        self.recorder.clock(self.state)
        return self

    def run_to(self, beat: float) -> None:
        """The clock comes to a beat, telling where it is every half beat on the way."""
        at = self.state.beat_at(self.time)
        while at < beat:
            at = min(at + 0.5, beat)
            self.time = self.state.time_at(at)
            self.recorder.clock(self._at(at))

    def locate(self, beat: float, bar: float | None = None) -> None:
        """The clock jumps."""
        self.state = self._at(beat)._replace(bar=beat if bar is None else bar)
        self.recorder.clock(self.state)

    def loop(self, length: float) -> None:
        """The clock jumps back to beat 0 in a host's loop: what was told goes along."""
        self.recorder.jumped(Jumped(-length, self.time, True, 1))
        self.locate(self.state.beat_at(self.time) - length, bar=0.0)

    def change(self, **fields: float) -> None:
        self.state = self._at(self.state.beat_at(self.time))._replace(**fields)
        self.recorder.clock(self.state)

    def keep(self, bars: int) -> Take:
        return self.recorder.keep(bars).result(10)

    def finish(self) -> tuple[Take, ...]:
        return self.recorder.finish().result(10)

    def _at(self, beat: float) -> ClockState:
        state = self.state._replace(beat=beat, time=self.time)
        return state._replace(bar=state.bar_before(beat))


class Heard(NamedTuple):
    """A track of a MIDI file as mido reads it: notes are (start, end, pitch, velocity), in ticks."""

    name: str
    channel: int
    program: int
    notes: list[tuple[int, int, int, int]]


def heard_by_mido(file: Path) -> tuple[int, list[Heard]]:
    """Ticks a beat, and every track that has notes."""
    read = mido.MidiFile(file)
    tracks = []
    for track in read.tracks:
        now, name, program, channel = 0, "", 0, -1
        sounding: dict[int, tuple[int, int]] = {}
        notes = []
        for message in track:
            now += message.time
            if message.type == "track_name":
                name = message.name
            elif message.type == "program_change":
                program = message.program
            elif message.type == "note_on" and message.velocity:
                channel = message.channel
                assert message.note not in sounding, "a pitch is struck while it sounds"
                sounding[message.note] = (now, message.velocity)
            elif message.type in ("note_on", "note_off"):
                start, velocity = sounding.pop(message.note)
                notes.append((start, now, message.note, velocity))
        assert not sounding, "a note hangs"
        if notes:
            tracks.append(Heard(name, channel, program, sorted(notes)))
    return read.ticks_per_beat, tracks
