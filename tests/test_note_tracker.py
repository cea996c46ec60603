"""A microphone as a player: pitches, beginnings and ends of notes in sound, and round trips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge.audio.live.band import Band
from bandmate_bridge.audio.live.calibration import bursts, round_trip
from bandmate_bridge.audio.live.note_tracker import HOP, NoteTracker, Tracked
from bandmate_bridge.audio.live.pitch import WINDOW, pitch_of
from bandmate_bridge.audio.sampler.bank import Bank
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_models.errors import BandmateError

RATE = 44_100
Signal = npt.NDArray[np.float32]

MELODY = ((0.3, 0.6, 60), (0.6, 0.9, 64), (0.9, 1.05, 67), (1.05, 1.5, 72), (1.8, 2.3, 72), (2.4, 2.9, 59))
"""Seconds from and to, and key: neighbours that touch, a key struck twice, a rest."""


def played(program: int, transposed: int = 0) -> Signal:
    band = Band(Bank(BUILT), RATE)
    band.take((0xC0, program))
    events = sorted(
        event
        for begin, end, key in MELODY
        for event in (
            (round(begin * RATE), 1, (0x90, key + transposed, 100)),
            (round(end * RATE), 0, (0x80, key + transposed, 0)),
        )
    )
    blocks = []
    for start in range(0, round(3.4 * RATE), HOP):
        for place, _, data in events:
            if start <= place < start + HOP:
                band.take(data, place - start)
        blocks.append(band.block(HOP))
    sound = np.concatenate(blocks, axis=1).mean(axis=0)
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def tracked(sound: Signal) -> list[Tracked]:
    tracker = NoteTracker(RATE)
    told: list[Tracked] = []
    for start in range(0, len(sound) - HOP, HOP):
        told += tracker.hear(sound[start : start + HOP], start / RATE)
    return told


@pytest.mark.parametrize(
    ("program", "transposed"),
    [(73, 12), (65, 0), (0, 0), (24, 0), (33, -24), (71, 0)],
    ids=["flute", "saxophone", "piano", "guitar", "bass", "clarinet"],
)
def test_a_melody_is_heard_note_for_note(program: int, transposed: int) -> None:
    told = tracked(played(program, transposed))
    begun = [note for note in told if note.velocity]
    assert [note.key for note in begun] == [key + transposed for _, _, key in MELODY]
    for note, (begin, _, _) in zip(begun, MELODY, strict=True):
        assert note.time == pytest.approx(begin, abs=0.03)
    assert len(told) == 2 * len(MELODY), "every note that began has ended"


def test_a_slide_without_an_attack_is_a_new_note() -> None:
    steps = np.repeat([220.0, 220.0 * 2 ** (3 / 12)], RATE)
    sound = 0.3 * np.sin(2 * np.pi * np.cumsum(steps) / RATE).astype(np.float32)
    begun = [note for note in tracked(sound) if note.velocity]
    assert [note.key for note in begun] == [57, 60]
    assert begun[1].time == pytest.approx(1.0, abs=0.04)


def test_noise_and_silence_are_no_notes() -> None:
    noise = 0.2 * np.random.RandomState(1).standard_normal(2 * RATE).astype(np.float32)
    assert not tracked(noise)
    assert not tracked(np.zeros(RATE, np.float32))


@given(st.floats(60, 1500), st.floats(0, 2 * np.pi), st.integers(1, 6))
def test_a_tone_has_its_pitch(hertz: float, phase: float, partials: int) -> None:
    time = np.arange(WINDOW) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * n * time + phase * n) / n for n in range(1, partials + 1))
    found = pitch_of(np.asarray(tone), RATE)
    assert found is not None
    assert abs(1200 * np.log2(found.hertz / hertz)) < 25
    assert found.clarity > 0.9


@given(st.integers(0, 20_000), st.floats(0.01, 1.0), st.integers(0, 1000))
def test_a_round_trip_is_measured_to_the_frame(delay: int, gain: float, seed: int) -> None:
    rate = 48_000
    sound = bursts(rate)
    heard = np.random.RandomState(seed).standard_normal(len(sound) + rate).astype(np.float32) * 0.02 * gain
    heard[delay : delay + len(sound)] += gain * sound
    trip = round_trip(sound, heard, rate)
    assert trip.milliseconds == pytest.approx(1000 * delay / rate)
    assert trip.spread == 0.0


def test_where_nothing_comes_back_it_says_what_to_do() -> None:
    sound = bursts(48_000)
    noise = np.random.RandomState(1).standard_normal(len(sound) + 48_000).astype(np.float32)
    for heard in (np.zeros_like(noise), noise):
        with pytest.raises(BandmateError, match="cable") as refusal:
            round_trip(sound, heard, 48_000)
        assert refusal.value.code == "no_loopback"
