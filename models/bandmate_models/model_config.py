"""The shape of a model, as stored beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from bandmate_models.errors import BandmateError


@dataclass(frozen=True)
class ModelConfig:
    """A Llama-style decoder: RMSNorm, half-split RoPE, grouped-query attention, SwiGLU, tied embeddings.

    `context` is the longest sequence in tokens; `precision` says how the weights are stored.
    """

    vocabulary_version: int
    vocabulary_size: int
    d_model: int = 256
    n_layers: int = 6
    n_heads: int = 4
    n_kv_heads: int = 2
    d_ff: int = 704
    context: int = 4096
    rope_base: float = 10000.0
    norm_eps: float = 1e-5
    name: str = ""
    precision: str = "fp32"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "vocabulary_version" and not isinstance(value, str) and not value > 0:
                raise _bad(f"{field.name} is {value}, and must be above 0")
        if self.d_model % (2 * self.n_heads) or self.n_heads % self.n_kv_heads:
            raise _bad(
                f"{self.d_model} dimensions do not divide into {self.n_heads} heads of an even size"
                f" over {self.n_kv_heads} key heads"
            )

    @property
    def head_dim(self) -> int:
        return self.d_model // self.n_heads

    @property
    def parameter_count(self) -> int:
        attention = 2 * self.d_model * (self.n_heads + self.n_kv_heads) * self.head_dim
        layer = attention + 3 * self.d_model * self.d_ff + 2 * self.d_model
        return self.vocabulary_size * self.d_model + self.n_layers * layer + self.d_model

    def to_dict(self) -> dict[str, int | float | str]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> ModelConfig:
        """The inverse of `to_dict`; BandmateError("bad_weights") on unknown, missing or ill-typed fields."""
        known = {field.name: str(field.type) for field in fields(cls)}
        if unknown := sorted(set(values) - set(known)):
            raise _bad(f"unknown field {', '.join(unknown)}")
        if missing := [name for name in known if name not in values]:
            raise _bad(f"missing field {', '.join(missing)}")
        checked: dict[str, object] = {}
        for name, value in values.items():
            if known[name] == "float" and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if type(value).__name__ != known[name]:
                raise _bad(f"{name} is {value!r}, and must be {_KINDS[known[name]]}")
            checked[name] = value
        return cls(**checked)  # type: ignore[arg-type]


_KINDS = {"int": "a whole number", "float": "a number", "str": "text"}


def _bad(what: str) -> BandmateError:
    return BandmateError(
        f"the model's config is wrong: {what}; fetch or export the weights again", "bad_weights"
    )
