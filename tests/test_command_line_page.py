"""docs/command-line.md names every command, every flag and every setting with its default."""

import argparse
from pathlib import Path

import pytest

from bandmate.cli import parser
from bandmate.config import SETTINGS, Config
from bandmate.tasks.studio import TASKS

_LOCKS = ("scale", "chord", "rhythm")
PAGE = (Path(__file__).parents[1] / "docs" / "command-line.md").read_text(encoding="utf-8")


def _commands() -> dict[str, argparse.ArgumentParser]:
    groups = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(groups[0].choices)


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_has_a_section(name: str) -> None:
    assert f"## bandmate {name}\n" in PAGE


def test_every_flag_of_the_tasks_is_described() -> None:
    commands = _commands()
    flags = {flag for task in TASKS for act in commands[task]._actions for flag in act.option_strings}
    told = [flag for flag in flags if flag.startswith("--") and flag != "--help"]
    doubles = {
        "--audio": "--no-audio",
        "--no-binaural": "--binaural",
        "--no-watermark": "--watermark",
        **{f"--no-{lock}-lock": f"--{lock}-lock" for lock in _LOCKS},
    }
    missing = [flag for flag in told if f"`{doubles.get(flag, flag)}" not in PAGE]
    assert missing == []


def test_every_action_of_takes_is_described() -> None:
    groups = [a for a in _commands()["takes"]._actions if isinstance(a, argparse._SubParsersAction)]
    assert [name for name in groups[0].choices if f"`takes {name}" not in PAGE] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_stands_with_its_default(name: str) -> None:
    default = getattr(Config(), name)
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    shown, about = rows[0][2].strip(), rows[0][3].strip()
    assert about.startswith(SETTINGS[name].about)
    if default is None:
        assert shown == ""
    elif isinstance(default, float):
        assert float(shown) == default
    else:
        assert shown == (str(default).lower() if isinstance(default, bool) else str(default))
