"""docs/command-line.md, printed from the parser: `python -m bandmate.command_line_page`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from math import inf

from bandmate.cli import parser
from bandmate.config import SETTINGS, Config, kind_of

_HEAD = """# The command line

<!-- Printed by `python -m bandmate.command_line_page > docs/command-line.md`; edit the commands instead. -->

`bandmate COMMAND --help` says the same. A mistake is one line on the standard error and exit code 2.
"""

_SETTINGS = """## Settings

Each comes from the default, then the settings file, then the environment, then a flag where the command has
it; the later wins. The file is TOML, `name = value` a line; it is looked for where `bandmate doctor` says, or
is named by `--config` or `BANDMATE_CONFIG`. The variable of `osc_port` is `BANDMATE_OSC_PORT`, its flag
`--osc-port`, and so on; what is true or false has the flags `--audio` and `--no-audio`.
"""

_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}


def page() -> str:
    """The whole page, the same on every version of Python."""
    top = parser()
    chapters = [_HEAD, _about(top)]
    for command in _commands(top):
        chapters.append(_about(command))
        chapters += [_about(action, 3) for action in _commands(command)]
    settings = [(f"`{name}`", *_setting(name)) for name in SETTINGS]
    table = "\n".join(_table(("setting", "value", "default", "meaning"), settings))
    return "\n".join([*chapters, _SETTINGS, table, ""])


def _commands(parent: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers of a parser's commands, in order."""
    found: list[argparse.ArgumentParser] = []
    for action in parent._actions:
        if isinstance(action, argparse._SubParsersAction):
            shorts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                command.description = command.description or _sentence(shorts[name])
                found.append(command)
    return found


def _about(command: argparse.ArgumentParser, level: int = 2) -> str:
    """A chapter: what the command does, its arguments and flags, the settings it takes."""
    settings: tuple[str, ...] = command.get_default("settings") or ()
    own = [action for action in command._actions if action.dest not in settings and _is_shown(action)]
    lines = [f"{'#' * level} `{command.prog}`", "", command.description or "", ""]
    if own:
        lines += [*_table(("argument", "meaning"), [(_name(action), _help(action)) for action in own]), ""]
    if settings:
        lines += [f"[Settings](#settings) as flags: {_flags(settings)}.", ""]
    return "\n".join(lines)


def _flags(settings: Sequence[str]) -> str:
    if set(settings) == set(SETTINGS):
        return "all of them"
    return ", ".join(f"`--{name.replace('_', '-')}`" for name in settings)


def _is_shown(action: argparse.Action) -> bool:
    return not isinstance(action, (argparse._SubParsersAction, argparse._HelpAction))


def _name(action: argparse.Action) -> str:
    """`-o FOLDER`, `--output FOLDER`, or the name of an argument without a flag."""
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        many = action.nargs in ("*", "+")
        return f"`{metavar if action.metavar else action.dest}`{' …' if many else ''}"
    takes_value = action.nargs != 0
    return ", ".join(f"`{flag} {metavar}`" if takes_value else f"`{flag}`" for flag in action.option_strings)


def _help(action: argparse.Action) -> str:
    text = action.help or ""
    return _sentence(text % {"default": action.default} if "%(" in text else text)


def _setting(name: str) -> tuple[str, str, str]:
    """Value, default and meaning of a setting."""
    setting, default = SETTINGS[name], getattr(Config(), name)
    value = " or ".join(f"`{choice}`" for choice in setting.choices) or _KINDS.get(kind_of(name), "path")
    if (setting.low, setting.high) != (-inf, inf):
        value += f", {setting.low:,.10g} to {setting.high:,.10g}"
    shown = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    return value, shown, setting.about


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) or not text else ".")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(), end="")
