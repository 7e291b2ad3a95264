# SPDX-License-Identifier: Apache-2.0
"""A small layer of experts as an ONNX graph in the encodings of exporters, one step at a time, so that a test can change any of them."""
from __future__ import annotations

import numpy as np
from latent_graph import LatentGraph
from onnx import TensorProto, helper

HIDDEN, EXPERTS, CHOSEN, WIDTH = 16, 6, 2, 8
GROUPS, KEPT = 3, 2


class ExpertGraph(LatentGraph):
    """x [batch, seq, HIDDEN] -> y, the same. `rows` is x as [tokens, HIDDEN]."""

    def __init__(self, seed: int = 0):
        super().__init__(seed)
        self.inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "seq", HIDDEN])]
        self.rows = self.node("Reshape", "x", self.ints(-1, HIDDEN))

    def linear(self, x: str, width: int, depth: int = HIDDEN) -> str:
        return super().linear(x, width, depth)

    # ---- router

    def logits(self) -> str:
        return self.linear(self.rows, EXPERTS)

    def choose(self, candidates: str, k: int = CHOSEN, **attributes):
        """The values and indices of the k largest."""
        return self.node("TopK", candidates, self.ints(k), outputs=2, axis=-1, **attributes)

    def take(self, scores: str, ids: str) -> str:
        return self.node("GatherElements", scores, ids, axis=1)

    def renormalise(self, weights: str, epsilon: float | None = 1e-20) -> str:
        total = self.node("ReduceSum", weights, self.ints(-1), keepdims=1)
        if epsilon is not None:
            total = self.node("Add", total, self.constant(epsilon))
        return self.node("Div", weights, total)

    def bias(self, low: float = 0.0) -> str:
        return self.constant(self.random.uniform(low, 1, EXPERTS))

    def group_values(self, candidates: str, how: str = "top2") -> str:
        parts = self.node("Reshape", candidates, self.ints(-1, GROUPS, EXPERTS // GROUPS))
        if how == "max":
            return self.node("ReduceMax", parts, self.ints(-1), keepdims=0)
        return self.node("ReduceSum", self.choose(parts, 2)[0], self.ints(-1), keepdims=0)

    def keep_groups(self, candidates: str, values: str, fill: float, kept: int = KEPT) -> str:
        """`candidates` with `fill` in all but the `kept` groups of largest value."""
        groups = self.choose(values, kept)[1]
        zeros = self.node("Mul", values, self.constant(0))
        ones = self.node("ConstantOfShape", self.node("Shape", groups), value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1]))
        mask = self.node("ScatterElements", self.finite(zeros), groups, ones, axis=1)
        mask = self.node("Reshape", self.node("Expand", self.node("Unsqueeze", mask, self.ints(-1)), self.ints(1, GROUPS, EXPERTS // GROUPS)),
                         self.ints(-1, EXPERTS))
        return self.node("Where", self.node("Not", self.node("Cast", mask, to=TensorProto.BOOL)), self.constant(fill), candidates)

    def finite(self, like: str) -> str:
        """Zeros of a tensor's shape."""
        return self.node("Expand", self.constant(0), self.node("Shape", like))

    def greedy(self):
        """Softmax, the best k: (weights, ids)."""
        return self.choose(self.node("Softmax", self.logits(), axis=-1))

    # ---- experts

    def stacked(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal((EXPERTS, *shape)) / np.sqrt(shape[-1]))

    def silu(self, x: str) -> str:
        return self.node("Mul", x, self.node("Sigmoid", x))

    def gated(self, both: str, axis: int = -1) -> str:
        gate, up = self.split(both, WIDTH, WIDTH, axis=axis)
        return self.node("Mul", self.silu(gate), up)

    def repeated(self) -> str:
        """Rows of x, one per slot: [tokens * k, HIDDEN]."""
        return self.node("Reshape", self.node("Tile", self.node("Unsqueeze", self.rows, self.ints(1)), self.ints(1, CHOSEN, 1)),
                         self.ints(-1, HIDDEN))

    def column(self, x: str) -> str:
        return self.node("Reshape", x, self.ints(-1, 1))

    def gathered(self, weight: str, ids: str) -> str:
        return self.node("GatherND", weight, self.column(ids))

    def times(self, weight: str, x: str) -> str:
        """Per row weight [rows, out, in] * x [rows, in]."""
        return self.node("Squeeze", self.node("MatMul", weight, self.node("Unsqueeze", x, self.ints(-1))), self.ints(-1))

    def over_slots(self, each: str, weights: str) -> str:
        """[tokens * k, HIDDEN], [tokens, k] -> weighted sums [tokens, HIDDEN]."""
        each = self.node("Reshape", self.node("Mul", each, self.column(weights)), self.ints(-1, CHOSEN, HIDDEN))
        return self.node("ReduceSum", each, self.ints(1), keepdims=0)

    def batched(self, weights: str, ids: str, hidden=None) -> str:
        both = self.times(self.gathered(self.stacked(2 * WIDTH, HIDDEN), ids), self.repeated())
        hidden = self.gated(both) if hidden is None else hidden(both)
        return self.over_slots(self.times(self.gathered(self.stacked(HIDDEN, WIDTH), ids), hidden), weights)

    def grouped(self, weights: str, ids: str, bins=None, order=range(EXPERTS), restore=None, activate=None) -> str:
        """Rows sorted by expert, a part for each, put back. The arguments change steps: bins of the histogram, which expert's weights a
        part gets, how rows return, a part's activation."""
        keys, places = self.node("TopK", self.node("Reshape", ids, self.ints(-1)), self.node("Shape", self.node("Reshape", ids, self.ints(-1))),
                                 outputs=2, axis=0, largest=0, sorted=1)
        token = self.node("Div", places, self.constant(CHOSEN, np.int64))
        rows = self.node("GatherND", self.rows, self.column(token))
        width = (EXPERTS - 1) / EXPERTS
        number = self.node("Cast", keys, to=TensorProto.FLOAT)
        binned = self.node("Div", number, self.constant(width)) if bins is None else bins(number)
        binned = self.node("Clip", self.node("Cast", binned, to=TensorProto.INT64), self.constant(0, np.int64), self.constant(EXPERTS - 1, np.int64))
        ones = self.node("Expand", self.constant(1), self.node("Shape", keys))
        counts = self.node("ScatterElements", self.constant(np.zeros(EXPERTS)), binned, ones, axis=0, reduction="add")
        ends = self.split(self.node("CumSum", self.node("Cast", counts, to=TensorProto.INT64), self.constant(0, np.int64)), *[1] * EXPERTS, axis=0)
        starts = [self.constant([0], np.int64), *ends[:-1]]
        one, scalar = self.constant(1, np.int64), lambda x: self.node("Squeeze", x, self.ints(0))
        ranges = [self.node("Range", scalar(a), scalar(b), one) for a, b in zip(starts, ends)]
        up, down = self.stacked(HIDDEN, 2 * WIDTH), self.stacked(WIDTH, HIDDEN)

        def parts(x, weight):
            slices = self.split(weight, *[1] * EXPERTS, axis=0)
            return [self.node("MatMul", self.node("Gather", x, ranges[i], axis=0), scalar(slices[e])) for i, e in enumerate(order)]

        first = parts(rows, up)
        if activate is None:
            hidden = self.gated(self.node("Concat", *first, axis=0))
        else:
            hidden = self.node("Concat", *(activate(i, part) for i, part in enumerate(first)), axis=0)
        each = self.node("Concat", *parts(hidden, down), axis=0)
        each = self.node("Mul", each, self.node("Gather", self.column(weights), places, axis=0))
        inverse = self.node("ScatterND", self.node("Expand", self.constant(0, np.int64), self.node("Shape", places)), self.column(places),
                            self.node("Range", self.constant(0, np.int64), scalar(self.node("Shape", places)), one))
        each = self.node("GatherND", each, self.column(restore(places) if restore else inverse))
        return self.node("ReduceSum", self.node("Reshape", each, self.ints(-1, CHOSEN, HIDDEN)), self.ints(1), keepdims=0)

    def one_expert(self, rows: str, activate=None) -> str:
        hidden = self.node("Mul", (activate or self.silu)(self.linear(rows, WIDTH)), self.linear(rows, WIDTH))
        return self.linear(hidden, HIDDEN, WIDTH)

    def looped(self, weights: str, ids: str, experts=range(EXPERTS), network=None, accumulate: str = "scatter", start=None) -> str:
        """For each expert the tokens that have chosen it, scattered and added. `accumulate`: scatter (into zeros, then Add), add or nd (in place)."""
        flat = self.column(weights)
        total = start or self.finite(self.rows)
        for e in experts:
            token, slot = (self.node("Squeeze", part, self.ints(0)) for part in
                           self.split(self.node("NonZero", self.node("Equal", ids, self.constant(e, np.int64))), 1, 1, axis=0))
            weight = self.node("Gather", flat, self.node("Add", self.node("Mul", token, self.constant(CHOSEN, np.int64)), slot), axis=0)
            rows = self.node("Gather", self.rows, token, axis=0)
            out = self.node("Mul", (network or (lambda e, rows: self.one_expert(rows)))(e, rows), weight)
            spread = self.node("Expand", self.column(token), self.node("Shape", out))
            if accumulate == "scatter":
                total = self.node("Add", total, self.node("ScatterElements", self.finite(self.rows), spread, out, axis=0))
            elif accumulate == "add":
                total = self.node("ScatterElements", total, spread, out, axis=0, reduction="add")
            elif accumulate == "nd":
                total = self.node("ScatterND", total, self.column(token), out, reduction="add")
            else:
                total = self.node("ScatterElements", total, spread, out, axis=0)
        return total

    def dense(self, weights: str, ids: str, columns=range(EXPERTS), network=None) -> str:
        """Every expert for every token, times a table that is zero where it was not chosen."""
        shape = self.node("Concat", self.node("Shape", ids, end=1), self.ints(EXPERTS), axis=0)
        table = self.node("ScatterElements", self.node("Expand", self.constant(0), shape), ids, weights, axis=1)
        total = self.finite(self.rows)
        for e in columns:
            weight = self.node("Slice", table, self.ints(e), self.ints(e + 1), self.ints(1))
            out = (network or (lambda e, rows: self.one_expert(rows)))(e, self.rows)
            total = self.node("Add", total, self.node("Mul", out, weight))
        return total

    def output(self, y: str) -> str:
        return self.node("Reshape", y, self.node("Shape", "x"))

    def model(self, y: str):
        model = super().model(y)
        model.graph.output[0].CopyFrom(helper.make_tensor_value_info(y, TensorProto.FLOAT, ["batch", "seq", HIDDEN]))
        return model
