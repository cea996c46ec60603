"""A part that falls behind its busyness is pushed on, one that runs ahead is held back."""

from __future__ import annotations

import pytest

from bandmate_models import vocabulary as v
from bandmate_models.attributes import attributes_of
from bandmate_models.encoding import Header, PartLine
from bandmate_models.reading import Reader
from bandmate_models.score import Note, Part, Role, Score
from bandmate_models.steering import (
    BIAS,
    HARDEST,
    LARGEST,
    PATIENCE,
    Steering,
    asked_heights,
    asked_rates,
    height_of_register,
    onset_rates,
    rate_of_density,
)

BAR = v.BASE["bar"] + v.METRES.index((4, 4))
NOTE = [v.BASE["pitch"] + 60, v.duration_velocity(2, 4)]


def push_after(frames: list[list[int]], wanted: float) -> float:
    """The push on slot 0 after bars of frames, each a list of ticks with an onset."""
    steering, reader = Steering({0: wanted}), Reader()
    tokens = Header(parts=(PartLine(0),)).tokens()
    for beat, ticks in enumerate(frames):
        tokens += [BAR] * (beat % 4 == 0)
        tokens.append(v.BASE["frame_m"] + beat % 4)
        for tick in ticks:
            tokens += [v.onset(0, tick), *NOTE]
    for token in tokens:
        reader.feed(token)
        steering.heard(reader, token)
    return float(steering.push[v.onset(0, 0)])


def test_a_part_as_busy_as_wanted_is_left_alone() -> None:
    assert abs(push_after([[0, 6]] * 4, 2.0)) < 1e-6


def test_silence_is_pushed_on_and_more_the_longer_it_lasts() -> None:
    short, long = push_after([[0, 6], [], []], 2.0), push_after([[], [], [], []], 2.0)
    assert 0 < short < long <= LARGEST + 4 * PATIENCE
    assert push_after([[]] * 4, 2.0) > LARGEST


def test_a_part_that_has_not_begun_is_pushed_on_sooner_than_one_that_rests() -> None:
    assert push_after([[], [], []], 2.0) > push_after([[0], [], []], 2.0) > 0


def test_no_silence_is_pushed_on_beyond_a_limit() -> None:
    assert push_after([[]] * 40, 2.0) == LARGEST + BIAS


def test_a_crowded_beat_is_pushed_on_no_more() -> None:
    steering, reader = Steering({0: 0.5}), Reader()
    start = [*Header(parts=(PartLine(0),)).tokens(), BAR, *(v.BASE["frame_m"] + b for b in range(4)), BAR]
    feed(steering, reader, [*start, v.BASE["frame_m"], v.onset(0, 0), *NOTE, v.onset(0, 3), *NOTE])
    assert steering.push[v.onset(0, 0)] > 0
    feed(steering, reader, [v.onset(0, 6)])
    assert steering.push[v.onset(0, 0)] == 0
    feed(steering, reader, [*NOTE, v.BASE["frame_m"] + 1, v.BASE["frame_m"] + 2])
    assert steering.push[v.onset(0, 0)] != 0


def test_too_many_notes_are_held_back() -> None:
    assert push_after([[0, 2, 4, 6, 8, 10]] * 4, 1.0) < 0


def test_a_part_that_is_much_too_busy_is_held_back_firmly_and_one_that_is_nearly_right_gently() -> None:
    assert -HARDEST - 4 * PATIENCE <= push_after([[0, 2, 4, 6, 8, 10]] * 4, 0.3) < -LARGEST
    assert -0.5 < push_after([[0, 6]] * 4, 1.8) < 0


def test_a_chord_that_is_told_in_a_frame_makes_no_other_frame_of_it() -> None:
    def after(chord: list[int]) -> float:
        steering, reader = Steering({0: 2.0}), Reader()
        beat = [*chord, v.onset(0, 0), *NOTE, v.onset(0, 6), *NOTE]
        bar = [BAR, *(token for place in range(4) for token in (v.BASE["frame_m"] + place, *beat))]
        feed(steering, reader, [*Header(parts=(PartLine(0),)).tokens(), *bar * 4])
        return float(steering.push[v.onset(0, 0)])

    assert after([v.BASE["chord"]]) == after([]) == pytest.approx(0.0, abs=1e-6)


def thickness_pushed(slot: int, wanted: float, struck: list[int], kind: str = "pitch") -> float:
    """The push on a further note after onsets of so many notes in a slot that is to strike `wanted`."""
    steering, reader = Steering({}, None, None, {slot: wanted}), Reader()
    tokens = [*Header(parts=(PartLine(slot),)).tokens(), BAR, v.BASE["frame_m"]]
    for tick, notes in enumerate([*struck, 1]):
        length = v.duration_velocity(2, 4) if kind == "pitch" else v.BASE["drumvel"] + 4
        tokens.append(v.onset(slot, tick))
        for pitch in range(notes):
            tokens += [v.BASE[kind] + 48 + pitch, length]
    feed(steering, reader, tokens)
    return float(steering.push[v.BASE[kind] + 60])


