"""The control map as a file of the user's: `controls.toml` in the folder of the settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bandmate.band.bindings import Binding, Source, binding, usual_bindings
from bandmate.files import write_durably
from bandmate.folders import config_folder
from bandmate_models.errors import BandmateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEAD = "# Which controllers and keys turn the live band's dials: see `bandmate map --help`\n"
_KNOWN = {"dial": str, "source": str, "mode": str, "low": (int, float), "high": (int, float)}


def control_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Beside the settings: in the folder of BANDMATE_CONFIG's file, else in the platform's."""
    named = environ.get("BANDMATE_CONFIG")
    folder = Path(named).expanduser().parent if named else config_folder(environ)
    return folder / "controls.toml"


def load_bindings(file: Path) -> tuple[Binding, ...]:
    """What the file says; the usual bindings where there is none. Raises BandmateError("bad_config")."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return usual_bindings()
    except OSError as error:
        raise _bad(f"cannot read the controls in {file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(f"{file} is not valid TOML: {error}") from error
    rows = data.get("control", [])
    if not isinstance(rows, list) or set(data) - {"control"}:
        raise _bad(f"{file} holds [[control]] tables and nothing else")
    return tuple(_binding(row, f"control {number} in {file}") for number, row in enumerate(rows, 1))


def save_bindings(bindings: Sequence[Binding], file: Path) -> None:
    """Write the file whole or not at all. Raises BandmateError("bad_path")."""
    rows = "".join(f"\n[[control]]\n{_row(of)}" for of in bindings)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, (_HEAD + rows).encode())
    except OSError as error:
        raise BandmateError(f"cannot write {file}: {error.strerror or error}", "bad_path") from error


def forget_bindings(file: Path) -> None:
    """Back to the usual ones: the file is removed. Raises BandmateError("bad_path")."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise BandmateError(f"cannot remove {file}: {error.strerror or error}", "bad_path") from error


def _row(of: Binding) -> str:
    texts = "".join(f'{name} = "{getattr(of, name)}"\n' for name in ("dial", "source", "mode"))
    return f"{texts}low = {of.low!r}\nhigh = {of.high!r}\n"


def _binding(row: Any, where: str) -> Binding:
    if not isinstance(row, dict) or not {"dial", "source"} <= set(row):
        raise _bad(f"{where} lacks a dial or a source")
    for name, value in row.items():
        if name not in _KNOWN:
            raise _bad(f"{where} has {name!r}; it may have {', '.join(_KNOWN)}")
        if not isinstance(value, _KNOWN[name]) or isinstance(value, bool):  # type: ignore[arg-type]
            raise _bad(f"{where}: {name} is {value!r}")
    try:
        source = Source.parse(row["source"])
        return binding(row["dial"], source, row.get("mode"), row.get("low"), row.get("high"))
    except BandmateError as error:
        raise _bad(f"{where}: {error}") from error


def _bad(sentence: str) -> BandmateError:
    return BandmateError(sentence, "bad_config")
