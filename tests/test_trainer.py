"""The training loop on a small synthetic corpus with the same interface as the real windows."""

from __future__ import annotations

import itertools
import json
import math
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandmate_models.errors import BandmateError  # noqa: E402
from bandmate_models.model_config import ModelConfig  # noqa: E402
from bandmate_models.training import checkpoint  # noqa: E402
from bandmate_models.training.batches import Batches  # noqa: E402
from bandmate_models.training.evaluation import bits_per_note  # noqa: E402
from bandmate_models.training.options import Options, parse  # noqa: E402
from bandmate_models.training.schedule import Phases, Schedule  # noqa: E402
from bandmate_models.training.trainer import Trainer  # noqa: E402

PERIOD = 7
CONFIG = ModelConfig(1, 23, d_model=32, n_layers=2, n_heads=4, n_kv_heads=2, d_ff=64, context=64)
BATCH_TOKENS = 512


@dataclass
class RepeatingWindows:
    """Every window repeats one random phrase of seven tokens; its first statement has no weight."""

    context: int
    seed: int = 0

    def batch(self, step: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng((self.seed, step))
        phrases = random.integers(0, CONFIG.vocabulary_size, (size, PERIOD))
        tokens = np.tile(phrases, self.context // PERIOD + 1)[:, : self.context + 1]
        weights = np.ones((size, self.context), np.float32)
        weights[:, : PERIOD - 1] = 0
        return tokens.astype(np.int64), weights

    def validation(self) -> Iterator[tuple[np.ndarray, np.ndarray, int, str]]:
        tokens, weights = self.batch(-1 % 2**32, 12)
        for row in range(12):
            length = self.context - 5 * row // 2
            yield tokens[row, : length + 1], weights[row, :length], length - PERIOD + 1, f"source{row % 3}"


def options(folder: Path, **changes: object) -> Options:
    base = Options(
        run=folder,
        schedule=Schedule(peak=1e-2, warmup_steps=5),
        phases=Phases.parse("64"),
        tokens=30 * BATCH_TOKENS,
        batch_tokens=BATCH_TOKENS,
        eval_every=10,
        log_every=4,
        device="cpu",
        threads=1,
        tensorboard=False,
    )
    return replace(base, **changes)


def trainer(folder: Path, config: ModelConfig = CONFIG, train=RepeatingWindows, **changes: object) -> Trainer:
    return Trainer(config, options(folder, **changes), train, RepeatingWindows)


def weights_of(run: Trainer) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in run.model.parameters()])


def test_learns_to_repeat(tmp_path: Path) -> None:
    run = trainer(tmp_path, tokens=250 * BATCH_TOKENS, eval_every=50)
    before = run.evaluate()
    assert before is not None and before.mean == pytest.approx(math.log2(CONFIG.vocabulary_size), rel=0.1)
    assert run.run() == "all tokens seen"
    after = run.evaluate()
    assert (
        after is not None and after.mean < 1.5 and set(after.by_source) == {"source0", "source1", "source2"}
    )
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < 0.2 * losses[0]
    assert [line["step"] for line in lines if "held_out" in line] == [50, 100, 150, 200, 250]


@dataclass
class InterruptedWindows(RepeatingWindows):
    stop_at: int = 17

    def batch(self, step: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        if step == self.stop_at:
            signal.raise_signal(signal.SIGINT)
        return super().batch(step, size)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_an_interrupted_run_goes_on_exactly(tmp_path: Path, kind: str) -> None:
    whole = trainer(tmp_path / "whole", micro_tokens=200, optimiser=kind)
    whole.run()
    first = trainer(tmp_path / "parts", train=InterruptedWindows, micro_tokens=200, optimiser=kind)
    assert first.run() == "interrupted" and first.progress.step == 18
    last = trainer(tmp_path / "parts", micro_tokens=200, optimiser=kind)
    assert last.progress.step == 18 and last.run() == "all tokens seen"
    assert last.progress.tokens_seen == whole.progress.tokens_seen
    torch.testing.assert_close(weights_of(last), weights_of(whole), atol=0, rtol=0)


def test_a_state_of_another_optimiser_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path).run()
    with pytest.raises(BandmateError, match="--optimiser"):
        trainer(tmp_path, optimiser="muon")


