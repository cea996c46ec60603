"""Max's objects that take messages apart, join and keep them, and choose their ways; as their manuals say."""

from __future__ import annotations

from max_box import Object, atoms, number, tidy
from max_expr import Expression
from max_graph import BANG, Message


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
