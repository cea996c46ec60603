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
from bandmate_bridge.audio.live.ring import Ring
from bandmate_bridge.audio.live.timeline import Timeline
from bandmate_bridge.audio.sampler.bank import Bank, Floats
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.monitor_feed import FeedAddress, FeedReceiver
from bandmate_bridge.waiting import ask_for_short_slices, gain_realtime_priority
from bandmate_models.errors import BandmateError

WARM_UP = 40
"""Blocks mixed before the stream begins, so that the first note finds everything loaded."""
AHEAD = 2
"""Blocks made before they are needed: so long may the making of one take until the sound breaks."""


class Monitor:
    """Settings: soundfont (path or None), device (name or None), frames, the feed's port and token, gains."""

    def __init__(self, settings: Said, say: Callable[[Said], None]) -> None:
        self._say = say
        self._frames = int(settings["frames"])
        self._device = find_device(settings.get("device"), "output")
        bank = Bank(Path(settings["soundfont"]) if settings.get("soundfont") else BUILT)
        self._band = Band(bank, self._device.rate, gains=settings.get("gains"))
        self._timeline = Timeline(self._device.rate, self._frames)
        self._ring = Ring(self._make, self._frames, AHEAD)
        self._held: tuple[float, bytes] | None = None  # a message that belongs to the block after this
        self._stream: Any = None
        self._blocks = self._xruns = self._gaps = 0
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
        self._ring.start()
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
            "added_ms": (1 + AHEAD) * period,
            "device_ms": 1000.0 * float(self._stream.latency),
        }

    def told(self, line: str) -> None:
        if line == "report":
            blocks, busy = self._blocks, self._busy
            counted = {
                "blocks": blocks,
                "xruns": self._xruns,
                "gaps": self._gaps,
                "mean_ms": 1000.0 * busy / max(blocks, 1),
                "longest_ms": 1000.0 * self._longest,
                "voices": self._most,
            }
            self._blocks = self._xruns = self._gaps = self._most = 0
            self._busy = self._longest = 0.0
            self._say({"report": counted})

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream.close()
            self._ring.stop()
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
        """Sounds one block; on the sound system's thread."""
        gap = not self._ring.play(perf_counter(), out)
        self._blocks += 1
        self._gaps += gap
        self._xruns += bool(gap or status.output_underflow or status.output_overflow)

    def _make(self, called: float) -> Floats:
        """The block of what was told in the period before the callback at `called`; on the ring's thread."""
        begun = perf_counter()
        self._timeline.tick(called)
        while (message := self._held or self._feed.receive()) is not None:
            self._held = message if message[0] > self._timeline.now else None
            if self._held:
                break
            time, data = message
            self._band.take(data, self._timeline.frame_of(time))
        block = self._band.block(self._frames)
        took = perf_counter() - begun
        self._busy += took
        self._longest = max(self._longest, took)
        self._most = max(self._most, self._band.sounding)
        return block


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(run_process(Monitor))