def test_a_part_thinner_than_wanted_is_drawn_to_chords_and_a_thicker_one_to_single_notes() -> None:
    assert thickness_pushed(0, 2.0, [2, 2, 2]) == pytest.approx(0.0, abs=1e-6)
    assert 0 < thickness_pushed(0, 2.0, [1, 1]) < thickness_pushed(0, 2.0, [1, 1, 1, 1, 1])
    assert thickness_pushed(0, 1.0, [3, 3]) < 0
    assert thickness_pushed(min(v.DRUM_SLOTS), 1.5, [1, 1, 1], "drum") > 0


def test_where_no_thickness_is_wanted_none_is_pushed() -> None:
    assert thickness_pushed(0, 2.0, [1, 1]) > 0
    steering, reader = Steering({}, None, None, {11: 1.0}), Reader()
    start = [*Header(parts=(PartLine(0),)).tokens(), BAR, v.BASE["frame_m"], v.onset(0, 0), *NOTE]
    feed(steering, reader, start)
    assert not steering.push.any()


def test_only_onsets_are_pushed() -> None:
    steering = Steering({0: 4.0})
    reader = Reader()
    for token in [*Header(parts=(PartLine(0),)).tokens(), BAR, *(v.BASE["frame_m"] + b for b in range(4))]:
        reader.feed(token)
        steering.heard(reader, token)
    pushed = steering.push.nonzero()[0]
    assert set(pushed.tolist()) == {v.onset(0, tick) for tick in range(v.TICKS_PER_BEAT)}


def test_rates_are_onsets_a_beat_of_each_slot() -> None:
    chords = tuple(Note(beat, 1, pitch, 80) for beat in range(4) for pitch in (60, 64, 67))
    melody = tuple(Note(i / 2, 0.5, 72, 80) for i in range(8))
    score = Score(parts=(Part("chords", chords), Part("melody", melody), Part("bass")))
    assert onset_rates(score, [4, 0, 11], 4.0) == {4: 1.0, 0: 2.0}


def feed(steering: Steering, reader: Reader, tokens: list[int]) -> None:
    for token in tokens:
        reader.feed(token)
        steering.heard(reader, token)


def test_targets_may_change_from_bar_to_bar() -> None:
    homes = [{0: 0.0}, {7: 0.0}]
    steering = Steering(lambda bar: {0: (4.0, 0.5)[bar]}, lambda bar: homes[bar])
    reader = Reader()
    bar = [BAR, *(v.BASE["frame_m"] + b for b in range(4))]
    begun = [BAR, v.BASE["frame_m"], v.onset(0, 0), *NOTE, *bar[2:]]
    feed(steering, reader, [*Header(parts=(PartLine(0),)).tokens(), *begun])
    assert steering.push[v.onset(0, 0)] > 0
    assert steering.push[v.BASE["pitch"] + 60] == 0 > steering.push[v.BASE["pitch"] + 67]
    feed(steering, reader, bar)
    assert steering.push[v.onset(0, 0)] < 0
    assert steering.push[v.BASE["pitch"] + 67] == 0 > steering.push[v.BASE["pitch"] + 60]


def test_a_part_that_is_too_low_is_pushed_up_and_only_that_part() -> None:
    steering, reader = Steering({}, None, {0: 72.0}), Reader()
    parts = Header(parts=(PartLine(0), PartLine(1))).tokens()
    feed(steering, reader, [*parts, BAR, v.BASE["frame_m"], v.onset(0, 0), *NOTE, v.onset(0, 6)])
    push = steering.push[v.BASE["pitch"] : v.BASE["pitch"] + 128]
    assert push[72] > 0 > push[48]
    feed(steering, reader, [*NOTE, v.onset(1, 6)])
    assert not push.any()


def test_steps_of_density_and_register_become_their_middles() -> None:
    roles: dict[int, Role] = {0: "melody", 11: "bass", next(iter(v.DRUM_SLOTS)): "drums"}
    for step in range(8):
        rate, height = rate_of_density(step), height_of_register(step)
        notes = tuple(Note(i / rate, 0.1, round(height), 80) for i in range(40))
        attributes = attributes_of(Part("melody", notes))
        assert attributes is not None
        assert (attributes.density, attributes.register) == (step, step)
    assert asked_rates({0: 1.0, 11: 2.0}, {"bass": 5}, roles) == {0: 1.0, 11: rate_of_density(5)}
    assert asked_heights({None: 4}, roles) == {0: 63.0, 11: 63.0}
