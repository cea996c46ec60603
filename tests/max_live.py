"""Max's objects of time, MIDI and network, and Live's: its transport, its controls; as their manuals say."""

from __future__ import annotations

from max_box import Object, number
from max_graph import BANG, Atom, Message

_HELD = 0x90  # status of a note that begins


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
