"""Settings: defaults, then a TOML file, then BANDMATE_* in the environment, then flags; the later wins."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_type_hints

from bandmate.folders import config_folder, data_folder
from bandmate_bridge.messages import Source
from bandmate_models.controls import BY_ROLE, RANGES, SWITCHES, TEXTS, Controls
from bandmate_models.errors import BandmateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from bandmate_bridge.audio.mixes import Mixing


class Setting(NamedTuple):
    """What a setting means, and its limits (both inclusive)."""

    about: str
    low: float = -inf
    high: float = inf
    choices: tuple[str, ...] = ()
    form: str = ""  # a regular expression


_OF_THE_CLOCK = ("tempo", "metre")
WISHES = tuple(field.name for field in fields(Controls) if field.name not in _OF_THE_CLOCK)
"""Controls that are settings too. Tempo and metre are the clock's here, and wished for with each request."""


def _wish(name: str) -> Setting:
    if name in RANGES:
        return Setting(RANGES[name].doc, RANGES[name].low, RANGES[name].high)
    return Setting(BY_ROLE[name].doc if name in BY_ROLE else {**TEXTS, **SWITCHES}[name])


SETTINGS = {
    "host": Setting("address the OSC server listens on; loopback keeps others out"),
    "osc_port": Setting("UDP port of the OSC server", 1, 65535),
    "library": Setting("folder of the takes; unset: the platform's data folder"),
    "exports": Setting("folder of the stems that clients ask for; unset: stems, in the library"),
    "weights": Setting("folder of a model of your own; unset: the one that ships"),
    "precision": Setting("precision of the weights; unset: the model's default"),
    "threads": Setting("threads the model decodes with", 1, 64),
    "soundfont": Setting("SF2 or SF3 file to sound with, or a name like FluidR3; unset: our own"),
    "audio": Setting("write a WAV beside every MIDI file"),
    "mix": Setting("how sound is mixed: plain, or a preset of docs/mixing.md"),
    "lufs": Setting("loudness of a preset's mix; unset: -14", -50, -6),
    "binaural": Setting("a preset's mix for headphones"),
    "watermark": Setting("put an inaudible mark into sound that is written"),
    "watermark_key": Setting("what decides the mark; only who knows it finds the mark"),
    "midi_in": Setting("MIDI port that Bandmate listens to"),
    "midi_out": Setting("MIDI port that Bandmate plays on"),
    "thru": Setting("pass on what is played into Bandmate In"),
    "band_ports": Setting("a MIDI port for each part of the live band, such as Bandmate Bass"),
    "monitor": Setting("serve: sound the band here, through the soundfont"),
    "monitor_device": Setting("sound device of the monitor, by part of its name; unset: the usual one"),
    "audio_block": Setting("frames of sound at a time: fewer are heard sooner, more are safer", 32, 4096),
    "listen": Setting("serve: hear a microphone or line as a player, one note at a time"),
    "listen_device": Setting("sound device to hear, by part of its name; unset: the usual one"),
    "listen_latency": Setting("ms taken off what is heard; unset: as `ports calibrate` found", 0, 1000),
    "clock": Setting("what keeps time", choices=get_args(Source)),
    "clock_out": Setting("MIDI port to send clock on, Bandmate Clock for one of our own; unset: none"),
    "tempo": Setting("quarter notes per minute of the internal clock", 20, 400),
    "metre": Setting("time signature of the internal clock", form=r"([1-9]|[12]\d|3[0-2])/(1|2|4|8|16|32)"),
    "count_in": Setting("bars counted in before the player's phrase; 0: none", 0, 8),
    "footswitch_cc": Setting("MIDI controller that ends the phrase", 0, 127),
    **{name: _wish(name) for name in WISHES},
}


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting; SETTINGS says what each means. `Config()` is the defaults, `load_config` the user's."""

    host: str = "127.0.0.1"
    osc_port: int = 7400
    library: Path | None = None
    exports: Path | None = None
    weights: Path | None = None
    precision: str | None = None
    threads: int = 1
    soundfont: Path | None = None
    audio: bool = True
    mix: str = "plain"
    lufs: float | None = None
    binaural: bool = False
    watermark: bool = False
    watermark_key: str = "bandmate"
    midi_in: str = "Bandmate In"
    midi_out: str = "Bandmate Out"
    thru: bool = False
    band_ports: bool = False
    monitor: bool = False
    monitor_device: str | None = None
    audio_block: int = 256
    listen: bool = False
    listen_device: str | None = None
    listen_latency: float | None = None
    clock: str = "internal"
    clock_out: str | None = None
    tempo: float = 120.0
    metre: str = "4/4"
    count_in: int = 1
    footswitch_cc: int = 80
    bars: int = 4
    takes: int = 1
    seed: int | None = None
    temperature: float = 1.0
    top_p: float = 0.95
    key: str | None = None
    scale_lock: bool = False
    roles: str | None = None
    genre: str | None = None
    mood: str | None = None
    valence: int | None = None
    arousal: int | None = None
    density: str | None = None
    register: str | None = None
    loudness: str | None = None
    polyphony: str | None = None
    programs: str | None = None
    range: str | None = None
    chords: str | None = None
    chord_lock: bool = False
    rhythm_lock: bool = False
    swing: int | None = None
    creativity: float | None = None
    form: str | None = None
    lag: int | None = None
    prompt: str | None = None

    @property
    def controls(self) -> Controls:
        """What a request that asks for nothing gets. Raises BandmateError ("bad_value")."""
        usual = Controls()
        wishes = {name: getattr(self, name) for name in WISHES}
        return Controls.parse({name: wish for name, wish in wishes.items() if wish != getattr(usual, name)})

    @property
    def mixing(self) -> Mixing:
        """How sound is to be mixed."""
        from bandmate_bridge.audio.mixes import Mixing

        return Mixing(self.mix, self.lufs, self.binaural)

    @property
    def watermark_bytes(self) -> bytes | None:
        """The key of the mark; None where sound is not to be marked."""
        return self.watermark_key.encode() if self.watermark else None

    @property
    def library_folder(self) -> Path:
        return self.library or data_folder() / "library"

    @property
    def exports_folder(self) -> Path:
        return self.exports or self.library_folder / "stems"


