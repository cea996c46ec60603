"""What works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple

from bandmate.config import Config, config_file
from bandmate_models.errors import BandmateError

Level = Literal["ok", "warn", "fail"]

_LITTLE_DISK = 200e6  # bytes
_SLOW_STEP = 20.0  # ms a token: slower than some players' sixteenths


class Finding(NamedTuple):
    """One line of the report. "fail" means that the main job cannot run; `advice` says what to do."""

    level: Level
    about: str
    says: str
    advice: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Every check in turn; one that breaks is a finding too."""
    for check in CHECKS:
        try:
            yield from check(config)
        except BandmateError as error:
            yield Finding("warn", check.__name__.strip("_"), str(error))
        except Exception as error:  # the doctor reports whatever is broken, and goes on
            yield Finding("warn", check.__name__.strip("_"), f"{type(error).__name__}: {error}")


def _python(config: Config) -> Iterator[Finding]:
    system = f"{platform.system()} {platform.release()}, {os.cpu_count()} processors"
    says = f"Python {platform.python_version()} on {system}"
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        yield Finding("warn", "python", says, "Bandmate is tested with Python 3.10 to 3.13")
    else:
        yield Finding("ok", "python", says)


def _settings(config: Config) -> Iterator[Finding]:
    file = config_file()
    yield Finding("ok", "settings", str(file) if file.is_file() else f"defaults; a file would be {file}")


def _model(config: Config) -> Iterator[Finding]:
    from bandmate.answers import model_name
    from bandmate.measuring import first_note_times, step_times
    from bandmate_models.weights import Weights

    began = time.perf_counter()
    try:
        weights = Weights.load(config.weights, config.precision, threads=config.threads)
    except BandmateError as error:
        yield Finding("fail", "model", str(error), "install Bandmate again, or name a model with --weights")
        return
    loaded = time.perf_counter() - began
    shape = f"{weights.config.parameter_count / 1e6:.1f} M parameters, loaded in {loaded:.2f} s"
    yield Finding("ok", "model", f"{model_name(weights)}: {shape}")
    step = step_times(weights, min(256, weights.config.context // 2))
    says = f"{1000 / step.p50:.0f} tokens a second, a step takes {step}"
    advice = "other programs are busy, or the machine is slow for live play; files are not affected"
    yield Finding("ok", "speed", says) if step.p50 < _SLOW_STEP else Finding("warn", "speed", says, advice)
    yield Finding("ok", "first note", f"{first_note_times(weights, times=5)} after a phrase it has not heard")


def _midi(config: Config) -> Iterator[Finding]:
    from bandmate_bridge.messages import Configure
    from bandmate_bridge.ports import Ports

    ports = Ports(Configure(inputs=(), outputs=()), lambda when, data: None, lambda: None)
    ports.open()
    try:
        if ports.backend == "none":
            yield Finding("warn", "MIDI", *ports.why_none.split(": ", 1))
            return
        inputs, outputs = ports.listing()
    finally:
        ports.close()
    says = f"{ports.backend}, {len(inputs)} ports to listen to and {len(outputs)} to play to"
    if ports.backend == "windows" and not any(config.midi_in.lower() in name.lower() for name in inputs):
        yield Finding(
            "warn", "MIDI", says, f"add ports named '{config.midi_in}' and '{config.midi_out}' in loopMIDI"
        )
    else:
        yield Finding("ok", "MIDI", says)


def _jack(config: Config) -> Iterator[Finding]:
    from bandmate_bridge.jack_graph import JackGraph

    try:
        graph = JackGraph()
    except OSError as error:
        needed = sys.platform == "linux" and not Path("/dev/snd/seq").exists()
        yield Finding(
            "warn" if needed else "ok", "JACK", f"not running ({error})", "start jackd" if needed else ""
        )
        return
    graph.close()
    yield Finding("ok", "JACK", "a server runs")


def _sound(config: Config) -> Iterator[Finding]:
    from bandmate_bridge.audio.render import render
    from bandmate_models.score import Note, Part, Score

    began = time.perf_counter()
    try:
        render(Score(parts=(Part("chords", (Note(0.0, 1.0, 60, 90),)),)), config.soundfont)
    except (BandmateError, ImportError) as error:
        yield Finding("warn", "WAV", str(error), "without it: `bandmate continue --no-audio`")
        return
    yield Finding("ok", "WAV", f"takes are sounded ({time.perf_counter() - began:.2f} s to the first)")


def _audio_device(config: Config) -> Iterator[Finding]:
    try:
        devices = import_module("sounddevice").query_devices()
    except ImportError:
        yield Finding("ok", "audio out", "not asked for (pip install 'bandmate[audio]' adds it)")
    except OSError as error:
        advice = "install PortAudio: `apt install libportaudio2` or `brew install portaudio`"
        yield Finding("warn", "audio out", str(error), advice)
    else:
        found = [device for device in devices if device["max_output_channels"] > 0]
        yield Finding("ok", "audio out", f"{len(found)} devices to play through")


def _osc(config: Config) -> Iterator[Finding]:
    place = f"{config.host}:{config.osc_port}"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((config.host, config.osc_port))
    except OSError as error:
        advice = "another Bandmate may be running; stop it, or choose a port with --osc-port"
        yield Finding("warn", "OSC", f"{place} cannot be used: {error.strerror}", advice)
        return
    yield Finding("ok", "OSC", f"{place} is free")


def _library(config: Config) -> Iterator[Finding]:
    folder = config.library_folder
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    advice = "choose another with BANDMATE_LIBRARY or --library"
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        yield Finding("warn", "library", f"{folder} cannot be written: {error.strerror}", advice)
        return
    says = f"{folder}, {free / 1e9:.1f} GB free"
    yield (
        Finding("ok", "library", says)
        if free > _LITTLE_DISK
        else Finding("warn", "library", says, f"free some space, or {advice}")
    )


def _priority(config: Config) -> Iterator[Finding]:
    """Whether the conductor may run before everything else."""
    if sys.platform != "linux":
        yield Finding("ok", "real time", "the system decides")
        return
    try:
        before, priority = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, before, priority)
    except OSError:
        advice = (
            "add '@audio - rtprio 95' to /etc/security/limits.d/audio.conf, join the group audio, log in anew"
        )
        yield Finding(
            "warn", "real time", "priority is not allowed: notes may be 1 ms late under load", advice
        )
    else:
        yield Finding("ok", "real time", "priority is allowed")


CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    _python,
    _settings,
    _model,
    _midi,
    _jack,
    _sound,
    _audio_device,
    _osc,
    _library,
    _priority,
)
