"""`python -m bandmate_bridge.audio.live.listener`: a process that hears a microphone or line as a player."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from bandmate_bridge.audio.live.devices import find_device, sound_library
from bandmate_bridge.audio.live.note_tracker import HOP, NoteTracker
from bandmate_bridge.audio.live.process import Said, run_process
from bandmate_bridge.audio.live.timeline import Timeline
from bandmate_bridge.waiting import ask_for_short_slices, gain_realtime_priority
from bandmate_models.errors import BandmateError


class MicrophonePlayer:
    """Settings: device (name or None), late_ms: what a round trip through loudspeaker and microphone takes.

    Says `{"note": [seconds of perf_counter, key, velocity]}`, velocity 0 where the note has ended, in the
    time of a player who plays along with what the loudspeaker gives.
    """

    def __init__(self, settings: Said, say: Callable[[Said], None]) -> None:
        self._say = say
        self._device = find_device(settings.get("device"), "input")
        self._late = float(settings.get("late_ms", 0.0)) / 1000.0
        self._tracker = NoteTracker(self._device.rate)
        self._timeline = Timeline(self._device.rate, HOP)
        self._stream: Any = None
        self._xruns = 0

    def start(self) -> Said:
        for _ in range(20):  # everything is loaded before the first true block
            self._tracker.hear(np.zeros(HOP), 0.0)
        library = sound_library()
        if not gain_realtime_priority():
            ask_for_short_slices()
        try:
            self._stream = library.InputStream(
                samplerate=self._device.rate,
                blocksize=HOP,
                device=self._device.number,
                channels=1,
                dtype="float32",
                latency="low",
                callback=self._hear,
            )
            self._stream.start()
        except library.PortAudioError as error:
            raise BandmateError(f"{self._device.name} cannot be opened: {error}", "no_audio") from error
        return {"device": self._device.name, "system": self._device.system, "rate": self._device.rate}

    def told(self, line: str) -> None:
        if line == "report":
            self._say({"report": {"xruns": self._xruns}})

    def stop(self) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream.close()

    def _hear(self, heard: Any, frames: int, _: Any, status: Any) -> None:
        """One block; on the sound system's thread. Its first frame came a period before the callback."""
        self._timeline.tick(perf_counter())
        self._xruns += bool(status.input_overflow)
        begun = self._timeline.now - frames / self._device.rate - self._late
        for note in self._tracker.hear(heard[:, 0], begun):
            self._say({"note": list(note)})


if __name__ == "__main__":
    sys.exit(run_process(MicrophonePlayer))
