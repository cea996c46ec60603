"""The benchmarks page shows whatever a result holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from harness import write_result
from report import page


def shown(folder: Path, name: str, data: dict[str, Any]) -> str:
    write_result(name, data, folder)
    return page(folder)


def test_without_results_it_says_so(tmp_path: Path) -> None:
    assert "Nothing has been measured yet." in page(tmp_path)


def test_a_list_of_records_is_a_table_with_percentiles_in_one_cell(tmp_path: Path) -> None:
    rows = [
        {"past": past, "turn_ms": {"p50": past / 1000, "p95": 2.0, "p99": 3.25, "count": 9}, "goal": None}
        for past in (64, 4000)
    ]
    text = shown(tmp_path, "speed", {"threads": 2, "decode": rows})
    assert "## Speed" in text and "### Decode" in text
    assert "| threads | 2     |" in text
    assert "| past  | turn ms          | goal |" in text
    assert "| 64    | 0.064 / 2 / 3.25 |      |" in text
    assert "| 4,000 | 4 / 2 / 3.25     |      |" in text


def test_groups_of_figures_stand_across_the_records(tmp_path: Path) -> None:
    models = {
        "5-gram": {"mean": 9.5, "interval": [9.1, 9.9], "by_source": {"pop909": 8.125, "groove": 7.0}},
        "band 8bit": {"mean": 6.25, "interval": [6.0, 6.5], "by_source": {"pop909": 5.5}},
    }
    text = shown(tmp_path, "heldout", {"windows": 1234, "models": models})
    assert "## Held-out music\n" in text and "1,234" in text
    assert "| 5-gram    | 9.5  | 9.1 to 9.9 |" in text
    assert "| by source | 5-gram | band 8bit |" in text
    assert "| pop909    | 8.125  | 5.5       |" in text
    assert "| groove    | 7      |           |" in text


def test_records_by_name_are_one_table(tmp_path: Path) -> None:
    data = {"pop909": {"files": 2167, "kept": 0.5}, "groove": {"files": 1114, "kept": 1.0}}
    text = shown(tmp_path, "formats", data)
    assert "| pop909 | 2,167 | 0.5  |\n| groove | 1,114 | 1    |" in text


def test_it_says_what_measured_it_and_where(tmp_path: Path) -> None:
    text = shown(tmp_path, "speed", {"ms": 1.5})
    result = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert f"`{result['command']}`" in text
    assert result["commit"] in text and result["machine"]["processor"] in text


def test_a_file_that_is_no_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "stray.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"stray\.json"):
        page(tmp_path)
