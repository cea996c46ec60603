"""The Max objects that the devices are made of, as far as the devices use them; each as its manual says.

An object that is sent what it does not know fails, as Max would complain in its console.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bandmate_device.opened import OpenedBox
from max_expr import Expression
from max_graph import BANG, Atom, Graph, Message

_HELD = 0x90


def atoms(text: str) -> list[Atom]:
    """A text's words as Max reads them: ints, floats, symbols."""
    found: list[Atom] = []
    for word in text.split():
        if re.fullmatch(r"-?\d+", word):
            found.append(int(word))
        elif re.fullmatch(r"-?(\d+\.\d*|\.\d+)", word):
            found.append(float(word))
        else:
            found.append(word)
    return found


def tidy(message: list[Atom] | Message) -> Message:
    """A message as Max passes it on: with nothing left, it is a bang."""
    return tuple(message) or BANG


def number(message: Message) -> float:
    assert isinstance(message[0], (int, float)), f"a number wanted: {message}"
    return message[0]


class Object:
    """A box at work."""

    def __init__(self, box: OpenedBox, graph: Graph) -> None:
        self.box, self.graph = box, graph
        words = atoms(box.text)[1:] if box.maxclass == "newobj" else []
        cut = next((i for i, word in enumerate(words) if str(word).startswith("@")), len(words))
        self.arguments = words[:cut]
        self.begin()

    def begin(self) -> None:
        """What it is when it is made."""

    def send(self, outlet: int, *message: Atom) -> None:
        self.graph.send(self.box, outlet, message)

    def receive(self, inlet: int, message: Message) -> None:
        what = self.box.text or self.box.maxclass
        raise AssertionError(f"{self.box.name} ({what}) does not know {message}")


class Trigger(Object):
    def receive(self, inlet: int, message: Message) -> None:
        for outlet in reversed(range(len(self.arguments))):
            what = self.arguments[outlet]
            if what == "b":
                self.send(outlet, *BANG)
            elif what in ("i", "f"):
                value = 0 if message == BANG else number(message)
                self.send(outlet, int(value) if what == "i" else float(value))
            else:
                assert isinstance(what, int) or what == "l", what
                self.send(outlet, *(message if what == "l" else (what,)))


