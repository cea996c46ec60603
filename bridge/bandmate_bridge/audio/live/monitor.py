"""`python -m bandmate_bridge.audio.live.monitor`: a process in which the band sounds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bandmate_bridge.audio.live.band import Band
from bandmate_bridge.audio.live.devices import find_device, sound_library
from bandmate_bridge.audio.live.process import Said, run_process
from bandmate_bridge.audio.live.timeline import Timeline
from bandmate_bridge.audio.sampler.bank import Bank
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.monitor_feed import FeedAddress, FeedReceiver
from bandmate_bridge.waiting import ask_for_short_slices, gain_realtime_priority
from bandmate_models.errors import BandmateError

WARM_UP = 40
"""Blocks mixed before the stream begins, so that the first note finds everything loaded."""


class Monitor:
    """Settings: soundfont (path or None), device (name or None), frames, the feed's port and token, gains."""

    def __init__(self, settings: Said, say: Callable[[Said], None]) -> None:
        self._say = say
        self._frames = int(settings["frames"])
        self._device = find_device(settings.get("device"), "output")
        bank = Bank(Path(settings["soundfont"]) if settings.get("soundfont") else BUILT)
        self._band = Band(bank, self._device.rate, gains=settings.get("gains"))
        self._timeline = Timeline(self._device.rate, self._frames)
        self._stream: Any = None
        self._blocks = self._xruns = 0
        self._busy = self._longest = 0.0
        self._most = 0
        try:
            self._feed = FeedReceiver(FeedAddress(int(settings["port"]), int(settings["token"])))
        except OSError as error:
            raise BandmateError(f"the monitor's port is taken: {error.strerror}", "no_audio") from error

    def start(self) -> Said:
        self._warm_up()
        library = sound_library()
        if not gain_realtime_priority():
            ask_for_short_slices()
        try:
            self._stream = library.OutputStream(
                samplerate=self._device.rate,
                blocksize=self._frames,
                device=self._device.number,
                channels=min(2, self._device.channels),
                dtype="float32",
                latency="low",
                callback=self._play,
            )
            self._stream.start()
        except library.PortAudioError as error:
            raise BandmateError(f"{self._device.name} cannot be opened: {error}", "no_audio") from error
        period = 1000.0 * self._frames / self._device.rate
        return {
            "device": self._device.name,
            "system": self._device.system,
            "rate": self._device.rate,
            "frames": self._frames,
            "added_ms": period,
            "device_ms": 1000.0 * float(self._stream.latency),
        }

    def told(self, line: str) -> None:
        if line == "report":
            blocks, xruns, busy = self._blocks, self._xruns, self._busy
            longest, most = self._longest, self._most
            self._blocks = self._xruns = self._most = 0
            self._busy = self._longest = 0.0
            self._say(
                {
                    "report": {
                        "blocks": blocks,
                        "xruns": xruns,
                        "mean_ms": 1000.0 * busy / max(blocks, 1),
                        "longest_ms": 1000.0 * longest,
                        "voices": most,
                    }
                }
            )

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream.close()
        self._feed.close()

    def _warm_up(self) -> None:
        for key in range(36, 84):
            self._band.take((0x90, key, 1))
        for _ in range(WARM_UP):
            self._band.block(self._frames)
        self._band.take((0xB0, 120, 0))
        while self._band.sounding:
            self._band.block(self._frames)

    def _play(self, out: Any, frames: int, _: Any, status: Any) -> None:
        """Fills one block; on the sound system's thread."""
        begun = perf_counter()
        self._timeline.tick(begun)
        while (message := self._feed.receive()) is not None:
            time, data = message
            self._band.take(data, self._timeline.frame_of(time))
        block = self._band.block(frames)
        out[:] = block.T if out.shape[1] == 2 else block.mean(axis=0)[:, None]
        self._blocks += 1
        self._xruns += bool(status.output_underflow or status.output_overflow)
        took = perf_counter() - begun
        self._busy += took
        self._longest = max(self._longest, took)
        self._most = max(self._most, self._band.sounding)


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(run_process(Monitor))
