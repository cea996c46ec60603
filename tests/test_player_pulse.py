"""The clock that follows the player: the tempo is found, its drift followed, the bar line heard."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bandmate_bridge.clock import Line
from bandmate_bridge.player_pulse import Lead, Onset, PlayerPulse, downbeat
from player_kit import Struck, performance

SETTLED = 24.0
LOST = 0.2


def misses(notes: list[Struck], bpm: float) -> list[float]:
    """Seconds between where each note was meant and where the pulse has that beat, once it is settled."""
    pulse, line, found, offset = PlayerPulse(), None, [], 0.0
    for note in notes:
        if line is not None and note.beat > SETTLED:
            beat = line.beat_at(note.due)
            offset = offset or round(beat - note.beat)
            found.append((beat - offset - note.beat) / line.speed)
        lead = pulse.hear(note.time, 60, 80, bpm)
        if lead is not None:
            line = Line(lead.beat, lead.time, lead.bpm / 60.0)
    return found


DRIFTS: dict[str, Callable[[float], float]] = {
    "steady": lambda beat: 100.0,
    "faster": lambda beat: 100.0 + 10.0 * min(1.0, beat / 128.0),
    "much faster": lambda beat: 80.0 + 15.0 * min(1.0, beat / 128.0),
    "slower": lambda beat: 140.0 - 15.0 * min(1.0, beat / 128.0),
    "to and fro": lambda beat: 110.0 + (1.5 if int(beat / 16.0) % 2 else -1.5),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_followed_within_a_few_hundredths_of_a_second(drift: str, seed: int) -> None:
    notes = list(performance(seed, 32, DRIFTS[drift], 0.012))
    missed = sorted(abs(seconds) for seconds in misses(notes, DRIFTS[drift](0.0)))
    assert missed[len(missed) // 2] < 0.025
    assert missed[int(len(missed) * 0.95)] < 0.06


def test_a_sudden_tempo_is_taken_within_some_bars() -> None:
    notes = list(performance(3, 32, lambda beat: 100.0 if beat < 40.0 else 130.0, 0.01))
    pulse, lead = PlayerPulse(), None
    for note in notes:
        lead = pulse.hear(note.time, 60, 80, 100.0) or lead
        if note.beat > 80.0:
            assert lead is not None and lead.bpm == pytest.approx(130.0, rel=0.05)


def test_the_first_lead_puts_beat_0_at_the_first_note() -> None:
    pulse, leads = PlayerPulse(), []
    for index in range(12):
        lead = pulse.hear(5.0 + index * 0.6, 60, 80, 100.0)
        leads += [lead] if lead else []
    assert leads[0].found and not any(lead.found for lead in leads[1:])
    first = Line(leads[0].beat, leads[0].time, leads[0].bpm / 60.0)
    assert first.beat_at(5.0) == pytest.approx(0.0, abs=0.02)
    assert leads[0].bpm == pytest.approx(100.0, rel=0.01)


def test_chords_are_one_onset() -> None:
    pulse = PlayerPulse()
    heard = [
        pulse.hear(1.0 + index * 0.5 + note * 0.01, 60 + note, 80, 120.0)
        for index in range(6)
        for note in range(3)
    ]
    assert heard == [None] * 18


def bars_of(pulse: PlayerPulse, accented: int, pickup: int) -> list[Lead]:
    """Quarters at 120, every fourth of them low and loud, the first of those after `pickup` notes."""
    leads = []
    for index in range(24):
        low = (index - pickup) % 4 == 0
        lead = pulse.hear(1.0 + index * 0.5, accented if low else 64, 110 if low else 70, 120.0)
        leads += [lead] if lead else []
    return leads


@pytest.mark.parametrize("pickup", [0, 1, 2, 3])
def test_the_bar_line_is_where_the_low_and_loud_notes_are_and_is_told_once(pickup: int) -> None:
    bars = [lead.bar for lead in bars_of(PlayerPulse(), 40, pickup) if lead.bar is not None]
    assert bars == [pytest.approx(pickup)]


def test_without_accents_the_first_note_begins_the_bar() -> None:
    even = [(float(beat), Onset(beat / 2.0, 60, 80, 1)) for beat in range(12)]
    assert downbeat(even, 4.0) == 0.0
    assert downbeat(even, 3.0) == 0.0


def test_who_begins_anew_is_heard_anew() -> None:
    pulse = PlayerPulse()
    assert bars_of(pulse, 40, 0)
    pulse.forget()
    assert pulse.hear(100.0, 60, 80, 120.0) is None


@pytest.mark.parametrize("times", [[1.0] * 20, [1.0, 0.5, 0.2], [1e9, 1e9 + 1e-9], [0.0, 1e6, 2e6]])
def test_odd_times_are_no_tempo(times: list[float]) -> None:
    pulse = PlayerPulse()
    assert [pulse.hear(time, 60, 80, 120.0) for time in times] == [None] * len(times)


def test_a_long_rest_keeps_the_tempo() -> None:
    notes = [note for note in performance(5, 24, lambda beat: 120.0, 0.008) if not 32.0 < note.beat < 48.0]
    missed = misses(notes, 120.0)
    assert max(abs(seconds) for seconds in missed[-10:]) < LOST / 4.0