def test_a_finished_run_goes_on_when_given_more_tokens(tmp_path: Path) -> None:
    trainer(tmp_path).run()
    assert trainer(tmp_path).run() == "all tokens seen"
    longer = trainer(tmp_path, tokens=40 * BATCH_TOKENS)
    start = longer.progress.step
    longer.run()
    assert longer.progress.step > start and longer.progress.tokens_seen >= 40 * BATCH_TOKENS


def test_half_precision_weights_go_on_with_a_new_warm_up(tmp_path: Path) -> None:
    first = trainer(tmp_path / "first", tokens=100 * BATCH_TOKENS)
    first.run()
    latest = tmp_path / "first" / "latest.pt"
    assert latest.stat().st_size < 0.25 * (tmp_path / "first" / "state.pt").stat().st_size
    second = trainer(tmp_path / "second", tokens=120 * BATCH_TOKENS, start_from=latest)
    assert second.progress.optimiser_started == second.progress.step == first.progress.step
    held_out, before = second.evaluate(), first.evaluate()
    assert held_out is not None and before is not None
    assert held_out.mean == pytest.approx(before.mean, abs=0.03)
    second.run()
    assert second.progress.step > first.progress.step
    assert trainer(tmp_path / "second", start_from=latest).progress.step == second.progress.step


def ticking() -> Callable[[], float]:
    """A clock on which every look takes a tenth of a second."""
    ticks = itertools.count()
    return lambda: next(ticks) / 10


def test_minutes_end_the_call_with_a_checkpoint(tmp_path: Path) -> None:
    timed = options(tmp_path, tokens=10**12, minutes=0.5)
    run = Trainer(CONFIG, timed, RepeatingWindows, RepeatingWindows, ticking())
    assert run.run() == "out of minutes"
    assert 0.3 * 60 < run.progress.seconds < 0.5 * 60
    assert checkpoint.load(tmp_path / "state.pt")["step"] == run.progress.step > 10


def test_finish_ends_the_schedule_with_the_minutes(tmp_path: Path) -> None:
    timed = options(tmp_path, tokens=10**12, minutes=0.5, finish=True, log_every=1)
    run = Trainer(CONFIG, timed, RepeatingWindows, RepeatingWindows, ticking())
    assert run.run() == "out of minutes"
    rates = [json.loads(line).get("lr") for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    rates = [rate for rate in rates if rate]
    assert max(rates) == pytest.approx(1e-2) and rates[-1] < 1e-3


def test_patience_stops_a_run_that_gets_no_better(tmp_path: Path) -> None:
    frozen = Schedule(peak=0.0, warmup_steps=0)
    run = trainer(tmp_path, tokens=10**12, schedule=frozen, eval_every=2, patience=3)
    assert run.run() == "no better on held-out pieces"
    assert run.progress.step == 8


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused_in_one_line(tmp_path: Path, kept: float) -> None:
    trainer(tmp_path, tokens=BATCH_TOKENS).run()
    state = tmp_path / "state.pt"
    content = state.read_bytes()
    state.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(BandmateError, match=r"state\.pt is damaged") as refusal:
        trainer(tmp_path)
    assert refusal.value.code == "bad_weights" and "\n" not in str(refusal.value)


def test_a_failed_save_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    trainer(tmp_path, tokens=BATCH_TOKENS).run()
    state = tmp_path / "state.pt"
    before = state.read_bytes()
    with pytest.raises(Exception, match="pickle"):
        checkpoint.save(state, {"model": lambda: None})
    assert state.read_bytes() == before


def test_another_shape_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path, tokens=BATCH_TOKENS).run()
    with pytest.raises(BandmateError, match="another shape"):
        trainer(tmp_path, config=replace(CONFIG, d_ff=80))


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BandmateError, match="no checkpoint at"):
        trainer(tmp_path, start_from=tmp_path / "missing.pt")


def test_micro_batches_do_not_change_the_step(tmp_path: Path) -> None:
    runs = [trainer(tmp_path / str(micro), tokens=BATCH_TOKENS, micro_tokens=micro) for micro in (48, 512)]
    start = weights_of(runs[0]).clone()
    for run in runs:
        run.run()
    moved = weights_of(runs[0]) - start
    assert moved.norm() > 0.01
    assert (weights_of(runs[0]) - weights_of(runs[1])).norm() < 0.1 * moved.norm()


