"""docs/benchmarks.md, from benchmarks/results/*.json: `python benchmarks/report.py > docs/benchmarks.md`.

Whatever a result holds is shown: lists of records, records by name and single figures become tables.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import RESULTS, ROOT, table

HEAD = """# Benchmarks

<!-- Printed by `python benchmarks/report.py > docs/benchmarks.md`; run the benchmarks instead of editing. -->

Every figure is of one file in `benchmarks/results`, written by the command above its tables. Times are given
as p50 / p95 / p99. A ratio compares two sides of the same run. A commit with a "+" had changes on top.
"""

TITLES = {
    "heldout": "Held-out music",
    "evaluation": "The model, task by task",
    "published": "Published tables",
    "twins": "Twins",
    "corpus_format": "The token format over the corpus",
    "decode": "Decoding",
    "live": "Live answers",
    "osc_ping": "OSC",
    "lateness": "Lateness of notes",
    "recovery": "Recovery",
    "band": "The live band",
    "chord_following": "Whether the live band follows the player's harmony",
    "soak": "The live band for an hour",
    "band_recovery": "The live band after accidents",
    "band_ardour": "The live band, recorded by Ardour",
    "clocks": "Clocks",
    "jack_output": "When MIDI leaves by JACK",
    "monitor": "The live monitor",
    "watermark": "The watermark",
    "footprint": "Footprint",
}
"""Title of a result, in the page's order; others follow by name."""

Record = Mapping[str, Any]


def page(folder: Path = RESULTS) -> str:
    """The whole page. ValueError, with the file's name, for a result that is not one."""
    results = {file.stem: _read(file) for file in sorted(folder.glob("*.json"))}
    order = [*(name for name in TITLES if name in results), *(name for name in results if name not in TITLES)]
    chapters = [_chapter(name, results[name]) for name in order] or ["Nothing has been measured yet.\n"]
    return "\n".join([HEAD, *chapters])


def _read(file: Path) -> Record:
    result = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(result, dict) or not {"command", "commit", "when", "machine", "data"} <= result.keys():
        raise ValueError(f"{file} is no result: write it with harness.write_result")
    return result


def _chapter(name: str, result: Record) -> str:
    title = TITLES.get(name, _words(name).capitalize())
    lines = [f"## {title}", "", *_about(result["command"]), f"`{result['command']}`", ""]
    lines += [_where(result), ""]
    data = result["data"]
    if _is_one_table(data):
        return "\n".join([*lines, *_records("", [{"": key, **value} for key, value in data.items()])])
    single = {key: value for key, value in data.items() if _is_cell(value)}
    if single:
        lines += [table([{"": _words(key), "value": _cell(value)} for key, value in single.items()]), ""]
    for key, value in data.items():
        if not _is_cell(value):
            lines += list(_tables(_words(key), value))
    return "\n".join(lines)


def _is_one_table(data: Record) -> bool:
    """Whether a result is several records by name, all with the same fields."""
    records = [value for value in data.values() if isinstance(value, Mapping)]
    return len(records) == len(data) > 1 and all(record.keys() == records[0].keys() for record in records)


def _about(command: str) -> Iterator[str]:
    """What the script of a command says of itself, without how to call it."""
    script = ROOT / command.split()[1]
    if script.is_file():
        text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        for paragraph in text.split("\n\n"):
            if not paragraph.startswith("python "):
                yield from (paragraph, "")


def _where(result: Record) -> str:
    """On what it was measured, in one sentence."""
    machine = result["machine"]
    packages = ", ".join(f"{package} {version}" for package, version in machine["packages"].items())
    load = result.get("load_average")
    busy = f", load {load[0]:g} when it ended" if load else ""
    return (
        f"{result['when'][:10]}, commit {result['commit']}, {machine['processor']}, {machine['cores']} cores"
        f"{busy}, {machine['system']}, Python {machine['python']}, {packages}."
    )


def _tables(title: str, value: Any) -> Iterator[str]:
    """The lines of a table for a list of records, records by name, or figures by name."""
    if isinstance(value, Mapping) and all(isinstance(inner, Mapping) for inner in value.values()):
        yield from _records(title, [{title: name, **inner} for name, inner in value.items()])
    elif isinstance(value, Mapping):
        yield from _records("", [{title: _words(name), "value": inner} for name, inner in value.items()])
    elif value and all(isinstance(row, Mapping) for row in value):
        yield from _records(title, value)
    else:
        yield from (f"{title}: {', '.join(map(_cell, value))}", "")


def _records(title: str, rows: Sequence[Record]) -> Iterator[str]:
    """A table of what fits a cell, then one of each group of figures, across the records."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    groups = [key for key in columns if any(not _is_cell(row.get(key)) for row in rows)]
    shown = [key for key in columns if key not in groups]
    if title:
        yield from (f"### {title.capitalize()}", "")
    yield from (table([{_words(key): _cell(row.get(key)) for key in shown} for row in rows]), "")
    for group in groups:
        names = [_cell(row[shown[0]]) for row in rows]
        inner = list(dict.fromkeys(name for row in rows for name in row.get(group, {})))
        across = [
            {
                _words(group): _words(name),
                **{
                    column: _cell(row.get(group, {}).get(name))
                    for column, row in zip(names, rows, strict=True)
                },
            }
            for name in inner
        ]
        yield from (table(across), "")


def _is_percentiles(value: Any) -> bool:
    return isinstance(value, Mapping) and {"p50", "p95", "p99"} <= value.keys()


def _is_cell(value: Any) -> bool:
    """Whether a value is shown in one cell: a figure, a word, an interval, percentiles."""
    return _is_percentiles(value) or not isinstance(value, (Mapping, list)) or _is_interval(value)


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(end, float) for end in value)


def _cell(value: Any) -> str:
    if _is_percentiles(value):
        return " / ".join(_cell(value[rank]) for rank in ("p50", "p95", "p99"))
    if _is_interval(value):
        return f"{_cell(value[0])} to {_cell(value[1])}"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def _words(key: str) -> str:
    return key.replace("_", " ")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(), end="")
