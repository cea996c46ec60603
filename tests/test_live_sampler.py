"""The sampler that plays live: pitch, time, envelopes, pedal, panic, and what a soundfont may be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.live.band import Band, role_of
from bandmate_bridge.audio.live.timeline import Timeline
from bandmate_bridge.audio.sampler.bank import Bank
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.monitor_feed import FeedAddress, FeedReceiver, FeedSender
from bandmate_models.errors import BandmateError

RATE, FRAMES = 48_000, 256
Audio = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank(BUILT)


@pytest.fixture
def band(bank: Bank) -> Band:
    return Band(bank, RATE)


def sounded(band: Band, blocks: int) -> Audio:
    return np.concatenate([band.block(FRAMES) for _ in range(blocks)], axis=1)


def loudness(audio: Audio) -> float:
    return float(np.sqrt((audio**2).mean()))


@pytest.mark.parametrize("key", [36, 47, 60, 69, 84])
def test_a_note_has_its_pitch(band: Band, key: int) -> None:
    band.take((0xC0, 16))
    band.take((0x90, key, 100))
    sound = sounded(band, 200)[0, 10_000:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 19))
    wanted = 440 * 2 ** ((key - 69) / 12)
    near = np.fft.rfftfreq(1 << 19, 1 / RATE)
    window = (near > wanted * 0.97) & (near < wanted * 1.03)
    found = near[window][spectrum[window].argmax()]
    assert abs(1200 * np.log2(found / wanted)) < 10


@pytest.mark.parametrize("frame", [0, 1, 100, 255])
def test_a_note_begins_at_its_frame(band: Band, frame: int) -> None:
    band.take((0x99, 76, 127), frame)
    sound = np.abs(sounded(band, 4)).max(axis=0)
    assert not sound[:frame].any()
    assert np.flatnonzero(sound > 1e-4)[0] - frame < 0.002 * RATE


def test_a_note_that_is_let_go_dies_away(band: Band) -> None:
    band.take((0xC0, 48))
    band.take((0x90, 60, 100))
    held = loudness(sounded(band, 200)[:, -20_000:])
    band.take((0x80, 60, 0))
    sounded(band, 300)
    assert held > 1e-3
    assert band.sounding == 0
    assert not sounded(band, 2).any()


def test_the_pedal_holds_what_is_let_go(band: Band) -> None:
    band.take((0xC0, 48))
    band.take((0xB0, 64, 127))
    band.take((0x90, 60, 100))
    band.take((0x80, 60, 0))
    sounded(band, 300)
    assert band.sounding
    band.take((0xB0, 64, 0))
    sounded(band, 300)
    assert not band.sounding


def test_a_panic_is_silence_within_a_few_milliseconds(band: Band) -> None:
    for key in range(40, 80):
        band.take((0x90, key, 120))
    sounded(band, 20)
    for control in ((0xB0, 64, 0), (0xB0, 123, 0), (0xB0, 120, 0)):
        band.take(control)
    sounded(band, 4)
    assert not sounded(band, 1).any()


def test_a_closed_hat_ends_an_open_one(band: Band) -> None:
    band.take((0x99, 46, 120))
    sounded(band, 20)
    band.take((0x99, 42, 1))
    sounded(band, 20)
    assert loudness(sounded(band, 10)) < 0.01 * 10 ** (-20 / 20) + 1e-3


def test_a_louder_note_is_louder_and_a_part_s_gain_counts(bank: Bank) -> None:
    def level(velocity: int, gain: float = 0.0) -> float:
        band = Band(bank, RATE, gains={"chords": gain})
        band.take((0x90, 60, velocity))
        return loudness(sounded(band, 40))

    assert level(100) > 2 * level(50)
    assert level(100, -6.0) == pytest.approx(level(100) / 10 ** (6 / 20), rel=0.01)


def test_a_bend_turns_the_pitch(band: Band) -> None:
    band.take((0xC0, 16))
    band.take((0xE0, 127, 127))
    band.take((0x90, 69, 100))
    sound = sounded(band, 200)[0, 10_000:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    near = np.fft.rfftfreq(1 << 18, 1 / RATE)
    window = (near > 420) & (near < 520)
    assert near[window][spectrum[window].argmax()] == pytest.approx(440 * 2 ** (2 / 12), rel=0.01)


def test_more_notes_than_voices_never_fail(bank: Bank) -> None:
    band = Band(bank, RATE, polyphony=8)
    for key in range(128):
        band.take((0x90, key, 100), key % FRAMES)
        sounded(band, 1)
    assert band.sounding <= 8


messages = st.lists(st.tuples(st.binary(max_size=4), st.integers(0, FRAMES - 1)), max_size=40)


@settings(max_examples=60)
@given(messages)
def test_any_bytes_are_played_or_left_alone(told: list[tuple[bytes, int]]) -> None:
    band = Band(_shared(), RATE)
    for data, frame in told:
        band.take(data, frame)
    sound = sounded(band, 3)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0


def _shared(found: list[Bank] = []) -> Bank:  # noqa: B006 (read once for all examples)
    if not found:
        found.append(Bank(BUILT))
    return found[0]


def test_every_program_sounds_in_every_octave(bank: Bank) -> None:
    for program in range(128):
        assert all(bank.regions(program, False, key, 100) for key in range(0, 128, 12))
    assert bank.regions(0, True, 38, 100)


def test_programs_have_roles() -> None:
    assert [role_of(program, False) for program in (0, 26, 33, 48, 65)] == [
        "chords", "guitar", "bass", "strings", "melody",
    ]  # fmt: skip
    assert role_of(0, True) == "drums"


@pytest.mark.parametrize("size", [0, 100, 5000, 100_000])
def test_a_soundfont_cut_short_is_refused(size: int, tmp_path: Path) -> None:
    file = tmp_path / "cut.sf2"
    file.write_bytes(BUILT.read_bytes()[:size])
    with pytest.raises(BandmateError) as refusal:
        Bank(file)
    assert refusal.value.code == "bad_soundfont"


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_damaged_soundfont_is_refused_or_sounds(changes: list[tuple[int, int]]) -> None:
    import tempfile

    data = bytearray(BUILT.read_bytes())
    header = len(data) - 40_000  # the records behind the samples
    for place, value in changes:
        data[header + place % 40_000] = value
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "damaged.sf2")
        file.write_bytes(data)
        try:
            band = Band(Bank(file), RATE)
        except BandmateError as error:
            assert error.code == "bad_soundfont"
            return
        for key in range(0, 128, 9):
            band.take((0x90, key, 100))
        assert sounded(band, 2).shape == (2, 2 * FRAMES)


def test_time_runs_steadily_through_late_callbacks() -> None:
    chance = np.random.RandomState(1)
    timeline, period = Timeline(RATE, FRAMES), FRAMES / RATE
    errors = []
    for number in range(4000):
        timeline.tick(100.0 + number * period + chance.exponential(0.0005))
        if number > 1500:
            errors.append(timeline.now - (100.0 + number * period))
    assert np.std(errors) < 0.0001
    assert abs(timeline.frame_of(timeline.now - period / 2) - FRAMES // 2) <= 1
    assert timeline.frame_of(timeline.now - 1.0) == 0


def test_a_timeline_begins_anew_after_a_gap() -> None:
    timeline = Timeline(RATE, FRAMES)
    timeline.tick(5.0)
    timeline.tick(9.0)
    assert timeline.now == 9.0


def test_the_feed_takes_its_own_conductor_s_messages_only() -> None:
    address = FeedAddress.free()
    receiver = FeedReceiver(address)
    FeedSender(FeedAddress(address.port, address.token + 1)).send(1.0, (0x90, 1, 1))
    FeedSender(address).send(2.5, (0x90, 60, 100))
    found = None
    while found is None:
        found = receiver.receive()
    assert found == (2.5, bytes((0x90, 60, 100)))
    assert receiver.receive() is None
    receiver.close()