class Route(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0
        for outlet, argument in enumerate(self.arguments):
            if message[0] == argument:
                self.send(outlet, *tidy(message[1:]))
                return
        self.send(len(self.arguments), *message)


class Select(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0
        if len(message) == 1 and message[0] in self.arguments:
            self.send(self.arguments.index(message[0]), *BANG)
        else:
            self.send(len(self.arguments), *message)


class Pack(Object):
    def begin(self) -> None:
        self.values = list(self.arguments)

    def receive(self, inlet: int, message: Message) -> None:
        if message != BANG:
            for place, value in enumerate(message, inlet):
                assert isinstance(value, (int, float)), message
                self.values[place] = type(self.arguments[place])(value)
        if inlet == 0:
            self.send(0, *self.values)


class Unpack(Object):
    def receive(self, inlet: int, message: Message) -> None:
        for outlet in reversed(range(min(len(message), len(self.arguments)))):
            argument = self.arguments[outlet]
            assert isinstance(argument, (int, float)), "what it makes of a symbol, route does not know"
            self.send(outlet, type(argument)(number(message[outlet:])))


class Expr(Object):
    def begin(self) -> None:
        self.expression = Expression(self.box.text.split(maxsplit=1)[1])
        self.values: list[int | float] = [0] * max(self.expression.kinds, default=1)

    def receive(self, inlet: int, message: Message) -> None:
        if message != BANG:
            self.values[inlet] = number(message)
        if inlet == 0:
            self.send(0, self.expression.evaluate(self.values))


class Gate(Object):
    def begin(self) -> None:
        self.open = int(self.arguments[1]) if len(self.arguments) > 1 else 0

    def receive(self, inlet: int, message: Message) -> None:
        if inlet == 0:
            self.open = int(number(message))
        elif self.open:
            assert self.open <= max(1, int(self.arguments[0]))
            self.send(self.open - 1, *message)


class Store(Object):
    """i and f."""

    def begin(self) -> None:
        self.kind = int if self.box.object == "i" else float
        self.value: int | float = self.kind(0)

    def receive(self, inlet: int, message: Message) -> None:
        if message != BANG:
            self.value = self.kind(number(message))
        if inlet == 0:
            self.send(0, self.value)


class Split(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0
        low, high = self.arguments
        assert isinstance(low, (int, float)) and isinstance(high, (int, float))
        self.send(0 if low <= number(message) <= high else 1, *message)


class Counter(Object):
    def begin(self) -> None:
        self.low, self.high = (int(a) for a in self.arguments)
        self.value = self.low

    def receive(self, inlet: int, message: Message) -> None:
        assert (inlet, message) == (0, BANG)
        self.send(0, self.value)
        self.value = self.low if self.value == self.high else self.value + 1


class Slice(Object):
    def receive(self, inlet: int, message: Message) -> None:
        size = int(number(tuple(self.arguments)))
        if message[size:]:
            self.send(1, *message[size:])
        self.send(0, *message[:size])


class Iterate(Object):
    def receive(self, inlet: int, message: Message) -> None:
        size = int(number(tuple(self.arguments)))
        for place in range(0, len(message), size):
            self.send(0, *message[place : place + size])


class Coll(Object):
    def begin(self) -> None:
        self.rows: dict[int, Message] = {}

    def receive(self, inlet: int, message: Message) -> None:
        if message == ("clear",):
            self.rows.clear()
        elif len(message) > 1:
            self.rows[int(number(message))] = message[1:]
        elif int(number(message)) in self.rows:
            self.send(0, *self.rows[int(number(message))])


class Prepend(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.send(0, *self.arguments, *message)


class MessageBox(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0
        if self.box.text.startswith("; max launchbrowser"):
            self.graph.opened.append(str(message[0]))
            return
        for part in self.box.text.split(","):
            said = [
                (message[int(word[1:]) - 1] if isinstance(word, str) and word.startswith("$") else word)
                for word in atoms(part)
            ]
            self.send(0, *said)


class Metro(Object):
    def begin(self) -> None:
        self.beats: set[int] = set()

    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0
        self.graph.forget(self.beats)
        if message == BANG or number(message):
            self._beat()

    def _beat(self) -> None:
        self.beats = {self.graph.at(self.graph.now + number(tuple(self.arguments)), self._beat)}
        self.send(0, *BANG)


class Delay(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert (inlet, message) == (0, BANG)
        self.graph.at(self.graph.now + number(tuple(self.arguments)), lambda: self.send(0, *BANG))


class Pipe(Object):
    def begin(self) -> None:
        self.values = list(self.arguments)
        self.waiting: set[int] = set()

    def receive(self, inlet: int, message: Message) -> None:
        if message == ("clear",):
            self.graph.forget(self.waiting)
            self.waiting = set()
            return
        self.values[inlet] = type(self.arguments[inlet])(number(message))
        if inlet:
            return
        *values, delay = self.values
        assert isinstance(delay, float) and delay >= 0, delay
        self.graph.asked.append((self.graph.now, delay, self.box.name))
        event = self.graph.at(self.graph.now + delay, lambda: self._out(values, event))
        self.waiting.add(event)

    def _out(self, values: list[Atom], event: int) -> None:
        self.waiting.discard(event)
        for outlet in reversed(range(len(values))):
            self.send(outlet, values[outlet])


class MakeNote(Object):
    def begin(self) -> None:
        self.velocity, self.duration = (number((a,)) for a in self.arguments)
        self.sounding: dict[int, int] = {}  # pitch by the number of the event that ends it

    def receive(self, inlet: int, message: Message) -> None:
        if message == ("stop",):
            for pitch in list(self.sounding.values()):
                self._say(pitch, 0)
            self.graph.forget(set(self.sounding))
            self.sounding.clear()
        elif inlet == 1:
            self.velocity = number(message)
        elif inlet == 2:
            self.duration = number(message)
        else:
            pitch = int(number(message))
            self._say(pitch, int(self.velocity))
            end = self.graph.at(self.graph.now + max(0.0, self.duration), lambda: self._end(end))
            self.sounding[end] = pitch

    def _end(self, end: int) -> None:
        self._say(self.sounding.pop(end), 0)

    def _say(self, pitch: int, velocity: int) -> None:
        self.send(1, float(velocity))
        self.send(0, float(pitch))


class MidiFormat(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert inlet == 0 and len(message) == 2, message
        for byte in (_HELD, *message):
            assert isinstance(byte, int) and 0 <= byte < 256, message
            self.send(0, byte)


class MidiFlush(Object):
    def begin(self) -> None:
        self.bytes: list[int] = []
        self.held: list[int] = []

    def receive(self, inlet: int, message: Message) -> None:
        if message == BANG:
            for pitch in self.held:
                for byte in (_HELD, pitch, 0):
                    self.send(0, byte)
            self.held = []
            return
        self.bytes.append(int(number(message)))
        if len(self.bytes) == 3:
            _, pitch, velocity = self.bytes
            if velocity:
                self.held.append(pitch)
            elif pitch in self.held:
                self.held.remove(pitch)
            self.bytes = []
        self.send(0, *message)


class MidiParse(Object):
    def begin(self) -> None:
        self.bytes: list[int] = []

    def receive(self, inlet: int, message: Message) -> None:
        self.bytes.append(int(number(message)))
        if len(self.bytes) == 3:
            status, pitch, velocity = self.bytes
            self.bytes = []
            self.send(6, status % 16 + 1)
            if status & 0xE0 == 0x80:
                self.send(0, pitch, velocity if status & 0xF0 == 0x90 else 0)


class MidiIn(Object):
    def receive(self, inlet: int, message: Message) -> None:
        for byte in message:
            self.send(0, byte)


class MidiOut(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.graph.out.append((self.graph.now, int(number(message))))


class TransportBox(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert (inlet, message) == (0, BANG), f"{self.box.name} moves Live's transport: {message}"
        transport, now = self.graph.transport, self.graph.now
        beat = transport.beat(now)
        self.send(7, beat * 480.0)
        self.send(6, int(transport.playing))
        self.send(5, *transport.metre)
        self.send(4, float(transport.tempo))
        self.send(3, 480.0)
        self.send(2, (beat % 1) * 480.0)
        self.send(1, int(beat % 4) + 1)
        self.send(0, int(beat // 4) + 1)


class CpuClock(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.send(0, float(self.graph.now))


class DeferLow(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.graph.defer(lambda: self.send(0, *message))


class Script(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.graph.heard.append((self.graph.now, message))
        for outlet, said in self.graph.script(message):
            self.send(outlet, *said)


class UdpSend(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.graph.sent.append((self.graph.now, message))


class UdpReceive(Object):
    def receive(self, inlet: int, message: Message) -> None:
        assert message[0] == "port", message
        self.graph.seen.setdefault(self.box.name, []).append(message)


class Send(Object):
    def receive(self, inlet: int, message: Message) -> None:
        self.graph.broadcast(str(self.arguments[0]), message)


class Control(Object):
    """A parameter, a menu, a text or a line as its user and the patch see it."""

    def begin(self) -> None:
        value = self.box.parameter or {}
        self.value: Message = tuple(value.get("parameter_initial", (0,)))

    def receive(self, inlet: int, message: Message) -> None:
        self.graph.seen.setdefault(self.box.name, []).append(message)
        if message[0] == "set":
            self.value = message[1:]
        elif message == ("outputvalue",):
            self.send(0, *self.value)
        elif message == BANG and self.box.object == "textedit":
            self.send(0, "text", *(atom for atom in self.value if atom != ""))
        elif message == BANG and self.box.object == "pattr":
            self.send(0, *self.value)
        elif self.box.object == "pattr":
            self.value = message

    def press(self) -> None:
        """A click on a button."""
        self.send(0, *BANG)

    def turn(self, *value: Atom) -> None:
        """Its user gives it a value."""
        self.value = value
        self.send(0, *value)


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
