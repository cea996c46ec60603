"""The live session, with a conductor that is a list and a time that the test tells."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bandmate.session import Listener, Manners, Session
from bandmate.timekeeper import CALM_BARS
from bandmate.writer import Answer
from bandmate_bridge.messages import (
    Cancel,
    ClockState,
    ControlHeard,
    CountIn,
    Cue,
    Fault,
    Jumped,
    Locate,
    NoteHeard,
    Panic,
    PlanFinished,
    Play,
    PortsChanged,
    PortState,
    Restarted,
    SetTempo,
    Start,
    Stop,
    ToConductor,
)
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from stand_in import StandIn


@dataclass
class Stage:
    """A session and all that it says. Time is in beats at 120 a minute: beat b comes at b / 2 seconds."""

    musician: StandIn
    manners: Manners = field(default_factory=lambda: Manners(follow_tempo=False))
    controls: Controls = field(default_factory=lambda: Controls(bars=2, seed=0))
    sent: list[ToConductor] = field(default_factory=list)
    states: list[tuple[str, float]] = field(default_factory=list)
    kept: list[Answer] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        listener = Listener(
            lambda state, beat: self.states.append((state, beat)),
            self.kept.append,
            lambda code, sentence: self.notices.append(code),
        )
        self.session = Session(self.sent.append, self.musician, self.controls, self.manners, listener)
        self.session._writer.start()

    def clock(self, beat: float, *, running: bool = True, source: str = "internal", metre: int = 4) -> None:
        clock = ClockState(running, source, beat, beat / 2, 120.0, metre, 4, 0.0)  # type: ignore[arg-type]
        self.session.take(clock._replace(bar=clock.bar_before(beat)))

    def note(
        self, beat: float, pitch: int, length: float = 0.5, velocity: int = 80, channel: int = 0
    ) -> None:
        """Plays a note from `beat` on, with everything due until its end."""
        self.advance(beat)
        self.session.take(NoteHeard(beat, beat / 2, channel, pitch, velocity))
        self.advance(beat + length)
        self.session.take(NoteHeard(beat + length, (beat + length) / 2, channel, pitch, 0))

    def press(self, beat: float, pitch: int, channel: int = 0) -> None:
        self.advance(beat)
        self.session.take(NoteHeard(beat, beat / 2, channel, pitch, 80))

    def footswitch(self, beat: float, value: int = 127) -> None:
        self.session.take(ControlHeard(beat, beat / 2, 0, 80, value))

    def advance(self, beat: float) -> None:
        self.session.advance(beat / 2)

    def settle(self, seconds: float = 10.0) -> None:
        """Waits until the writer rests and what it says is taken."""
        until = time.monotonic() + seconds
        while not (self.session._writer.resting and self.session._inbox.empty()):
            assert time.monotonic() < until, "the writer does not rest"
            try:
                message = self.session._inbox.get(timeout=0.01)
            except queue.Empty:
                continue
            self.session.take(message)

    def cues(self) -> list[Cue]:
        return [cue for message in self.sent if isinstance(message, Play) for cue in message.cues]

    def of(self, kind: type) -> list[ToConductor]:
        return [message for message in self.sent if isinstance(message, kind)]

    def play_a_bar(self, start: float = 0.0) -> None:
        for step, pitch in enumerate((60, 62, 64, 65)):
            self.note(start + step, pitch)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(StandIn())
    yield stage
    stage.session._writer.stop()


def test_the_answer_starts_on_the_bar_line_after_one_empty_bar(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(6.9)
    assert stage.session.phrase is None
    stage.advance(7.0)
    stage.settle()
    phrase = stage.session.phrase
    assert phrase is not None
    assert [note.pitch for note in phrase.parts[0].notes] == [60, 62, 64, 65]
    assert [(cue.start, cue.pitch) for cue in stage.cues()] == [(8.0 + beat, 60 + beat) for beat in range(8)]
    assert stage.states == [("listening", 0.0)]
    stage.advance(8.0)
    stage.advance(16.0)
    assert stage.states[1:] == [("answering", 8.0), ("waiting", 16.0)]


def test_the_phrase_is_read_beat_by_beat_while_it_comes(stage: Stage) -> None:
    stage.clock(0.0)
    for beat, pitch in enumerate((60, 62, 64, 65)):
        stage.note(float(beat), pitch)
        stage.settle()
    counts = [score.note_count for score in stage.musician.heard]
    assert counts == sorted(counts)
    assert len(counts) >= 3
    assert stage.cues() == []


def test_the_footswitch_ends_the_phrase_at_the_next_bar_line(stage: Stage) -> None:
    stage.clock(0.0)
    stage.note(0.0, 60)
    stage.note(1.0, 62)
    stage.footswitch(2.2)
    stage.note(2.4, 64)
    stage.advance(3.0)
    stage.settle()
    assert stage.session.phrase is not None
    assert stage.session.phrase.note_count == 3
    assert stage.cues()[0].start == 4.0
    stage.note(3.7, 65, length=0.2)
    assert stage.of(Cancel) == [], "what ends the phrase does not cancel its answer"


def test_releasing_the_footswitch_does_nothing(stage: Stage) -> None:
    stage.clock(0.0)
    stage.note(0.0, 60)
    stage.footswitch(1.0, value=0)
    stage.advance(4.0)
    assert stage.session.phrase is None


def test_playing_again_cancels_the_answer_and_begins_a_phrase(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    stage.advance(8.0)
    stage.note(10.0, 72)
    assert stage.of(Cancel) == [Cancel("answer-1")]
    assert stage.states[-1] == ("listening", 10.0)
    stage.advance(15.0)
    stage.settle()
    assert stage.session.phrase is not None
    assert [note.pitch for note in stage.session.phrase.parts[0].notes] == [72]
    assert min(cue.start for cue in stage.cues()[8:]) == 16.0


def test_nothing_is_played_by_an_answer_after_its_cancel() -> None:
    stage = Stage(StandIn(pause=0.002))
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    while not stage.cues():
        time.sleep(0.001)
    stage.note(7.5, 72)
    place = stage.sent.index(Cancel("answer-1"))
    stage.settle()
    assert not [m for m in stage.sent[place + 1 :] if isinstance(m, Play) and m.plan == "answer-1"]
    stage.session._writer.stop()


def test_an_answer_is_kept_once_it_is_heard_and_not_before(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    assert stage.kept == []
    stage.advance(8.0)
    assert [answer.score.note_count for answer in stage.kept if answer.score] == [8]
    stage.advance(16.0)
    assert len(stage.kept) == 1


def test_an_answer_that_nobody_heard_is_not_kept(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    stage.note(7.5, 72)
    stage.advance(9.0)
    assert stage.kept == []


def test_the_footswitch_stops_an_answer(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    stage.advance(9.0)
    stage.footswitch(9.5)
    assert stage.of(Cancel) == [Cancel("answer-1")]
    assert stage.states[-1][0] == "waiting"


def test_the_footswitch_counts_in_while_the_clock_stands_still(stage: Stage) -> None:
    stage.footswitch(0.0)
    assert stage.of(CountIn) == [CountIn(1)]


def test_a_first_note_starts_the_clock_with_itself_as_beat_0(stage: Stage) -> None:
    stage.session.take(NoteHeard(0.0, 50.0, 0, 60, 80))
    assert stage.sent[:2] == [Start(0.0), Locate(0.0, 50.0)]
    stage.session.take(NoteHeard(0.0, 50.25, 0, 60, 0))
    stage.session.take(NoteHeard(0.0, 50.5, 0, 64, 80))
    stage.session.take(NoteHeard(0.0, 51.0, 0, 64, 0))
    stage.session.advance(53.5)
    stage.settle()
    assert stage.session.phrase is not None
    assert [tuple(note)[:2] for note in stage.session.phrase.parts[0].notes] == [(0.0, 0.5), (1.0, 1.0)]


def test_the_tempo_is_taken_from_playing_that_nothing_counted_in() -> None:
    stage = Stage(StandIn(), manners=Manners(follow_tempo=True))
    for step in range(12):
        second = 50.0 + step * 60.0 / 96.0 / 2
        stage.session.take(NoteHeard(0.0, second, 0, 60 + step, 80))
        stage.session.take(NoteHeard(0.0, second + 0.2, 0, 60 + step, 0))
    [tempo] = stage.of(SetTempo)
    assert isinstance(tempo, SetTempo)
    assert tempo.bpm == pytest.approx(96.0, rel=0.01)
    assert stage.session.time.clock.beat_at(50.0 + 60.0 / 96.0 * 4) == pytest.approx(4.0, abs=0.05)
    stage.session._writer.stop()


def test_a_tempo_that_was_set_stays(stage: Stage) -> None:
    stage.session.time._follows = True
    stage.session.time.set_tempo(100.0)
    for step in range(16):
        stage.session.take(NoteHeard(0.0, 50.0 + step * 0.37, 0, 60, 80))
        stage.session.take(NoteHeard(0.0, 50.1 + step * 0.37, 0, 60, 0))
    assert stage.of(SetTempo) == [SetTempo(100.0)]


def test_without_a_running_midi_clock_the_player_is_told_once(stage: Stage) -> None:
    stage.clock(0.0, running=False, source="midi")
    stage.note(0.0, 60)
    stage.note(1.0, 62)
    assert stage.notices == ["no_clock"]
    assert stage.states == []
    with pytest.raises(BandmateError, match="MIDI clock"):
        stage.session.time.set_tempo(100.0)


def test_the_metre_sets_how_long_the_empty_bar_is(stage: Stage) -> None:
    stage.clock(0.0, metre=3)
    stage.note(0.0, 60)
    stage.advance(5.0)
    stage.settle()
    assert [cue.start for cue in stage.cues()] == [6.0 + beat for beat in range(6)]


@pytest.mark.parametrize("stopped", [True, False], ids=["the clock stops", "the clock jumps"])
def test_where_the_beat_is_lost_the_answer_and_the_phrase_are_dropped(stage: Stage, stopped: bool) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    stage.advance(8.0)
    if stopped:
        stage.clock(8.5, running=False)
    else:
        stage.session.take(ClockState(True, "internal", 40.0, 4.25, 120.0, 4, 4, 40.0))
    assert stage.of(Cancel) == [Cancel("answer-1")]
    assert stage.states[-1][0] == "waiting"


def test_a_loop_takes_phrase_and_answer_along(stage: Stage) -> None:
    def loop(time: float, jumps: int) -> None:
        stage.session.take(Jumped(-8.0, time, True, jumps))
        stage.session.take(ClockState(True, "host", 0.0, time, 120.0, 4, 4, 0.0, 0.0, 8.0, jumps))

    stage.clock(6.0, source="host")
    stage.note(6.0, 60)
    loop(4.0, 1)
    stage.session.take(NoteHeard(0.0, 4.0, 0, 64, 80))
    stage.session.take(NoteHeard(0.5, 4.25, 0, 64, 0))
    stage.session.advance(4.0 + 3.5)
    stage.settle()
    assert stage.session.phrase is not None
    assert [note.start for note in stage.session.phrase.parts[0].notes] == [2.0, 4.0]
    plays = [message for message in stage.sent if isinstance(message, Play) and message.cues]
    assert plays[0].jumps == 1 and plays[0].cues[0].start == 8.0
    loop(8.0, 2)
    stage.session.advance(8.01)
    assert stage.states[-1] == ("answering", 0.0)
    assert stage.of(Cancel) == []
    stage.session.advance(8.01 + 4.0)
    assert stage.states[-1] == ("waiting", 8.0)


def test_panic_silences_and_forgets(stage: Stage) -> None:
    stage.clock(0.0)
    stage.note(0.0, 60)
    stage.session.panic()
    stage.settle()
    assert stage.of(Panic) == [Panic()]
    stage.advance(20.0)
    assert stage.session.phrase is None


def test_the_clock_stands_still_again_after_a_long_silence(stage: Stage) -> None:
    stage.clock(0.0, running=False)
    stage.clock(0.0)
    stage.advance(4.0 * CALM_BARS)
    assert stage.of(Stop) == []
    stage.advance(4.0 * CALM_BARS + 1)
    stage.advance(4.0 * CALM_BARS + 2)
    assert stage.of(Stop) == [Stop()]


def test_an_answer_that_the_conductor_lost_ends(stage: Stage) -> None:
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    stage.session.take(PlanFinished("answer-1", 0, 0, True))
    assert stage.states[-1][0] == "waiting"


def test_a_musician_that_fails_is_a_notice(stage: Stage) -> None:
    stage.musician.error = BandmateError("too long", "context_full")
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    assert stage.notices == ["context_full"]
    assert stage.states[-1][0] == "waiting"


def test_a_musician_that_breaks_does_not_stop_the_session(stage: Stage) -> None:
    stage.musician.error = RuntimeError("broken")
    stage.clock(0.0)
    stage.play_a_bar()
    stage.advance(7.0)
    stage.settle()
    assert stage.notices == ["failed"]
    stage.musician.error = None
    stage.play_a_bar(16.0)
    stage.advance(23.0)
    stage.settle()
    assert stage.cues()[0].start == 24.0


def test_a_mistake_costs_the_phrase_and_not_the_session(stage: Stage) -> None:
    def break_once(code: str, sentence: str) -> None:
        stage.notices.append(code)
        if len(stage.notices) == 1:
            raise RuntimeError("broken")

    stage.session._listener = Listener(lambda state, beat: None, stage.kept.append, break_once)
    stage.session._thread.start()
    stage.session.hear(Fault("first", ""))
    stage.session.hear(Fault("second", ""))
    until = time.monotonic() + 10
    while stage.notices != ["first", "second"]:
        assert time.monotonic() < until
        time.sleep(0.001)
    stage.session.stop()


def test_drums_and_pitched_parts_answer_on_their_channels(stage: Stage) -> None:
    stage.clock(0.0)
    stage.press(0.0, 36, channel=9)
    stage.note(0.0, 60, channel=3)
    stage.session.take(NoteHeard(0.6, 0.3, 9, 36, 0))
    stage.advance(7.0)
    stage.settle()
    assert {cue.channel for cue in stage.cues()} == {3, 9}


def test_what_goes_wrong_with_ports_and_conductor_is_told(stage: Stage) -> None:
    port = PortState("Bandmate In", "in", True, "Bandmate In:Bandmate In")
    stage.session.take(PortsChanged((port,), ()))
    stage.session.take(PortsChanged((port._replace(open=False, detail="JACK has stopped"),), ()))
    stage.session.take(Restarted("it died", 0.2))
    stage.session.take(Fault("clock_lost", "no pulses"))
    assert stage.notices == ["port_gone", "conductor_restarted", "clock_lost"]
