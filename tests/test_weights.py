"""Weights that are missing, damaged, of another version or of another shape: one line each."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx")

from bandmate_models.errors import BandmateError
from bandmate_models.export import export
from bandmate_models.weights import Weights
from random_weights import SMALL, random_state, random_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    export(random_state(), SMALL, tmp_path / "weights", "fp32")
    return tmp_path / "weights"


def refusal(folder: Path, precision: str | None = None) -> str:
    with pytest.raises(BandmateError) as refused:
        Weights.load(folder, precision)
    assert refused.value.code == "bad_weights"
    assert "\n" not in str(refused.value)
    return str(refused.value)


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_missing_folder_or_file_is_named(folder: Path, tmp_path: Path) -> None:
    assert "missing" in refusal(tmp_path / "nowhere")
    (folder / "model.onnx").unlink()
    assert "there is no model.onnx" in refusal(folder)
    (folder / "config.json").unlink()
    assert "there is no config.json" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"format": "1"}', b"null"])
def test_a_config_that_is_no_config_is_refused(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    assert "config.json" in refusal(folder)


@pytest.mark.parametrize("length", [0, 100, -1])
def test_a_truncated_model_is_damaged(folder: Path, length: int) -> None:
    path = folder / "model.onnx"
    path.write_bytes(path.read_bytes()[:length])
    assert "damaged" in refusal(folder)


def test_one_flipped_bit_is_damage(folder: Path) -> None:
    path = folder / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "damaged" in refusal(folder)


def test_a_file_that_is_no_model_is_refused_though_its_checksum_fits(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not a graph")
    edit(folder, lambda content: content.update(sha256=hashlib.sha256(b"not a graph").hexdigest()))
    assert "onnxruntime" in refusal(folder)


def test_another_version_is_refused_by_its_number(folder: Path) -> None:
    edit(folder, lambda content: content["model"].update(vocabulary_version=99))
    assert "token format 99" in refusal(folder)
    edit(folder, lambda content: content.update(format=42))
    assert "format 42" in refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"n_layers": 1},
        {"n_layers": 3},
        {"n_kv_heads": 4},
        {"n_heads": 2},
        {"vocabulary_size": SMALL.vocabulary_size + 1},
        {"n_heads": 0},
        {"d_model": "wide"},
        {"colour": "blue"},
    ],
)
def test_a_config_of_another_shape_is_refused(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, lambda content: content["model"].update(change))
    refusal(folder)


def test_a_precision_is_found_in_its_own_folder_or_refused(folder: Path) -> None:
    random_weights(folder / "8bit", precision="8bit")
    assert Weights.load(folder).config.precision == "fp32"
    assert Weights.load(folder, "fp32").config.precision == "fp32"
    assert Weights.load(folder, "8bit").config.precision == "8bit"
    assert "fp32 weights, not 4bit" in refusal(folder, "4bit")


def test_loading_leaves_the_environment_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(os.environ)
    Weights.load(folder)
    assert dict(os.environ) == before
    monkeypatch.setenv("ORT_GQA_DISABLE_FLASH_ATTENTION", "0")
    Weights.load(folder)
    assert os.environ["ORT_GQA_DISABLE_FLASH_ATTENTION"] == "0"