def test_worker_processes_give_the_same_batches_in_order() -> None:
    alone, pooled = Batches(RepeatingWindows), Batches(RepeatingWindows, workers=2)
    try:
        for step, context in [(0, 48), (1, 48), (2, 48), (3, 64), (4, 64), (9, 48)]:
            for expected, found in zip(
                alone.get(step, context, 3), pooled.get(step, context, 3), strict=True
            ):
                np.testing.assert_array_equal(expected, found)
    finally:
        pooled.close()


def test_bits_per_note_count_scored_tokens_over_notes() -> None:
    windows = [
        (np.arange(5), np.array([0.0, 1.0, 0.3, 0.0]), 1, "a"),
        (np.arange(3), np.array([1.0, 1.0]), 4, "a"),
        (np.arange(4), np.array([1.0, 1.0, 1.0]), 2, "b"),
        (np.arange(4), np.array([1.0, 1.0, 1.0]), 100, "b"),
    ]
    found = bits_per_note(windows, lambda tokens, scored: scored.sum(axis=1) * 2.0, 8)
    assert found is not None and found.by_source == {"a": 8 / 5, "b": 12 / 102}
    assert found.mean == pytest.approx((8 / 5 + 12 / 102) / 2)
    first = bits_per_note(windows, lambda tokens, scored: scored.sum(axis=1) * 2.0, 8, per_source=1)
    assert first is not None and first.by_source == {"a": 4.0, "b": 3.0}
    assert bits_per_note([], lambda tokens, scored: scored.sum(axis=1), 8) is None


def test_schedule_warms_holds_and_falls() -> None:
    schedule = Schedule(peak=1.0, warmup_steps=10, shape="wsd", decay=0.25, floor=0.0)
    assert [schedule.learning_rate(0.1, step) for step in (0, 4, 9, 50)] == pytest.approx(
        [0.1, 0.5, 1.0, 1.0]
    )
    assert [schedule.learning_rate(at, 50) for at in (0.75, 0.875, 1.0, 2.0)] == pytest.approx([1, 0.5, 0, 0])
    cosine = replace(schedule, shape="cosine")
    assert [cosine.learning_rate(at, 50) for at in (0.0, 0.5, 1.0)] == pytest.approx([1, 0.5, 0])


def test_phases_change_the_context_and_keep_the_tokens(tmp_path: Path) -> None:
    phases = Phases.parse("16:0.5,64:0.5")
    assert [phases.context_at(share) for share in (0, 0.49, 0.5, 0.99, 1.0)] == [16, 16, 64, 64, 64]
    seen: list[tuple[int, int]] = []

    @dataclass
    class Recorded(RepeatingWindows):
        def batch(self, step: int, size: int) -> tuple[np.ndarray, np.ndarray]:
            seen.append((self.context, size))
            return super().batch(step, size)

    trainer(tmp_path, train=Recorded, phases=phases, tokens=8 * BATCH_TOKENS).run()
    assert seen == [(16, 32)] * 4 + [(64, 8)] * 4


@pytest.mark.parametrize("text", ["", "long", "1024:0.5", "1024:0.5,2048:0.6", "-1", "1024:2,512:-1"])
def test_wrong_phases_are_refused(text: str) -> None:
    with pytest.raises(BandmateError) as refusal:
        Phases.parse(text)
    assert refusal.value.code == "bad_value"


def test_command_line_becomes_options(tmp_path: Path) -> None:
    line = f"--data {tmp_path} --run run --tokens 4e7 --phases 1024:0.8,4096:0.2 --d-ff 512 --lr 1e-3"
    found, data, shape = parse(line.split(), "")
    assert data == tmp_path and found.tokens == 40_000_000 and found.schedule.peak == 1e-3
    assert found.phases == Phases((1024, 4096), (0.8, 0.2)) and shape == {"d_ff": 512}
    assert parse(["--data", ".", "--run", "."], "")[0] == Options(Path(), Schedule(), Phases.parse("1024"))
