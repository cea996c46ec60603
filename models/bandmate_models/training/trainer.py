"""Trains the model, in as many calls as it takes: a run goes on from where its folder stands.

    python -m bandmate_models.training.trainer --data prepared --run runs/default --tokens 4e7 --minutes 45
    ... the same, again and again; --finish in the last call ends the schedule with its --minutes

The run folder holds state.pt (model and optimiser: the exact place to go on from), latest.pt and best.pt
(weights in half precision; `best` has the lowest held-out bits per note) and metrics.jsonl. On a borrowed
accelerator, keep the large state outside what is carried back; the next machine starts from the weights, and
warms up anew:

    python -m bandmate_models.training.trainer --data prepared --run runs/default --state /tmp/state.pt \\
        --from runs/default/latest.pt --tokens 2e9 --batch-tokens 65536 --compile --minutes 9

--tokens sets the length of the schedule and may change between calls.
"""

from __future__ import annotations

import functools
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor

from bandmate_models.errors import BandmateError
from bandmate_models.model_config import ModelConfig
from bandmate_models.training import checkpoint
from bandmate_models.training.batches import Batches, OpenWindows
from bandmate_models.training.checkpoint import Progress
from bandmate_models.training.evaluation import HeldOut, bits_per_note
from bandmate_models.training.log import Log
from bandmate_models.training.optimiser import Optimiser
from bandmate_models.training.options import Options, parse
from bandmate_models.training.scorer import Scorer, keep_freed_memory, pick_device
from bandmate_models.transformer import Transformer

MICRO_TOKENS = {"cpu": 1024, "mps": 8192, "cuda": 65536}
WORKERS = {"cpu": 0, "mps": 0, "cuda": 6}


