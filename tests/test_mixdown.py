"""Stems to a mix: what it adds up to, how loud it is, and what odd stems come to."""

from math import inf
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.mix.loudness import loudness
from bandmate_bridge.audio.mix.mixdown import Mix, mixdown
from bandmate_bridge.audio.mix.presets import PRESETS, page, preset
from bandmate_bridge.audio.mix.reverb import Room, reverberated
from bandmate_bridge.audio.mix.true_peak import true_peak
from bandmate_bridge.audio.stems import Stem, Stems
from bandmate_models.errors import BandmateError
from bandmate_models.score import ROLES, Role
from bandmate_models.vocabulary import GENRES

Audio = npt.NDArray[np.float32]

RATE = 44_100
BAND: tuple[Role, ...] = ("melody", "chords", "bass", "drums")


def sound(seed: int, seconds: float, gain: float = 0.0) -> Audio:
    """Decaying strokes of a few partials, twice a second, a little other on each side."""
    random, frames = np.random.default_rng(seed), round(seconds * RATE)
    t = np.arange(frames) / RATE
    partials = 110 * 2 ** random.uniform(0, 3) * np.arange(1, 6)
    voice = sum(np.sin(2 * np.pi * p * t + random.uniform(0, 6)) / n for n, p in enumerate(partials, 1))
    stroke = voice * np.exp(-6 * ((t + random.uniform(0, 0.5)) % 0.5))
    sides = np.stack([stroke, 0.8 * stroke]) + 0.01 * random.standard_normal((2, frames))
    return np.asarray(0.2 * 10 ** (gain / 20) * sides, np.float32)


def band(seconds: float, gain: float = 0.0, roles: tuple[Role, ...] = BAND) -> Stems:
    parts = [sound(n, seconds, gain) for n in range(len(roles))]
    stems = (Stem(role, role, 0, None, part) for role, part in zip(roles, parts, strict=True))
    return Stems(tuple(stems), RATE, round(seconds * RATE))


def alone(audio: Audio, pan: float | None = None, role: Role = "melody") -> Stems:
    return Stems((Stem("alone", role, 0, pan, audio),), RATE, audio.shape[1])


def off_by(mix: Mix) -> float:
    """dBFS of the largest difference between the sum of the tracks and the dry mix."""
    total = sum(track.audio.astype(np.float64) for track in mix.tracks)
    difference = float(np.abs(total - mix.dry).max(initial=0.0))
    return 20 * float(np.log10(difference)) if difference else -inf


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_reaches_the_target_under_the_ceiling(name: str) -> None:
    mix = mixdown(band(2.0, roles=ROLES), name)
    assert mix.loudness.integrated == pytest.approx(-14, abs=0.5)
    assert mix.true_peak <= -1
    assert mix.loudness.integrated == pytest.approx(loudness(mix.audio, RATE).integrated, abs=0.01)
    assert mix.true_peak == pytest.approx(true_peak(mix.audio), abs=0.01)
    assert off_by(mix) < -90


@pytest.mark.parametrize("binaural", [False, True])
def test_tracks_are_the_parts_and_the_room_all_of_one_length(binaural: bool) -> None:
    mix = mixdown(band(2.0), "jazz", binaural=binaural)
    assert [track.name for track in mix.tracks] == [*BAND, "room"]
    assert {track.audio.shape for track in mix.tracks} == {mix.audio.shape} == {mix.dry.shape}
    assert mix.audio.shape[1] > 2 * RATE
    assert off_by(mix) < -90
    assert max(np.abs(track.audio).max() for track in mix.tracks) < 1


@settings(max_examples=10)
@given(st.floats(-60, 40), st.booleans())
def test_how_loud_the_stems_are_makes_no_difference(gain: float, binaural: bool) -> None:
    plain, other = (mixdown(band(1.5, level), binaural=binaural) for level in (0.0, gain))
    assert np.abs(plain.audio - other.audio).max() < 2e-3
    assert off_by(other) < -90 and np.abs(other.dry).max() <= 0.9


@settings(max_examples=10)
@given(st.floats(-30, -8), st.floats(-9, 0))
def test_target_and_ceiling_are_kept(target: float, ceiling: float) -> None:
    mix = mixdown(band(2.0), "rock", target, ceiling)
    assert mix.true_peak <= ceiling
    assert mix.loudness.integrated == pytest.approx(target, abs=0.5) or mix.reduction > 10


def test_a_target_out_of_reach_is_left_before_the_sound_breaks() -> None:
    clicks = np.zeros((2, 3 * RATE), np.float32)
    clicks[:, ::RATE] = 1.0
    mix = mixdown(alone(clicks, role="drums"), "classical", -8.0)
    assert mix.loudness.integrated < -8.5
    assert mix.reduction <= 18.5 and mix.true_peak <= -1


@pytest.mark.parametrize("seconds", [0.0, 1 / RATE, 0.01, 0.3])
def test_short_and_empty_stems_are_mixed(seconds: float) -> None:
    mix = mixdown(band(seconds))
    assert np.isfinite(mix.audio).all()
    assert mix.true_peak <= -1
    assert off_by(mix) < -90


