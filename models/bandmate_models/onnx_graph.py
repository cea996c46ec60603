"""A Llama-style decoder as an ONNX graph around onnxruntime's GroupQueryAttention.

Inputs   tokens [1, T] int64; wanted [W] int64, the positions among the T whose logits are asked for;
         last_position [1] int32 and total_length [] int32: index and count of all tokens, the T included;
         key.N and value.N [1, K, capacity, D]: layer N's cache, its first total_length - T rows filled.
Outputs  logits [1, W, V]; new_key.N and new_value.N, to be bound to the very buffers of key.N and value.N.

The softmax's 1/sqrt(D) is folded into the query weights: with a scale of 1 onnxruntime multiplies one query
by the cached keys in place, where otherwise it first copies them into packed panels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bandmate_models.errors import BandmateError
from bandmate_models.model_config import ModelConfig
from bandmate_models.quantisation import quantise

OPSET = 17
IR_VERSION = 10
MICROSOFT = "com.microsoft"

State = Mapping[str, NDArray[np.float32]]


class Precision(NamedTuple):
    """Bits of the layers' matrices and of the output matrix; 32 is float."""

    layers: int
    head: int
    block: int = 32


PRECISIONS: dict[str, Precision] = {
    "fp32": Precision(32, 32),
    "8bit": Precision(8, 8),
    "4bit": Precision(4, 8),
}


def decoder_graph(state: State, config: ModelConfig, precision: Precision) -> onnx.ModelProto:
    """The graph of the model whose state dict (Hugging Face's Llama names) is `state`.

    BandmateError("bad_weights") if a weight is missing or of a shape that `config` does not give it.
    """
    check_state(state, config)
    graph = _Graph(precision)
    last = config.n_layers - 1
    hidden = graph.node("Gather", [graph.embedding(state["model.embed_tokens.weight"]), "tokens"])
    normed = graph.node(
        "SimplifiedLayerNormalization",
        [
            hidden,
            graph.constant("model.layers.0.input_layernorm", state["model.layers.0.input_layernorm.weight"]),
        ],
        epsilon=config.norm_eps,
    )
    graph.rotary_tables(config)
    for layer in range(config.n_layers):
        prefix = f"model.layers.{layer}."
        mixed = graph.attention(normed, layer, state, config)
        if layer == last:
            hidden, mixed = (graph.node("Gather", [value, "wanted"], axis=1) for value in (hidden, mixed))
        change = graph.product(mixed, prefix + "o_proj", state[prefix + "self_attn.o_proj.weight"])
        normed, hidden = graph.residual(hidden, change, prefix + "post_attention_layernorm", state, config)
        change = graph.feed_forward(normed, prefix + "mlp.", state)
        following = "model.norm" if layer == last else f"model.layers.{layer + 1}.input_layernorm"
        normed, hidden = graph.residual(hidden, change, following, state, config)
    graph.head(normed, state["model.embed_tokens.weight"])
    return graph.model(config)


def check_state(state: State, config: ModelConfig) -> None:
    """BandmateError("bad_weights") on a missing weight, a wrong shape or a value that is not a number."""
    wanted = expected_shapes(config)
    for name, shape in wanted.items():
        if name not in state:
            raise _bad(f"{name} is missing")
        if state[name].shape != shape:
            raise _bad(f"{name} is {list(state[name].shape)}, and should be {list(shape)}")
        if not np.isfinite(state[name]).all():
            raise _bad(f"{name} holds values that are not numbers")


