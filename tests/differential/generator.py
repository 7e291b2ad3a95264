# SPDX-License-Identifier: Apache-2.0
"""Random graphs of ONNX operators that are valid by construction, with their inputs.

A value carries its element type, its dimensions (sizes of this run, and symbols where the graph leaves them open), a bound on
its magnitude, and whether it is exact: computed without rounding, so that rounding modes, comparisons and selections
must agree between implementations. Operators with a jump take exact values only; those with a pole are fed what stays
away from it.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OPSET = 23
F32, F16, I64, I32, U8, BOOL = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64, TensorProto.INT32,
                                TensorProto.UINT8, TensorProto.BOOL)
NUMPY = {F32: np.float32, F16: np.float16, I64: np.int64, I32: np.int32, U8: np.uint8, BOOL: np.bool_}
SIZES = (0, 1, 1, 2, 3, 3, 4, 5, 7, 8, 17)


@dataclass
class Value:
    name: str
    type: int
    shape: tuple          # sizes in this run
    bound: float = 4.0    # of the magnitude
    exact: bool = True

    @property
    def rank(self):
        return len(self.shape)

    @property
    def size(self):
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass
class Graph:
    """Nodes and what they need. `dims` names the open dimensions of each input."""

    prefix: str
    nodes: list = field(default_factory=list)
    inputs: dict = field(default_factory=dict)        # name -> array
    dims: dict = field(default_factory=dict)          # name -> list of sizes and symbols
    initializers: dict = field(default_factory=dict)  # name -> array
    values: list = field(default_factory=list)        # every Value, in order
    outputs: list = field(default_factory=list)       # names

    def ends(self):
        """Values that nothing uses."""
        used = {name for node in self.nodes for name in node.input}
        return [v.name for v in self.values if v.name not in used and v.name not in self.inputs]


class Skip(Exception):
    """The operator that was drawn does not fit the values that are there."""


class Generator:
    def __init__(self, seed: int, prefix: str):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.graph = Graph(prefix)
        # Open dimensions that differ in name may be equal in size, as in exports.
        self.symbols = {f"{prefix}s{i}": self.random.choice(SIZES) for i in range(3)}
        self.sizes = [(s, n) for s, n in self.symbols.items()] + [(n, n) for n in self.random.sample(SIZES[1:], 3)]

    # ---- Values --------------------------------------------------------------------------------------
    def fresh(self, stem="v"):
        return f"{self.graph.prefix}{stem}{len(self.graph.values) + len(self.graph.initializers)}"

    def array(self, type_, shape, low=-4, high=4):
        if type_ in (F32, F16):
            return np.asarray(self.numbers.integers(low * 4, high * 4 + 1, shape) / 4).astype(NUMPY[type_])
        if type_ == BOOL:
            return self.numbers.integers(0, 2, shape).astype(np.bool_)
        return self.numbers.integers(0 if type_ == U8 else low, high + 1, shape).astype(NUMPY[type_])

    def input(self, type_, dims=None):
        if dims is None:
            dims = [self.random.choice(self.sizes) for _ in range(self.random.choice((0, 1, 2, 2, 3, 3, 4)))]
        name = self.fresh("in")
        self.graph.inputs[name] = np.asarray(self.array(type_, tuple(n for _, n in dims)))
        self.graph.dims[name] = [d for d, _ in dims]
        value = Value(name, type_, tuple(n for _, n in dims))
        self.graph.values.append(value)
        return value

    def constant(self, array, stem="c"):
        """An operand that is an initializer, or now and then an input."""
        name = self.fresh(stem)
        self.graph.initializers[name] = np.asarray(array)
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def pick(self, types=(F32,), where=lambda v: True):
        fitting = [v for v in self.graph.values if v.type in types and where(v)]
        if not fitting:
            raise Skip
        return self.random.choice(fitting[-8:])

    def emit(self, op, inputs, outputs, domain="", **attributes):
        """`outputs`: (type, shape, bound, exact) each."""
        made = []
        for type_, shape, bound, exact in outputs:
            if int(np.prod(shape, dtype=np.int64)) > 20000 or bound > 1e6 or len(shape) > 6:
                raise Skip
            value = Value(self.fresh(), type_, tuple(int(n) for n in shape), bound, exact)
            self.graph.values.append(value)
            made.append(value)
        names = [i.name if isinstance(i, Value) else i for i in inputs]
        self.graph.nodes.append(helper.make_node(op, names, [v.name for v in made], domain=domain, **attributes))
        return made

    # ---- Operators -----------------------------------------------------------------------------------
    def axis(self, v, negative=True):
        if not v.rank:
            raise Skip
        axis = self.random.randrange(v.rank)
        return axis, axis - v.rank if negative and self.random.random() < 0.5 else axis

    def unary(self):
        op, bound, exact = self.random.choice((
            ("Abs", lambda b: b, True), ("Neg", lambda b: b, True), ("Relu", lambda b: b, True), ("Sin", lambda b: 1, False),
            ("Cos", lambda b: 1, False), ("Tanh", lambda b: 1, False), ("Erf", lambda b: 1, False),
            ("Sigmoid", lambda b: 1, False), ("LeakyRelu", lambda b: b, False), ("Elu", lambda b: b, False),
            ("HardSigmoid", lambda b: 1, False), ("Softplus", lambda b: b + 1, False), ("Gelu", lambda b: b, False),
            ("Mish", lambda b: b, False), ("HardSwish", lambda b: b, False), ("Selu", lambda b: 2 * b, False),
            ("Softsign", lambda b: 1, False), ("Identity", lambda b: b, True), ("Celu", lambda b: b, False)))
        x = self.pick()
        self.emit(op, [x], [(F32, x.shape, bound(x.bound), exact and x.exact)])

    def jump(self):
        x = self.pick(where=lambda v: v.exact)
        self.emit(self.random.choice(("Ceil", "Floor", "Round", "Sign")), [x], [(F32, x.shape, x.bound + 1, True)])

    def pole(self):
        x = self.pick(where=lambda v: v.bound < 1e3)
        a, = self.emit("Abs", [x], [(F32, x.shape, x.bound, x.exact)])
        a, = self.emit("Add", [a, self.constant(np.float32(0.5))], [(F32, x.shape, x.bound + 1, False)])
        op = self.random.choice(("Sqrt", "Log", "Reciprocal"))
        self.emit(op, [a], [(F32, x.shape, max(x.bound, 2), False)])

    def exponential(self):
        x = self.pick(where=lambda v: v.bound <= 8)
        self.emit("Exp", [x], [(F32, x.shape, float(np.exp(x.bound)), False)])

    def partner(self, x, types=None, where=lambda v: True):
        """Another value that broadcasts with x: one that is there, or a constant of a suffix of its shape."""
        def fits(v):
            try:
                np.broadcast_shapes(v.shape, x.shape)
            except ValueError:
                return False
            return where(v)
        if self.random.random() < 0.6:
            return self.pick(types or (x.type,), fits)
        shape = list(x.shape[self.random.randint(0, x.rank):])
        shape = [1 if self.random.random() < 0.3 else n for n in shape]
        name = self.constant(self.array((types or (x.type,))[0], tuple(shape)))
        return Value(name, (types or (x.type,))[0], tuple(shape))

    def binary(self):
        x = self.pick((F32, F32, I64, I32))
        y = self.partner(x)
        op, bound = self.random.choice((("Add", x.bound + y.bound), ("Sub", x.bound + y.bound), ("Mul", x.bound * y.bound),
                                        ("Max", max(x.bound, y.bound)), ("Min", max(x.bound, y.bound))))
        shape = np.broadcast_shapes(x.shape, y.shape)
        exact = x.exact and y.exact and bound < 1000
        self.emit(op, [x, y] if self.random.random() < 0.5 else [y, x], [(x.type, shape, bound, exact)])

    def divide(self):
        x = self.pick((I64, I32), lambda v: v.bound < 1e5)
        divisor = self.array(x.type, x.shape[x.rank // 2:])
        divisor[divisor == 0] = 3
        name = self.constant(divisor)
        op = self.random.choice(("Div", "Mod"))
        attributes = {"fmod": self.random.randint(0, 1)} if op == "Mod" else {}
        self.emit(op, [x, name], [(x.type, x.shape, x.bound + 4, True)], **attributes)

    def compare(self):
        x = self.pick((F32, I64), lambda v: v.exact)
        y = self.partner(x, where=lambda v: v.exact)
        op = self.random.choice(("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"))
        self.emit(op, [x, y], [(BOOL, np.broadcast_shapes(x.shape, y.shape), 1, True)])

    def logic(self):
        x = self.pick((BOOL,))
        if self.random.random() < 0.3:
            self.emit("Not", [x], [(BOOL, x.shape, 1, True)])
            return
        y = self.partner(x)
        self.emit(self.random.choice(("And", "Or", "Xor")), [x, y], [(BOOL, np.broadcast_shapes(x.shape, y.shape), 1, True)])

    def where(self):
        c = self.pick((BOOL,))
        x = self.partner(c, (self.random.choice((F32, I64)),))
        shape = np.broadcast_shapes(c.shape, x.shape)
        y = self.partner(Value("", x.type, shape))
        self.emit("Where", [c, x, y], [(x.type, np.broadcast_shapes(shape, y.shape), max(x.bound, y.bound), x.exact and y.exact)])

    def clip(self):
        x = self.pick((F32, I64))
        low, high = sorted(self.array(x.type, (2,)))
        names = [self.constant(low) if self.random.random() < 0.8 else "", self.constant(high) if self.random.random() < 0.8 else ""]
        self.emit("Clip", [x, *names], [(x.type, x.shape, max(4, x.bound), x.exact)])

    def cast(self):
        x = self.pick((F32, I64, I32, BOOL, U8), lambda v: v.exact and v.bound < 100)
        to = self.random.choice((F32, F32, I64, I32, BOOL))
        self.emit("Cast", [x], [(to, x.shape, max(x.bound, 1), True)], to=to)

    def transpose(self):
        x = self.pick((F32, F32, I64, BOOL))
        perm = list(range(x.rank))
        self.random.shuffle(perm)
        attributes = {"perm": perm} if x.rank and self.random.random() < 0.8 else {}
        perm = attributes.get("perm", list(range(x.rank))[::-1])
        self.emit("Transpose", [x], [(x.type, [x.shape[p] for p in perm], x.bound, x.exact)], **attributes)

    def reshape(self):
        x = self.pick((F32, F32, I64))
        if not x.size:
            raise Skip
        rest, shape = x.size, []
        for _ in range(self.random.randint(0, 3)):
            divisors = [d for d in range(1, rest + 1) if rest % d == 0]
            shape.append(self.random.choice(divisors))
            rest //= shape[-1]
        shape.append(rest)
        self.random.shuffle(shape)
        written = list(shape)
        if self.random.random() < 0.7:
            written[self.random.randrange(len(written))] = -1
        for i in range(min(len(shape), x.rank)):
            if shape[i] == x.shape[i] and written[i] != -1 and self.random.random() < 0.5:
                written[i] = 0
        self.emit("Reshape", [x, self.ints(*written)], [(x.type, shape, x.bound, x.exact)])

    def flatten(self):
        x = self.pick()
        axis = self.random.randint(0, x.rank)
        shape = [int(np.prod(x.shape[:axis], dtype=np.int64)), int(np.prod(x.shape[axis:], dtype=np.int64))]
        self.emit("Flatten", [x], [(F32, shape, x.bound, x.exact)], axis=axis)

    def unsqueeze(self):
        x = self.pick((F32, I64))
        axis = self.random.randint(0, x.rank)
        shape = [*x.shape[:axis], 1, *x.shape[axis:]]
        self.emit("Unsqueeze", [x, self.ints(axis if self.random.random() < 0.5 else axis - x.rank - 1)],
                  [(x.type, shape, x.bound, x.exact)])

    def squeeze(self):
        x = self.pick((F32, I64), lambda v: 1 in v.shape)
        axis = self.random.choice([i for i, n in enumerate(x.shape) if n == 1])
        self.emit("Squeeze", [x, self.ints(axis)], [(x.type, [*x.shape[:axis], *x.shape[axis + 1:]], x.bound, x.exact)])

    def concat(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        axis, written = self.axis(x)
        parts = [x]
        for _ in range(self.random.randint(1, 2)):
            parts.append(self.pick((x.type,), lambda v: v.rank == x.rank and all(
                a == b for i, (a, b) in enumerate(zip(v.shape, x.shape)) if i != axis)))
        shape = list(x.shape)
        shape[axis] = sum(p.shape[axis] for p in parts)
        self.emit("Concat", parts, [(x.type, shape, max(p.bound for p in parts), all(p.exact for p in parts))], axis=written)

    def split(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        axis, written = self.axis(x)
        n, count = x.shape[axis], self.random.randint(2, 3)
        if n < count:
            raise Skip
        if self.random.random() < 0.5:
            chunk = -(-n // count)
            sizes = [min(chunk, n - i * chunk) for i in range(count)]
            if min(sizes) <= 0:
                raise Skip
            inputs, attributes = [x], {"num_outputs": count}
        else:
            cuts = sorted(self.random.choices(range(n + 1), k=count - 1))
            sizes = [b - a for a, b in zip([0, *cuts], [*cuts, n])]
            inputs, attributes = [x, self.ints(*sizes)], {}
        self.emit("Split", inputs, [(x.type, [*x.shape[:axis], s, *x.shape[axis + 1:]], x.bound, x.exact) for s in sizes],
                  axis=written, **attributes)

    def slice(self):
        x = self.pick((F32, F32, I64), lambda v: v.rank > 0)
        axes = self.random.sample(range(x.rank), self.random.randint(1, x.rank))
        starts, ends, steps, shape = [], [], [], list(x.shape)
        for axis in axes:
            n = x.shape[axis]
            start, end = (self.random.choice((self.random.randint(-n - 2, n + 2), 0, 2**62, -2**62)) for _ in "se")
            step = self.random.choice((1, 1, 1, 2, 3, -1, -2))
            starts.append(start), ends.append(end), steps.append(step)
            shape[axis] = len(range(*slice(start, end, step).indices(n)))
        written = [a - x.rank if self.random.random() < 0.3 else a for a in axes]
        self.emit("Slice", [x, self.ints(*starts), self.ints(*ends), self.ints(*written), self.ints(*steps)],
                  [(x.type, shape, x.bound, x.exact)])

    def pad(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        mode = self.random.choice(("constant", "constant", "edge", "reflect", "wrap"))
        low, high = ([self.random.randint(0, 2) for _ in x.shape] for _ in "lh")
        if mode != "constant":
            if 0 in x.shape:
                raise Skip
            low, high = ([min(p, n - 1) for p, n in zip(side, x.shape)] for side in (low, high))
        shape = [a + n + b for a, n, b in zip(low, x.shape, high)]
        inputs = [x, self.ints(*low, *high)]
        if mode == "constant":
            inputs.append(self.constant(self.array(x.type, ())))
        self.emit("Pad", inputs, [(x.type, shape, max(x.bound, 4), x.exact)], mode=mode)

    def tile(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        repeats = [self.random.choice((1, 1, 2, 3, 0)) for _ in x.shape]
        self.emit("Tile", [x, self.ints(*repeats)], [(x.type, [n * r for n, r in zip(x.shape, repeats)], x.bound, x.exact)])

    def expand(self):
        x = self.pick((F32, I64, BOOL))
        shape = [self.random.choice((1, n)) if n != 1 else self.random.choice((1, 2, 3)) for n in x.shape]
        shape = [self.random.choice((1, 2))] * self.random.randint(0, 1) + shape
        self.emit("Expand", [x, self.ints(*shape)], [(x.type, np.broadcast_shapes(x.shape, shape), x.bound, x.exact)])

    def shape_of(self):
        x = self.pick((F32, I64))
        if self.random.random() < 0.3:
            self.emit("Size", [x], [(I64, (), max(1, x.size), True)])
            return
        self.emit("Shape", [x], [(I64, (x.rank,), max([1, *x.shape]), True)])

    def reduce(self):
        op = self.random.choice(("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare",
                                 "ReduceLogSumExp", "ReduceProd"))
        x = self.pick((F32,), lambda v: v.rank > 0 and v.bound < (40 if op == "ReduceProd" else 1e3))
        axes = self.random.sample(range(x.rank), self.random.randint(1, x.rank))
        if 0 in x.shape and op not in ("ReduceSum", "ReduceL1", "ReduceSumSquare"):
            raise Skip
        count = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
        if op == "ReduceProd" and count > 3:
            raise Skip
        keep = self.random.randint(0, 1)
        shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes]
        bound = {"ReduceSum": x.bound * count, "ReduceL1": x.bound * count, "ReduceSumSquare": x.bound**2 * count,
                 "ReduceProd": max(1, x.bound)**3, "ReduceL2": x.bound * max(count, 1)}.get(op, x.bound + 4)
        written = [a - x.rank if self.random.random() < 0.3 else a for a in axes]
        self.emit(op, [x, self.ints(*written)],
                  [(F32, shape, max(bound, 1), x.exact and op in ("ReduceMax", "ReduceMin"))], keepdims=keep)

    def arg(self):
        x = self.pick((F32,), lambda v: v.exact and v.rank > 0)
        axis, written = self.axis(x)
        if not x.shape[axis]:
            raise Skip
        keep = self.random.randint(0, 1)
        shape = [1 if i == axis else n for i, n in enumerate(x.shape) if keep or i != axis]
        self.emit(self.random.choice(("ArgMax", "ArgMin")), [x], [(I64, shape, x.shape[axis], True)], axis=written,
                  keepdims=keep, select_last_index=self.random.randint(0, 1))

    def cumsum(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        axis, written = self.axis(x)
        self.emit("CumSum", [x, self.constant(np.array(written, np.int64))],
                  [(x.type, x.shape, x.bound * max(1, x.shape[axis]), x.exact and x.bound < 100)],
                  exclusive=self.random.randint(0, 1), reverse=self.random.randint(0, 1))

    def topk(self):
        x = self.pick((F32, I64), lambda v: v.exact and v.rank > 0)
        axis, written = self.axis(x)
        k = self.random.randint(0, min(x.shape[axis], 4))
        shape = [*x.shape[:axis], k, *x.shape[axis + 1:]]
        self.emit("TopK", [x, self.ints(k)], [(x.type, shape, x.bound, True), (I64, shape, max(1, x.shape[axis]), True)], axis=written,
                  largest=self.random.randint(0, 1))

    def indices(self, shape, size):
        if not size:
            raise Skip
        return self.constant(self.numbers.integers(-size, size, shape).astype(np.int64))

    def gather(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        axis, written = self.axis(x)
        shape = self.random.choice(((), (2,), (3,), (2, 2), (0,)))
        self.emit("Gather", [x, self.indices(shape, x.shape[axis])],
                  [(x.type, [*x.shape[:axis], *shape, *x.shape[axis + 1:]], x.bound, x.exact)], axis=written)

    def gather_elements(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0)
        axis, written = self.axis(x)
        shape = [self.random.randint(0, n) for n in x.shape]
        shape[axis] = self.random.randint(0, 4)
        self.emit("GatherElements", [x, self.indices(tuple(shape), x.shape[axis])], [(x.type, shape, x.bound, x.exact)], axis=written)

    def gather_nd(self):
        x = self.pick((F32,), lambda v: v.rank > 0 and 0 not in v.shape)
        depth = self.random.randint(1, x.rank)
        lead = self.random.choice(((), (3,), (2, 2)))
        index = np.stack([self.numbers.integers(-n, n, lead) for n in x.shape[:depth]], -1).astype(np.int64)
        self.emit("GatherND", [x, self.constant(index)], [(F32, [*lead, *x.shape[depth:]], x.bound, x.exact)])

    def scatter_elements(self):
        x = self.pick((F32, I64), lambda v: v.rank > 0 and 0 not in v.shape)
        axis, written = self.axis(x)
        shape = tuple(self.random.randint(1, n) for n in x.shape)
        reduction = self.random.choice(("none", "add", "mul", "max", "min"))
        if reduction == "none":  # which of several updates stays is open
            index = np.broadcast_to(np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.rank)]), shape)
            index = np.ascontiguousarray(index).astype(np.int64)
        else:
            index = self.numbers.integers(-x.shape[axis], x.shape[axis], shape).astype(np.int64)
        updates = self.constant(self.array(x.type, shape))
        bound = x.bound * 4**shape[axis] if reduction == "mul" else x.bound + 4 * shape[axis]
        self.emit("ScatterElements", [x, self.constant(index), updates],
                  [(x.type, x.shape, bound, x.exact and reduction != "mul" and bound < 1e3)], axis=written, reduction=reduction)

    def scatter_nd(self):
        x = self.pick((F32,), lambda v: v.rank > 0 and 0 not in v.shape)
        rows = self.random.sample(range(x.shape[0]), self.random.randint(1, x.shape[0]))
        index = np.array(rows, np.int64)[:, None]
        updates = self.constant(self.array(F32, (len(rows), *x.shape[1:])))
        reduction = self.random.choice(("none", "add", "max"))
        self.emit("ScatterND", [x, self.constant(index), updates], [(F32, x.shape, x.bound + 4, x.exact)], reduction=reduction)

    def one_hot(self):
        x = self.pick((I64,), lambda v: v.bound < 20 and 1 <= v.rank < 4)
        depth = self.random.randint(1, 6)
        axis = self.random.randint(0, x.rank)
        self.emit("OneHot", [x, self.ints(depth), self.constant(np.array([-1, 2], np.float32))],
                  [(F32, [*x.shape[:axis], depth, *x.shape[axis:]], 2, True)], axis=axis - x.rank - 1 if self.random.random() < 0.5 else axis)

    def trilu(self):
        x = self.pick((F32,), lambda v: v.rank >= 2)
        self.emit("Trilu", [x, self.constant(np.array(self.random.randint(-3, 3), np.int64))], [(F32, x.shape, x.bound, x.exact)],
                  upper=self.random.randint(0, 1))

    def matmul(self):
        x = self.pick((F32,), lambda v: v.rank >= 1 and v.bound < 1e3)
        k, n = x.shape[-1], self.random.choice((1, 2, 5, 8))
        batch = x.shape[:-2] if self.random.random() < 0.4 else ()
        w = self.constant(self.array(F32, (*batch, k, n), -1, 1))
        shape = [*x.shape[:-1], n] if x.rank > 1 else [*batch, n]
        self.emit("MatMul", [x, w], [(F32, shape, x.bound * max(k, 1), False)])

    def gemm(self):
        x = self.pick((F32,), lambda v: v.rank == 2 and v.bound < 1e3)
        ta, tb = self.random.randint(0, 1), self.random.randint(0, 1)
        (m, k), n = x.shape[::-1] if ta else x.shape, self.random.choice((1, 3, 8))
        w = self.constant(self.array(F32, (n, k) if tb else (k, n), -1, 1))
        c = self.constant(self.array(F32, self.random.choice(((), (n,), (1, n), (m, 1), (m, n)))))
        self.emit("Gemm", [x, w, c], [(F32, (m, n), x.bound * max(k, 1) + 4, False)], transA=ta, transB=tb,
                  alpha=self.random.choice((1.0, 0.5)), beta=self.random.choice((1.0, 2.0)))

    def einsum(self):
        x = self.pick((F32,), lambda v: v.rank == 3 and v.bound < 1e3)
        b, i, j = x.shape
        k = self.random.choice((1, 2, 4))
        equation, shape, out = self.random.choice((
            ("bij,bjk->bik", (b, j, k), (b, i, k)), ("bij,kj->bik", (k, j), (b, i, k)), ("bij,jk->kbi", (j, k), (k, b, i)),
            ("bij,bij->b", (b, i, j), (b,)), ("bij,bkj->bik", (b, k, j), (b, i, k)), ("...j,jk->...k", (j, k), (b, i, k))))
        self.emit("Einsum", [x, self.constant(self.array(F32, shape, -1, 1))],
                  [(F32, out, x.bound * max(1, x.size), False)], equation=equation)

    def softmax(self):
        x = self.pick((F32,), lambda v: v.rank > 0 and v.bound < 1e3)
        axis, written = self.axis(x)
        op = self.random.choice(("Softmax", "LogSoftmax"))
        self.emit(op, [x], [(F32, x.shape, 1 if op == "Softmax" else 2 * x.bound + 5, False)], axis=written)

    def normalization(self):
        x = self.pick((F32,), lambda v: v.rank > 0 and v.bound < 1e3 and 0 not in v.shape)
        op = self.random.choice(("LayerNormalization", "RMSNormalization"))
        axis = self.random.randrange(x.rank)
        scale = [self.constant(self.array(F32, x.shape[axis:]))]
        if op == "LayerNormalization" and self.random.random() < 0.5:
            scale.append(self.constant(self.array(F32, x.shape[axis:])))
        # A large epsilon: rows of equal elements would otherwise amplify errors without limit.
        self.emit(op, [x, *scale], [(F32, x.shape, 100, False)], axis=axis - x.rank if self.random.random() < 0.5 else axis,
                  epsilon=0.1)

    def quantize(self):
        x = self.pick((F32,), lambda v: v.exact)
        scale, zero = self.constant(np.float32(0.25)), self.constant(np.array(self.random.randint(0, 200), np.uint8))
        q, = self.emit("QuantizeLinear", [x, scale, zero], [(U8, x.shape, 255, True)])
        self.emit("DequantizeLinear", [q, scale, zero], [(F32, x.shape, 64, True)])

    def attention(self):
        heads, groups, d = self.random.choice(((4, 2, 8), (2, 2, 4), (3, 1, 8)))
        batch, rows, keys = (self.random.choice((1, 2)), self.random.choice((1, 3, 5)), self.random.choice((1, 4, 6)))
        q = self.input(F32, [(n, n) for n in (batch, heads, rows, d)])
        k, v = (self.input(F32, [(n, n) for n in (batch, groups, keys, d)]) for _ in "kv")
        inputs = [q, k, v]
        if self.random.random() < 0.5:
            inputs.append(self.constant(self.array(F32, (rows, keys))))
        self.emit("Attention", inputs, [(F32, (batch, heads, rows, d), 4, False)],
                  is_causal=self.random.randint(0, 1) if len(inputs) == 3 and rows <= keys else 0,
                  softcap=self.random.choice((0.0, 3.0)))

    TABLE = (unary, unary, unary, jump, pole, exponential, binary, binary, binary, divide, compare, logic, where, clip, cast, cast,
             transpose, reshape, reshape, flatten, unsqueeze, squeeze, concat, split, slice, slice, pad, tile, expand, shape_of,
             reduce, reduce, reduce, arg, cumsum, topk, gather, gather_elements, gather_nd, scatter_elements, scatter_nd, one_hot,
             trilu, matmul, matmul, gemm, einsum, softmax, normalization, quantize, attention)

    def build(self) -> Graph:
        for _ in range(self.random.randint(1, 3)):
            self.input(F32)
        if self.random.random() < 0.7:
            self.input(self.random.choice((I64, I64, I32, BOOL)))
        wanted, tries = self.random.randint(1, 8), 0
        while len(self.graph.nodes) < wanted and tries < 100:
            tries += 1
            mark = len(self.graph.nodes), len(self.graph.values), dict(self.graph.initializers), dict(self.graph.inputs), dict(self.graph.dims)
            try:
                self.random.choice(self.TABLE)(self)
            except Skip:
                del self.graph.nodes[mark[0]:]
                del self.graph.values[mark[1]:]
                self.graph.initializers, self.graph.inputs, self.graph.dims = mark[2:]
        self.graph.outputs = self.graph.ends()
        return self.graph


def generate(seed: int, prefix: str = "") -> Graph:
    """The graph of a seed; all of its names begin with `prefix`."""
    return Generator(seed, prefix).build()


def model_of(graphs, outputs=None):
    """One model of several graphs that share nothing; `outputs` replaces their outputs."""
    types = {v.name: v.type for g in graphs for v in g.values}
    inputs = [helper.make_tensor_value_info(n, types[n], g.dims[n]) for g in graphs for n in g.inputs]
    names = outputs if outputs is not None else [n for g in graphs for n in g.outputs]
    graph = helper.make_graph([node for g in graphs for node in g.nodes], "random", inputs,
                              [helper.make_tensor_value_info(n, types[n], None) for n in names],
                              [numpy_helper.from_array(a, n) for g in graphs for n, a in g.initializers.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10, producer_name="random")
