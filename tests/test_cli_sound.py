"""The command line with sound: a recorded riff goes in, its answer comes out under it."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.phrase_file import read_phrase
from bandmate_bridge.audio.listen.separation import median, split
from bandmate_models.midi import read_midi
from command_line_kit import band, bandmate, phrase, workplace
from sounds import RATE, clicks, plucked, tone, write

__all__ = ["band", "phrase", "workplace"]

BAR = [(0, 48), (0, 64), (1, 60), (1, 67), (2, 55), (2, 64), (3, 60), (3, 67)]
LEAD = 0.7  # seconds before the riff begins


@pytest.fixture
def fetched(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network, as `bandmate models add basic-pitch` leaves it."""
    found = find_spec("basic_pitch")
    if found is None or found.origin is None:
        pytest.skip("the package basic-pitch is not installed")
    monkeypatch.setenv("XDG_DATA_HOME", str(workplace / "data"))
    folder = workplace / "data" / "bandmate" / "models" / "basic-pitch"
    folder.mkdir(parents=True)
    shutil.copy(Path(found.origin).parent / "saved_models" / "icassp_2022" / "nmp.onnx", folder)


@pytest.fixture
def riff(workplace: Path) -> Path:
    """Four bars at 120 bpm, LEAD seconds into a stereo recording at 48 kHz."""
    notes = [(LEAD + 0.5 * (4 * bar + beat), pitch) for bar in range(4) for beat, pitch in BAR]
    sound = plucked(notes, LEAD + 8.5, 48_000)
    return write(workplace / "riff.wav", np.stack([sound, 0.8 * sound]), 48_000)


@pytest.mark.usefixtures("band", "fetched")
def test_a_riff_is_continued_in_its_own_time(riff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("continue", "riff.wav", "--bars", 2, "--seed", 1, "--no-roll", "-o", "out") == 0
    assert sorted(p.name for p in Path("out").iterdir()) == [
        "riff 1 with phrase.mid",
        "riff 1.mid",
        "riff 1.wav",
    ]
    heard = read_phrase(riff)
    assert heard.score.tempos[0].bpm == pytest.approx(120, rel=0.02)
    assert heard.backing is not None
    sound, rate = soundfile.read("out/riff 1.wav", dtype="float32")
    recording, _ = soundfile.read(riff, dtype="float32")
    lead = max(0.0, -heard.backing.lead)
    begin, length = round(lead * rate), round(7.5 * rate)
    from bandmate_bridge.audio.listen.resample import resampled

    original = resampled(np.ascontiguousarray(recording[:, 0]), 48_000, rate)[:length]
    assert np.corrcoef(sound[begin : begin + length, 0], original)[0, 1] > 0.98
    assert len(sound) / rate > lead + LEAD + 8 + 3.5
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("band", "fetched")
def test_a_recording_is_written_down(riff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("transcribe", "riff.wav") == 0
    out = capsys.readouterr().out
    told = re.search(r"of 4/4, ([\d.]+) bpm, C major", out)
    assert told is not None and float(told[1]) == pytest.approx(120, rel=0.01)
    assert "the recording" in out and "riff.mid" in out
    assert {note.pitch for note in read_midi(Path("riff.mid")).parts[0].notes} >= {48, 55, 60, 64, 67}
    assert bandmate("transcribe", "riff.wav", "--no-roll") == 0
    assert Path("riff-2.mid").exists()


@pytest.mark.usefixtures("band")
def test_without_the_network_one_line_says_how_to_get_it(
    riff: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "nowhere")
    assert bandmate("continue", "riff.wav") == 2
    assert "`bandmate models add basic-pitch`" in capsys.readouterr().err
    assert not Path("bandmate-takes").exists()


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize("command", ["continue", "transcribe", "separate"])
@pytest.mark.parametrize("sound", ["empty", "noise of letters", "silent", "missing"])
def test_bad_sound_is_one_line_and_nothing_is_written(
    command: str, sound: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = workplace / "a.wav"
    if sound == "silent":
        write(file, np.zeros(RATE, np.float32))
    elif sound != "missing":
        file.write_bytes(b"" if sound == "empty" else b"letters" * 300)
    before = sorted(workplace.rglob("*"))
    assert bandmate(command, "a.wav") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert sorted(workplace.rglob("*")) == before


def test_a_recording_is_taken_apart_into_two_that_add_up(workplace: Path) -> None:
    mixture = np.stack([clicks([0.1 * n for n in range(30)], 3) + tone(440, 3)] * 2)
    write("song.flac", mixture)
    assert bandmate("separate", "song.flac") == 0
    harmonic, rate = soundfile.read("song separated/harmonic.wav")
    percussive, _ = soundfile.read("song separated/percussive.wav")
    assert rate == RATE and harmonic.shape == (3 * RATE, 2)
    assert np.abs(harmonic + percussive - mixture.T).max() < 1e-3
    assert bandmate("separate", "song.flac") == 2  # is there already
    assert bandmate("separate", "song.flac", "-o", "again") == 0


def test_strokes_go_one_way_and_tones_the_other() -> None:
    strokes, held = clicks([0.25 * n for n in range(16)], 4, level=0.5), tone(440, 4, level=0.3)
    parts = list(split([(strokes + held)[None]]))
    harmonic = np.concatenate([part.harmonic[0] for part in parts])
    percussive = np.concatenate([part.percussive[0] for part in parts])
    assert np.corrcoef(harmonic, held)[0, 1] > 0.97
    assert np.corrcoef(percussive, strokes)[0, 1] > 0.9


def test_a_split_does_not_depend_on_the_blocks_and_holds_few() -> None:
    chance = np.random.RandomState(1)
    sound = chance.standard_normal((1, 300_000)).astype(np.float32)
    at_once = np.concatenate([part.percussive for part in split([sound])], axis=1)
    blocks = (sound[:, start : start + 7_001] for start in range(0, 300_000, 7_001))
    pieces = [part.percussive for part in split(blocks)]
    assert np.abs(np.concatenate(pieces, axis=1) - at_once).max() < 1e-5
    endless = (np.zeros((1, 50_000), np.float32) for _ in iter(int, 1))
    assert next(iter(split(endless))).harmonic.shape == (1, 256 * 512)


def test_the_running_median_is_that_of_its_window() -> None:
    values = np.random.RandomState(1).standard_normal((9, 20)).astype(np.float32)
    result = median(values, 5, axis=1)
    assert result[4, 10] == np.median(values[4, 8:13])
    assert result.shape == values.shape


def test_demucs_that_is_not_there_is_one_line(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("song.wav", tone(440, 1))
    if find_spec("demucs") is None:
        assert bandmate("separate", "song.wav", "--demucs") == 2
        assert "pip install demucs" in capsys.readouterr().err
    assert bandmate("separate", "song.wav", "--weights", "mine") == 2
    assert not Path("song separated").exists()
