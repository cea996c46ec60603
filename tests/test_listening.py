"""Listening: beats, bars, key, noise, and notes that lie over their recording."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bandmate_bridge.audio.listen.bars import find_bars
from bandmate_bridge.audio.listen.beats import BeatGrid, even_grid, track_beats
from bandmate_bridge.audio.listen.heard import GRID, hear, role_of, written
from bandmate_bridge.audio.listen.key import find_key
from bandmate_bridge.audio.listen.note_tracking import LATE, SoundedNote, track_notes
from bandmate_bridge.audio.listen.onsets import onset_strength
from bandmate_bridge.audio.listen.pitch_model import KEYS, PitchModel, Salience
from bandmate_bridge.audio.listen.prepare import denoised, prepared
from bandmate_bridge.audio.listen.pulse import Pulse, find_pulse
from bandmate_bridge.audio.listen.together import together
from bandmate_models.errors import BandmateError
from bandmate_models.score import Metre, Note
from sounds import RATE, clicks, plucked, tone, write

WALTZ = [
    (0, 48),
    (0, 64),
    (1, 60),
    (1, 64),
    (2, 60),
    (2, 64),
    (3, 43),
    (3, 65),
    (4, 59),
    (4, 65),
    (5, 59),
    (5, 65),
]


@pytest.fixture(scope="module")
def network() -> PitchModel:
    found = find_spec("basic_pitch")
    if found is None or found.origin is None:
        pytest.skip("the package basic-pitch is not installed")
    return PitchModel(Path(found.origin).parent / "saved_models" / "icassp_2022" / "nmp.onnx")


def sounded(*notes: tuple[float, float, int]) -> list[SoundedNote]:
    return [SoundedNote(start, end, pitch, 0.8) for start, end, pitch in notes]


@pytest.mark.parametrize("bpm", [72.0, 97.0, 120.0, 150.0])
def test_the_pulse_of_a_steady_beat_is_found_or_a_level_of_it(bpm: float) -> None:
    sound = clicks([0.2 + beat * 60 / bpm for beat in range(24)], 24 * 60 / bpm)
    pulse = find_pulse(onset_strength(sound))
    assert pulse is not None
    assert min(abs(pulse.bpm / bpm / level - 1) for level in (0.5, 1, 2, 1 / 3, 2 / 3, 3)) < 0.02


def test_noise_silence_and_a_held_tone_have_no_pulse_to_speak_of() -> None:
    assert find_pulse(onset_strength(np.zeros(RATE * 5, np.float32))) is None
    assert find_pulse(onset_strength(tone(440, 5))) is None
    assert find_pulse(onset_strength(tone(440, 0.2))) is None


def test_beats_lie_on_the_clicks_and_steady_ones_are_even() -> None:
    times = [0.5 + 0.5 * beat for beat in range(20)]
    grid = track_beats(onset_strength(clicks(times, 11)), Pulse(120.0, False, 1.0))
    assert grid.steady and grid.pulse.bpm == pytest.approx(120, abs=0.3)
    misses = [float(np.abs(grid.times - time).min()) for time in times]
    assert max(misses) < 0.02


def test_beats_follow_a_tempo_that_changes() -> None:
    times = np.cumsum([0.5, *(0.5 + 0.008 * step for step in range(28))])
    grid = track_beats(onset_strength(clicks(times.tolist(), float(times[-1]) + 1)), Pulse(100.0, False, 1.0))
    assert not grid.steady
    assert np.median([np.abs(grid.times - time).min() for time in times]) < 0.03


def test_beats_and_seconds_are_each_other_s_inverse() -> None:
    grid = BeatGrid(np.array([1.0, 1.5, 2.1, 2.8]), Pulse(100.0, False, 1.0), False)
    for beat in (-2.0, 0.0, 0.5, 2.9, 3.0, 7.5):
        assert float(grid.beat_at(np.array([grid.seconds_at(beat)]))[0]) == pytest.approx(beat)


def test_a_waltz_is_in_three_and_begins_on_its_bass() -> None:
    notes = [(0.5 + 0.5 * (6 * bar + beat), pitch) for bar in range(6) for beat, pitch in WALTZ]
    onsets = onset_strength(plucked(notes, 19))
    heard = [SoundedNote(start, start + 0.45, pitch, 0.8) for start, pitch in notes]
    grid = BeatGrid(0.5 + 0.5 * np.arange(36), Pulse(120.0, False, 1.0), True)
    bars = find_bars(grid, onsets, heard)
    assert (bars.beats, bars.downbeat) == (3, 0)
    assert bars.metre(grid) == Metre(0.0, 3, 4)


def test_the_key_of_a_scale_with_its_triad_is_found() -> None:
    for tonic in range(12):
        steps = (0, 4, 7, 12, 0, 2, 4, 5, 7, 9, 11, 12, 0, 4, 7)
        notes = sounded(*((0.3 * n, 0.3 * n + 0.3, 48 + tonic + step) for n, step in enumerate(steps)))
        key = find_key(notes)
        assert key is not None and (key.tonic, key.mode) == (tonic, "major")
    assert find_key([]) is None


def test_notes_are_written_from_the_bar_line_before_the_first() -> None:
    pulse = Pulse(120.0, False, 1.0)
    grid = even_grid(0.1, pulse)
    onsets = onset_strength(np.zeros(RATE, np.float32))
    notes = sounded((2.61, 3.1, 60), (3.1, 3.6, 62), (3.35, 3.85, 62))
    score, start = written(notes, grid, find_bars(grid, onsets, notes))
    assert score.tempos[0].bpm == pytest.approx(120) and len(score.tempos) == 1
    assert start == pytest.approx(2.1)
    assert score.parts[0].notes == (
        Note(1.0, 1.0, 60, 98),
        Note(2.0, 0.5, 62, 98),
        Note(2.5, 1.0, 62, 98),
    )
    assert all(abs(note.start * GRID - round(note.start * GRID)) < 1e-9 for note in score.parts[0].notes)


def test_a_tempo_map_brings_every_beat_back_to_its_second() -> None:
    times = np.array([0.4, 1.0, 1.5, 2.1, 2.5, 3.3, 3.9, 4.4, 5.0])
    grid = BeatGrid(times, Pulse(110.0, False, 1.0), False)
    notes = sounded(*((time, time + 0.3, 60) for time in times))
    score, start = written(
        notes, grid, find_bars(grid, onset_strength(np.zeros(RATE * 6, np.float32)), notes)
    )
    back = [start + score.seconds(note.start) for note in score.parts[0].notes]
    assert back == pytest.approx(times.tolist(), abs=1e-6)


def test_roles_are_told_by_what_sounds_together_and_how_low() -> None:
    line = [Note(float(n), 1.0, 72, 80) for n in range(8)]
    assert role_of(line) == "melody"
    assert role_of([note._replace(pitch=36) for note in line]) == "bass"
    assert (
        role_of([note._replace(pitch=note.pitch - step) for note in line for step in (0, 4, 7)]) == "chords"
    )


def test_silence_is_cut_off_and_the_level_is_set() -> None:
    sound = np.concatenate([np.zeros(RATE), tone(440, 1, level=0.1), np.zeros(RATE)]).astype(np.float32)
    ready = prepared(sound, RATE)
    assert ready.lead == pytest.approx(0.9, abs=0.03)
    assert len(ready.audio) / RATE == pytest.approx(1.2, abs=0.06)
    assert np.abs(ready.audio).max() == pytest.approx(10 ** (-1 / 20), rel=1e-3)


def test_steady_noise_is_turned_down_and_notes_stay() -> None:
    noise = 0.02 * np.random.RandomState(1).standard_normal(4 * RATE).astype(np.float32)
    sound = plucked([(1.0, 69), (2.0, 72)], 4) + noise
    clean = denoised(sound)
    quiet = slice(RATE // 4, RATE // 2)
    assert np.sqrt((clean[quiet] ** 2).mean()) < 0.3 * np.sqrt((sound[quiet] ** 2).mean())
    note = slice(RATE + 200, RATE + 4_000)
    assert np.corrcoef(clean[note], sound[note])[0, 1] > 0.95


def test_certainties_become_notes() -> None:
    frames = 200
    sounding, struck = np.zeros((frames, KEYS), np.float32), np.zeros((frames, KEYS), np.float32)
    sounding[20:80, 40], struck[20, 40] = 0.9, 0.9
    sounding[100:160, 52] = 0.8  # swells up without being struck
    sounding[170:175, 30], struck[170, 30] = 0.9, 0.9  # too short
    sounding[20:80, 60], struck[20, 60] = 0.33, 0.9  # too unsure: an overtone
    notes = track_notes(Salience(sounding, struck, np.arange(frames) * 256 / RATE))
    assert [note.pitch for note in notes] == [61, 73]
    assert notes[0].start == pytest.approx(20 * 256 / RATE - LATE)
    assert notes[0].end == pytest.approx(80 * 256 / RATE - LATE)


def test_no_certainty_is_no_note() -> None:
    empty = np.zeros((100, KEYS), np.float32)
    assert track_notes(Salience(empty, empty, np.arange(100.0))) == []
    assert track_notes(Salience(empty[:1], empty[:1], np.arange(1.0))) == []


def test_the_network_hears_notes_where_they_are(network: PitchModel) -> None:
    played = [(0.3 + 0.5 * n, pitch) for n, pitch in enumerate((60, 64, 67, 72, 67, 64, 60))]
    heard = track_notes(network.salience(plucked(played, 5)))
    for start, pitch in played:
        assert any(note.pitch == pitch and abs(note.start - start) < 0.05 for note in heard)


def test_salience_covers_the_sound_and_no_more(network: PitchModel) -> None:
    for samples in (1, 3_000, 36_164, 36_165, 80_000):
        times = network.salience(np.zeros(samples, np.float32)).times
        assert len(times) == pytest.approx(samples / 256, abs=3)
        assert times[0] == 0 and times[-1] < samples / RATE
        assert (np.diff(times) > 0.002).all()


def test_a_recording_becomes_a_score_that_lies_over_it(network: PitchModel, tmp_path: Path) -> None:
    bar = [(0, 48), (0, 64), (1, 60), (1, 67), (2, 55), (2, 64), (3, 60), (3, 67)]
    played = [(1.7 + 0.5 * (4 * number + beat), pitch) for number in range(6) for beat, pitch in bar]
    heard = hear(write(tmp_path / "riff.wav", plucked(played, 15)), network)
    back = [(heard.lead + heard.score.seconds(n.start), n.pitch) for n in heard.score.parts[0].notes]
    found = [any(abs(at - start) < 0.06 and p == pitch for at, p in back) for start, pitch in played]
    assert sum(found) > 0.9 * len(played)
    assert heard.pulse.quarters == pytest.approx(120, rel=0.02)
    assert heard.score.keys[0].tonic == 0


def test_a_recording_without_notes_is_refused(network: PitchModel, tmp_path: Path) -> None:
    hiss = 0.01 * np.random.RandomState(1).standard_normal(RATE).astype(np.float32)
    with pytest.raises(BandmateError) as caught:
        hear(write(tmp_path / "hiss.wav", hiss), network)
    assert caught.value.code == "no_notes"


def test_what_is_not_the_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nmp.onnx").write_bytes(b"nothing")
    with pytest.raises(BandmateError) as caught:
        PitchModel(tmp_path / "nmp.onnx")
    assert caught.value.code == "bad_model"


@pytest.mark.parametrize("start", [-0.5, 0.0, 1.25])
def test_an_answer_lies_under_the_recording_at_its_second(start: float, tmp_path: Path) -> None:
    file = write(tmp_path / "a.wav", clicks([0.5], 1.0, 44_100), 44_100)
    answer = np.stack([clicks([0.2], 0.5, 44_100, level=0.1)] * 2)
    mix = together(file, answer, start, 44_100)
    lead = max(0.0, -start)
    for time in (lead + 0.5, lead + start + 0.2):
        frame = round(time * 44_100)
        assert np.abs(mix[:, frame : frame + 400]).max() > 0.05
        assert np.abs(mix[:, frame - 2_000 : frame - 20]).max() < 0.01
    assert mix.shape[1] == pytest.approx(44_100 * (lead + max(1.0, start + 0.5)), abs=2)
