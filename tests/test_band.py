"""The live band at work: dials, clocks and keys go in, messages to the conductor come out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from bandmate.band.band import Band
from bandmate.band.dials import ROLES
from bandmate.band.status import BandStatus, LiveNote
from bandmate_bridge.messages import (
    Cancel,
    ClockState,
    CountIn,
    Cue,
    Jumped,
    NoteHeard,
    Play,
    Start,
    ToConductor,
)
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Role
from bandmate_models.weights import Weights

PATIENCE = 60.0
QUICK = 200.0


class Conductor:
    """Keeps the clock and what it is sent, and tells the band where the clock is when that changes."""

    def __init__(self, bpm: float = QUICK) -> None:
        self.band: Band
        self.clock = ClockState(False, "internal", 0.0, 0.0, bpm, 4, 4, 0.0)
        self.sent: list[ToConductor] = []
        self.broken = False

    def send(self, message: ToConductor) -> None:
        if self.broken:
            self.broken = False
            raise ZeroDivisionError
        self.sent.append(message)
        if isinstance(message, Start):
            self.run(message.beat)
        elif isinstance(message, CountIn) and not self.clock.running:
            self.run(-self.clock.bar_length)

    @property
    def beat(self) -> float:
        return self.clock.beat_at(time.perf_counter())

    def run(self, beat: float = 0.0, **fields: Any) -> None:
        """The clock runs from a beat on."""
        self._tell(self.clock._replace(running=True, beat=beat, time=time.perf_counter(), **fields))

    def stop(self) -> None:
        self._tell(self.clock._replace(running=False, beat=self.beat, time=time.perf_counter()))

    def change(self, **fields: Any) -> None:
        """The clock runs on as it does, but for what is given."""
        self.run(self.beat, **fields)

    def jump(self, by: float, *, carried: bool) -> None:
        jumps = self.clock.jumps + 1
        self.band.hear(Jumped(by, time.perf_counter(), carried, jumps))
        self.run(self.beat + by, jumps=jumps)

    def _tell(self, clock: ClockState) -> None:
        self.clock = clock._replace(bar=clock._replace(bar=0.0).bar_before(clock.beat))
        self.band.hear(self.clock)

    def of(self, kind: type) -> list[ToConductor]:
        return [message for message in self.sent if isinstance(message, kind)]


class House:
    """A band on its thread, its conductor, and what it told its witness."""

    def __init__(self, weights: Weights, roles: Sequence[Role], bpm: float, *, ports: bool = False) -> None:
        self.conductor = Conductor(bpm)
        self.told: list[tuple[Role, LiveNote]] = []
        self.cancels: list[tuple[Role | None, float]] = []
        self.keys: list[LiveNote] = []
        self.states: list[str] = []
        self.notices: list[str] = []
        self.band = Band(weights, self.conductor.send, self, Controls(), roles, seed=3, ports=ports)
        self.conductor.band = self.band

    # What the band tells (see band.Witness)

    def notes(self, role: Role, notes: Sequence[LiveNote]) -> None:
        self.told += [(role, note) for note in notes]

    def cancelled(self, role: Role | None, beat: float) -> None:
        self.cancels.append((role, beat))

    def heard(self, note: LiveNote) -> None:
        self.keys.append(note)

    def state(self, state: str, bar: int, level: str, in_time: float) -> None:
        self.states.append(state)

    def notice(self, code: str, sentence: str) -> None:
        self.notices.append(code)

    # What is seen of it

    def until(self, come: Callable[[], object], what: str) -> BandStatus:
        """Waits, looking at the band as a screen does, until something has come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = self.band.status()
            if come():
                return status
            time.sleep(0.02)
        pytest.fail(f"this never came: {what}; {status}")

    def until_notes(self, more: int = 4, since: int | None = None) -> list[LiveNote]:
        """The notes that are told from now on, at least so many."""
        first = len(self.told) if since is None else since
        self.until(lambda: len(self.told) >= first + more, f"{more} notes")
        return [note for _, note in self.told[first:]]

    def until_beat(self, beat: float) -> None:
        self.until(lambda: self.conductor.beat >= beat, f"beat {beat}")

    def until_state(self, state: str) -> BandStatus:
        return self.until(lambda: self.band.state == state, f"the state {state}")

    def cues(self, first: int = 0) -> list[Cue]:
        """Notes sent from the message of that number on."""
        plays = [message for message in self.conductor.sent[first:] if isinstance(message, Play)]
        return [cue for message in plays for cue in message.cues]

    def left_sounding(self) -> set[str]:
        """Plans of which notes were sent after they were last cancelled, though the band has been stopped."""
        open_plans: set[str] = set()
        for message in self.conductor.sent:
            if isinstance(message, Cancel):
                open_plans.discard(message.plan)
            elif isinstance(message, Play) and message.cues:
                open_plans.add(message.plan)
        ended = "ending" in self.states and self.states[-1] == "resting"
        return set() if ended else open_plans


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights.load(None)


