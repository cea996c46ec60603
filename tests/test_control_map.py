"""The control map: what a controller or key does to a dial, without a device."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band.bindings import WHOLE, Binding, Source, binding, usual_bindings
from bandmate.band.control_map import LEARNING, PENDING, ControlMap
from bandmate.band.dials import dial_names, find_dial
from bandmate_bridge.messages import ControlHeard, NoteHeard
from bandmate_models.errors import BandmateError

RANGES = [name for name in dial_names() if find_dial(name)[0].kind == "range"]
STEP = 1 / 127


def cc(value: int, number: int = 20, channel: int = 0, time: float = 0.0) -> ControlHeard:
    return ControlHeard(0.0, time, channel, number, value)


def key(velocity: int, pitch: int = 24, channel: int = 0) -> NoteHeard:
    return NoteHeard(0.0, 0.0, channel, pitch, velocity)


def knob(dial: str, mode: str | None = None, low: float | None = None, high: float | None = None) -> Binding:
    return binding(dial, Source("cc", 20), mode, low, high)


def values(controls: ControlMap, *raw: int) -> list[float]:
    return [value for one in raw for _, value in controls.hear(cc(one))]


class Band:
    """Dials that are turned at once."""

    def __init__(self) -> None:
        self.stands = {name: find_dial(name)[0].usual for name in dial_names()}

    def turn(self, controls: ControlMap, message: ControlHeard | NoteHeard) -> list[tuple[str, float]]:
        turns = controls.hear(message)
        self.stands.update(turns)
        return turns


def test_a_knob_takes_a_dial_over_where_it_passes_it() -> None:
    controls = ControlMap([knob("energy")])  # stands at 0.5
    assert values(controls, 0, 20, 40) == []
    assert values(controls, 70, 30) == [70 / 127, 30 / 127]


def test_a_knob_that_stands_where_the_dial_does_takes_it_at_once() -> None:
    assert values(ControlMap([knob("energy")]), 64) == [64 / 127]
    assert values(ControlMap([knob("energy")]), 0) == []


def test_a_dial_turned_by_somebody_else_is_picked_up_anew() -> None:
    band = Band()
    controls = ControlMap([knob("energy")], band.stands.__getitem__)
    assert band.turn(controls, cc(64, time=0.0))
    band.stands["energy"] = 0.9
    assert band.turn(controls, cc(60, time=1.0)) == []
    assert band.turn(controls, cc(120, time=1.1)) == [("energy", 120 / 127)]


def test_a_dial_that_takes_a_moment_to_turn_is_not_lost() -> None:
    band = Band()
    controls = ControlMap([knob("energy")], band.stands.__getitem__)
    heard = [controls.hear(cc(64 + step, time=step * PENDING / 20)) for step in range(10)]
    assert all(heard), "the band still stands at 0.5"


@given(st.sampled_from(RANGES), st.floats(0, 1), st.lists(st.integers(0, 127), min_size=1, max_size=40))
def test_picking_up_never_jumps_further_than_the_hand(dial: str, place: float, raw: list[int]) -> None:
    found, _ = find_dial(dial)
    reach = found.high - found.low
    stands = {dial: found.low + place * reach}
    controls = ControlMap([knob(dial)], stands.__getitem__)
    last = None
    for number, one in enumerate(raw):
        before, hand = stands[dial], found.low + reach * one / 127
        turns = controls.hear(cc(one, time=float(number)))
        assert len(turns) <= 1
        stands.update(turns)
        moved = abs(hand - last) if last is not None else 0.0
        slack = 1.0 if dial.rpartition(".")[2] in WHOLE else 1e-9
        assert abs(stands[dial] - before) <= moved + reach * STEP * 1.02 + slack
        assert found.low <= stands[dial] <= found.high
        last = hand


@given(st.sampled_from(RANGES), st.lists(st.integers(0, 127), max_size=20))
def test_a_knob_that_has_gone_all_the_way_has_the_dial(dial: str, raw: list[int]) -> None:
    controls = ControlMap([knob(dial)])
    for one in (*raw, 0, 127):
        controls.hear(cc(one))
    found, _ = find_dial(dial)
    assert controls.hear(cc(0)) == [(dial, found.low)]
    assert controls.hear(cc(127)) == [(dial, found.high)]


@given(st.sampled_from(RANGES), st.integers(0, 127), st.floats(0, 1), st.floats(0, 1))
def test_a_jumping_knob_covers_its_range(dial: str, raw: int, one: float, other: float) -> None:
    found, _ = find_dial(dial)
    low, high = (found.low + (found.high - found.low) * end for end in (one, other))
    if low == high:
        return
    [(name, value)] = ControlMap([knob(dial, "jump", low, high)]).hear(cc(raw))
    assert name == dial
    assert value == pytest.approx(low + (high - low) * raw / 127, abs=0.51 if value == round(value) else 1e-9)


def test_whole_dials_stand_at_whole_numbers() -> None:
    controls = ControlMap([knob("bass.density", "jump")])
    said = {value for raw in range(128) for _, value in controls.hear(cc(raw))}
    assert said == {float(step) for step in range(-1, 8)}


@pytest.mark.parametrize(
    ("mode", "up", "down"), [("relative", 1, 127), ("relative", 1, 65), ("offset", 65, 63)]
)
def test_an_encoder_moves_from_where_the_dial_stands(mode: str, up: int, down: int) -> None:
    controls = ControlMap([knob("energy", mode)])
    assert values(controls, up, up, down) == pytest.approx([0.5 + 1 / 64, 0.5 + 2 / 64, 0.5 + 1 / 64])
    assert values(controls, *[up] * 200)[-1] == 1.0
    assert values(controls, *[down] * 200)[-1] == 0.0


def test_an_encoder_on_a_whole_dial_turns_it_every_few_clicks() -> None:
    controls = ControlMap([knob("trade", "relative")])
    steps = values(controls, *[1] * 64)
    assert (steps[0], steps[15], steps[-1]) == (0.0, 2.0, 8.0)
    assert set(steps) == {float(bars) for bars in range(9)} and sorted(steps) == steps


def test_an_encoder_keeps_to_its_range_but_does_not_drag_a_dial_into_it() -> None:
    stands = {"energy": 0.9}
    controls = ControlMap([knob("energy", "relative", 0.2, 0.6)], stands.__getitem__)
    assert values(controls, 1) == [0.9]
    stands["energy"] = 0.58
    assert controls.hear(cc(3, time=9.0)) == [("energy", pytest.approx(0.58 + 3 * 0.4 / 64))]
    assert controls.hear(cc(3, time=9.1)) == [("energy", 0.6)]


def test_a_button_toggles_on_its_press_alone() -> None:
    controls = ControlMap([binding("play", Source("cc", 20))])
    assert values(controls, 127, 127, 0, 127, 0, 100) == [1.0, 0.0, 1.0]


def test_a_toggle_knows_what_somebody_else_has_switched() -> None:
    band = Band()
    controls = ControlMap([binding("play", Source("cc", 20))], band.stands.__getitem__)
    band.stands["play"] = 1.0
    assert band.turn(controls, cc(127)) == [("play", 0.0)]


def test_a_held_key_holds_and_a_latching_button_says_how_it_stands() -> None:
    held = ControlMap([binding("stop_time", Source("key", 24), "hold")])
    assert [held.hear(key(100)), held.hear(key(0)), held.hear(key(0))] == [
        [("stop_time", 1.0)],
        [("stop_time", 0.0)],
        [],
    ]
    latching = ControlMap([binding("follow", Source("cc", 20), "level")])
    assert values(latching, 127, 0, 64, 63) == [1.0, 0.0, 1.0, 0.0]


def test_a_cue_comes_once_for_each_press() -> None:
    controls = ControlMap([binding("fill", Source("key", 24)), binding("ending", Source("cc", 20))])
    assert controls.hear(key(1)) == [("fill", 1.0)]
    assert controls.hear(key(0)) == []
    assert values(controls, 127, 0, 127) == [1.0, 1.0]


def test_a_key_switches_a_range_between_two_values() -> None:
    controls = ControlMap([binding("trade", Source("key", 24), low=0, high=4)])
    turns = [controls.hear(key(velocity)) for velocity in (90, 0, 90, 0)]
    assert turns == [[("trade", 4.0)], [], [("trade", 0.0)], []]


def test_upside_down_ranges_turn_the_other_way() -> None:
    assert values(ControlMap([knob("energy", "jump", 1, 0)]), 0, 127) == [1.0, 0.0]
    assert values(ControlMap([knob("play", "toggle", 1, 0)]), 127, 0, 127) == [1.0, 0.0]


def test_channels_are_kept_apart_where_they_are_asked_for() -> None:
    controls = ControlMap([binding("energy", Source("cc", 20, 9), "jump")])
    assert controls.hear(cc(127, channel=8)) == []
    assert controls.hear(cc(127, channel=9)) == [("energy", 1.0)]
    anywhere = ControlMap([knob("energy", "jump")])
    assert all(anywhere.hear(cc(0, channel=channel)) for channel in range(16))


def test_one_control_may_turn_several_dials() -> None:
    controls = ControlMap([knob("energy", "jump"), knob("bass.level", "jump", 0.2, 0.4)])
    assert controls.hear(cc(127)) == [("energy", 1.0), ("bass.level", 0.4)]


def test_what_is_bound_is_no_music() -> None:
    controls = ControlMap([binding("fill", Source("key", 24, 15))])
    assert controls.claims(key(90, channel=15)) and controls.claims(key(0, channel=15))
    assert not controls.claims(key(90, channel=0)) and not controls.claims(key(90, pitch=25, channel=15))


def test_all_notes_off_is_no_control() -> None:
    controls = ControlMap([])
    controls.learn("play")
    assert controls.hear(cc(127, number=123)) == [] and controls.learning == "play"


def learnt(dial: str, *messages: ControlHeard | NoteHeard) -> Binding | None:
    found: list[Binding] = []
    controls = ControlMap(learnt=found.append)
    controls.learn(dial)
    for message in messages:
        controls.hear(message)
    assert (controls.learning is None) == bool(found)
    assert controls.bindings == tuple(found)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("raw", "mode"),
    [
        ((60, 62, 64, 66, 68), "pickup"),
        ((0, 127), "pickup"),
        ((10, 11), None),
        ((64, 65, 64, 65, 64, 65), None),
        ((1, 1, 1, 1), "relative"),
        ((127, 127, 126, 127), "relative"),
        ((63, 63, 63, 62), "offset"),
        ((65, 65, 65, 65, 65), None),
        ((65, 65, 65, 65, 63), "offset"),
        ((65, 65, 65, 65, 1), "relative"),
    ],
    ids=str,
)
def test_what_moves_is_learnt_as_what_it_is(raw: tuple[int, ...], mode: str | None) -> None:
    found = learnt("energy", *(cc(value, channel=3) for value in raw))
    assert found == (binding("energy", Source("cc", 20, 3), mode) if mode else None)


def test_a_knob_is_not_learnt_for_what_another_does() -> None:
    both = [message for step in range(4) for message in (cc(40, number=1), cc(30 + 4 * step, number=74))]
    assert learnt("energy", *both) == binding("energy", Source("cc", 74, 0))


@pytest.mark.parametrize("number", [0, 32, 64, 99, 120, 123])
def test_pedals_and_halves_of_messages_are_never_learnt(number: int) -> None:
    assert learnt("play", cc(127, number=number)) is None
    assert learnt("energy", *(cc(value, number=number) for value in (0, 60, 127))) is None


def test_switches_and_cues_learn_keys_and_ranges_do_not() -> None:
    assert learnt("fill", key(0), key(70, pitch=21, channel=1)) == binding("fill", Source("key", 21, 1))
    assert learnt("play", cc(0), cc(127)) == binding("play", Source("cc", 20, 0))
    assert learnt("energy", key(70)) is None


def test_learning_ends_by_itself_and_when_it_is_called_off() -> None:
    controls = ControlMap()
    controls.learn("play", 100.0)
    controls.hear(cc(127, time=100.0 + LEARNING + 1))
    assert (controls.learning, controls.bindings) == (None, ())
    controls.learn("play")
    controls.learn(None)
    assert controls.hear(cc(127)) == [] and controls.bindings == ()
    with pytest.raises(BandmateError, match="is no dial"):
        controls.learn("wobble")


def test_what_is_learnt_takes_the_place_of_what_was() -> None:
    controls = ControlMap([knob("swing"), binding("energy", Source("cc", 70))])
    controls.learn("energy")
    for value in (0, 60):
        controls.hear(cc(value))
    assert controls.bindings == (binding("energy", Source("cc", 20, 0)),)


@given(
    st.lists(
        st.one_of(
            st.builds(cc, st.integers(0, 127), st.integers(0, 127), st.integers(0, 15)),
            st.builds(key, st.integers(0, 127), st.integers(0, 127), st.integers(0, 15)),
            st.sampled_from(dial_names()),
        ),
        max_size=60,
    )
)
def test_whatever_is_heard_dials_stay_in_their_ranges(heard: list[object]) -> None:
    band = Band()
    controls = ControlMap(usual_bindings(), band.stands.__getitem__)
    for one in heard:
        if isinstance(one, str):
            controls.learn(one)
        else:
            assert isinstance(one, (ControlHeard, NoteHeard))
            band.turn(controls, one)
    for name, value in band.stands.items():
        found, _ = find_dial(name)
        assert found.low <= value <= found.high
