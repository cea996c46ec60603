"""The Max objects that the devices are made of, by name.

An object that is sent what it does not know fails, as Max would complain in its console.
"""

from __future__ import annotations

from collections.abc import Callable

from bandmate_device.opened import OpenedBox
from max_box import Object
from max_graph import Graph
from max_live import (
    Control,
    CpuClock,
    DeferLow,
    Delay,
    MakeNote,
    Metro,
    MidiFlush,
    MidiFormat,
    MidiIn,
    MidiOut,
    MidiParse,
    Pipe,
    Script,
    Send,
    TransportBox,
    UdpReceive,
    UdpSend,
)
from max_messages import (
    Coll,
    Counter,
    Expr,
    Gate,
    Iterate,
    MessageBox,
    Pack,
    Prepend,
    Route,
    Select,
    Slice,
    Split,
    Store,
    Trigger,
    Unpack,
)

_CLASSES: dict[str, Callable[[OpenedBox, Graph], Object]] = {
    "coll": Coll,
    "comment": Object,
    "counter": Counter,
    "cpuclock": CpuClock,
    "deferlow": DeferLow,
    "delay": Delay,
    "expr": Expr,
    "f": Store,
    "gate": Gate,
    "i": Store,
    "js": Script,
    "live.thisdevice": Object,
    "makenote": MakeNote,
    "message": MessageBox,
    "metro": Metro,
    "midiflush": MidiFlush,
    "midiformat": MidiFormat,
    "midiin": MidiIn,
    "midiout": MidiOut,
    "midiparse": MidiParse,
    "pack": Pack,
    "pipe": Pipe,
    "prepend": Prepend,
    "r": Object,
    "route": Route,
    "s": Send,
    "sel": Select,
    "split": Split,
    "t": Trigger,
    "transport": TransportBox,
    "udpreceive": UdpReceive,
    "udpsend": UdpSend,
    "unpack": Unpack,
    "zl.iter": Iterate,
    "zl.slice": Slice,
}


def make(box: OpenedBox, graph: Graph) -> Object:
    """The object of a box; what is seen or turned is a Control."""
    return _CLASSES.get(box.object, Control)(box, graph)
