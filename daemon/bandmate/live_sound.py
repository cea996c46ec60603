"""The daemon's live sound: the band through the monitor, a microphone as a player, as settings say."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bandmate.config import Config
from bandmate.files import write_durably
from bandmate.folders import data_folder
from bandmate_bridge.audio.live.process import AudioProcess
from bandmate_bridge.messages import ClockState, NoteHeard
from bandmate_bridge.monitor_feed import FeedAddress
from bandmate_models.errors import BandmateError

MONITOR, LISTENER = "bandmate_bridge.audio.live.monitor", "bandmate_bridge.audio.live.listener"
PLAYER_CHANNEL = 0


class LiveSound:
    """The processes for sound. `start` before the conductor, which sends to the monitor's `address`."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], ClockState],
        heard: Callable[[NoteHeard], None],
        notice: Callable[[str, str], None],
    ) -> None:
        self._clock = clock
        self._heard = heard
        self._address = FeedAddress.free() if config.monitor else None
        self._processes: dict[str, AudioProcess] = {}
        if self._address is not None:
            settings = {
                "soundfont": str(config.soundfont) if config.soundfont else None,
                "device": config.monitor_device,
                "frames": config.audio_block,
                "port": self._address.port,
                "token": self._address.token,
            }
            self._processes["monitor"] = AudioProcess(MONITOR, settings, _ignore, notice)
        if config.listen:
            wishes = {"device": config.listen_device, "late_ms": latency_of(config)}
            self._processes["microphone"] = AudioProcess(LISTENER, wishes, self._said, notice)

    @property
    def address(self) -> tuple[int, ...]:
        """Where the conductor sends what it plays; () for nowhere."""
        return tuple(self._address or ())

    def start(self) -> Iterator[str]:
        """Starts each process; a line on each. Raises BandmateError ("no_audio", "bad_soundfont")."""
        for name, process in self._processes.items():
            ready = process.start()
            late = f", {ready['added_ms']:.1f} ms later than MIDI" if "added_ms" in ready else ""
            yield f"{name}: {ready['device']} ({ready['system']}) at {ready['rate']} Hz{late}"

    def stop(self) -> None:
        for process in self._processes.values():
            process.close()

    def _said(self, said: Mapping[str, Any]) -> None:
        if "note" in said:
            time, key, velocity = said["note"]
            beat = self._clock().beat_at(time)
            self._heard(NoteHeard(beat, time, PLAYER_CHANNEL, int(key), int(velocity)))


def calibration_file() -> Path:
    return data_folder() / "round_trip.json"


def keep_round_trip(out: str, into: str, milliseconds: float) -> Path:
    """Remembers what was measured between two devices; the file. Raises BandmateError ("bad_path")."""
    file = calibration_file()
    known = _known()
    known[f"{out} > {into}"] = round(milliseconds, 3)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, json.dumps(known, indent=1).encode())
    except OSError as error:
        raise BandmateError(f"cannot write {file}: {error.strerror or error}", "bad_path") from error
    return file


def latency_of(config: Config) -> float:
    """Milliseconds by which what a microphone hears is late: the setting, else what was measured, else 0."""
    if config.listen_latency is not None:
        return config.listen_latency
    for pair, milliseconds in _known().items():
        out, _, into = pair.partition(" > ")
        if _is(config.monitor_device, out) and _is(config.listen_device, into):
            return float(milliseconds)
    return 0.0


def _is(wish: str | None, name: str) -> bool:
    return wish is None or wish.lower() in name.lower()


def _known() -> dict[str, float]:
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(calibration_file().read_bytes())
        if isinstance(known, dict):
            return {pair: value for pair, value in known.items() if isinstance(value, float)}
    return {}


def _ignore(said: Mapping[str, Any]) -> None:
    """The monitor speaks only when asked."""
