"""What the band hears: who plays, which keys are down, and the events that the model is told of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.ear import CORRECTED, MOST_PLAYERS, USUAL_TICKS, Ear
from bandmate_bridge.messages import NoteHeard
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.live.ledger import PLAYERS, Ledger, Row
from bandmate_models.vocabulary import DRUM_TICKS

FOREVER = 10**6


def key(beat: float, pitch: int, velocity: int = 90, channel: int = 0) -> NoteHeard:
    return NoteHeard(beat, 0.0, channel, pitch, velocity)


def ear() -> Ear:
    return Ear(Ledger())


def rows(heard: Ear) -> list[Row]:
    assert heard.ledger is not None
    return heard.ledger.rows("u", -FOREVER, FOREVER)


def play(heard: Ear, *notes: tuple[float, float, int], channel: int = 0) -> None:
    """Notes as (beat, beats, pitch), the keys in the order of time."""
    events = [key(beat, pitch, 90, channel) for beat, _, pitch in notes]
    events += [key(beat + beats, pitch, 0, channel) for beat, beats, pitch in notes]
    for event in sorted(events, key=lambda event: (event.beat, event.velocity)):
        heard.hear(event)


def test_a_key_is_an_event_as_soon_as_it_goes_down() -> None:
    heard = ear()
    assert heard.hear(key(2.0, 60)) is None
    [row] = rows(heard)
    assert (row.tick, row.voice, row.pitch, row.ticks) == (24, PLAYERS, 60, USUAL_TICKS)
    assert heard.held() == [60]


def test_a_note_a_little_off_the_grid_keeps_its_tick_and_says_by_how_much() -> None:
    heard = ear()
    for beat, pitch in ((1.0 + 1 / 48, 60), (2.0 - 2 / 48, 62), (3.0 - 1 / 48, 64)):
        heard.hear(key(beat, pitch))
    assert [(row.tick, row.shift) for row in rows(heard)] == [(12, 1), (24, -2), (36, -1)]


def test_a_length_is_put_right_when_the_key_comes_up_unless_that_is_long_ago() -> None:
    heard = ear()
    play(heard, (0.0, 0.25, 60), (1.0, 1.0, 62), (2.0, 3.0, 64))
    assert [row.ticks for row in rows(heard)] == [3, CORRECTED, USUAL_TICKS]


def test_keys_that_are_down_sound_the_most_and_the_others_less_with_every_beat() -> None:
    heard = ear()
    play(heard, (0.0, 1.0, 60), (2.0, 1.0, 67))
    heard.hear(key(3.0, 64))
    heard.hear(key(3.0, 35, channel=DRUM_CHANNEL))
    now = heard.sounding(3.0)
    assert now[4] > now[7] > now[0] > 0 == now[11]
    assert not heard.sounding(99.0)[[0, 7]].any()
    heard.move(-2.0)
    assert (heard.sounding(1.0) == now).all(), "as if the clock had not jumped"


def test_keys_that_are_down_are_taken_to_last_as_the_notes_before_them() -> None:
    heard = ear()
    play(heard, *((beat / 2, 0.25, 60) for beat in range(6)))
    heard.hear(key(4.0, 60))
    assert rows(heard)[-1].ticks == 3


def test_a_note_that_ends_is_told_with_its_player() -> None:
    heard = ear()
    heard.hear(key(1.0, 60, 77, channel=3))
    note = heard.hear(key(2.5, 60, 0, channel=3))
    assert note is not None
    assert (note.who, note.start, note.duration, note.pitch, note.velocity) == ("player 4", 1.0, 1.5, 60, 77)
    assert heard.hear(key(3.0, 60, 0, channel=3)) is None, "the key was up"


def test_a_key_that_goes_down_twice_is_two_notes() -> None:
    heard = ear()
    heard.hear(key(0.0, 60))
    assert heard.hear(key(1.0, 60)) is not None
    assert [row.tick for row in rows(heard)] == [0, 12] and heard.held() == [60]


def test_each_channel_is_a_player() -> None:
    heard = ear()
    play(heard, (0.0, 1.0, 60), channel=0)
    play(heard, (1.0, 1.0, 72), channel=5)
    assert heard.count == 2 and [row.voice for row in rows(heard)] == [PLAYERS, PLAYERS + 1]


def test_one_player_more_than_there_are_places_is_heard_as_the_last_of_his_like() -> None:
    heard = ear()
    play(heard, (0.0, 1.0, 60), channel=0)
    play(heard, (0.0, 1.0, 62), channel=1)
    play(heard, (0.0, 1.0, 38), channel=DRUM_CHANNEL)
    play(heard, (1.0, 1.0, 72), channel=4)
    assert heard.count == MOST_PLAYERS
    assert [row.voice for row in rows(heard) if row.pitch == 72] == [PLAYERS + 1], "not the drummer"


def test_a_drummer_for_whom_there_is_no_place_is_no_pianist() -> None:
    heard = ear()
    for channel in range(MOST_PLAYERS):
        play(heard, (0.0, 1.0, 60 + channel), channel=channel)
    play(heard, (1.0, 0.1, 38), channel=DRUM_CHANNEL)
    assert 38 not in {row.pitch for row in rows(heard)}


def test_drums_are_of_one_length_and_lead_no_chords() -> None:
    heard = ear()
    play(heard, (0.0, 2.0, 38), channel=DRUM_CHANNEL)
    heard.hear(key(3.0, 36, channel=DRUM_CHANNEL))
    assert {row.ticks for row in rows(heard)} == {DRUM_TICKS}
    assert heard.held() == [] and heard.pitched() == []
    assert [part.role for part in heard.players()] == ["drums"]


def test_who_strikes_several_keys_at_once_plays_chords_and_stays_who_he_is() -> None:
    heard = ear()
    assert [part.role for part in heard.players()] == ["melody"], "before anything was heard"
    play(heard, *((beat, 1.0, pitch) for beat in (0.0, 1.0) for pitch in (60, 64, 67)))
    assert [part.role for part in heard.players()] == ["chords"]
    play(heard, *((2.0 + beat / 2, 0.5, 72) for beat in range(40)))
    assert [part.role for part in heard.players()] == ["chords"]


def test_who_strikes_one_key_after_the_other_plays_a_melody() -> None:
    heard = ear()
    play(heard, *((beat / 2, 0.5, 60 + beat) for beat in range(12)))
    assert [part.role for part in heard.players()] == ["melody"]


def test_keys_below_the_split_lead() -> None:
    heard = ear()
    for pitch in (40, 59, 60, 76):
        heard.hear(key(0.0, pitch))
    assert heard.leading(60) == [40, 59]
    assert heard.leading(0) == [40, 59, 60, 76]


def test_a_player_rests_from_when_the_last_key_came_up() -> None:
    heard = ear()
    assert heard.silent_since(8.0) > 1000, "nobody has played yet"
    heard.hear(key(0.0, 60))
    assert heard.silent_since(6.0) == 0.0
    heard.hear(key(7.0, 60, 0))
    assert heard.silent_since(8.0) == 1.0


def test_after_a_jump_of_the_clock_a_rest_is_as_long_and_a_key_that_is_down_is_one_event() -> None:
    heard = ear()
    play(heard, (31.0, 0.5, 60))
    heard.hear(key(31.5, 64))
    assert heard.ledger is not None
    heard.ledger.move(-32 * 12)
    heard.move(-32.0)
    ended = heard.hear(key(0.25, 64, 0))
    assert ended is not None and (ended.start, ended.duration) == (-0.5, 0.75)
    assert [(row.tick, row.ticks) for row in rows(heard)] == [(-12, 6), (-6, 9)]
    assert heard.silent_since(2.25) == 2.0


def test_without_a_ledger_nothing_is_noted_and_players_are_known_all_the_same() -> None:
    heard = Ear()
    play(heard, *((beat, 1.0, pitch) for beat in (0.0, 1.0) for pitch in (60, 64, 67)))
    assert [part.role for part in heard.players()] == ["chords"] and len(heard.pitched()) == 6


keys = st.builds(
    key,
    st.floats(-4, 400),
    st.integers(0, 127),
    st.integers(0, 127),
    st.integers(0, 15),
)


@given(st.lists(keys, max_size=60))
def test_whatever_is_played_the_events_are_such_as_the_model_knows(events: list[NoteHeard]) -> None:
    heard = ear()
    for event in events:
        heard.hear(event)
    for row in rows(heard):
        assert PLAYERS <= row.voice < PLAYERS + heard.count
        assert row.ticks >= 1 and -2 <= row.shift <= 1 and 0 <= row.pitch < 128 and 1 <= row.loud <= 8
    down = {(event.channel, event.pitch): event.velocity for event in events}
    sounding = {pitch for (channel, pitch), velocity in down.items() if velocity and channel != DRUM_CHANNEL}
    assert heard.held() == sorted(sounding)