class Trainer:
    """One call of a run. `train` and `held_out` open windows of a context length; `clock` counts seconds.

    Raises BandmateError("bad_weights") when the run's files are damaged or of another shape.
    """

    def __init__(
        self,
        config: ModelConfig,
        options: Options,
        train: OpenWindows,
        held_out: OpenWindows,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.started = clock()
        self.options = options
        self.device = pick_device(options.device)
        torch.set_num_threads(1)  # the scorer's threads each take whole micro-batches
        keep_freed_memory()
        torch.set_flush_denormal(True)
        torch.set_float32_matmul_precision("high")
        torch.manual_seed(options.seed)
        self.state_path = options.state or options.run / "state.pt"
        self.progress = Progress()
        self.model = Transformer(config).to(self.device)
        self.optimiser = Optimiser(self.model, options.optimiser, options.schedule.peak, options.weight_decay)
        self.resumed_from = self._resume()
        self._before = self.progress.seconds
        threads = (options.threads or os.cpu_count() or 1) if self.device.type == "cpu" else 1
        self._scorer = Scorer(self.model, self.device, threads, options.compile)
        workers = WORKERS[self.device.type] if options.workers is None else options.workers
        self.batches = Batches(train, workers)
        self._held_out = held_out
        self._log = Log(options.run, options.tensorboard)
        self._interrupted = False
        self._longest_evaluation = self._longest_save = 0.0
        self._saved_at = self.started

    # The run

    def run(self) -> str:
        """Trains until tokens, this call's minutes, patience or an interrupt end it; says which."""
        restore = [
            (number, signal.signal(number, self._interrupt)) for number in (signal.SIGINT, signal.SIGTERM)
        ]
        try:
            while not (reason := self._reason_to_stop()):
                self._advance()
            if self.progress.step % self.options.eval_every:
                self._evaluate()
            self._save()
        finally:
            for number, handler in restore:
                signal.signal(number, handler)
            self.batches.close()
            self._log.close()
        return reason

    def _advance(self) -> None:
        options, progress, began = self.options, self.progress, self._clock()
        seen = progress.tokens_seen
        losses: list[Tensor] = []
        rate = 0.0
        while len(losses) < options.log_every and not self._reason_to_stop():
            share = self.share_done()
            rate = options.schedule.learning_rate(share, progress.step - progress.optimiser_started)
            losses.append(self._step(options.phases.context_at(share), rate))
            progress.step += 1
            progress.seconds = self._before + self._clock() - self.started
            if progress.step % options.eval_every == 0:
                break
        loss = float(torch.stack(losses).mean())
        if not math.isfinite(loss):
            raise BandmateError(
                f"training diverged at step {progress.step}; run again with a lower --lr",
                "diverged",
            )
        speed = (progress.tokens_seen - seen) / (self._clock() - began)
        self._log.record(
            progress.step,
            {
                "tokens": progress.tokens_seen,
                "loss": loss,
                "lr": rate,
                "tokens_per_second": speed,
                "seconds": progress.seconds,
            },
        )
        self._log.progress(self._line(loss, speed))
        if progress.step % options.eval_every == 0:
            self._evaluate()
        if self._clock() - self._saved_at > 60 * options.save_minutes:
            self._save()

    def share_done(self) -> float:
        """0..1 of the whole run: by tokens, and by time too where this call is the last."""
        share = self.progress.tokens_seen / self.options.tokens
        if self.options.finish and self.options.minutes:
            now = self._clock() - self.started
            share = max(share, (self._before + now) / (self._before + self._time_to_train()))
        return min(share, 1.0)

    def _time_to_train(self) -> float:
        """Seconds of this call's --minutes that leave room to evaluate and save at the end."""
        budget = 60 * (self.options.minutes or math.inf)
        if not math.isfinite(budget):
            return budget
        evaluation = self._longest_evaluation or 0.05 * budget
        return max(0.0, budget - 1.2 * evaluation - 1.5 * self._longest_save - 2.0)

    def _reason_to_stop(self) -> str:
        options, progress = self.options, self.progress
        if self._interrupted:
            return "interrupted"
        if progress.tokens_seen >= options.tokens:
            return "all tokens seen"
        if self._clock() - self.started >= self._time_to_train():
            return "out of minutes"
        if options.patience and progress.evaluations_since_best >= options.patience:
            return "no better on held-out pieces"
        return ""

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True

    # One step

    def _step(self, context: int, rate: float) -> Tensor:
        """One optimiser step over `batch_tokens`: the weighted mean loss in nats, on the device."""
        rows = max(1, self.options.batch_tokens // context)
        tokens, weights = self.batches.get(self.progress.step, context, rows)
        micro_rows = max(1, (self.options.micro_tokens or MICRO_TOKENS[self.device.type]) // context)
        loss = self._scorer.accumulate(tokens, weights, micro_rows)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip)
        self.optimiser.step(rate)
        self._scorer.refresh()
        self.progress.tokens_seen += rows * context
        return loss

    # Held-out pieces

    def evaluate(self) -> HeldOut | None:
        """Bits per note on the held-out windows."""
        options = self.options
        windows = self._held_out(options.eval_context or options.phases.contexts[0])
        micro = options.micro_tokens or MICRO_TOKENS[self.device.type]
        return bits_per_note(windows.validation(), self._scorer.bits, micro, options.eval_per_source)

    def _evaluate(self) -> None:
        began, progress = self._clock(), self.progress
        found = self.evaluate()
        self._longest_evaluation = max(self._longest_evaluation, self._clock() - began)
        if found is None:
            return
        progress.held_out = found.mean
        progress.evaluations_since_best += 1
        if progress.best is None or found.mean < progress.best:
            progress.best, progress.evaluations_since_best = found.mean, 0
            self._save_weights("best.pt")
        self._log.record(progress.step, {"held_out": found.mean, "held_out_by_source": found.by_source})
        self._log.say(
            f"step {progress.step}: held-out {found.mean:.3f} bits per note (best {progress.best:.3f})"
        )

    # Files

    def _resume(self) -> str:
        """Loads the run's state, or else the weights to go on from; says which."""
        if self.state_path.exists():
            content = self._load(self.state_path)
            try:
                self.optimiser.load_state_dict(content["optimiser"])
            except ValueError as error:
                raise BandmateError(
                    f"{self.state_path}: {error}; give the same --optimiser or another --run", "bad_weights"
                ) from None
            self.progress = Progress(**content["progress"])
            return str(self.state_path)
        if self.options.start_from is not None:
            content = self._load(self.options.start_from)
            self.progress = Progress(**content["progress"])
            self.progress.optimiser_started = self.progress.step
            return str(self.options.start_from)
        return ""

    def _load(self, path: Any) -> dict[str, Any]:
        content = checkpoint.load(path)
        stored, wanted = ModelConfig.from_dict(content["config"]), self.model.config
        if replace(stored, name="", precision="") != replace(wanted, name="", precision=""):
            raise BandmateError(
                f"{path} holds a model of another shape or vocabulary; give the same shape or another --run",
                "bad_weights",
            )
        self.model.load_state_dict(content["model"])
        return content

    def _save(self) -> None:
        began = self._clock()
        content = checkpoint.model_content(self.model.config, self.progress, self.model.state_dict())
        checkpoint.save(self.state_path, {**content, "optimiser": self.optimiser.state_dict()})
        self._save_weights("latest.pt")
        self._saved_at = self._clock()
        self._longest_save = max(self._longest_save, self._saved_at - began)

    def _save_weights(self, name: str) -> None:
        config = replace(self.model.config, precision="fp16")
        weights = checkpoint.halved(self.model.state_dict())
        checkpoint.save(self.options.run / name, checkpoint.model_content(config, self.progress, weights))

    # Set-up

    def _line(self, loss: float, speed: float) -> str:
        progress = self.progress
        held_out = "-" if progress.held_out is None else f"{progress.held_out:.3f}"
        left = max(0, self.options.tokens - progress.tokens_seen) / speed
        left = min(left, max(0.0, self._time_to_train() - (self._clock() - self.started)))
        return (
            f"{progress.tokens_seen / 1e6:.2f} M tokens, {speed:,.0f} tok/s, loss {loss:.3f}, "
            f"held-out {held_out} bits/note, {left / 60:.0f} min left"
        )


def earlier_config(options: Options) -> ModelConfig | None:
    """The shape of the model that a run goes on from; None where it begins. BandmateError("bad_weights")."""
    files = (options.state or options.run / "state.pt", options.start_from)
    earlier = next((file for file in files if file is not None and file.exists()), None)
    return None if earlier is None else ModelConfig.from_dict(checkpoint.load(earlier)["config"])


def main(argv: Sequence[str] | None = None) -> int:
    from bandmate_models.training.dataset import Windows
    from bandmate_models.vocabulary import FORMAT_VERSION, SIZE

    try:
        options, data, shape = parse(argv, __doc__ or "")
        known = earlier_config(options) or ModelConfig(FORMAT_VERSION, SIZE)
        config = ModelConfig.from_dict({**known.to_dict(), "precision": "fp32", **shape})
        trainer = Trainer(
            config,
            options,
            functools.partial(Windows, data, "train", seed=options.seed),
            functools.partial(Windows, data, "valid", seed=options.seed),
        )
        print(
            f"{config.parameter_count / 1e6:.1f} M parameters on {trainer.device.type}, "
            + (f"going on from {trainer.resumed_from}" if trainer.resumed_from else "from the start"),
            file=sys.stderr,
        )
        reason = trainer.run()
    except BandmateError as error:
        print(f"trainer: {error}", file=sys.stderr)
        return 2
    print(f"stopped: {reason}; " + ", ".join(f"{k} {v}" for k, v in asdict(trainer.progress).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