@pytest.fixture
def open_house(weights: Weights) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def build(*roles: Role, bpm: float = QUICK, ports: bool = False) -> House:
        house = House(weights, roles or ("bass",), bpm, ports=ports)
        houses.append(house)
        house.band.start()
        return house

    yield build
    for house in houses:
        house.band.stop()
        assert house.notices == [] or "expected" in house.notices
        assert all(cue.duration > 0 for cue in house.cues())
        assert house.left_sounding() == set()


Opener = Callable[..., House]


def test_the_band_comes_in_on_a_bar_line(open_house: Opener) -> None:
    house = open_house("drums", "bass")
    house.conductor.run(1.2)
    house.band.turn("play", 1.0)
    notes = house.until_notes(8)
    assert min(note.start for note in notes) >= 4.0
    assert {note.who for note in notes} <= {"drums", "bass"} and house.band.playing


def test_where_the_clock_stands_still_the_band_starts_it_and_begins_on_its_first_beat(
    open_house: Opener,
) -> None:
    house = open_house("drums")
    house.band.turn("play", 1.0)
    notes = house.until_notes()
    [start] = house.conductor.of(Start)
    assert isinstance(start, Start) and start.beat < 0.0
    assert min(note.start for note in notes) >= 0.0
    assert house.states[0] == "counting" and "playing" in house.states


def test_it_counts_in_and_then_begins(open_house: Opener) -> None:
    house = open_house("drums")
    house.band.turn("count_in", 1.0)
    house.until_state("counting")
    notes = house.until_notes()
    assert house.conductor.of(CountIn) == [CountIn(1)]
    assert min(note.start for note in notes) >= 0.0
    assert house.band.stands("play") == 1.0


