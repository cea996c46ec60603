"""Live notes that are to end or never to sound: stop, jump, cancel, clear; and that none is left hanging.

The built patch runs in a simulated Max (max_graph.py), against a simulated transport.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_jam_kit import ROLES, assert_nothing_sounds, band_notes, loaded, onsets, told
from max_graph import Message

Event = tuple[str, float, float]
KINDS = ["notes", "stop", "start", "jump", "tempo", "loop", "cancel", "clear", "now", "off", "plays"]
EVENTS = st.tuples(
    st.sampled_from(KINDS),
    st.floats(0, 1),
    st.floats(0, 400),
)


def test_stop_ends_what_sounds_and_drops_what_waits() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "chords", (0.25, 8.0, 60, 90), (0.25, 8.0, 64, 90), (1.5, 1.0, 67, 90))
    graph.run(begun + 400)
    graph.transport.change(graph.now, playing=False)
    graph.run(begun + 420)
    assert [pitch for _, pitch in onsets(graph)] == [60, 64]
    assert_nothing_sounds(graph)
    assert told(graph, "moved")[-1][:2] == ("moved", "stop")
    graph.run(begun + 9000)
    assert [pitch for _, pitch in onsets(graph)] == [60, 64]


def test_the_script_hears_of_a_stop_after_the_chain_is_silent() -> None:
    graph = loaded()
    silent: list[bool] = []
    band_notes(graph, "chords", (0.1, 8.0, 60, 90))

    def script(message: Message) -> list[tuple[int, Message]]:
        if message[:2] == ("moved", "stop"):
            silent.append(graph.notes()[-1][1:] == (60, 0))
        return []

    graph.script = script
    graph.run(graph.now + 300)
    graph.transport.change(graph.now, playing=False)
    graph.run(graph.now + 100)
    assert silent == [True]


def test_a_note_that_comes_while_nothing_plays_is_dropped() -> None:
    graph = loaded()
    graph.transport.change(graph.now, playing=False)
    band_notes(graph, "bass", (0.01, 1.0, 36, 90))
    graph.run(graph.now + 3000)
    assert graph.notes() == []


def test_a_jump_drops_what_waits_and_ends_what_sounds() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (0.25, 8.0, 36, 90), (1.5, 1.0, 38, 90))
    graph.run(begun + 300)
    graph.transport.jump(graph.now, 32.0)
    graph.run(begun + 320)
    assert_nothing_sounds(graph)
    graph.run(begun + 4000)
    assert [pitch for _, pitch in onsets(graph)] == [36]
    assert [message[1] for message in told(graph, "moved")] == ["start", "jump"]
    assert told(graph, "moved")[-1][2] == pytest.approx(32.0, abs=0.05)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(ROLES), st.floats(0.5, 2)), min_size=1, max_size=10),
    st.lists(st.tuples(st.sampled_from([*ROLES, ""]), st.floats(0.5, 2)), min_size=1, max_size=3),
    st.integers(0, 99),
)
def test_band_cancel_drops_the_notes_of_its_role_from_its_beat_on(
    notes: list[tuple[str, float]], cancels: list[tuple[str, float]], seed: int
) -> None:
    graph = loaded(seed=seed)
    begun = graph.now
    for number, (role, beat) in enumerate(notes):
        band_notes(graph, role, (beat, 0.1, 30 + number, 64))
    stays = set(range(len(notes)))
    for step, (role, beat) in enumerate(cancels, 1):
        graph.run(begun + 10 * step)
        graph.osc("/bandmate/band_cancel", 7, role, beat)
    newest = {role: beat for cancel, beat in cancels for role in (ROLES if cancel == "" else (cancel,))}
    for number, (role, beat) in enumerate(notes):
        if role in newest and beat >= newest[role] - 0.001:
            stays.discard(number)
    band_notes(graph, "bass", (2.0, 0.1, 90, 64))
    graph.run(begun + 3000)
    assert {pitch - 30 for _, pitch in onsets(graph)} == stays | {60}


def test_band_cancel_leaves_other_roles_earlier_notes_and_later_ones() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (0.5, 0.1, 36, 90), (1.0, 0.1, 38, 90))
    band_notes(graph, "drums", (1.0, 0.1, 40, 90))
    graph.osc("/bandmate/band_cancel", 2, "bass", 1.0)
    band_notes(graph, "bass", (1.0, 0.1, 43, 90))
    band_notes(graph, "drums", (1.5, 0.1, 42, 90))
    graph.run(begun + 2000)
    assert {pitch for _, pitch in onsets(graph)} == {36, 40, 43, 42}


def test_band_cancel_ends_what_sounds_of_its_role_at_its_beat() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (0.25, 8.0, 36, 90))
    band_notes(graph, "chords", (0.25, 8.0, 60, 90))
    graph.run(begun + 300)
    graph.osc("/bandmate/band_cancel", 2, "bass", 1.0)
    band_notes(graph, "bass", (1.0, 0.5, 36, 80))
    graph.run(begun + 1000)
    assert graph.notes()[2:] == [
        (pytest.approx(begun + 499), 36, 0),
        (pytest.approx(begun + 500), 36, 80),
        (pytest.approx(begun + 750), 36, 0),
    ]
    graph.osc("/bandmate/band_cancel", 3, "", 0.0)
    graph.run(begun + 1001)
    assert_nothing_sounds(graph)


def test_clear_silences_all() -> None:
    graph = loaded()
    band_notes(graph, "bass", (0.1, 8.0, 36, 90), (1.0, 1.0, 38, 90))
    graph.from_script(2, "here", 10.0, 5000.0, 50, 90)
    graph.from_script(2, "here", 500.0, 5000.0, 52, 90)
    graph.run(graph.now + 200)
    graph.from_script(2, "clear")
    assert_nothing_sounds(graph)
    graph.run(graph.now + 6000)
    assert [pitch for _, pitch in onsets(graph)] == [50, 36]


def test_the_end_of_a_note_that_was_cleared_does_not_cut_a_new_one() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (0.1, 1.0, 36, 90))
    graph.from_script(2, "here", 50.0, 500.0, 50, 90)
    graph.run(begun + 200)
    graph.from_script(2, "clear")
    cleared = len(graph.notes())
    band_notes(graph, "bass", (0.5, 2.0, 36, 90))
    graph.from_script(2, "here", 60.0, 1500.0, 50, 90)
    graph.run(begun + 3000)
    assert graph.notes()[cleared:] == [
        (pytest.approx(begun + 250), 36, 90),
        (pytest.approx(begun + 260), 50, 90),
        (pytest.approx(begun + 1250), 36, 0),
        (pytest.approx(begun + 1760), 50, 0),
    ]


def test_switching_the_device_off_silences_it() -> None:
    graph = loaded()
    band_notes(graph, "bass", (0.1, 8.0, 36, 90))
    graph.from_script(2, "here", 100.0, 5000.0, 50, 90)
    graph.from_script(2, "here", 500.0, 5000.0, 52, 90)
    graph.run(graph.now + 200)
    graph.send(graph.by_name["device"].box, 1, (0,))
    assert_nothing_sounds(graph)
    graph.run(graph.now + 1000)
    assert sorted(pitch for _, pitch in onsets(graph)) == [36, 50]


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=25), st.integers(0, 999))
def test_no_note_is_left_hanging_whatever_happens(events: list[Event], seed: int) -> None:
    random = Random(seed)
    graph = loaded(seed=seed)
    graph.lag = lambda: random.uniform(0, 80)
    for what, share, wait in events:
        transport, now = graph.transport, graph.now
        if what == "notes":
            beat = transport.beat(now) + 2 * share
            notes = [(beat + 0.1 * n, 4 * share, 36 + n % 3, 90) for n in range(4)]
            band_notes(graph, random.choice(ROLES), *notes)
        elif what in ("stop", "start"):
            transport.change(now, playing=what == "start")
        elif what == "jump":
            transport.jump(now, 16 * share)
        elif what == "tempo":
            transport.change(now, tempo=60 + 140 * share)
        elif what == "loop":
            transport.change(now, loop=(True, 0.0, 1 + 7 * share))
            graph.from_script(2, "loop", 1, 0.0, 1 + 7 * share)
        elif what == "cancel":
            graph.osc("/bandmate/band_cancel", 1, random.choice([*ROLES, ""]), transport.beat(now) + share)
        elif what == "clear":
            graph.from_script(2, "clear")
        elif what == "now":
            graph.from_script(2, "now", random.choice(ROLES), 500 * share, 900.0, 40, 90)
        elif what == "plays":
            graph.from_script(2, "plays", random.choice([*ROLES, "all", "none"]))
        else:
            graph.send(graph.by_name["device"].box, 1, (int(share),))
        graph.run(graph.now + wait)
    graph.run(graph.now + 9_000)  # longer than any of these notes waits and lasts
    assert_nothing_sounds(graph)
