"""Live notes through the patch's own boxes and cords: when each of them sounds, and where.

The built patch runs in a simulated Max (max_graph.py), against a simulated transport. Nothing here says how
exactly Max itself keeps time.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_jam_kit import LEG, ROLES, assert_nothing_sounds, band_notes, loaded, onsets, told

TEMPI = st.floats(60, 200)


def test_a_note_sounds_on_its_beat_for_as_long_as_it_says() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (0.5, 1.0, 36, 90), (0.75, 0.25, 38, 80))
    graph.run(begun + 2000)
    assert graph.notes() == [
        (pytest.approx(begun + 250), 36, 90),
        (pytest.approx(begun + 375), 38, 80),
        (pytest.approx(begun + 500), 38, 0),
        (pytest.approx(begun + 750), 36, 0),
    ]


def test_each_wait_is_half_of_what_is_left_and_the_last_is_all() -> None:
    graph = loaded()
    begun = graph.now
    band_notes(graph, "bass", (1.0, 1.0, 36, 90))
    graph.run(begun + 1000)
    waits = [(time - begun, delay, box) for time, delay, box in graph.asked]
    assert [box for _, _, box in waits] == ["again"] * 5 + ["last"]
    for time, delay, box in waits:
        left = (1.0 - time * 120 / 60000) * 60000 / 120
        assert delay == pytest.approx(left if box == "last" else left / 2, abs=1e-9)
    assert waits[-1][1] <= LEG < waits[-2][1] * 2


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0.1, 2.0), st.integers(30, 90)), min_size=1, max_size=8),
    st.lists(st.tuples(st.floats(0, 1500), TEMPI), max_size=5),
    st.integers(0, 99),
)
def test_notes_follow_every_change_of_tempo(
    notes: list[tuple[float, int]], changes: list[tuple[float, float]], seed: int
) -> None:
    """Only within its last leg of 20 ms is a note deaf to a new tempo; or where tempo more than doubles."""
    graph = loaded(seed=seed)
    begun = graph.now
    beats: dict[int, float] = {}
    for number, (beat, _) in enumerate(notes):
        beats[30 + number] = beat
        band_notes(graph, "melody", (beat, 0.1, 30 + number, 64))
    tempo, doubled = 120.0, False
    for when, new in sorted(changes):
        graph.run(begun + when)
        graph.transport.change(graph.now, tempo=new)
        doubled |= new > 2 * tempo
        tempo = new
    graph.run(begun + 6000)
    found = {pitch: time for time, pitch in onsets(graph)}
    assert set(found) == set(beats)
    if doubled:
        return
    history = [(begun, 0.0, 120.0)]
    for when, new in sorted(changes):
        since, beat, old = history[-1]
        history.append((begun + when, beat + (begun + when - since) * old / 60000, new))
    fastest = max(tempo for _, _, tempo in history)
    for pitch, time in found.items():
        since, beat, at_tempo = [row for row in history if row[0] <= time][-1]
        where = beat + (time - since) * at_tempo / 60000
        deaf = any(time - LEG <= row[0] <= time for row in history[1:])
        assert abs(where - beats[pitch]) <= (LEG * fastest / 60000 if deaf else 1e-6)


@pytest.mark.parametrize("beat", [0.25, 4.25], ids=["the loop's own beat", "counted on"])
def test_notes_beyond_the_loops_end_sound_at_its_beginning(beat: float) -> None:
    graph = loaded()
    graph.from_script(2, "loop", 1, 0.0, 4.0)
    begun = graph.now
    graph.transport.change(begun, loop=(True, 0.0, 4.0))
    graph.run(begun + 1800)  # beat 3.6
    band_notes(graph, "bass", (beat, 0.5, 36, 90), (3.75, 0.5, 38, 90))
    graph.run(begun + 4000)
    assert onsets(graph) == [(pytest.approx(begun + 1875), 38), (pytest.approx(begun + 2125), 36)]
    assert_nothing_sounds(graph)
    assert [message[1] for message in told(graph, "moved")] == ["start"]


def test_a_loop_that_is_behind_the_playhead_changes_nothing() -> None:
    graph = loaded()
    graph.from_script(2, "loop", 1, 8.0, 4.0)
    graph.transport.change(graph.now, loop=(True, 8.0, 4.0))
    graph.transport.jump(graph.now, 20.0)
    graph.run(graph.now + 100)
    begun = graph.now
    band_notes(graph, "bass", (20.7, 0.5, 36, 90), (9.0, 0.5, 38, 90))
    graph.run(begun + 2000)
    assert onsets(graph) == [(pytest.approx(begun + 250), 36)]


def test_in_a_loop_a_note_a_little_late_sounds_at_once_and_not_a_pass_later() -> None:
    graph = loaded()
    graph.from_script(2, "loop", 1, 8.0, 4.0)
    graph.transport.jump(graph.now, 8.0)
    graph.transport.change(graph.now, loop=(True, 8.0, 4.0))
    graph.run(graph.now + 500)  # beat 9
    now = graph.now
    band_notes(graph, "bass", (8.9, 0.1, 36, 90), (7.5, 0.1, 38, 90), (8.5, 0.1, 40, 90))
    graph.run(now + 3000)  # 38 lies before the loop, and 40 is so late that it is meant for the next pass
    assert onsets(graph) == [(pytest.approx(now), 36), (pytest.approx(now + 1750), 40)]


@settings(max_examples=40)
@given(st.floats(0.5, 8), st.floats(0, 32), st.lists(st.floats(0, 1), min_size=1, max_size=6), TEMPI)
def test_any_loop_at_any_tempo(length: float, start: float, shares: list[float], tempo: float) -> None:
    """Notes sent less than a pass ahead, counted on beyond its end, sound when the playhead is there."""
    graph = loaded()
    graph.from_script(2, "loop", 1, start, length)
    graph.transport.jump(graph.now, start)
    graph.transport.change(graph.now, loop=(True, start, length), tempo=tempo)
    graph.run(graph.now + 30)
    begun, beat = graph.now, graph.transport.beat(graph.now)
    most = min(500.0, length * 60000 / tempo - 110)  # ms
    ahead = sorted(60 + (most - 60) * share for share in shares)
    for number, delay in enumerate(ahead):
        band_notes(graph, "bass", (beat + delay * tempo / 60000, 0.1, 30 + number, 90))
    graph.run(begun + 1500)
    found = {pitch - 30: time for time, pitch in onsets(graph)}
    assert found == {number: pytest.approx(begun + delay, abs=1e-3) for number, delay in enumerate(ahead)}


@pytest.mark.parametrize("plays", [*ROLES, "all", "none"])
def test_each_device_sounds_its_role_alone(plays: str) -> None:
    """Of the band and of an audition; and ends it where it is cancelled."""
    graph = loaded(plays, name="part")
    wanted = [number for number, role in enumerate(ROLES) if plays in (role, "all")]
    for number, role in enumerate(ROLES):
        band_notes(graph, role, (0.5, 8.0, 36 + number, 90))
        graph.from_script(2, "now", role, 100.0 + number, 500.0, 60 + number, 90)
    graph.run(graph.now + 300)
    sounding = [60 + number for number in wanted] + [36 + number for number in wanted]
    assert sorted(pitch for _, pitch in onsets(graph)) == sorted(sounding)
    for number, role in enumerate(ROLES):
        ended = len(graph.notes())
        graph.osc("/bandmate/band_cancel", 1, role, 0.0)
        graph.run(graph.now + 1)
        ends = [note[1:] for note in graph.notes()[ended:]]
        assert ends == ([(36 + number, 0)] if number in wanted else [])
    graph.from_script(2, "plays", "none")
    before = len(graph.notes())
    for role in ROLES:
        band_notes(graph, role, (1.0, 8.0, 50, 90))
    graph.run(graph.now + 1000)
    assert not any(velocity for _, _, velocity in graph.notes()[before:])


def test_drums_sound_on_the_keys_of_the_table() -> None:
    graph = loaded()
    graph.from_script(2, "drum", 36, 60)
    band_notes(graph, "drums", (0.25, 0.1, 36, 90), (0.5, 0.1, 38, 90))
    band_notes(graph, "bass", (0.75, 0.1, 36, 90))
    graph.run(graph.now + 1000)
    assert [pitch for _, pitch in onsets(graph)] == [60, 38, 36]
    graph.from_script(2, "drums", "clear")
    band_notes(graph, "drums", (2.25, 0.1, 36, 90))
    graph.run(graph.now + 1000)
    assert onsets(graph)[-1][1] == 36


def test_a_note_too_late_is_dropped_and_one_a_little_late_sounds_at_once() -> None:
    graph = loaded()
    graph.run(graph.now + 1000)  # beat 2
    now = graph.now
    band_notes(graph, "bass", (1.75, 1.0, 36, 90), (1.9, 0.5, 38, 90))
    graph.run(now + 1000)
    assert onsets(graph) == [(pytest.approx(now), 38)]


def test_the_script_hears_every_packet_after_the_chain() -> None:
    graph = loaded()
    band_notes(graph, "bass", (0.0, 1.0, 36, 90))
    assert graph.notes() == [] and graph.asked  # the chain has it, the script not yet
    graph.run(graph.now + 10)
    assert told(graph, "osc") == [("osc", "/bandmate/band_notes", 1, "bass", 0.0, 1.0, 36, 90)]


def test_the_order_of_cords_does_not_matter() -> None:
    def played(seed: int | None) -> list[tuple[float, int, int]]:
        graph = loaded(seed=seed)
        graph.from_script(2, "jam", 1)
        graph.from_script(2, "drum", 36, 60)
        for step in range(12):
            beat = graph.transport.beat(graph.now)
            band_notes(graph, ROLES[step % 3], (beat + 0.5, 0.5, 36, 90), (beat + 0.6, 0.5, 40 + step, 80))
            graph.transport.change(graph.now, tempo=120 + 5 * step)
            graph.run(graph.now + 130)
        return graph.notes()

    expected = played(None)
    assert len(expected) > 20
    for seed in range(8):
        assert played(seed) == expected