def test_beside_a_running_clock_it_counts_a_bar_from_the_next_line_on(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run(0.2)
    house.band.turn("count_in", 1.0)
    notes = house.until_notes()
    assert house.conductor.of(CountIn) == [CountIn(1)]
    assert min(note.start for note in notes) >= 8.0


def test_a_host_that_stands_still_is_waited_for(open_house: Opener) -> None:
    house = open_house()
    house.conductor.clock = house.conductor.clock._replace(source="host")
    house.conductor.stop()
    house.band.turn("play", 1.0)
    house.until(lambda: house.band.stands("play") == 1.0, "the dial")
    assert house.conductor.of(Start) == [] and house.band.state == "resting"
    house.conductor.run(0.0)
    assert house.until_notes()


def test_a_muted_part_is_silenced_at_once_and_comes_back(open_house: Opener) -> None:
    house = open_house("drums", "bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until(lambda: {role for role, _ in house.told} == {"drums", "bass"}, "both parts")
    house.band.turn("bass.mute", 1.0)
    house.until(lambda: Cancel("band bass") in house.conductor.sent, "its silence")
    since = len(house.told)
    house.until(lambda: len(house.told) > since + 8, "drums")
    assert {role for role, _ in house.told[since:]} == {"drums"}
    assert Cancel("band drums") not in house.conductor.sent
    house.band.turn("bass.mute", 0.0)
    house.until(lambda: "bass" in {role for role, _ in house.told[since:]}, "the bass again")


def test_it_ends_on_the_first_beat_of_the_bar_after_the_next(open_house: Opener) -> None:
    house = open_house("drums", "bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    asked = house.conductor.beat
    house.band.turn("ending", 1.0)
    house.until_state("ending")
    house.until_state("resting")
    last = max(note.start for _, note in house.told)
    line = house.conductor.clock.bar_before(last)
    assert last - line < 0.01 or last < house.conductor.clock.bar_after(asked) + 8.0
    assert house.band.stands("play") == 0.0
    before = len(house.told)
    house.until_beat(house.conductor.beat + 4)
    assert len(house.told) == before


def test_it_stops_with_the_clock_and_comes_back_with_it(open_house: Opener) -> None:
    house = open_house("drums", "bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.conductor.stop()
    status = house.until_state("resting")
    assert {Cancel("band drums"), Cancel("band bass")} <= set(house.conductor.of(Cancel))
    assert status.planned == () and house.band.stands("play") == 1.0
    since = len(house.told)
    house.conductor.run(64.0)
    assert min(note.start for note in house.until_notes(since=since)) >= 64.0


def test_it_goes_round_a_loop_without_a_gap(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run(16.0)
    house.band.turn("play", 1.0)
    house.until_notes()
    house.until_beat(24.0)
    since = len(house.told)
    house.conductor.jump(-16.0, carried=True)
    house.until(lambda: any(note.start < 16.0 for _, note in house.told[since:]), "notes of the loop")
    assert house.conductor.of(Cancel) == [] and house.cancels == []
    plays = [message for message in house.conductor.sent if isinstance(message, Play) and message.cues]
    assert {message.jumps for message in plays} == {0, 1}
    on_the_old_line = [
        cue.start - (16.0 if message.jumps == 0 else 0.0) for message in plays for cue in message.cues
    ]
    assert on_the_old_line == sorted(on_the_old_line), "each beat is planned once"


def test_elsewhere_in_the_song_it_goes_on_from_there(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    since = len(house.told)
    house.conductor.jump(101.5, carried=False)
    there = house.conductor.beat
    house.until(lambda: Cancel("band drums") in house.conductor.sent, "silence")
    house.until(lambda: any(note.start > 100.0 for _, note in house.told[since:]), "notes there")
    assert all(note.start >= there for _, note in house.told[since:] if note.start > 100.0)
    assert house.band.state == "playing"


def test_another_metre_holds_at_once(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    since = len(house.told)
    house.conductor.change(numerator=3)
    house.until(lambda: Cancel("band drums") in house.conductor.sent, "silence")
    assert house.until_notes(8, since=since)
    assert "resting" not in house.states
    assert house.band.status().clock.numerator == 3


def test_another_tempo_is_followed_and_told_the_model(open_house: Opener) -> None:
    house = open_house("drums", bpm=160)
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.conductor.change(bpm=240.0)
    house.until_notes(8)
    playing = house.band._performance
    assert playing is not None and playing.planner.plan.ensemble.header.bpm == 240.0
    assert house.conductor.of(Cancel) == []


def test_a_metre_that_the_model_does_not_know_is_said_and_the_band_rests(open_house: Opener) -> None:
    house = open_house()
    house.conductor.run(numerator=17)
    house.band.turn("play", 1.0)
    house.until(lambda: house.notices, "a notice")
    assert house.notices == ["bad_metre"] and house.band.state == "resting"
    house.notices.append("expected")


def test_other_parts_take_over_while_it_plays(open_house: Opener) -> None:
    house = open_house("bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.band.cast(("drums",), Controls())
    house.until(lambda: Cancel("band bass") in house.conductor.sent, "the end of the bass")
    since = len(house.told)
    house.until(lambda: len(house.told) > since, "drums")
    assert {role for role, _ in house.told[since:]} == {"drums"}
    assert house.band.status().roles == ("drums",)


def test_each_part_may_have_a_port_and_a_channel(open_house: Opener) -> None:
    house = open_house("bass", ports=True)
    house.band.turn("bass.channel", 12.0)
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    plays = [message for message in house.conductor.sent if isinstance(message, Play)]
    assert {message.port for message in plays} == {"Bandmate Bass"}
    assert {cue.channel for cue in house.cues()} == {11}


def test_each_part_is_told_its_program_once_and_again_on_another_channel(open_house: Opener) -> None:
    house = open_house("bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.band.turn("bass.channel", 12.0)
    house.until(lambda: any(cue.channel == 11 for cue in house.cues()), "notes on that channel")
    plays = [message for message in house.conductor.sent if isinstance(message, Play)]
    statuses = [change.data[0] for message in plays for change in message.changes if change.data[0] >= 0xC0]
    assert statuses == [0xC1, 0xCB]


def test_a_loop_that_is_no_whole_bars_is_a_jump_like_any_other(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run(16.0)
    house.band.turn("play", 1.0)
    house.until_notes()
    house.until_beat(22.0)
    since = len(house.told)
    house.conductor.jump(-5.5, carried=True)
    house.until(lambda: Cancel("band drums") in house.conductor.sent, "silence")
    assert house.until_notes(since=since)


def test_what_the_player_does_is_heard_before_and_while_the_band_plays(open_house: Opener) -> None:
    house = open_house("bass")
    house.conductor.run()
    for velocity in (90, 0):
        house.band.hear(NoteHeard(0.5 if velocity else 1.0, 0.0, 0, 60, velocity))
    house.until(lambda: house.keys, "the key")
    house.band.turn("play", 1.0)
    house.until_notes()
    for pitch in (54, 58, 61):
        house.band.hear(NoteHeard(house.conductor.beat, 0.0, 0, pitch, 90))
    status = house.until(lambda: house.band.status().chord == "Gb", "the chord")
    assert status.players == 1
    assert house.keys == [LiveNote("player 1", 0.5, 0.5, 60, 90)]


def test_the_plan_can_be_seen_before_it_sounds(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    status = house.until(lambda: house.band.status().planned, "planned notes")
    beat = status.clock.beat_at(time.perf_counter())
    assert all(note.start <= beat for note in status.heard)


def test_a_mistake_inside_rests_the_band_and_it_says_so_and_plays_again(open_house: Opener) -> None:
    house = open_house("drums")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.conductor.broken = True
    house.until(lambda: house.notices, "a notice")
    house.until_state("resting")
    assert house.notices == ["failed"] and house.conductor.sent[-1] == Cancel("band drums")
    assert house.band.stands("play") == 0.0 and not house.band.urgent
    house.notices.append("expected")
    house.band.turn("play", 1.0)
    assert house.until_notes()


def test_stopped_in_the_middle_it_takes_back_everything(open_house: Opener) -> None:
    house = open_house("drums", "bass")
    house.conductor.run()
    house.band.turn("play", 1.0)
    house.until_notes()
    house.band.stop()
    assert house.conductor.sent[-2:] == [Cancel("band drums"), Cancel("band bass")]
    assert house.cancels[-1][0] is None and not house.band.playing


@pytest.mark.parametrize("name", ["colour", "bass.colour", "piano.level", "bass", ""])
def test_a_dial_that_is_none_is_refused_in_a_sentence(weights: Weights, name: str) -> None:
    house = House(weights, ("bass",), QUICK)
    with pytest.raises(BandmateError, match="is no dial"):
        house.band.turn(name, 1.0)


def test_a_role_that_cannot_play_along_is_refused_in_a_sentence(weights: Weights) -> None:
    house = House(weights, ("bass",), QUICK)
    for roles in ((), ("other",)):
        with pytest.raises(BandmateError, match=ROLES[0]):
            house.band.cast(roles, Controls())
