"""How long sound takes from this program through loudspeaker and microphone, or a cable, and back."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.live.devices import Device, sound_library
from bandmate_models.errors import BandmateError

Signal = npt.NDArray[np.float32]

BURSTS = 8
_BURST, _PAUSE = (
    0.15,
    0.65,
)  # seconds of noise, and from one burst to the next: the longest trip that is found
_LEVEL = 0.25
_CLEAR = 8.0  # times the other likenesses that a burst's true one must be
_AGREE = 0.002  # seconds by which the bursts may differ

NOTHING_CAME = (
    "nothing of what was played came back: connect the output to the input with a cable, "
    "or hold the microphone to the loudspeaker and turn it up, then try again"
)


class RoundTrip(NamedTuple):
    """`milliseconds` from a frame's callback to the callback that hears it; `spread` over the bursts."""

    milliseconds: float
    spread: float
    rate: int


def measure_round_trip(out: Device, into: Device, frames: int) -> RoundTrip:
    """Plays bursts of noise and hears them. Raises BandmateError: "no_audio", "no_loopback"."""
    library = sound_library()
    played = bursts(out.rate)
    heard = np.zeros(len(played) + round(_PAUSE * out.rate), np.float32)
    place = 0
    done = threading.Event()

    def turn(inward: Any, outward: Any, count: int, _: Any, status: Any) -> None:
        nonlocal place
        now, until = place, min(place + count, len(heard))
        heard[now:until] = inward[: until - now, 0]
        sound = played[now : now + count]
        outward.fill(0.0)
        outward[: len(sound)] = sound[:, None]
        place += count
        if place >= len(heard):
            done.set()

    try:
        with library.Stream(
            samplerate=out.rate,
            blocksize=frames,
            device=(into.number, out.number),
            channels=(1, min(2, out.channels)),
            dtype="float32",
            latency="low",
            callback=turn,
        ):
            done.wait(3.0 * len(heard) / out.rate + 5.0)
    except library.PortAudioError as error:
        sentence = f"{out.name} and {into.name} cannot be opened together: {error}"
        raise BandmateError(sentence, "no_audio") from error
    return round_trip(played, heard, out.rate)


def bursts(rate: int) -> Signal:
    """[frames]: noise, BURSTS times, each with silence after it; always the same."""
    chance = np.random.RandomState(2)
    step, length = round(_PAUSE * rate), round(_BURST * rate)
    sound = np.zeros(BURSTS * step, np.float32)
    for number in range(BURSTS):
        sound[number * step : number * step + length] = _LEVEL * chance.uniform(-1, 1, length)
    return sound


def round_trip(played: Signal, heard: Signal, rate: int) -> RoundTrip:
    """Where each burst is most like what was heard after it. Raises BandmateError ("no_loopback")."""
    step, length = round(_PAUSE * rate), round(_BURST * rate)
    delays = []
    for number in range(BURSTS):
        begin = number * step
        burst, after = played[begin : begin + length], heard[begin : begin + step]
        size = 1 << (len(after) + length).bit_length()
        alike = np.fft.irfft(np.fft.rfft(after, size) * np.fft.rfft(burst, size).conj())[: len(after)]
        size_of = np.abs(alike)
        best = int(size_of.argmax())
        if size_of[best] > _CLEAR * np.sqrt(np.mean(alike**2)) and size_of[best] > 0:
            delays.append(best / rate)
    middle = float(np.median(delays)) if delays else 0.0
    agreeing = [delay for delay in delays if abs(delay - middle) < _AGREE]
    if 2 * len(agreeing) <= BURSTS:
        raise BandmateError(NOTHING_CAME, "no_loopback")
    return RoundTrip(1000.0 * float(np.median(agreeing)), 1000.0 * (max(agreeing) - min(agreeing)), rate)
