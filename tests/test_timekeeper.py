"""The timekeeper's own part: the player's clock, taps, and whose clock it is."""

from __future__ import annotations

import pytest

from bandmate.timekeeper import Timekeeper
from bandmate_bridge.messages import (
    ClockState,
    Locate,
    NoteHeard,
    SetSource,
    SetTempo,
    Source,
    Start,
    Steer,
    ToConductor,
)
from bandmate_bridge.phrase import PhraseCapture
from bandmate_models.errors import BandmateError
from player_kit import performance


class Room:
    """A timekeeper, a capture, and all that is sent to the conductor."""

    def __init__(self, source: Source) -> None:
        self.sent: list[ToConductor] = []
        self.capture = PhraseCapture()
        self.keeper = Timekeeper(
            self.sent.append, lambda code, sentence: None, count_in=0, follow_tempo=False
        )
        self.keeper.hear(ClockState(False, source, 0.0, 0.0, 120.0, 4, 4, 0.0))

    def note(self, time: float) -> None:
        note = NoteHeard(0.0, time, 0, 60, 80)
        if not self.keeper.clock.running:
            self.keeper.begin(time)
        note = self.keeper.stamp(note)
        self.capture.hear(note)
        self.keeper.follow(self.capture)
        self.keeper.heard(note, self.capture)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [message for message in self.sent if isinstance(message, kind)]


def test_the_players_tempo_is_found_and_then_followed() -> None:
    room = Room("player")
    notes = list(performance(2, 24, lambda beat: 90.0 + beat / 12.0, 0.008))
    for note in notes:
        room.note(note.time)
    assert room.of(Start) == [Start(0.0)]
    [tempo] = room.of(SetTempo)
    assert tempo.bpm == pytest.approx(90.0, rel=0.03)
    steers = room.of(Steer)
    assert len(steers) > 40
    assert steers[-1].bpm == pytest.approx(98.0, rel=0.03)
    last = steers[-1].beat - notes[-1].beat
    assert last == pytest.approx(round(last), abs=0.08)


def test_the_beats_of_what_was_played_before_are_reckoned_anew() -> None:
    room = Room("player")
    for index in range(16):
        room.note(10.0 + index * 0.55)
    assert room.of(Locate)[-1].beat == pytest.approx(7.0, abs=0.1)
    phrase = room.capture.so_far(room.keeper.clock)
    assert phrase is not None
    assert [note.start for note in phrase.score.parts[0].notes][:8] == pytest.approx(range(8), abs=0.1)


def test_the_internal_clock_is_not_steered_by_notes() -> None:
    room = Room("internal")
    for index in range(16):
        room.note(10.0 + index * 0.8)
    assert room.of(Steer) == [] and room.of(SetTempo) == []


def test_taps_on_a_running_clock_set_its_beat_too() -> None:
    room = Room("internal")
    room.keeper.hear(ClockState(True, "internal", 0.0, 10.0, 120.0, 4, 4, 0.0))
    for index in range(4):
        room.keeper.tap(10.05 + index * 0.5)
    assert room.of(SetTempo) == [SetTempo(pytest.approx(120.0))]
    assert room.of(Steer) == [Steer(3, pytest.approx(11.55), pytest.approx(120.0))]


@pytest.mark.parametrize("source", ["midi", "host", "link"])
def test_a_followed_clocks_tempo_is_not_set(source: Source) -> None:
    room = Room(source)
    with pytest.raises(BandmateError) as refused:
        room.keeper.set_tempo(100.0)
    assert refused.value.code == "clock_follows"
    if source == "host":
        with pytest.raises(BandmateError):
            room.keeper.set_metre(3, 4)
    else:
        room.keeper.set_metre(3, 4)


def test_a_choice_holds_from_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room("internal")
    room.keeper.choose("host")
    assert room.keeper.source == "host"
    assert room.sent == [SetSource("host")]
    monkeypatch.setattr("bandmate_bridge.clocks.ableton_link.find_spec", lambda name: None)
    with pytest.raises(BandmateError, match="pip install") as refused:
        room.keeper.choose("link")
    assert refused.value.code == "no_link"
    assert room.keeper.source == "host"
