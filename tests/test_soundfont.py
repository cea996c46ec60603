"""The soundfont: every program sounds, in tune, at one level, without clicks; the file is a valid one."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bandmate_bridge.audio import make_soundfont
from bandmate_bridge.audio.render import SAMPLE_RATE, render
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.drums import KIT
from bandmate_bridge.audio.soundfont.general_midi import EFFECTS, KITS, TONES, Tone, programs_without_tone
from bandmate_bridge.audio.soundfont.reader import presets
from bandmate_bridge.audio.soundfont.sf2 import Instrument, Preset, Sample, Zone, sf2_bytes
from bandmate_bridge.audio.soundfont.sounds import Random, band
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Score

BY_NAME = {tone.name: tone for tone in TONES}
SUSTAINED = [
    "Organ", "Accordion", "Distortion guitar", "Synth bass", "Solo strings", "Strings", "Choir", "Brass",
    "Saxophone", "Oboe", "Clarinet", "Flute", "Square lead", "Saw lead", "Pad",
]  # fmt: skip
KEYS = (45, 57, 64, 71, 79)

Signal = npt.NDArray[np.float64]


def played(program: int, key: int, beats: float = 2.0) -> Signal:
    """One note at 120 bpm, the mean of both sides."""
    sound = render(Score(parts=(Part("melody", (Note(0.0, beats, key, 100),), program),)))
    return sound.mean(axis=0).astype(np.float64)


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(ratio + 1e-12))


def cents_off(signal: Signal, key: int) -> float:
    """How far the pitch is from the key, by the repetition of the wave within a tone of it."""
    frequency = 440 * 2 ** ((key - 69) / 12)
    piece = signal[int(0.08 * SAMPLE_RATE) : int(0.5 * SAMPLE_RATE)]
    repetition = np.fft.irfft(np.abs(np.fft.rfft(piece, 1 << 17)) ** 2)
    period = SAMPLE_RATE / frequency
    low, high = int(period / 1.12), int(period * 1.12) + 2
    found = _peak(repetition, low + int(np.argmax(repetition[low:high])))
    for periods in (2, 4, 8, 16):
        centre, margin = round(found * periods), max(2, round(found / 5))
        if centre + margin > 0.12 * SAMPLE_RATE:
            break
        window = repetition[centre - margin : centre + margin + 1]
        found = _peak(repetition, centre - margin + int(np.argmax(window))) / periods
    return 1200 * float(np.log2(SAMPLE_RATE / found / frequency))


def _peak(curve: Signal, index: int) -> float:
    before, at, after = curve[index - 1 : index + 2]
    return index + 0.5 * float((before - after) / (before - 2 * at + after))


def test_every_program_has_exactly_one_tone() -> None:
    owned = [program for tone in TONES for program in tone.programs] + list(EFFECTS)
    assert sorted(owned) == list(range(128))
    assert programs_without_tone() == set()


def test_every_drum_of_general_midi_has_one_sound() -> None:
    keys = [key for stroke in KIT for key in range(stroke.low, stroke.high + 1)]
    assert sorted(keys) == list(range(27, 88))


def test_the_file_has_every_preset() -> None:
    wanted = {(0, program) for program in range(128)} | {(128, program) for program in KITS}
    assert presets(BUILT) == wanted


@pytest.fixture(scope="module")
def built() -> bytes:
    return make_soundfont.build()


def test_the_shipped_file_is_what_the_script_builds(built: bytes) -> None:
    shipped = BUILT.read_bytes()
    assert len(shipped) == len(built)
    start = shipped.index(b"smpl") + 8
    end = start + struct.unpack("<I", shipped[start - 4 : start])[0]
    assert shipped[:start] == built[:start]
    assert shipped[end:] == built[end:]
    samples = [np.frombuffer(data[start:end], "<i2").astype(int) for data in (shipped, built)]
    assert np.abs(samples[0] - samples[1]).max() <= 4  # processors round sines differently


def test_the_script_writes_the_same_bytes_again(built: bytes, tmp_path: Path) -> None:
    file = tmp_path / "again.sf2"
    make_soundfont.main([str(file)])
    assert file.read_bytes() == built


def test_it_is_small() -> None:
    assert BUILT.stat().st_size < 3.5e6


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_it_is_in_tune(name: str) -> None:
    tone: Tone = BY_NAME[name]
    off = {key: cents_off(played(tone.programs[0], key), key) for key in KEYS}
    assert max(map(abs, off.values())) < 10, off


def test_no_program_is_silent_or_much_louder_than_another() -> None:
    levels = {}
    for program in range(128):
        sound = played(program, 60, 1.0)[: SAMPLE_RATE // 2]
        levels[program] = decibels(float(np.sqrt((sound**2).mean())))
    middle = float(np.median(list(levels.values())))
    assert max(levels.values()) - middle < 6, levels
    assert middle - min(levels.values()) < 9, levels


@pytest.mark.parametrize("key", range(27, 88))
def test_every_drum_sounds(key: int) -> None:
    sound = render(Score(parts=(Part("drums", (Note(0.0, 0.1, key, 100),)),)))
    assert decibels(float(np.abs(sound).max())) > -32


@pytest.mark.parametrize("name", SUSTAINED)
@pytest.mark.parametrize("key", [45, 62, 78])
def test_loops_do_not_click(name: str, key: int) -> None:
    sound = played(BY_NAME[name].programs[0], key, 8.0)
    bright = np.abs(band(sound, SAMPLE_RATE, low=11_000, slope=6))
    held = bright[int(0.5 * SAMPLE_RATE) : int(3.5 * SAMPLE_RATE)]
    moments = held[: len(held) // 220 * 220].reshape(-1, 220).max(axis=1)
    click, hiss, full = moments.max(), float(np.median(moments)), np.abs(sound).max()
    assert decibels(click / full) < max(-52, decibels(hiss / full) + 14)


@pytest.mark.parametrize("name", SUSTAINED)
def test_what_is_held_goes_on(name: str) -> None:
    sound = played(BY_NAME[name].programs[0], 60, 10.0)
    early, late = (sound[int(at * SAMPLE_RATE) :][: SAMPLE_RATE // 2] for at in (0.6, 4.2))
    assert abs(decibels(float(late.std() / early.std()))) < 4


@pytest.mark.parametrize("name", ["Piano", "Nylon guitar", "Bass", "Organ", "Strings"])
def test_a_note_ends_softly(name: str) -> None:
    sound = played(BY_NAME[name].programs[0], 55, 0.5)
    bright = np.abs(band(sound, SAMPLE_RATE, low=9_000, slope=6))
    end = int(0.25 * SAMPLE_RATE)
    release = bright[end - 200 : end + 4000].max()
    assert decibels(release / np.abs(sound).max()) < -36


def test_a_written_file_reads_back(tmp_path: Path) -> None:
    audio = (3000 * np.sin(np.arange(2000) * 2 * np.pi / 100)).astype(np.int16)
    sample = Sample("sine", audio, 44_100, 69, (100, 1900))
    instrument = Instrument("sine", [Zone(sample, (0, 60)), Zone(sample, (61, 127), {17: -500})])
    file = tmp_path / "one.sf2"
    file.write_bytes(sf2_bytes("one", [Preset("a", 0, 5, instrument), Preset("b", 0, 1, instrument)]))
    assert presets(file) == {(0, 5), (0, 1)}
    data = file.read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert data.count(audio.tobytes()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"RIFF",
        b"not a soundfont at all" * 10,
        b"RIFF\xff\xff\xff\xffsfbk",
        BUILT.read_bytes()[: 1 << 20],
        BUILT.read_bytes().replace(b"shdr", b"xxxx"),
        BUILT.read_bytes().replace(b"ifil", b"xxxx"),
    ],
    ids=["empty", "cut", "text", "liar", "half", "headless", "versionless"],
)
def test_what_is_no_soundfont_is_refused(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "x.sf2"
    file.write_bytes(damage)
    with pytest.raises(BandmateError) as refusal:
        render(Score(parts=(Part("melody", (Note(0.0, 1.0, 60, 80),)),)), file)
    assert refusal.value.code == "bad_soundfont"


def test_a_soundfont_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BandmateError, match="No such file"):
        presets(tmp_path / "none.sf2")


def test_chance_is_the_same_on_every_numpy() -> None:
    assert Random(1).standard_normal(2).tolist() == pytest.approx([1.6243453636632417, -0.6117564136500754])
