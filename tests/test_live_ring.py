"""Blocks made ahead of the sound system: the same sound, each note at its own frame, late blocks lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from bandmate_bridge.audio.live import monitor as module
from bandmate_bridge.audio.live.band import Band
from bandmate_bridge.audio.live.devices import Device
from bandmate_bridge.audio.live.monitor import Monitor
from bandmate_bridge.audio.live.ring import Ring
from bandmate_bridge.audio.sampler.bank import Bank
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.monitor_feed import FeedAddress, FeedSender

RATE, FRAMES = 48_000, 256
PERIOD = FRAMES / RATE
BEGIN = 100.0
Audio = npt.NDArray[np.float32]
Told = list[tuple[int, tuple[int, ...]]]

TOLD: Told = [(64, (0xC0, 16)), (128, (0x90, 60, 100)), (448, (0x99, 76, 127)), (1568, (0x80, 60, 0))]
"""Messages, and the frame of the stream in whose middle each is sent."""


def played(ring: Ring, channels: int = 2) -> tuple[bool, Audio]:
    out = np.full((FRAMES, channels), np.nan, np.float32)
    return ring.play(0.0, out), out


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Monitor, FeedSender]]:
    """A monitor whose stream is never opened, and the conductor's end of its feed."""
    device = Device(0, "none", "none", 2, RATE)
    monkeypatch.setattr(module, "find_device", lambda name, way: device)
    address = FeedAddress.free()
    made = Monitor({"frames": FRAMES, "port": address.port, "token": address.token}, lambda said: None)
    yield made, FeedSender(address)
    made.stop()


def in_time(told: Told, blocks: int) -> Audio:
    """[2, frames]: what a band plays that is told everything at its own frame, in the block after."""
    band = Band(Bank(BUILT), RATE)
    sound = []
    for number in range(blocks):
        for frame, data in told:
            if frame // FRAMES == number - 1:
                band.take(data, frame % FRAMES)
        sound.append(band.block(FRAMES))
    return np.concatenate(sound, axis=1)


@pytest.mark.parametrize("behind", [1, 4, 10])
def test_every_message_acts_at_its_own_frame_however_late_its_block_is_made(
    monitor: tuple[Monitor, FeedSender], behind: int
) -> None:
    made, feed = monitor
    told = list(TOLD)
    blocks = []
    for first in range(0, 10, behind):
        calls = range(first, min(first + behind, 10))
        while told and told[0][0] < calls[-1] * FRAMES:
            frame, data = told.pop(0)
            feed.send(BEGIN + (frame + 0.5) / RATE, data)
        blocks += [made._make(BEGIN + number * PERIOD) for number in calls]
    sound, wanted = np.concatenate(blocks, axis=1), in_time(TOLD, 10)
    assert np.abs(wanted).max() > 0.05
    np.testing.assert_array_equal(sound, wanted)


def test_what_is_called_for_sounds_so_many_blocks_later_and_unchanged() -> None:
    band, alone = Band(Bank(BUILT), RATE), Band(Bank(BUILT), RATE)
    for one in (band, alone):
        one.take((0x90, 60, 100), 40)
    ring = Ring(lambda time: band.block(FRAMES), FRAMES, 8)
    ring.start()
    before = [played(ring) for _ in range(8)]
    ring.stop()
    after = [played(ring) for _ in range(8)]
    assert all(ready for ready, _ in before + after)
    assert not any(sound.any() for _, sound in before)
    wanted = np.concatenate([alone.block(FRAMES) for _ in range(8)], axis=1)
    np.testing.assert_array_equal(np.concatenate([sound for _, sound in after]).T, wanted)
    assert np.abs(wanted).max() > 0.01


def test_a_block_that_is_late_is_a_gap_and_never_sounds_later() -> None:
    go, made = threading.Event(), iter(range(1, 10))

    def make(time: float) -> Audio:
        go.wait()
        return np.full((2, FRAMES), next(made), np.float32)

    ring = Ring(make, FRAMES, 2)
    ring.start()
    assert [played(ring)[0] for _ in range(2)] == [True, True]
    missed, sound = played(ring)
    assert not missed
    assert not sound.any()
    go.set()
    ring.stop()
    for number in (2.0, 3.0):
        ready, sound = played(ring)
        assert ready
        assert (sound == number).all()
    assert not played(ring)[0], "nobody makes any more"


def test_one_channel_is_the_mean_of_both() -> None:
    ring = Ring(lambda time: np.stack([np.full(FRAMES, 0.5), np.zeros(FRAMES)]).astype(np.float32), FRAMES, 1)
    ring.start()
    played(ring, 1)
    ring.stop()
    assert (played(ring, 1)[1] == 0.25).all()
