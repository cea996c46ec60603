"""From the plan's events to MIDI: how loud, how late, on which channel and port, and whether at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.dials import DIALS, ROLES, checked, dial_names, find_dial
from bandmate.band.output import AS_WRITTEN, ENERGY_RANGE, Output, port_of
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.live.ledger import PLAYERS, Row, voice_of
from bandmate_models.score import Role
from bandmate_models.vocabulary import VELOCITIES

BAND: tuple[Role, ...] = ("drums", "bass", "chords")
MIDDLE = 5


def event(role: Role, tick: int = 24, loud: int = MIDDLE) -> Row:
    return Row(tick, voice_of(role), 0, 40, 6, loud)


def velocity(output: Output, role: Role = "bass", loud: int = MIDDLE) -> int:
    note = output.note(event(role, loud=loud))
    assert note is not None
    return note.velocity


def start(tick: int, swing: float) -> float:
    note = Output({"swing": swing}, roles=BAND).note(event("bass", tick))
    assert note is not None
    return note.start


def test_an_event_is_a_note_of_its_part_on_its_beat() -> None:
    note = Output({}, roles=BAND).note(event("bass"))
    assert note == ("bass", 2.0, 0.5, 40, VELOCITIES[MIDDLE])


def test_what_is_of_no_part_of_the_band_is_no_note() -> None:
    output = Output({}, roles=BAND)
    assert output.note(event("melody")) is None, "that part does not play"
    assert output.note(event("bass")._replace(voice=PLAYERS)) is None, "that is the player's"
    assert output.note(event("bass")._replace(pitch=-1)) is None, "that is a pedal"


def test_a_level_is_a_share_of_what_was_written() -> None:
    assert velocity(Output({"bass.level": AS_WRITTEN}, roles=BAND)) == VELOCITIES[MIDDLE]
    assert velocity(Output({"bass.level": AS_WRITTEN / 2}, roles=BAND)) == VELOCITIES[MIDDLE] // 2
    assert velocity(Output({"drums.level": 0.0}, roles=BAND)) == VELOCITIES[MIDDLE], "that is another part's"


def test_more_energy_is_louder_and_less_softer() -> None:
    soft, usual, hard = (velocity(Output({"energy": energy}, roles=BAND)) for energy in (0.0, 0.5, 1.0))
    assert usual == VELOCITIES[MIDDLE]
    assert (soft, hard) == (usual - ENERGY_RANGE / 2, usual + ENERGY_RANGE / 2)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, len(VELOCITIES) - 1))
def test_no_turn_of_a_dial_makes_a_note_silent_or_too_loud(energy: float, level: float, loud: int) -> None:
    assert 1 <= velocity(Output({"energy": energy, "bass.level": level}, roles=BAND), loud=loud) <= 127


def test_swing_makes_the_second_eighth_late_up_to_a_triplet() -> None:
    assert start(6, 0.0) == 0.5
    assert start(6, 0.5) == pytest.approx(7 / 12)
    assert start(18, 1.0) == pytest.approx(1 + 2 / 3)


@pytest.mark.parametrize("tick", [0, 3, 4, 8, 9, 12, 24])
def test_swing_leaves_everything_else_where_it_is(tick: int) -> None:
    assert start(tick, 1.0) == tick / 12


def test_muted_parts_are_silent() -> None:
    output = Output({"bass.mute": 1.0}, roles=BAND)
    assert [role for role in BAND if output.sounds(role)] == ["drums", "chords"]


def test_where_a_part_is_solo_the_others_are_silent() -> None:
    output = Output({"bass.solo": 1.0, "chords.solo": 1.0, "chords.mute": 1.0}, roles=BAND)
    assert [role for role in BAND if output.sounds(role)] == ["bass"]


def test_the_solo_of_a_part_that_does_not_play_silences_nobody() -> None:
    output = Output({"strings.solo": 1.0}, roles=BAND)
    assert all(map(output.sounds, BAND))


def test_each_part_has_a_channel_of_its_own_and_drums_theirs() -> None:
    output = Output({})
    assert [output.channel(role) for role in ROLES] == [DRUM_CHANNEL, 1, 2, 3, 4, 5]


def test_a_part_may_be_sent_on_another_channel_and_back_on_its_own() -> None:
    assert Output({"bass.channel": 16.0}).channel("bass") == 15
    assert Output({"drums.channel": 1.0}).channel("drums") == 0
    assert Output({"bass.channel": find_dial("bass.channel")[0].usual}).channel("bass") == 1


def test_each_part_has_a_port_of_its_own_where_that_is_wanted() -> None:
    assert {Output({}).port(role) for role in ROLES} == {""}
    assert [Output({}, ports=True).port(role) for role in ROLES] == [port_of(role) for role in ROLES]
    assert port_of("bass") == "Bandmate Bass"


def test_a_cue_is_the_note_on_its_channel() -> None:
    output = Output({}, roles=BAND)
    note = output.note(event("chords"))
    assert note is not None
    assert output.cue(note, "chords") == (2.0, 0.5, 40, VELOCITIES[MIDDLE], 2)


def test_every_dial_is_found_by_its_name_and_starts_within_its_range() -> None:
    assert len(set(dial_names())) == len(dial_names())
    for name in dial_names():
        dial, role = find_dial(name)
        assert name == (f"{role}.{dial.name}" if role else dial.name)
        assert dial.low <= dial.usual <= dial.high and dial in DIALS


@given(st.sampled_from(dial_names()), st.floats(allow_nan=False))
def test_whatever_a_dial_is_set_to_it_stays_within_its_range(name: str, value: float) -> None:
    dial, _ = find_dial(name)
    assert dial.low <= checked(name, value) <= dial.high
