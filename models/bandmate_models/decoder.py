"""One session's context: what the model has read so far, kept as keys and values, and how to read on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from onnxruntime import OrtValue

from bandmate_models.errors import BandmateError
from bandmate_models.weights import Weights

CHUNK = 64
"""Tokens that one run reads at most: more are no faster, and what changes in a prompt costs a chunk."""

Array = NDArray[np.float32]


class Decoder:
    """A KV cache of `capacity` tokens (None: all that the model can hold) and a position in it.

    The cache is one buffer a layer that onnxruntime reads and extends in place. For one thread at a time;
    several decoders may share their weights and run at once.
    """

    def __init__(self, weights: Weights, capacity: int | None = None) -> None:
        config = weights.config
        self.weights = weights
        self.capacity = config.context if capacity is None else capacity
        self.position = 0
        if not 1 <= self.capacity <= config.context:
            raise BandmateError(
                f"a context of {self.capacity} tokens is impossible; this model holds 1 to {config.context}",
                "bad_value",
            )
        shape = (1, config.n_kv_heads, self.capacity, config.head_dim)
        self._cache = {
            f"{part}.{layer}": np.zeros(shape, np.float32)
            for layer in range(config.n_layers)
            for part in ("key", "value")
        }
        self._single = _Run(weights, self._cache, length=1, wanted=1)

    def append(self, tokens: Sequence[int]) -> Array:
        """Read `tokens`; gives the logits [V] after the last. ValueError if there are none.

        BandmateError("context_full"), and nothing read, if they do not fit.
        """
        ids = self._checked(tokens)
        *whole, last = self._chunks(ids)
        for chunk in whole:
            self._read(chunk, wanted=1)
        logits: Array = self._read(last, wanted=1)[0]
        return logits

    def step(self, token: int) -> Array:
        """Read one token; gives the logits [V] after it. Errors as in `append`."""
        if not 0 <= token < self.weights.config.vocabulary_size:
            raise ValueError(f"token {token} is outside the vocabulary")
        if self.position >= self.capacity:
            raise self._full(1)
        logits: Array = self._single(token, self.position)[0].copy()
        self.position += 1
        return logits

    def append_all(self, tokens: Sequence[int]) -> Array:
        """As `append`, but gives the logits [T, V] after every one of the tokens."""
        chunks = self._chunks(self._checked(tokens))
        return np.concatenate([self._read(chunk, wanted=len(chunk)) for chunk in chunks])

    def rewind_to(self, position: int) -> None:
        """Forget everything from `position` on. ValueError if that is not behind us."""
        if not 0 <= position <= self.position:
            raise ValueError(f"cannot rewind to {position} from {self.position}")
        self.position = position

    def copy_from(self, other: Decoder) -> None:
        """Take over what `other` has read, in place of what this one has.

        ValueError if they do not share their weights, BandmateError("context_full") if it does not fit.
        """
        if other.weights.sha256 != self.weights.sha256:
            raise ValueError("the two decoders have different weights")
        if other.position > self.capacity:
            raise self._full(other.position - self.position)
        for name, buffer in self._cache.items():
            buffer[:, :, : other.position] = other._cache[name][:, :, : other.position]
        self.position = other.position

    @staticmethod
    def _chunks(ids: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]

    def _read(self, ids: NDArray[np.int64], wanted: int) -> Array:
        """Logits [wanted, V] after the last `wanted` of `ids`."""
        run = _Run(self.weights, self._cache, len(ids), wanted)
        logits = run(ids, self.position)
        self.position += len(ids)
        return logits

    def _checked(self, tokens: Sequence[int]) -> NDArray[np.int64]:
        ids = np.asarray(tokens, np.int64)
        if ids.ndim != 1 or not len(ids):
            raise ValueError("no tokens to read")
        if ids.min() < 0 or ids.max() >= self.weights.config.vocabulary_size:
            raise ValueError("a token is outside the vocabulary")
        if self.position + len(ids) > self.capacity:
            raise self._full(len(ids))
        return ids

    def _full(self, more: int) -> BandmateError:
        return BandmateError(
            f"{self.position} tokens and {more} more do not fit a context of {self.capacity};"
            " ask for fewer bars or give a shorter phrase",
            "context_full",
        )


class _Run:
    """Buffers bound to the graph for `length` tokens at once and the logits after the last `wanted`."""

    def __init__(self, weights: Weights, cache: Mapping[str, Array], length: int, wanted: int) -> None:
        self._session = weights.session
        self._length = length
        self._tokens = np.zeros((1, length), np.int64)
        self._last_position = np.zeros(1, np.int32)
        self._total_length = np.zeros((), np.int32)
        self._logits = np.empty((1, wanted, weights.config.vocabulary_size), np.float32)
        # On the CPU an OrtValue is a view of its array: each side sees what the other writes.
        inputs = {
            "tokens": self._tokens,
            "wanted": np.arange(length - wanted, length),
            "last_position": self._last_position,
            "total_length": self._total_length,
            **cache,
        }
        outputs = {"logits": self._logits, **{f"new_{name}": array for name, array in cache.items()}}
        self._values = [
            OrtValue.ortvalue_from_numpy(array) for array in (*inputs.values(), *outputs.values())
        ]
        self._binding = self._session.io_binding()
        for name, value in zip(inputs, self._values, strict=False):
            self._binding.bind_ortvalue_input(name, value)
        for name, value in zip(outputs, self._values[len(inputs) :], strict=True):
            self._binding.bind_ortvalue_output(name, value)
        self._arrays = (inputs, outputs)

    def __call__(self, tokens: int | NDArray[np.int64], position: int) -> Array:
        """Read `tokens` at `position`; gives the logits [wanted, V], which the next call overwrites."""
        self._tokens[0] = tokens
        self._last_position[0] = position + self._length - 1
        self._total_length[...] = position + self._length
        self._session.run_with_iobinding(self._binding)
        logits: Array = self._logits[0]
        return logits
