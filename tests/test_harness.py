"""The figures that the benchmarks report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from harness import percentiles, table, timed, write_result


def test_percentiles_are_samples_by_nearest_rank() -> None:
    found = percentiles([float(value) for value in range(100, 0, -1)])
    assert (found["p50"], found["p95"], found["p99"], found["max"]) == (50, 95, 99, 100)
    assert (found["mean"], found["count"]) == (50.5, 100)
    assert percentiles([3.0])["p99"] == 3.0


def test_no_samples_have_no_percentiles() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentiles([])


def test_warm_up_runs_are_not_counted() -> None:
    calls: list[int] = []
    samples = timed(lambda: calls.append(1), repeats=5, warm_up=2)
    assert len(samples) == 5 and len(calls) == 7 and min(samples) >= 0


def test_a_result_says_where_it_came_from(tmp_path: Path) -> None:
    path = write_result("speed", {"ms": 1 / 3, "rows": [{"past": 64, "lost": float("nan")}]}, tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["data"] == {"ms": 0.3333, "rows": [{"past": 64, "lost": None}]}
    assert content["machine"]["cores"] >= 1 and content["machine"]["packages"]["numpy"]
    assert {"command", "commit", "load_average", "when"} <= content.keys()
    assert [file.name for file in tmp_path.iterdir()] == ["speed.json"]


def test_a_table_has_a_column_for_each_key() -> None:
    lines = table([{"past": 64, "ms": 0.12345}, {"past": 4000, "ms": 12345.6}]).splitlines()
    assert lines[0] == "| past | ms     |"
    assert lines[2] == "| 64   | 0.123  |"
    assert lines[3] == "| 4000 | 12,346 |"
