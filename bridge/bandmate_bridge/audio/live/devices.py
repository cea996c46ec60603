"""The machine's sound devices, by PortAudio."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, NamedTuple

from bandmate_models.errors import BandmateError

Way = Literal["input", "output"]

NO_SOUNDDEVICE = "live sound needs the package sounddevice: pip install 'bandmate[audio]'"
NO_PORTAUDIO = "live sound needs PortAudio: install it (on Debian: apt install libportaudio2), then try again"
NO_DEVICE = "no sound device is there for {way}: plug one in, or start JACK; `bandmate ports` lists them"

_FIRST = ("JACK Audio Connection Kit", "ASIO", "Windows WASAPI", "Core Audio")
"""Sound systems with little delay; then whatever PortAudio takes."""


class Device(NamedTuple):
    """A device: PortAudio's number, name, sound system, channels for the way asked, and rate in Hz."""

    number: int
    name: str
    system: str
    channels: int
    rate: int


def sound_library() -> Any:
    """The module sounddevice. Raises BandmateError ("no_audio")."""
    try:
        return import_module("sounddevice")
    except ImportError as error:
        raise BandmateError(NO_SOUNDDEVICE, "no_audio") from error
    except OSError as error:
        raise BandmateError(NO_PORTAUDIO, "no_audio") from error


def devices(way: Way) -> list[Device]:
    """All that can be heard or sounded through."""
    library = sound_library()
    systems = [str(system["name"]) for system in library.query_hostapis()]
    return [
        Device(
            number,
            str(found["name"]),
            systems[found["hostapi"]],
            int(found[f"max_{way}_channels"]),
            round(found["default_samplerate"]),
        )
        for number, found in enumerate(library.query_devices())
        if found[f"max_{way}_channels"] > 0
    ]


def find_device(name: str | None, way: Way) -> Device:
    """The first device whose name holds `name`, else a default one of a system with little delay.

    Raises BandmateError ("no_audio").
    """
    there = devices(way)
    if not there:
        raise BandmateError(NO_DEVICE.format(way=way), "no_audio")
    if name is not None:
        for device in there:
            if name.lower() in device.name.lower():
                return device
        names = ", ".join(dict.fromkeys(device.name for device in there))
        raise BandmateError(
            f"there is no sound device for {way} named {name!r}; there are {names}", "no_audio"
        )
    usual = {system[f"default_{way}_device"] for system in sound_library().query_hostapis()}
    order = sorted(
        there,
        key=lambda device: (
            _FIRST.index(device.system) if device.system in _FIRST else len(_FIRST),
            device.number not in usual,
        ),
    )
    return order[0]
