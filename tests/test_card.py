"""The model card is printed from what was measured."""

from __future__ import annotations

from typing import Any

from bandmate_models.evaluation.card import card

CHECKPOINT: dict[str, Any] = {
    "config": {
        "name": "band", "vocabulary_version": 1, "d_model": 64, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2,
        "d_ff": 112, "vocabulary_size": 1536, "context": 640,
    },
    "tokens_seen": 12_000_000,
    "step": 100,
}  # fmt: skip
FIGURES = {"mean": 5.0, "interval": (4.5, 5.5), "by_source": {"groove": 5.0}}
HELD_OUT: dict[str, Any] = {
    "command": "python benchmarks/heldout.py",
    "commit": "abc",
    "data": {
        "windows": 3,
        "notes": 400,
        "context": 1024,
        "models": {"5-gram": {**FIGURES, "mean": 10.0}, "band 8bit": FIGURES},
    },
}
RECORD: dict[str, Any] = {
    "model": "band 8bit",
    "pieces": 3,
    "sources": 1,
    "split": "test",
    "seconds": 12.0,
    "workers": 2,
    "Music": {"onset_jsd": {"real": 0.2, "ours": 0.3, "ours low": 0.25, "ours high": 0.35}},
    "remarks": {"Music": "A remark."},
    "gates": [{"name": "scale lock", "figure": "100.0% of 8", "target": "at least 100%", "met": True}],
}


def test_the_card_says_what_went_in_and_what_came_out() -> None:
    text = card(CHECKPOINT, {"notes": {"groove/train": 1234}}, HELD_OUT)
    assert "| groove | CC-BY-4.0 | 1,234 |" in text
    assert "12 M tokens in 100 steps" in text and "50% below" in text
    assert "| groove | 5.00 | 5.00 |" in text and "## What it does badly" in text
    assert "evaluated" not in text


def test_an_evaluation_is_part_of_the_card_with_its_picture() -> None:
    text = card(CHECKPOINT, {"notes": {}}, HELD_OUT, RECORD, "evaluation.svg")
    assert "## band 8bit evaluated" in text and "### Music" in text
    assert "](evaluation.svg)" in text and "A remark." in text
    assert "0.300 (0.250 – 0.350)" in text and "1 of 1 gates met." in text