def test_silence_stays_silent() -> None:
    silent = mixdown(alone(np.zeros((2, RATE), np.float32)), "hymn", binaural=True)
    assert not silent.audio.any() and not silent.dry.any()
    assert silent.loudness.integrated == silent.true_peak == -inf
    nobody = mixdown(Stems((), RATE, RATE))
    assert not nobody.audio.any() and len(nobody.tracks) == 1


def test_stems_are_not_written_to() -> None:
    stems = band(1.0)
    before = [stem.audio.copy() for stem in stems]
    for stem in stems:
        stem.audio.flags.writeable = False
    mixdown(stems, "metal")
    assert all(np.array_equal(stem.audio, was) for stem, was in zip(stems, before, strict=True))


@pytest.mark.parametrize("binaural", [False, True])
def test_a_part_stands_where_its_midi_puts_it(binaural: bool) -> None:
    even = np.repeat(sound(1, 1.0)[:1], 2, axis=0)

    def lean(pan: float | None) -> float:
        track = mixdown(alone(even, pan), binaural=binaural).tracks[0].audio
        left, right = (float(np.square(side, dtype=np.float64).sum()) for side in track)
        return 10 * float(np.log10(right / left))

    assert lean(None) == pytest.approx(0, abs=0.1)
    assert lean(-0.8) < -2 and lean(0.8) > 2
    assert lean(-0.8) == pytest.approx(-lean(0.8), abs=0.2)


def test_parts_of_one_role_stand_in_a_row() -> None:
    mix = mixdown(band(1.0, roles=("strings", "strings", "strings")))
    balances = [
        float(np.log(np.square(t.audio[1]).sum() / np.square(t.audio[0]).sum())) for t in mix.tracks[:3]
    ]
    assert balances == sorted(balances)
    assert balances[0] < balances[1] - 0.3 and balances[2] > balances[1] + 0.3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_holds_no_numbers_is_refused(bad: float) -> None:
    broken = sound(1, 1.0)
    broken[0, 1000] = bad
    with pytest.raises(BandmateError, match="alone") as refusal:
        mixdown(alone(broken))
    assert refusal.value.code == "bad_audio"


@pytest.mark.parametrize(
    ("name", "target", "ceiling"),
    [("polka", -14, -1), ("pop", 0, -1), ("pop", np.nan, -1), ("pop", -14, 1), ("pop", -14, np.nan)],
)
def test_what_cannot_be_asked_for_is_refused(name: str, target: float, ceiling: float) -> None:
    with pytest.raises(BandmateError) as refusal:
        mixdown(band(0.1), name, target, ceiling)
    assert refusal.value.code == "bad_value"


def test_there_is_a_preset_for_every_genre() -> None:
    assert set(PRESETS) == {"default", *GENRES}
    assert preset(" Jazz ") is PRESETS["jazz"]
    assert all(set(each.strips) == set(ROLES) for each in PRESETS.values())


def test_the_page_shows_the_presets_as_they_are() -> None:
    shown = (Path(__file__).parent.parent / "docs" / "mixing.md").read_text("utf-8")
    assert page() in shown, "paste `python -m bandmate_bridge.audio.mix.presets` into docs/mixing.md"


def test_progress_is_told_of_every_step() -> None:
    told: list[tuple[int, int]] = []
    mixdown(band(0.5), progress=lambda done, steps: told.append((done, steps)))
    assert told == [(done, 6) for done in range(7)]


def test_the_room_rings_on_and_dies_the_sooner_the_higher() -> None:
    click = np.zeros(2 * RATE, np.float32)
    click[0] = 1
    back = np.zeros((2, 2 * RATE), np.float32)
    reverberated(click, Room(1.5, before=20, bright=3000), RATE, back)
    assert not np.abs(back[:, : round(0.019 * RATE)]).max() > 1e-3
    spectrum, hertz = np.abs(np.fft.rfft(back)), np.fft.rfftfreq(back.shape[1], 1 / RATE)
    middle = spectrum[:, (hertz > 300) & (hertz < 3000)]
    assert (middle**2).mean(axis=1) == pytest.approx([1, 1], rel=0.05)
    bins = np.fft.rfftfreq(8192, 1 / RATE)

    def fall(low: float, high: float) -> float:
        """dB between a tenth and seven tenths of a second."""
        early, late = (np.abs(np.fft.rfft(back[:, round(s * RATE) :][:, :8192])) for s in (0.1, 0.7))
        at = (bins >= low) & (bins < high)
        return 10 * float(np.log10((early[:, at] ** 2).sum() / (late[:, at] ** 2).sum()))

    assert 20 < fall(250, 1000) < fall(2000, 4000) < fall(5000, 10_000)


@settings(max_examples=5)
@given(st.integers(1, 400_000), st.integers(0, 399_999))
def test_the_room_answers_each_click_alike(frames: int, place: int) -> None:
    """Wherever a click falls between the blocks of the transform."""
    room, place = Room(0.3, before=5), min(place, frames - 1)
    click, back = np.zeros(frames, np.float32), np.zeros((2, frames), np.float32)
    click[place] = 1
    reverberated(click, room, RATE, back)
    first, expected = np.zeros(frames, np.float32), np.zeros((2, frames), np.float32)
    first[0] = 1
    reverberated(first, room, RATE, expected)
    assert np.abs(back[:, place:] - expected[:, : frames - place]).max() < 1e-5
    assert np.abs(back[:, :place]).max(initial=0) < 1e-5
