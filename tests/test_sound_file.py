"""Sound files: every common format and rate is read; what cannot be is refused in one line."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_bridge.audio.listen.resample import Resampler, resampled
from bandmate_bridge.audio.listen.sound_file import SoundFile, is_sound, listen, read_stereo
from bandmate_models.errors import BandmateError
from sounds import RATE, tone, write


def loudest_hertz(audio: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * len(audio)))
    return float(spectrum.argmax() * rate / (8 * len(audio)))


def refusal(path: Path) -> BandmateError:
    with pytest.raises(BandmateError) as caught:
        listen(path, RATE)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)
    return caught.value


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_common_formats_are_read(suffix: str, tmp_path: Path) -> None:
    heard = listen(write(tmp_path / f"a.{suffix}", tone(440, 1, 44_100), 44_100), RATE)
    assert heard.seconds == pytest.approx(1, abs=0.06)
    assert loudest_hertz(heard.audio, RATE) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_101, 48_000, 192_000])
def test_any_rate_is_read_in_time_and_in_tune(rate: int, tmp_path: Path) -> None:
    heard = listen(write(tmp_path / "a.wav", tone(1000, 0.5, rate), rate), RATE)
    assert len(heard.audio) == pytest.approx(RATE / 2, abs=1)
    expected = tone(1000, 0.5)
    assert np.abs(heard.audio[:11_000] - expected[:11_000]).max() < 0.01


def test_what_ffmpeg_knows_is_read_where_it_is(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    wav = write(tmp_path / "a.wav", tone(440, 1, 44_100), 44_100)
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, tmp_path / "a.m4a"], check=True)
    assert loudest_hertz(listen(tmp_path / "a.m4a", RATE).audio, RATE) == pytest.approx(440, abs=1)
    (tmp_path / "b.m4a").write_bytes(b"no sound" * 100)
    assert refusal(tmp_path / "b.m4a").code == "bad_file"


def test_without_ffmpeg_a_refusal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.m4a").write_bytes(b"some")
    monkeypatch.setenv("PATH", "")
    assert refusal(tmp_path / "a.m4a").code == "no_ffmpeg"


def test_eight_channels_become_one(tmp_path: Path) -> None:
    channels = np.stack([tone(200 + 100 * n, 0.5, level=0.1) for n in range(8)])
    heard = listen(write(tmp_path / "a.wav", channels), RATE)
    assert np.abs(heard.audio - channels.mean(axis=0)).max() < 1e-3


def test_channels_that_cancel_each_other_give_way_to_the_strongest(tmp_path: Path) -> None:
    sound = tone(440, 0.5)
    heard = listen(write(tmp_path / "a.wav", np.stack([sound, -sound])), RATE)
    assert np.abs(heard.audio).max() > 0.4


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 200, b"\0" * 5000])
def test_files_that_hold_no_sound_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert refusal(tmp_path / "a.wav").code == "bad_file"


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.wav").code == "bad_file"
    (tmp_path / "folder.wav").mkdir()
    assert refusal(tmp_path / "folder.wav").code == "bad_file"


def test_no_frames_and_silence_are_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.wav", np.zeros(0, np.float32))).code == "bad_file"
    assert refusal(write(tmp_path / "b.wav", np.zeros(20_000, np.float32))).code == "silent"


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.wav", tone(440, 1))
    whole.write_bytes(whole.read_bytes()[:20_000])
    assert 0.4 < listen(whole, RATE).seconds < 0.5


def test_two_hours_are_no_phrase_and_are_not_read(tmp_path: Path) -> None:
    file = write(tmp_path / "a.wav", tone(440, 0.1, 8_000), 8_000)
    header = bytearray(file.read_bytes()[:44])
    size = 2 * 60 * 60 * 8_000 * 2
    header[4:8], header[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    with file.open("wb") as sparse:
        sparse.write(header)
        sparse.truncate(size + 44)
    assert refusal(file).code == "too_long"
    assert "120 minutes" in str(refusal(file))


def test_clipping_is_told(tmp_path: Path) -> None:
    loud = np.clip(tone(220, 1, level=2.5), -1, 1)
    assert "clipped" in listen(write(tmp_path / "a.wav", loud), RATE).notices[0]
    assert listen(write(tmp_path / "b.wav", tone(220, 1, level=0.99)), RATE).notices == ()


def test_what_is_no_number_is_silence(tmp_path: Path) -> None:
    sound = tone(440, 0.5)
    sound[100:200] = np.nan
    heard = listen(write(tmp_path / "a.wav", sound, subtype="FLOAT"), RATE)
    assert np.isfinite(heard.audio).all()


def test_stereo_keeps_its_sides_and_mono_gets_two(tmp_path: Path) -> None:
    left, right = tone(440, 0.5), tone(660, 0.5)
    sides = read_stereo(write(tmp_path / "a.wav", np.stack([left, right])), 44_100).audio
    assert [round(loudest_hertz(side, 44_100)) for side in sides] == [440, 660]
    both = read_stereo(write(tmp_path / "b.wav", left), 44_100).audio
    assert np.array_equal(both[0], both[1])


def test_files_are_read_block_by_block(tmp_path: Path) -> None:
    with SoundFile(write(tmp_path / "a.wav", tone(440, 1))) as file:
        assert [block.shape[1] for block in file.blocks(10_000)] == [10_000, 10_000, 2_050]


def test_sound_is_known_by_its_name() -> None:
    assert is_sound(Path("riff.WAV")) and is_sound(Path("a b.m4a"))
    assert not is_sound(Path("song.mid"))


@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=8), st.sampled_from([8_000, 22_050, 32_000, 44_100])
)
def test_resampling_in_blocks_is_resampling_at_once(sizes: list[int], rate: int) -> None:
    sound = np.random.RandomState(1).standard_normal((2, sum(sizes))).astype(np.float32)
    resampler = Resampler(rate, RATE)
    edges = np.cumsum([0, *sizes])
    pieces = [resampler.push(sound[:, a:b]) for a, b in pairwise(edges)]
    pieced = np.concatenate([*pieces, resampler.flush()], axis=1)
    assert pieced.shape == (2, -(-sum(sizes) * RATE // rate))
    assert np.abs(pieced - resampled(sound, rate, RATE)).max() < 1e-5


def test_resampling_lets_nothing_fold_back() -> None:
    assert np.abs(resampled(tone(13_000, 0.5, 44_100), 44_100, RATE)[500:-500]).max() < 1e-4
