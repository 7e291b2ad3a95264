# SPDX-License-Identifier: Apache-2.0
"""A small latent attention as an ONNX graph, one step at a time, so that a test can change any of them."""
from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, NOPE, ROPE, VALUE, RANK = 32, 4, 8, 4, 8, 16
KEY = NOPE + ROPE
SCALE = KEY**-0.5


class LatentGraph:
    """x [batch, seq, HIDDEN] -> y [batch, seq, HIDDEN]. Methods append nodes and return the name of their result."""

    def __init__(self, seed: int = 0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.count = [], [], 0
        self.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "seq", HIDDEN])]

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        self.count += 1
        names = [f"{op}_{self.count}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=f"node_{op}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype=np.float32) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def weight(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape) / np.sqrt(shape[0]))

    def linear(self, x: str, width: int, depth: int = HIDDEN) -> str:
        return self.node("MatMul", x, self.weight(depth, width))

    def split(self, x: str, *sizes: int, axis: int = -1):
        return self.node("Split", x, self.ints(*sizes), outputs=len(sizes), axis=axis)

    def heads(self, x: str, width: int) -> str:
        """[batch, seq, h * width] -> [batch, h, seq, width]"""
        return self.node("Transpose", self.node("Reshape", x, self.ints(0, 0, -1, width)), perm=[0, 2, 1, 3])

    def rms_norm(self, x: str, width: int) -> str:
        square = self.node("ReduceMean", self.node("Mul", x, x), self.ints(-1), keepdims=1)
        root = self.node("Sqrt", self.node("Add", square, self.constant(1e-6)))
        return self.node("Mul", self.node("Div", x, root), self.constant(self.random.uniform(0.5, 1.5, width)))

    def rows(self):
        """The latent row [batch, seq, RANK] and the shared key [batch, 1, seq, ROPE]."""
        latent, key = self.split(self.linear("x", RANK + ROPE), RANK, ROPE)
        return self.rms_norm(latent, RANK), self.node("Unsqueeze", key, self.ints(1))

    def expand(self, latent: str):
        """Keys and values of every head: [batch, h, seq, NOPE], [batch, h, seq, VALUE]."""
        return self.split(self.heads(self.linear(latent, HEADS * (NOPE + VALUE), RANK), NOPE + VALUE), NOPE, VALUE)

    def join_key(self, nope: str, rope: str, heads: int = HEADS) -> str:
        return self.node("Concat", nope, self.node("Tile", rope, self.ints(1, heads, 1, 1)), axis=-1)

    def queries(self) -> str:
        return self.heads(self.linear("x", HEADS * KEY), KEY)

    def scores(self, query: str, key: str) -> str:
        return self.node("Mul", self.node("MatMul", query, self.node("Transpose", key, perm=[0, 1, 3, 2])), self.constant(SCALE))

    def causal(self, scores: str) -> str:
        length = self.node("Squeeze", self.node("Shape", "x", start=1, end=2), self.ints(0))
        position = self.node("Range", self.constant(0, np.int64), length, self.constant(1, np.int64))
        below = self.node("LessOrEqual", self.node("Unsqueeze", position, self.ints(0)), self.node("Unsqueeze", position, self.ints(1)))
        return self.node("Where", below, scores, self.constant(-np.inf))

    def output(self, attended: str) -> str:
        joined = self.node("Reshape", self.node("Transpose", attended, perm=[0, 2, 1, 3]), self.ints(0, 0, -1))
        return self.linear(joined, HIDDEN, HEADS * VALUE)

    def attend(self, scores: str, value: str) -> str:
        return self.node("MatMul", self.node("Softmax", scores, axis=-1), value)

    def model(self, y: str):
        outputs = [helper.make_tensor_value_info(y, TensorProto.FLOAT, ["batch", "seq", HIDDEN])]
        graph = helper.make_graph(self.nodes, "latent", self.inputs, outputs, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
