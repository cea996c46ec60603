"""The band's plan becoming certain, half a beat at a time: in time or not, under new chords, after a jump."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.band.leader import FOREVER
from bandmate.band.pace import STEP, Pace
from bandmate.band.planner import Commitment, Planner
from bandmate_models.chords import Chord
from bandmate_models.controls import Controls, parse_key
from bandmate_models.live.ensemble import ensemble_of
from bandmate_models.live.ledger import Row, voice_of
from bandmate_models.score import Part, Role
from bandmate_models.weights import Weights

C, F_SHARP = (48, 52, 55), (54, 58, 61)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights.load(None)


def planner(
    weights: Weights, *roles: Role, begin: int = 0, pace: Pace | None = None, lag: int = 0
) -> Planner:
    key = parse_key("C major")
    ensemble = ensemble_of(
        [Part("melody")], roles or ("bass",), Controls(), bpm=120, metre=(4, 4), key=key, lag=lag
    )
    return Planner(weights, ensemble, begin, pace or Pace(), seed=1)


def never() -> bool:
    return False


def always() -> bool:
    return True


def think(band: Planner) -> None:
    while band.thinking:
        band.think()


def play(band: Planner, steps: int) -> list[Commitment]:
    """So many commitments in time, of a player who rests."""
    return [band.commit(band.committed, never) for _ in range(steps)]


def rows(commitments: list[Commitment]) -> list[Row]:
    return [row for done in commitments for row in done.rows]


def test_a_commitment_holds_what_begins_in_its_ticks_and_the_next_follows_it(weights: Weights) -> None:
    band = planner(weights, begin=96)
    done = play(band, 16)
    assert [(one.first, one.last) for one in done] == [(96 + at * STEP, 102 + at * STEP) for at in range(16)]
    assert rows(done) and all(one.first <= row.tick < one.last for one in done for row in one.rows)
    assert not any(one.stale or one.repeated for one in done)


def test_what_was_planned_ahead_is_what_is_played_where_the_player_is_as_was_guessed(
    weights: Weights,
) -> None:
    band = planner(weights, lag=1)
    play(band, 8)
    think(band)
    planned = [row for row in band.planned() if row.tick < band.committed + STEP]
    assert band.commit(band.committed - STEP, never).rows == planned


def test_a_plan_that_comes_too_late_is_stood_in_for_by_the_one_before(weights: Weights) -> None:
    band = planner(weights)
    play(band, 8)
    think(band)
    planned = [row for row in band.planned() if row.tick < band.committed + STEP]
    done = band.commit(band.committed, always)
    assert done.stale and not done.repeated
    assert done.rows == planned and done.known == band.committed - 2 * STEP


def test_where_there_is_no_plan_at_all_the_last_bar_stands_in(weights: Weights) -> None:
    band = planner(weights, "drums", "bass")
    bar = rows(play(band, 8))
    again = [band.commit(band.committed, always) for _ in range(8)]
    assert bar and all(done.repeated for done in again)
    assert rows(again) == [row._replace(tick=row.tick + 48) for row in bar]


def test_where_there_was_no_bar_either_there_is_silence(weights: Weights) -> None:
    done = planner(weights).commit(0, always)
    assert done.repeated and done.rows == []


def test_after_a_plan_that_was_late_the_band_goes_on_from_what_stood_in(weights: Weights) -> None:
    band = planner(weights)
    play(band, 8)
    band.commit(band.committed, always)
    assert not any(done.stale or done.repeated for done in play(band, 8))


def test_at_the_last_level_the_last_bar_is_repeated_without_planning(weights: Weights) -> None:
    pace = Pace()
    band = planner(weights, pace=pace)
    bar = rows(play(band, 8))
    while not pace.now.repeat:
        pace.planned(1.0, 0.25, stale=False, repeated=True)
    done = [band.commit(band.committed, never), band.commit(band.committed, never)]
    assert all(one.repeated for one in done)
    assert rows(done) == [row._replace(tick=row.tick + 48) for row in bar]


def lock(band: Planner, keys: tuple[int, ...], *, locked: bool = True) -> None:
    """The player holds keys at the tick that is committed next."""
    beat = band.committed / 12
    for key in keys:
        band.press(key, beat)
    band.listen(list(keys), np.zeros(12), beat, lock=locked)


def test_notes_begin_on_tones_of_the_chord_that_is_held(weights: Weights) -> None:
    band = planner(weights, "bass", "chords")
    lock(band, F_SHARP)
    assert band.chord == Chord(6, "maj")
    played = rows(play(band, 16))
    assert played and {row.pitch % 12 for row in played} <= Chord(6, "maj").tones


def test_without_the_lock_the_player_holds_nobody_to_a_chord(weights: Weights) -> None:
    band = planner(weights, "bass", "chords")
    lock(band, F_SHARP, locked=False)
    assert band.chord is None
    assert not {row.pitch % 12 for row in rows(play(band, 16))} <= Chord(6, "maj").tones


def test_another_chord_ends_foreign_notes_and_holds_for_what_follows(weights: Weights) -> None:
    band = planner(weights, "chords")
    lock(band, C)
    played: list[Row] = []
    sounding: list[Row] = []
    while not sounding:
        played += rows(play(band, 1))
        sounding = [row for row in played if row.tick < band.committed < row.tick + row.ticks]
        assert band.committed < 20 * 48, "nothing was held for twenty bars"
    lock(band, F_SHARP)
    done = band.commit(band.committed, never)
    assert done.ended == sounding
    assert {row.pitch % 12 for row in done.rows + rows(play(band, 8))} <= Chord(6, "maj").tones
    kept = band.plan.ledger.rows("m", 0, FOREVER)
    assert all(row.tick + row.ticks <= done.first for row in kept if row.tick < done.first)


def test_a_note_of_the_new_chord_sounds_on(weights: Weights) -> None:
    band = planner(weights, "chords")
    lock(band, C)
    play(band, 16)
    lock(band, C)
    assert band.commit(band.committed, never).ended == []


def test_who_leads_is_obeyed_at_once_where_the_plan_is_made_afresh(weights: Weights) -> None:
    band = planner(weights, "drums", lag=1)
    play(band, 8)
    think(band)
    assert any(row.tick < band.committed + 12 for row in band.planned())
    band.plan.guide.rest(band.committed, FOREVER, frozenset((voice_of("drums"),)))
    done = [band.commit(band.committed, never, afresh=True), *play(band, 7)]
    assert rows(done) == []


@pytest.mark.parametrize("bars", [-4, 1, 25])
def test_a_jump_from_bar_line_to_bar_line_costs_neither_the_plan_nor_the_past(
    weights: Weights, bars: int
) -> None:
    band = planner(weights, lag=1)
    played = rows(play(band, 12))
    think(band)
    planned, length, ticks = band.planned(), band.plan._lane.length, bars * 48
    band.move(ticks, band.committed + ticks)
    assert band.committed == 72 + ticks and band.begin == ticks
    assert band.plan.ledger.rows("m", -FOREVER, FOREVER) == [
        row._replace(tick=row.tick + ticks) for row in played
    ]
    assert band.planned() == [row._replace(tick=row.tick + ticks) for row in planned]
    assert band.plan._lane.length == length
    assert all(row.tick >= 72 + ticks for row in rows(play(band, 8)))


@pytest.mark.parametrize("to", [30, 72, 90])
def test_after_a_jump_within_the_bar_nothing_is_known_of_what_is_to_come(weights: Weights, to: int) -> None:
    band = planner(weights, "drums", "bass")
    play(band, 12)
    think(band)
    band.move(-48, to - 48)
    assert band.plan.ledger.rows("m", to - 48, FOREVER) == []
    done = play(band, 8)
    assert done[0].first == to - 48
    assert band.plan.ledger.rows("m", to - 48, FOREVER) == rows(done)


def test_ages_are_beats_to_what_was_known_of_the_player(weights: Weights) -> None:
    band = planner(weights, "drums")
    for _ in range(8):
        band.commit(band.committed - 3, never)
    assert band.ages and all(0.25 <= age < 0.75 for age in band.ages)
