"""What training draws from a prepared corpus: the same for the same seed, mostly lags that tasks ask for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bandmate_models import vocabulary as v
from bandmate_models.corpus.pieces import pieces_of_folder
from bandmate_models.corpus.prepare import prepare
from bandmate_models.errors import BandmateError
from bandmate_models.training.dataset import Windows

PHRASES = Path(__file__).parent / "data" / "phrases"
LAGS = v.ids("lag")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(list(pieces_of_folder(PHRASES)), folder, workers=1)
    return folder


def test_a_batch_is_a_function_of_seed_and_step(prepared: Path) -> None:
    first, again = (Windows(prepared, "train", 128, seed=3).batch(7, 4) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (Windows(prepared, "train", 128, seed=4).batch(7, 4)[0] != first[0]).any()


def test_the_lags_that_tasks_ask_for_are_drawn_more_often(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn() -> Counter[int]:
        tokens, _ = Windows(prepared, "train", 128, seed=0).batch(0, 400)
        lags = tokens[(tokens >= LAGS.start) & (tokens < LAGS.stop)] - LAGS.start
        return Counter(v.LAGS[lag] for lag in lags.tolist())

    weighted = drawn()
    monkeypatch.setattr("bandmate_models.training.dataset.LAG_WEIGHTS", dict.fromkeys(v.LAGS, 1.0))
    even = drawn()
    asked = (-2, 0, 1)
    assert sum(even.values()) > 50
    share = [sum(count[lag] for lag in asked) / sum(count.values()) for count in (weighted, even)]
    assert share[0] > share[1]


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BandmateError, match="holds no prepared corpus"):
        Windows(tmp_path, "train", 128, seed=0)
