"""A BERT encoder as an OpenVINO graph, built from the weights' own file, without torch or ONNX.

Source: Devlin et al. (2019), in the layout that transformers gives the tensors; mean pooling over
the tokens (or the first token) and normalisation stand in the graph, as sentence-transformers does
them outside. Building it costs less than reading an exported file would save, so none is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.errors import EncoderError, choices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

TYPES = ("bert",)


@dataclass(frozen=True)
class Shape:
    """What config.json says of a model."""

    layers: int
    heads: int
    width: int
    epsilon: float

    @classmethod
    def read(cls, folder: Path) -> Shape:
        """The shape of the model in a folder.

        Raises:
            EncoderError: It is no model that this graph is of.
        """
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config["model_type"] not in TYPES:
            kind = config["model_type"]
            raise EncoderError(f"{folder}: no graph for '{kind}'; {choices(kind, TYPES)}")
        if config.get("position_embedding_type", "absolute") != "absolute":
            raise EncoderError(f"{folder}: no graph for relative positions")
        if config["hidden_act"] != "gelu":
            raise EncoderError(f"{folder}: no graph for '{config['hidden_act']}'; allowed: gelu")
        return cls(
            config["num_hidden_layers"],
            config["num_attention_heads"],
            config["hidden_size"],
            config["layer_norm_eps"],
        )


def build(folder: Path, pooling: str = "mean") -> Any:
    """The graph: token ids and mask, int64 of shape (batch, tokens), to unit rows.

    Args:
        folder: Holds config.json and model.safetensors.
        pooling: `mean` over the tokens, or `cls`, the first one.

    Returns:
        An openvino.Model with one output, float32 of shape (batch, width).
    """
    import numpy as np
    import openvino as ov
    from openvino import opset13 as ops
    from safetensors.numpy import load_file

    weights = _without_prefix(load_file(folder / "model.safetensors"))
    shape = Shape.read(folder)
    ids = ops.parameter([-1, -1], np.int64, name="ids")
    mask = ops.parameter([-1, -1], np.int64, name="mask")
    graph = _Graph(weights, shape)
    hidden = graph.embed(ids)
    present = ops.convert(mask, "f32")
    bias = graph.bias(present)
    for layer in range(shape.layers):
        hidden = graph.layer(hidden, bias, f"encoder.layer.{layer}.")
    pooled = graph.mean(hidden, present) if pooling == "mean" else graph.first(hidden)
    unit = ops.normalize_l2(pooled, graph.number([1]), 1e-12, "max")
    return ov.Model([unit], [ids, mask], "bert")


def _without_prefix(weights: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("bert."): value for name, value in weights.items()}


class _Graph:
    """Pieces of the graph, each named by the tensors that it takes."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], shape: Shape) -> None:
        from openvino import opset13

        self.weights, self.shape, self.ops = weights, shape, opset13

    def number(self, value: Any) -> Any:
        import numpy as np

        return self.ops.constant(np.array(value, dtype=np.int64))

    def real(self, value: Any) -> Any:
        import numpy as np

        return self.ops.constant(np.array(value, dtype=np.float32))

    def tensor(self, name: str) -> Any:
        import numpy as np

        return self.ops.constant(self.weights[name].astype(np.float32))

    def embed(self, ids: Any) -> Any:
        """Words, positions and the one token type, normalised."""
        ops = self.ops
        words = ops.gather(self.tensor("embeddings.word_embeddings.weight"), ids, self.number(0))
        length = ops.gather(ops.shape_of(ids), self.number(1), self.number(0))
        positions = ops.range(self.number(0), length, self.number(1), "i64")
        places = ops.gather(
            self.tensor("embeddings.position_embeddings.weight"), positions, self.number(0)
        )
        kind = self.ops.constant(self.weights["embeddings.token_type_embeddings.weight"][0])
        return self.norm(ops.add(ops.add(words, places), kind), "embeddings.LayerNorm")

    def norm(self, x: Any, name: str) -> Any:
        ops = self.ops
        normed = ops.mvn(x, self.number([2]), True, self.shape.epsilon, "inside_sqrt")
        scaled = ops.multiply(normed, self.tensor(f"{name}.weight"))
        return ops.add(scaled, self.tensor(f"{name}.bias"))

    def linear(self, x: Any, name: str) -> Any:
        product = self.ops.matmul(x, self.tensor(f"{name}.weight"), False, True)
        return self.ops.add(product, self.tensor(f"{name}.bias"))

    def heads(self, x: Any, name: str) -> Any:
        """Project, and split into heads: (batch, heads, tokens, width / heads)."""
        shape = [0, 0, self.shape.heads, self.shape.width // self.shape.heads]
        split = self.ops.reshape(self.linear(x, name), self.number(shape), True)
        return self.ops.transpose(split, self.number([0, 2, 1, 3]))

    def bias(self, present: Any) -> Any:
        """Minus infinity, nearly, where there is padding: (batch, 1, 1, tokens)."""
        ops = self.ops
        absent = ops.multiply(ops.subtract(self.real(1), present), self.real(-1e9))
        return ops.unsqueeze(absent, self.number([1, 2]))

    def layer(self, x: Any, bias: Any, name: str) -> Any:
        """Attention and feed-forward, each added to what came in and normalised."""
        ops = self.ops
        query, key, value = (
            self.heads(x, f"{name}attention.self.{part}") for part in ("query", "key", "value")
        )
        mixed = self.attend(query, key, value, bias)
        joined = ops.transpose(mixed, self.number([0, 2, 1, 3]))
        joined = ops.reshape(joined, self.number([0, 0, self.shape.width]), True)
        joined = self.linear(joined, f"{name}attention.output.dense")
        x = self.norm(ops.add(joined, x), f"{name}attention.output.LayerNorm")
        inner = ops.gelu(self.linear(x, f"{name}intermediate.dense"), "erf")
        inner = self.linear(inner, f"{name}output.dense")
        return self.norm(ops.add(inner, x), f"{name}output.LayerNorm")

    def attend(self, query: Any, key: Any, value: Any, bias: Any) -> Any:
        ops = self.ops
        size = self.shape.width // self.shape.heads
        scores = ops.multiply(ops.matmul(query, key, False, True), self.real(size**-0.5))
        return ops.matmul(ops.softmax(ops.add(scores, bias), 3), value, False, False)

    def mean(self, hidden: Any, present: Any) -> Any:
        """Of the tokens that are there: (batch, width)."""
        ops = self.ops
        weight = ops.unsqueeze(present, self.number([2]))
        total = ops.reduce_sum(ops.multiply(hidden, weight), self.number([1]), False)
        count = ops.maximum(ops.reduce_sum(weight, self.number([1]), False), self.real(1e-9))
        return ops.divide(total, count)

    def first(self, hidden: Any) -> Any:
        return self.ops.gather(hidden, self.number(0), self.number(1))
