"""The language of Max's [expr], evaluated as its manual says: C's operators, ints and floats, $f1 and $i1."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Number = int | float

_TOKEN = re.compile(r"\s*(?:(\$[fi]\d+)|(\d+\.\d*|\.\d+|\d+)|([a-z]+)|(&&|\|\||<=|>=|==|!=|[-+*/<>!(),]))")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))


def _divided(a: Number, b: Number) -> Number:
    """C's division; by zero it raises, though Max might not."""
    if isinstance(a, int) and isinstance(b, int):
        return int(a / b)
    return a / b


_OPERATORS: dict[str, Callable[[Number, Number], Number]] = {
    "||": lambda a, b: int(bool(a) or bool(b)),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {"int": int, "max": max, "min": min, "abs": abs}


Term = Callable[[Sequence[Number]], Number]
"""A part of an expression: its value for the inlets' values."""


class Expression:
    """One expression, which may be evaluated for any values of its inlets."""

    def __init__(self, text: str) -> None:
        """Raises ValueError where the text is no expression, or has a comma that Max would take."""
        if re.search(r"(?<!\\),", text):
            raise ValueError(f"a comma without a backslash: {text}")
        self.kinds = {int(n): kind for kind, n in re.findall(r"\$([fi])(\d+)", text)}
        self._tokens = self._split(text.replace("\\,", ","))
        self._term = self._level(0)
        if self._tokens:
            raise ValueError(f"no operator: {self._tokens[0]}")

    def evaluate(self, inlets: Sequence[Number]) -> Number:
        return self._term(inlets)

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, place = [], 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ValueError(f"no expression at {text[place:]!r}")
            tokens.append(found[0].strip())
            place = found.end()
        return tokens

    def _take(self, wanted: str = "") -> str:
        token = self._tokens[0] if self._tokens else ""
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'a value'} wanted, {token or 'the end'} found")
        return self._tokens.pop(0)

    def _level(self, level: int) -> Term:
        if level == len(_LEVELS):
            return self._single()
        term = self._level(level + 1)
        while self._tokens and self._tokens[0] in _LEVELS[level]:
            operator = _OPERATORS[self._take()]
            term = _joined(operator, term, self._level(level + 1))
        return term

    def _single(self) -> Term:
        token = self._take()
        if token == "(":
            term = self._level(0)
            self._take(")")
            return term
        if token == "-":
            return _applied(lambda value: -value, [self._single()])
        if token == "!":
            return _applied(lambda value: int(not value), [self._single()])
        if token.startswith("$"):
            place, kind = int(token[2:]) - 1, int if token[1] == "i" else float
            return lambda inlets: kind(inlets[place])
        if token in _FUNCTIONS:
            self._take("(")
            terms = [self._level(0)]
            while self._tokens and self._tokens[0] == ",":
                self._take()
                terms.append(self._level(0))
            self._take(")")
            return _applied(_FUNCTIONS[token], terms)
        value = float(token) if "." in token else int(token)
        return lambda _: value


def _joined(operator: Callable[[Number, Number], Number], left: Term, right: Term) -> Term:
    return lambda inlets: operator(left(inlets), right(inlets))


def _applied(function: Callable[..., Number], terms: Sequence[Term]) -> Term:
    return lambda inlets: function(*(term(inlets) for term in terms))
