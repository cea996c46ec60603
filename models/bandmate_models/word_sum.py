"""What the words of a text say together, as controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .score import ROLES, Role
from .vocabulary import SLOTS
from .word_table import BASS_REGISTERS, Say

OF_A_PART = ("density", "register", "loudness", "polyphony")
"""Controls that a word may ask for of one part."""
_MOST = {role: sum(role == other for other, _ in SLOTS) for role in ROLES}


@dataclass(slots=True)
class WordSum:
    """Adds up what words say: of what is said twice the first counts, and moods are averaged.

    A number counts before any word of tempo or metre; what a style implies of metre and swing, and a key that
    is written like a chord, after all others.
    """

    _said: dict[str, object] = field(default_factory=dict)
    _implied: dict[str, object] = field(default_factory=dict)
    _parts: list[tuple[Role, object]] = field(default_factory=list)
    _refused: dict[Role, None] = field(default_factory=dict)
    _by_role: dict[str, dict[Role | None, object]] = field(default_factory=dict)
    _moods: dict[str, list[int]] = field(default_factory=dict)
    _genre_is_open: bool = False

    def add(self, says: Iterable[Say]) -> None:
        """One word's says."""
        says = list(says)
        genre_before, self._genre_is_open = self._genre_is_open, False
        for say in says:
            if say.role is not None and say.control in ("part", "extra"):
                self._add_part(say.role, say.value, extra=say.control == "extra")
            elif say.control in OF_A_PART:
                self._by_role.setdefault(say.control, {}).setdefault(say.role, _placed(say))
            elif say.control in ("valence", "arousal"):
                assert isinstance(say.value, int)
                self._moods.setdefault(say.control, []).append(say.value)
            elif say.control == "genre":
                if genre_before or "genre" not in self._said:
                    self._said["genre"] = say.value
                    self._genre_is_open = True
            else:
                where = self._implied if len(says) > 1 and say.control in ("swing", "metre") else self._said
                where.setdefault(say.control, say.value)

    def pause(self) -> None:
        """A word without a meaning, or a comma: genres on either side of it do not belong together."""
        self._genre_is_open = False

    def refuse(self, says: Iterable[Say]) -> bool:
        """What a negated word says; False where there is no meaning in its contrary."""
        roles = [say.role for say in says if say.role is not None]
        self._refused.update(dict.fromkeys(roles))
        swings = [say for say in says if say.control == "swing" and say.value]
        if swings:
            self._said.setdefault("swing", 0)
        return bool(roles or swings)

    def controls(self) -> dict[str, object]:
        """Everything, as `Controls.parse` takes it."""
        said = {**self._implied, **self._said}
        if "short key" in said:
            said.setdefault("key", said["short key"])
            del said["short key"]
        for control in ("tempo", "metre"):
            exact = said.pop(f"exact {control}", None)
            if exact is not None:
                said[control] = exact
        _spread_form(said)
        for control, values in self._moods.items():
            said[control] = int(sum(values) / len(values) + 0.5)
        parts = [(role, program) for role, program in self._parts if role not in self._refused]
        if parts:
            said["roles"] = ",".join(role for role, _ in parts)
        elif self._refused:
            said["roles"] = ",".join(f"-{role}" for role in self._refused)
        programs = {role: program for role, program in reversed(parts) if program is not None}
        ordered = dict.fromkeys(role for role, _ in parts if role in programs)
        if programs:
            said["programs"] = ",".join(f"{role}:{programs[role]}" for role in ordered)
        for control, by_role in self._by_role.items():
            said[control] = _listed(by_role)
        return said

    def _add_part(self, role: Role, program: object, *, extra: bool) -> None:
        same = [at for at, (other, _) in enumerate(self._parts) if other == role]
        open_ = [at for at in same if self._parts[at][1] is None]
        if not extra and same and (program is None or (role, program) in self._parts):
            return
        if not extra and open_:
            self._parts[open_[0]] = role, program
        elif len(same) < _MOST[role]:
            self._parts.append((role, program))


def _placed(say: Say) -> object:
    """A register for the role that it is for: a bass is low anyway."""
    if say.control == "register" and say.role == "bass" and isinstance(say.value, int):
        return BASS_REGISTERS.get(say.value, say.value)
    return say.value


def _spread_form(said: dict[str, object]) -> None:
    """A form with the bars of its sections: those that are named for each, or its share of all bars."""
    each, bars, form = said.pop("section bars", None), said.get("bars"), said.get("form")
    if form is None:
        if each is not None:
            said.setdefault("bars", each)
        return
    if each is None and isinstance(bars, int):
        each = bars // len(str(form)) if bars % len(str(form)) == 0 else bars
    said.pop("bars", None)
    if each is not None:
        said["form"] = f"{form}:{each}"


def _listed(by_role: dict[Role | None, object]) -> str:
    ordered = sorted(by_role, key=lambda role: role is not None)
    return ",".join(f"{role}:{by_role[role]}" if role else str(by_role[role]) for role in ordered)
