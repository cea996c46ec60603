"""Other people's soundfonts: in tune, enveloped and tuned as their zones say, compressed or not."""

from __future__ import annotations

import io
import struct
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.sampler.bank import Bank, Region
from bandmate_bridge.audio.sampler.sampler import Sampler, envelope
from bandmate_bridge.audio.sampler.voices import Struck, Voices
from bandmate_bridge.audio.signal import decibels, peak
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_bridge.audio.soundfont.sf2 import Instrument, Preset, Sample, Zone, sf2_bytes
from bandmate_bridge.audio.synthesiser import Synthesiser
from bandmate_models.errors import BandmateError

RATE = 44_100
COARSE_TUNE, FINE_TUNE, SCALE_TUNING, ROOT_KEY = 51, 52, 56, 58
PERIOD = 100  # frames of the sine below
ITS_KEY = 69 + 12 * np.log2(RATE / PERIOD / 440)
Sound = npt.NDArray[np.float32]


def hertz(key: float) -> float:
    return float(440 * 2 ** ((key - 69) / 12))


def partial(sound: Sound, near: float) -> float:
    """Frequency of the strongest partial within a quarter tone of one, in Hz."""
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    low, high = (round(near * 2 ** (side / 24) * size / RATE) for side in (-1, 1))
    place = low + int(spectrum[low : high + 1].argmax())
    left, middle, right = np.log(spectrum[place - 1 : place + 2] + 1e-12)
    return float((place + (left - right) / (2 * (left - 2 * middle + right))) * RATE / size)