def expected_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of a model of this shape."""
    width, queries = config.d_model, config.n_heads * config.head_dim
    keys = config.n_kv_heads * config.head_dim
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (config.vocabulary_size, width),
        "model.norm.weight": (width,),
    }
    for layer in range(config.n_layers):
        prefix = f"model.layers.{layer}."
        shapes |= {
            prefix + "input_layernorm.weight": (width,),
            prefix + "self_attn.q_proj.weight": (queries, width),
            prefix + "self_attn.k_proj.weight": (keys, width),
            prefix + "self_attn.v_proj.weight": (keys, width),
            prefix + "self_attn.o_proj.weight": (width, queries),
            prefix + "post_attention_layernorm.weight": (width,),
            prefix + "mlp.gate_proj.weight": (config.d_ff, width),
            prefix + "mlp.up_proj.weight": (config.d_ff, width),
            prefix + "mlp.down_proj.weight": (width, config.d_ff),
        }
    return shapes


def _bad(what: str) -> BandmateError:
    return BandmateError(
        f"these weights do not fit their config: {what}; export another checkpoint", "bad_weights"
    )


class _Graph:
    """Nodes and constants as they are added; each method returns the name of the value it makes."""

    def __init__(self, precision: Precision) -> None:
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def nodes(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: int | Sequence[str],
        domain: str = "",
        **attributes: Any,
    ) -> list[str]:
        if isinstance(outputs, int):
            outputs = [f"{kind}.{len(self._nodes)}.{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return list(outputs)

    def node(self, kind: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        return self.nodes(kind, inputs, 1, domain, **attributes)[0]

    def embedding(self, table: NDArray[np.float32]) -> str:
        """The table [V, C]; below fp32 it is stored in half precision and widened when the model loads."""
        if self._precision.head == 32:
            return self.constant("embedding", table)
        half = self.constant("embedding", table.astype(np.float16))
        return self.node("Cast", [half], to=TensorProto.FLOAT)

    def product(self, value: str, name: str, matrix: NDArray[np.float32]) -> str:
        """value [1, T, columns] times the transpose of matrix [rows, columns]."""
        return self._product(value, name, matrix, self._precision.layers)[0]

    def _product(
        self, value: str, name: str, matrix: NDArray[np.float32], bits: int, output: int | Sequence[str] = 1
    ) -> list[str]:
        if bits == 32:
            return self.nodes("MatMul", [value, self.constant(name, matrix.T)], output)
        blocks = quantise(matrix, bits, self._precision.block)
        return self.nodes(
            "MatMulNBits",
            [value, self.constant(name, blocks.packed), self.constant(name + ".scales", blocks.scales)],
            output,
            MICROSOFT,
            N=len(matrix),
            K=blocks.columns,
            bits=bits,
            block_size=blocks.block,
            accuracy_level=4,
        )

    def rotary_tables(self, config: ModelConfig) -> None:
        """Cosines and sines [context, D / 2]."""
        frequencies = config.rope_base ** -(np.arange(0, config.head_dim, 2) / config.head_dim)
        angles = np.outer(np.arange(config.context), frequencies)
        self.constant("cosine", np.cos(angles).astype(np.float32))
        self.constant("sine", np.sin(angles).astype(np.float32))

    def attention(self, normed: str, layer: int, state: State, config: ModelConfig) -> str:
        """normed [1, T, C] -> what the heads took from the cache [1, T, H * D], the T now in it."""
        prefix = f"model.layers.{layer}.self_attn."
        query, key, value = (state[f"{prefix}{part}_proj.weight"] for part in "qkv")
        joined = np.concatenate([query * np.float32(config.head_dim**-0.5), key, value])
        mixed, _, _ = self.nodes(
            "GroupQueryAttention",
            [
                self.product(normed, prefix + "qkv", joined),
                "",
                "",
                f"key.{layer}",
                f"value.{layer}",
                "last_position",
                "total_length",
                "cosine",
                "sine",
            ],
            [f"mixed.{layer}", f"new_key.{layer}", f"new_value.{layer}"],
            MICROSOFT,
            num_heads=config.n_heads,
            kv_num_heads=config.n_kv_heads,
            do_rotary=1,
            scale=1.0,
        )
        return mixed

    def feed_forward(self, normed: str, prefix: str, state: State) -> str:
        """SwiGLU."""
        gate, up = state[prefix + "gate_proj.weight"], state[prefix + "up_proj.weight"]
        both = self.product(normed, prefix + "gate_up", np.concatenate([gate, up]))
        sizes = self.constant("d_ff", np.array([len(gate), len(up)], np.int64))
        gated, upper = self.nodes("Split", [both, sizes], 2, axis=-1)
        gated = self.node("QuickGelu", [gated], MICROSOFT, alpha=1.0)
        inner = self.node("Mul", [gated, upper])
        return self.product(inner, prefix + "down", state[prefix + "down_proj.weight"])

    def residual(
        self, hidden: str, change: str, norm: str, state: State, config: ModelConfig
    ) -> tuple[str, str]:
        """(RMSNorm of hidden + change, hidden + change)."""
        weight = self.constant(norm, state[norm + ".weight"])
        index = len(self._nodes)
        outputs = [f"normed.{index}", "", "", f"hidden.{index}"]
        self.nodes(
            "SkipSimplifiedLayerNormalization",
            [hidden, change, weight],
            outputs,
            MICROSOFT,
            epsilon=config.norm_eps,
        )
        return outputs[0], outputs[3]

    def head(self, normed: str, table: NDArray[np.float32]) -> None:
        if self._precision.head == 32:
            turned = self.node("Transpose", ["embedding"], perm=[1, 0])
            self.nodes("MatMul", [normed, turned], ["logits"])
        else:
            self._product(normed, "head", table, self._precision.head, ["logits"])

    def model(self, config: ModelConfig) -> onnx.ModelProto:
        value = helper.make_tensor_value_info
        inputs = [
            value("tokens", TensorProto.INT64, [1, "T"]),
            value("wanted", TensorProto.INT64, ["W"]),
            value("last_position", TensorProto.INT32, [1]),
            value("total_length", TensorProto.INT32, []),
        ]
        outputs = [value("logits", TensorProto.FLOAT, [1, "W", config.vocabulary_size])]
        cache: list[int | str | None] = [1, config.n_kv_heads, "capacity", config.head_dim]
        for layer in range(config.n_layers):
            for part in ("key", "value"):
                inputs.append(value(f"{part}.{layer}", TensorProto.FLOAT, cache))
                outputs.append(value(f"new_{part}.{layer}", TensorProto.FLOAT, cache))
        graph = helper.make_graph(self._nodes, "decoder", inputs, outputs, list(self._constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="bandmate")
