"""Planning beside somebody who is still playing: what is committed stands, the rest follows what is heard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bandmate_models.chords import Chord
from bandmate_models.controls import Controls, parse_key
from bandmate_models.decoder import Decoder
from bandmate_models.harmony import CONSONANT, consonant_shares
from bandmate_models.live.ensemble import Ensemble, ensemble_of
from bandmate_models.live.lane import Lane
from bandmate_models.live.ledger import PLAYERS, Ledger, Row, voice_of
from bandmate_models.live.planning import LivePlan
from bandmate_models.score import Part
from bandmate_models.weights import Weights

STEP, AHEAD = 6, 12


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights.load(None)


def ensemble(metre: tuple[int, int] = (4, 4), lag: int = 0, roles=("drums", "bass", "chords")) -> Ensemble:
    return ensemble_of(
        [Part("melody")], roles, Controls(), bpm=120, metre=metre, key=parse_key("C major"), lag=lag
    )


def tune(voice: int, beats: int) -> list[Row]:
    pitches = (60, 64, 67, 72, 71, 67, 65, 62)
    return [Row(beat * 12, voice, 0, pitches[beat % 8], 12, 5) for beat in range(beats)]


def play(plan: LivePlan, rows: list[Row], beats: int, *, first: int = 0) -> None:
    """The player plays `rows`; the band commits half a beat at a time, half a beat ahead."""
    for now in range(first, beats * 12, STEP):
        plan.ledger.add("u", [row for row in rows if now - STEP <= row.tick < now])
        committed = max(first, now)
        target = now + STEP
        plan.revise(now, committed)
        for _ in plan.write(now, committed, target):
            pass
        plan.commit(plan.planned(committed, target))
        for _ in plan.write(now, target, target + AHEAD):
            pass
        for _ in plan.prepare(now, target):
            pass


@pytest.mark.parametrize("lag", [0, 1])
def test_a_band_plays_along_and_what_it_plays_is_a_score(weights: Weights, lag: int) -> None:
    made = ensemble(lag=lag)
    plan = LivePlan(weights, made, 0, seed=1)
    play(plan, tune(PLAYERS, 32), 32)
    rows = plan.ledger.rows("m", 0, 32 * 12)
    assert {row.voice for row in rows} == {voice_of(role) for role in made.programs}
    assert rows == sorted(rows) and all(0 <= row.tick < 32 * 12 for row in rows)


def test_what_is_committed_never_changes(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=2)
    play(plan, tune(PLAYERS, 8), 8)
    before = plan.ledger.rows("m", 0, 8 * 12)
    play(plan, [row._replace(pitch=row.pitch + 1) for row in tune(PLAYERS, 16)], 16, first=8 * 12)
    assert plan.ledger.rows("m", 0, 8 * 12) == before


def test_the_same_playing_and_seed_give_the_same_band(weights: Weights) -> None:
    made = ensemble()
    heard = []
    for _ in range(2):
        plan = LivePlan(weights, made, 0, seed=3)
        play(plan, tune(PLAYERS, 12), 12)
        heard.append(plan.ledger.rows("m", 0, 12 * 12))
    assert heard[0] == heard[1]


def test_a_guess_that_comes_true_costs_no_new_plan(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=4)
    for _ in plan.write(0, 0, 24):
        pass
    heard = (piece for piece in plan._lane._pieces if piece.slice.stream == "u")
    guessed = [row for piece in heard for row in piece.rows if row.tick < 12]
    plan.ledger.add("u", guessed)
    before = plan.planned(0, 24)
    assert not plan.revise(12, 0) and plan.planned(0, 24) == before


def test_another_note_than_the_guess_undoes_what_came_after(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=4)
    for _ in plan.write(0, 0, 24):
        pass
    plan.ledger.add("u", [Row(1, PLAYERS, 0, 21, 7, 8)])
    assert plan.revise(12, 0) and plan.written_to == 0


def test_notes_begin_on_tones_of_the_chord_that_is_told(weights: Weights) -> None:
    made = ensemble(roles=("bass", "chords"))
    plan = LivePlan(weights, made, 0, seed=5)
    plan.guide.tell_chord(0, Chord(0, "maj"))
    play(plan, tune(PLAYERS, 8), 8)
    plan.guide.tell_chord(8 * 12, Chord(6, "min"))
    play(plan, tune(PLAYERS, 16), 16, first=8 * 12)
    first, second = plan.ledger.rows("m", 0, 96), plan.ledger.rows("m", 96, 192)
    assert first and {row.pitch % 12 for row in first} <= Chord(0, "maj").tones
    assert second and {row.pitch % 12 for row in second} <= Chord(6, "min").tones


def test_without_a_chord_tones_that_clash_with_the_player_become_few(weights: Weights) -> None:
    def clashing(shares: NDArray[np.float64] | None) -> float:
        plan = LivePlan(weights, ensemble(roles=("bass", "chords")), 0, seed=5)
        plan.guide.tell_consonant(shares)
        play(plan, tune(PLAYERS, 24), 24)
        played = plan.ledger.rows("m", 0, 24 * 12)
        assert len(played) >= 16
        return float(np.mean([(row.pitch - 60) % 12 not in CONSONANT for row in played]))

    beside_c = consonant_shares(np.eye(12)[0])
    assert 3 * clashing(beside_c) < clashing(None)


def test_beside_a_player_who_is_followed_notes_let_go_sooner(weights: Weights) -> None:
    def lasting(shares: NDArray[np.float64] | None) -> float:
        plan = LivePlan(weights, ensemble(roles=("strings", "chords")), 0, seed=5)
        plan.guide.tell_consonant(shares)
        play(plan, tune(PLAYERS, 32), 32)
        return float(np.mean([row.ticks >= 12 for row in plan.ledger.rows("m", 0, 32 * 12)]))

    assert lasting(np.ones(12)) < lasting(None)


def test_a_chord_that_is_told_goes_before_what_goes_with_the_player(weights: Weights) -> None:
    plan = LivePlan(weights, ensemble(roles=("bass", "chords")), 0, seed=5)
    plan.guide.tell_chord(0, Chord(0, "maj"))
    plan.guide.tell_consonant(consonant_shares(np.eye(12)[6]))
    play(plan, tune(PLAYERS, 8), 8)
    played = plan.ledger.rows("m", 0, 96)
    assert played and {row.pitch % 12 for row in played} <= Chord(0, "maj").tones


def test_parts_rest_where_they_are_told_to_but_on_the_ticks_that_are_let(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=6)
    everybody = frozenset(map(voice_of, made.programs))
    plan.guide.rest(24, 96, everybody, but=frozenset((48,)))
    play(plan, tune(PLAYERS, 12), 12)
    assert {row.tick for row in plan.ledger.rows("m", 24, 96)} <= {48}


@pytest.mark.parametrize("metre", [(3, 4), (7, 8), (6, 8), (5, 4)])
def test_any_metre_goes_on_for_bars(weights: Weights, metre: tuple[int, int]) -> None:
    made = ensemble(metre)
    plan = LivePlan(weights, made, 0, seed=7)
    play(plan, tune(PLAYERS, 14), 14)
    assert plan.ledger.rows("m", 0, 14 * 12)


def test_a_small_cache_slides_and_the_band_goes_on(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=8, capacity=640)
    play(plan, tune(PLAYERS, 96), 96)
    assert plan.slides >= 3
    assert all(plan.ledger.rows("m", bar * 48, (bar + 1) * 48) for bar in range(24))


def test_a_slid_cache_and_one_read_afresh_agree(weights: Weights) -> None:
    made, now = ensemble(), 64 * 12
    plan = LivePlan(weights, made, 0, seed=9, capacity=640)
    play(plan, tune(PLAYERS, 64), 64)
    slid = plan._lane
    assert plan.slides and slid.start > 0
    slid._back_to(next(piece for piece in slid._pieces if not slid._certain(piece.slice, now, now)))
    fresh = Lane(Decoder(weights), made, plan.ledger, plan.guide, slid.start)
    for lane in (slid, fresh):
        for _ in lane.read(now, now):
            pass
        lane._open(lane._order[lane._at], now, now)
    assert fresh.length == slid.length
    chances = [np.exp(lane.logits) / np.exp(lane.logits).sum() for lane in (slid, fresh)]
    np.testing.assert_allclose(*chances, atol=0.01)


def test_another_ensemble_takes_over_with_the_past_in_mind(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=10)
    play(plan, tune(PLAYERS, 8), 8)
    plan.change(ensemble(roles=("bass", "chords", "guitar")))
    play(plan, tune(PLAYERS, 16), 16, first=96)
    assert plan.slides == 1
    voices = {row.voice for row in plan.ledger.rows("m", 120, 192)}
    assert voices and voice_of("drums") not in voices


def test_a_player_whose_part_becomes_another_keeps_what_was_played(weights: Weights) -> None:
    plan = LivePlan(weights, ensemble(), 0, seed=12)
    play(plan, tune(PLAYERS, 8), 8)
    players, roles = [Part("chords"), Part("melody")], ("drums", "bass", "chords")
    other = ensemble_of(players, roles, Controls(), bpm=120, metre=(4, 4), key=None)
    plan.change(other)
    play(plan, tune(PLAYERS, 16), 16, first=96)
    assert plan.slides == 1 and plan.ledger.rows("u", 0, 96) == tune(PLAYERS, 8)
    assert {row.voice for row in plan.ledger.rows("m", 96, 192)} == {voice_of(r) for r in other.programs}


def test_what_was_played_moves_with_a_jump_of_the_clock(weights: Weights) -> None:
    made = ensemble()
    plan = LivePlan(weights, made, 0, seed=11)
    play(plan, tune(PLAYERS, 16), 16)
    before = plan.ledger.rows("m", 0, 192)
    plan.move(-96, 96)
    assert plan.ledger.rows("m", -96, 96) == [row._replace(tick=row.tick - 96) for row in before]
    plan.revise(96, 96)
    for _ in plan.write(96, 96, 120):
        pass
    assert plan.written_to >= 120


rows = st.builds(
    Row,
    st.integers(-50, 500),
    st.integers(0, 3),
    st.integers(-2, 1),
    st.integers(0, 127),
    st.integers(1, 48),
    st.integers(0, 8),
)


@given(st.lists(rows, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_ledger_keeps_order_however_things_come(given_rows: list[Row]) -> None:
    ledger = Ledger()
    for row in given_rows:
        ledger.add("u", [row])
    kept = ledger.rows("u", -1000, 1000)
    assert kept == sorted(kept) and len({row[:4] for row in kept}) == len(kept)
    assert {row[:4] for row in kept} == {row[:4] for row in given_rows}