def sounding_key(sound: Sound) -> float:
    """The key of [frames], roughly: of the first lag at which it is most like itself."""
    size = 1 << 17
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size)) ** 2
    likeness = np.fft.irfft(power)[: RATE // 50]
    peaks = 1 + np.flatnonzero((likeness[1:-1] > likeness[:-2]) & (likeness[1:-1] > likeness[2:]))
    peaks = peaks[peaks > RATE / 2500]
    first = peaks[likeness[peaks] > 0.9 * likeness[peaks].max()][0]
    return float(69 + 12 * np.log2(RATE / first / 440))


@pytest.fixture(scope="module")
def fluid() -> Path:
    try:
        return find_soundfont(Path("FluidR3"))
    except BandmateError:
        pytest.skip("fluid-soundfont-gm is not installed")


@pytest.fixture(scope="module")
def fluid_sampler(fluid: Path) -> Sampler:
    return Sampler(fluid, RATE)


@pytest.mark.parametrize("program", [0, 24, 33, 40, 48, 56, 73, 80])
def test_a_program_of_fluid_r3_is_in_tune(fluid_sampler: Sampler, program: int) -> None:
    """Within 20 cents: its strings are recorded with vibrato, its piano's partials are stretched."""
    for key in range(40, 85, 4):
        sound = fluid_sampler.note(program, False, key, 1.5).mean(axis=0)[8000 : 8000 + 32768]
        assert abs(sounding_key(sound) - key) < 0.5, f"key {key}"
        cents = 1200 * np.log2(partial(sound, hertz(key)) / hertz(key))
        assert abs(cents) < 20, f"key {key}"


def test_a_drum_sounds_as_it_was_recorded(fluid: Path, fluid_sampler: Sampler) -> None:
    left, right = Bank(fluid).regions(0, True, 38, 100)[:2]
    assert (left.root, left.tuning, left.rate) == (38, 0.0, RATE)
    recorded = Bank(fluid).sound(left.start, left.start + 4000)
    heard = fluid_sampler.note(0, True, 38, 0.5)[0, :4000]
    assert right.pan == -left.pan
    assert np.corrcoef(recorded, heard)[0, 1] > 0.99


def font(folder: Path, generators: dict[int, int], header_root: int = 60) -> Path:
    """A soundfont of one looped sine that sounds ITS_KEY at 44.1 kHz."""
    sine = np.round(12_000 * np.sin(2 * np.pi * np.arange(100 * PERIOD) / PERIOD)).astype(np.int16)
    sample = Sample("sine", sine, RATE, header_root, loop=(50 * PERIOD, 90 * PERIOD))
    instrument = Instrument("sine", [Zone(sample, (0, 127), generators)])
    file = folder / "sine.sf2"
    file.write_bytes(sf2_bytes("sine", [Preset("sine", 0, 0, instrument)]))
    return file


@pytest.mark.parametrize(
    ("generators", "key", "higher"),
    [
        ({}, 60, 0.0),
        ({}, 67, 7.0),
        ({ROOT_KEY: 72}, 72, 0.0),
        ({ROOT_KEY: 48}, 60, 12.0),
        ({COARSE_TUNE: -12}, 60, -12.0),
        ({COARSE_TUNE: 7, FINE_TUNE: -30}, 60, 6.7),
        ({SCALE_TUNING: 50}, 72, 6.0),
        ({SCALE_TUNING: 0, FINE_TUNE: 25}, 40, 0.25),
        ({ROOT_KEY: 50, SCALE_TUNING: 50, COARSE_TUNE: 3}, 54, 5.0),
    ],
)
def test_a_zone_is_tuned_as_it_says(
    tmp_path: Path, generators: dict[int, int], key: int, higher: float
) -> None:
    sound = Synthesiser(font(tmp_path, generators), RATE).sound(0, False, key, 1.0)[0, 2000:34768]
    assert partial(sound, hertz(ITS_KEY + higher)) == pytest.approx(hertz(ITS_KEY + higher), rel=0.0006)


REGION = Region(
    (0, 127), (0, 127), 4, 1000, None, 60, 0.0, 1.0, RATE, 1.0, 0.0, 0.1, 0.2, 1.0, 10 ** (-20 / 20), 0.5, 0
)  # fmt: skip


def test_a_note_rises_holds_decays_to_its_level_and_dies_away() -> None:
    def level(seconds: float) -> float:
        return decibels(float(shape[round(seconds * RATE)]))

    shape = envelope(REGION, RATE, RATE)
    assert shape[round(0.05 * RATE)] == pytest.approx(0.5, abs=0.001)
    assert level(0.2) == pytest.approx(0.0, abs=0.01)
    assert level(0.4) == pytest.approx(-10.0, abs=0.1)  # 100 dB a second
    assert level(0.9) == pytest.approx(-20.0, abs=0.01)
    assert level(1.1) == pytest.approx(-40.0, abs=0.1)  # 200 dB a second
    assert shape[-1] < 5e-5


def test_a_note_that_is_let_go_while_it_rises_rises_no_further() -> None:
    shape = envelope(REGION, round(0.05 * RATE), RATE)
    assert shape.max() == pytest.approx(0.5, abs=0.001)
    assert np.all(np.diff(shape[round(0.05 * RATE) :]) <= 0)


times = st.floats(0.0, 3.0)


@settings(max_examples=60)
@given(times, times, times, st.floats(0.0, 1.0), times, st.integers(1, RATE))
def test_any_envelope_is_a_gain_that_ends(
    attack: float, hold: float, decay: float, sustain: float, release: float, held: int
) -> None:
    region = REGION._replace(attack=attack, hold=hold, decay=decay, sustain=sustain, release=release)
    shape = envelope(region, held, RATE)
    assert len(shape) >= 1 and shape.min() >= 0.0 and shape.max() <= 1.0 + 1e-6
    assert shape[-1] < 1e-4


@pytest.mark.parametrize(("program", "drums", "key"), [(0, False, 50), (16, False, 70), (0, True, 38)])
def test_a_note_in_a_file_is_what_is_heard_live(program: int, drums: bool, key: int) -> None:
    bank, held = Bank(BUILT), 20_000
    note = Sampler(BUILT, RATE).note(program, drums, key, held / RATE)
    voices = Voices(bank.data, RATE)
    for region in bank.regions(program, drums, key, 100):
        voices.strike(region, Struck(0, key, region.group), key, 0.5, 0.0, 0)
    live = np.concatenate([voices.block(1000) for _ in range(20)], axis=1)
    note = note[:, : live.shape[1]]
    assert np.abs(live[:, : note.shape[1]] - note).max() < 1e-3 * peak(note)


def test_keys_that_a_soundfont_lacks_are_silent(tmp_path: Path) -> None:
    data = font(tmp_path, {}).read_bytes()
    file = tmp_path / "narrow.sf2"
    file.write_bytes(data.replace(struct.pack("<HBB", 43, 0, 127), struct.pack("<HBB", 43, 50, 60)))
    sampler = Sampler(file, RATE)
    assert not sampler.note(0, False, 40, 0.5).any()
    assert sampler.note(0, False, 55, 0.5).any()


def test_our_own_soundfont_is_played_by_symusic_to_the_bit() -> None:
    symusic: Any = import_module("symusic")
    song = symusic.Score(ttype="second")
    track = symusic.Track(program=33, is_drum=False, ttype="second")
    track.notes.append(symusic.Note(0.0, 0.5, 40, 100, ttype="second"))
    song.tracks.append(track)
    expected = np.array(symusic.Synthesizer(str(BUILT), RATE, 2).render(song, stereo=True), np.float32)
    assert np.array_equal(Synthesiser(BUILT, RATE).sound(33, False, 40, 0.5), expected)


def compressed(file: Path) -> Path:
    """The soundfont of one sample as SF3: Ogg Vorbis, its places in bytes, its loop from its start."""
    data = file.read_bytes()
    smpl, pdta = data.index(b"smpl"), data.index(b"LIST", data.index(b"smpl"))
    (size,) = struct.unpack_from("<I", data, smpl + 4)
    records = bytearray(data[pdta:])
    row = records.index(b"shdr") + 8
    start, end, first, last = struct.unpack_from("<4I", records, row + 20)
    ogg = io.BytesIO()
    audio = np.frombuffer(data[smpl + 8 : smpl + 8 + size], "<i2")[start:end]
    soundfile.write(ogg, audio, RATE, format="OGG", subtype="VORBIS")
    packed = ogg.getvalue() + bytes(len(ogg.getvalue()) % 2)
    struct.pack_into("<4I", records, row + 20, 0, len(ogg.getvalue()), first - start, last - start)
    struct.pack_into("<H", records, row + 44, 0x11)
    body = data[8 : smpl - 8] + struct.pack("<I4s4sI", 0, b"sdta", b"smpl", len(packed)) + packed + records
    body = body.replace(struct.pack("<I4s", 0, b"sdta"), struct.pack("<I4s", len(packed) + 12, b"sdta"))
    result = file.with_suffix(".sf3")
    result.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return result


def test_a_compressed_soundfont_sounds_like_the_plain_one(tmp_path: Path) -> None:
    plain = font(tmp_path, {ROOT_KEY: 57})
    notes = [Sampler(file, RATE).note(0, False, 60, 1.0) for file in (plain, compressed(plain))]
    assert notes[0].shape == notes[1].shape
    assert np.abs(notes[0] - notes[1]).max() < 0.05 * peak(notes[0])


@pytest.mark.parametrize("place", [0, 30, 200])
def test_a_compressed_sample_that_is_damaged_is_refused(tmp_path: Path, place: int) -> None:
    file = compressed(font(tmp_path, {}))
    data = bytearray(file.read_bytes())
    at = data.index(b"OggS") + place
    data[at : at + 100] = b"\xff" * 100
    file.write_bytes(data)
    with pytest.raises(BandmateError, match="it is damaged") as refusal:
        Bank(file)
    assert refusal.value.code == "bad_soundfont"
