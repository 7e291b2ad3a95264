# SPDX-License-Identifier: Apache-2.0
"""A decoder layer as exporters write it: DeepSeek-V2-Lite's attention (16 heads, 128 + 64 over 512), six chosen experts of fewer and narrower
ones, and two that every token takes. `prefill` only fills the caches: enough to run a step of `decode` on the simulator."""
from __future__ import annotations

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, NOPE, ROPE, VALUE, RANK = 1024, 16, 128, 64, 128, 512
EXPERTS, CHOSEN, WIDTH, SHARED = 8, 6, 704, 1408
TYPES = {"f32": (TensorProto.FLOAT, np.float32), "bf16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16)}


class Layer:
    """x [1, seq, HIDDEN] and tables of its positions -> caches; with `past` rows of them, for one token, the layer's y. `dtype`: a key of TYPES."""

    def __init__(self, dtype: str):
        self.type, self.numpy = TYPES[dtype]
        self.random = np.random.default_rng(5)
        self.nodes, self.initializers = [], []

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=f"node_{op}_{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype=None) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value).astype(dtype or self.numpy), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def weight(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[-2])))

    def linear(self, x: str, depth: int, width: int) -> str:
        return self.node("MatMul", x, self.weight(depth, width))

    def rms_norm(self, x: str, width: int) -> str:
        wide = self.node("Cast", x, to=TensorProto.FLOAT)
        mean = self.node("ReduceMean", self.node("Mul", wide, wide), self.ints(-1), keepdims=1)
        root = self.node("Sqrt", self.node("Add", mean, self.constant(1e-6, np.float32)))
        normed = self.node("Mul", wide, self.node("Reciprocal", root))
        return self.node("Mul", self.node("Cast", normed, to=self.type), self.constant(self.random.uniform(0.5, 1.5, width)))

    def rotated(self, x: str) -> str:
        first, second = self.node("Split", x, self.ints(ROPE // 2, ROPE // 2), outputs=2, axis=-1)
        turned = self.node("Concat", self.node("Neg", second), first, axis=-1)
        return self.node("Add", self.node("Mul", x, "cos"), self.node("Mul", turned, "sin"))

    def heads(self, x: str, width: int) -> str:
        return self.node("Transpose", self.node("Reshape", x, self.ints(0, 0, -1, width)), perm=[0, 2, 1, 3])

    def rows(self, x: str):
        """Latent rows [1, 1, seq, RANK] and rotated keys."""
        latent, rope = self.node("Split", self.linear(x, HIDDEN, RANK + ROPE), self.ints(RANK, ROPE), outputs=2, axis=-1)
        return self.node("Unsqueeze", self.rms_norm(latent, RANK), self.ints(1)), self.rotated(self.node("Unsqueeze", rope, self.ints(1)))

    def attention(self, x: str, latent: str, rope: str) -> str:
        query = self.heads(self.linear(x, HIDDEN, HEADS * (NOPE + ROPE)), NOPE + ROPE)
        nope, query_rope = self.node("Split", query, self.ints(NOPE, ROPE), outputs=2, axis=-1)
        query = self.node("Concat", nope, self.rotated(query_rope), axis=-1)
        both = self.heads(self.linear(self.node("Squeeze", latent, self.ints(1)), RANK, HEADS * (NOPE + VALUE)), NOPE + VALUE)
        nope, value = self.node("Split", both, self.ints(NOPE, VALUE), outputs=2, axis=-1)
        key = self.node("Concat", nope, self.node("Tile", rope, self.ints(1, HEADS, 1, 1)), axis=-1)
        scores = self.node("MatMul", query, self.node("Transpose", key, perm=[0, 1, 3, 2]))
        scores = self.node("Softmax", self.node("Mul", scores, self.constant((NOPE + ROPE) ** -0.5)), axis=-1)
        attended = self.node("Transpose", self.node("MatMul", scores, value), perm=[0, 2, 1, 3])
        return self.linear(self.node("Reshape", attended, self.ints(0, 0, -1)), HEADS * VALUE, HIDDEN)

    def gated(self, both: str, width: int) -> str:
        gate, up = self.node("Split", both, self.ints(width, width), outputs=2, axis=-1)
        return self.node("Mul", self.node("Mul", gate, self.node("Sigmoid", gate)), up)

    def experts(self, x: str) -> str:
        rows = self.node("Reshape", x, self.ints(-1, HIDDEN))
        logits = self.node("MatMul", self.node("Cast", rows, to=TensorProto.FLOAT),
                           self.constant(self.random.standard_normal((HIDDEN, EXPERTS)) / 32, np.float32))
        weights, ids = self.node("TopK", self.node("Softmax", logits, axis=-1), self.ints(CHOSEN), outputs=2, axis=-1)
        ids = self.node("Reshape", ids, self.ints(-1, 1))
        repeated = self.node("Reshape", self.node("Tile", self.node("Unsqueeze", rows, self.ints(1)), self.ints(1, CHOSEN, 1)), self.ints(-1, HIDDEN))

        def times(out: int, depth: int, x: str) -> str:
            stacked = self.constant(self.random.standard_normal((EXPERTS, out, depth), np.float32) / np.float32(np.sqrt(depth)))
            return self.node("Squeeze", self.node("MatMul", self.node("GatherND", stacked, ids), self.node("Unsqueeze", x, self.ints(-1))), self.ints(-1))

        each = times(HIDDEN, WIDTH, self.gated(times(2 * WIDTH, HIDDEN, repeated), WIDTH))
        weights = self.node("Reshape", self.node("Cast", weights, to=self.type), self.ints(-1, 1))
        each = self.node("Reshape", self.node("Mul", each, weights), self.ints(-1, CHOSEN, HIDDEN))
        routed = self.node("Reshape", self.node("ReduceSum", each, self.ints(1), keepdims=0), self.node("Shape", x))
        gate = self.node("Sigmoid", first := self.linear(x, HIDDEN, SHARED))
        hidden = self.node("Mul", self.node("Mul", first, gate), self.linear(x, HIDDEN, SHARED))
        return self.node("Add", routed, self.linear(hidden, SHARED, HIDDEN))

    def model(self, decode: bool):
        shapes = {"x": ["batch", 1 if decode else "seq", HIDDEN], "cos": [1, 1 if decode else "seq", ROPE], "sin": [1, 1 if decode else "seq", ROPE]}
        normed = self.rms_norm("x", HIDDEN)
        caches, results = dict(zip(("key", "value"), self.rows(normed))), {}
        for kind, width in (("key", RANK), ("value", ROPE)):
            if decode:
                shapes[f"past_key_values.0.{kind}"] = ["batch", 1, "past", width]
                caches[kind] = self.node("Concat", f"past_key_values.0.{kind}", caches[kind], axis=2)
            self.nodes.append(helper.make_node("Identity", [caches[kind]], [f"present.0.{kind}"]))
            results[f"present.0.{kind}"] = ["batch", 1, "total", width]
        if decode:
            x = self.node("Add", "x", self.attention(normed, *caches.values()))
            y = self.node("Add", x, self.experts(self.rms_norm(x, HIDDEN)))
            results = {y: ["batch", 1, HIDDEN]} | results
        inputs, outputs = ([helper.make_tensor_value_info(name, self.type, shape) for name, shape in of.items()] for of in (shapes, results))
        graph = helper.make_graph(self.nodes, "layer", inputs, outputs, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