_TYPES: dict[str, Any] = get_type_hints(Config)
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Path: "a path",
    str: "a text",
}
_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the settings are looked for when no file is named."""
    named = environ.get("BANDMATE_CONFIG")
    return Path(named).expanduser() if named else config_folder(environ) / "config.toml"


def load_config(
    file: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The settings from all four places. A flag that is None was not given.

    Raises BandmateError ("bad_config") for an unreadable file, an unknown name or a value out of range.
    """
    values: dict[str, Any] = {}
    named = file is not None or bool(environ.get("BANDMATE_CONFIG"))
    path = file or config_file(environ)
    if named or path.is_file():
        for name, value in _read(path).items():
            values[name] = _checked(name, value, f"in {path}")
    for name in SETTINGS:
        variable = f"BANDMATE_{name.upper()}"
        if variable in environ:
            values[name] = _checked(name, _from_text(name, environ[variable]), variable)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _checked(name, value, f"--{name.replace('_', '-')}")
    return Config(**values)


def _read(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BandmateError(f"cannot read the settings in {path}: {error.strerror}", "bad_config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BandmateError(f"{path} is not valid TOML: {error}", "bad_config") from error
    return values


def _setting(name: str, where: str) -> Setting:
    if name in SETTINGS:
        return SETTINGS[name]
    near = get_close_matches(name, SETTINGS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(SETTINGS)}"
    raise BandmateError(f"unknown setting {name!r} {where}; {hint}", "bad_config")


def kind_of(name: str) -> type:
    """The type of a setting without its None."""
    wanted = _TYPES[name]
    return next(kind for kind in _KINDS if kind is wanted or kind in get_args(wanted))


def _from_text(name: str, text: str) -> object:
    """An environment variable's text as the value TOML would hold; text that does not fit stays text."""
    kind = kind_of(name)
    if kind is bool:
        return _TRUTH.get(text.strip().lower(), text)
    if kind in (int, float):
        try:
            return float(text) if kind is float else int(text)
        except ValueError:
            return text
    return text


def _checked(name: str, value: Any, where: str) -> Any:
    """The value in its setting's type, inside its limits."""
    setting, kind = _setting(name, where), kind_of(name)
    if kind is Path and isinstance(value, (str, Path)) and str(value):
        return Path(value).expanduser()
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or value == "":
        raise BandmateError(f"{name} ({where}) must be {_KINDS[kind]}, not {value!r}", "bad_config")
    if setting.choices and value not in setting.choices:
        options = " or ".join(setting.choices)
        raise BandmateError(f"{name} ({where}) must be {options}, not {value!r}", "bad_config")
    if not re.fullmatch(setting.form or ".*", str(value)):
        example = getattr(Config(), name)
        raise BandmateError(f"{name} ({where}) must look like {example}, not {value!r}", "bad_config")
    if isinstance(value, (int, float)) and not setting.low <= value <= setting.high:  # NaN is never inside
        limits = f"between {setting.low:g} and {setting.high:g}"
        raise BandmateError(f"{name} ({where}) must be {limits}, not {value}", "bad_config")
    return value
