"""`bandmate ports`: MIDI ports and sound devices, and how long sound takes through them."""

from __future__ import annotations

import argparse

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console


def add(commands: Commands) -> None:
    command = commands.add_parser("ports", help="list the MIDI ports and sound devices of this machine")
    command.set_defaults(run=run)
    actions = command.add_subparsers(title="actions", metavar="ACTION")
    calibrate = actions.add_parser(
        "calibrate",
        help="measure how long sound takes to come back",
        description="Play short noises and hear them come back, by a cable from output to input or by a "
        "microphone at the loudspeaker. What is found is taken off what `serve --listen` hears.",
    )
    add_settings(calibrate, "monitor_device", "listen_device", "audio_block")
    calibrate.set_defaults(run=_calibrate)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate_bridge.messages import Configure
    from bandmate_bridge.ports import Ports
    from bandmate_models.errors import BandmateError

    ports = Ports(Configure(inputs=(), outputs=()), lambda time, data: None, lambda: None)
    ports.open()
    try:
        if ports.backend == "none":
            raise BandmateError(ports.why_none, "no_midi")
        inputs, outputs = ports.listing()
        console.line(f"MIDI by {ports.backend}")
        for title, names in (("to listen to", inputs), ("to play to", outputs)):
            console.line(f"{title}:")
            for name in names or ("(none)",):
                console.line(f"  {name}")
    finally:
        ports.close()
        _list_sound(console)
    return 0


def _list_sound(console: Console) -> None:
    from bandmate_bridge.audio.live.devices import Device, Way, devices
    from bandmate_models.errors import BandmateError

    ways: tuple[tuple[Way, str], ...] = (("input", "to listen to"), ("output", "to play to"))
    try:
        found: list[tuple[str, list[Device]]] = [(title, devices(way)) for way, title in ways]
    except BandmateError as error:
        console.line(f"no sound devices: {error}")
        return
    for title, there in found:
        console.line(f"sound {title}:")
        for device in there:
            console.line(f"  {device.name} ({device.system}, {device.rate} Hz)")
        if not there:
            console.line("  (none)")


def _calibrate(options: argparse.Namespace, config: Config, console: Console) -> int:
    from bandmate.live_sound import keep_round_trip
    from bandmate_bridge.audio.live.calibration import measure_round_trip
    from bandmate_bridge.audio.live.devices import find_device

    out = find_device(config.monitor_device, "output")
    into = find_device(config.listen_device, "input")
    trip = measure_round_trip(out, into, config.audio_block)
    file = keep_round_trip(out.name, into.name, trip.milliseconds)
    console.line(f"{out.name} to {into.name}: {trip.milliseconds:.2f} ms, within {trip.spread:.2f} ms")
    console.line(f"kept in {file}; `bandmate serve --listen` takes it off what it hears")
    return 0
