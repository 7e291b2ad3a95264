# SPDX-License-Identifier: Apache-2.0
"""Graphs that are almost latent attention, or are it in an unusual way: never taken for what they are not, always computed right.

Each case changes one step of the same small graph. ONNX Runtime is the oracle of its numbers; the report says what was recognised and, for
a near miss, at which step the proof ended.
"""
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from latent_graph import HEADS, HIDDEN, NOPE, RANK, ROPE, VALUE, LatentGraph
from support.program import dsc

CASES = {}


def case(matched, stage=None):
    """Registers a function graph -> (scores, values) or -> attended rows. `matched`: latent attentions; `stage` of the one miss, if any."""

    def register(build):
        CASES[build.__name__] = (build, matched, stage)
        return build

    return register


def parts(g):
    latent, rope = g.rows()
    nope, value = g.expand(latent)
    return latent, rope, nope, value


@case(1)
def plain(g):
    latent, rope, nope, value = parts(g)
    return g.causal(g.scores(g.queries(), g.join_key(nope, rope))), value


@case(1)
def rope_before_nope(g):
    latent, rope, nope, value = parts(g)
    key = g.node("Concat", g.node("Tile", rope, g.ints(1, HEADS, 1, 1)), nope, axis=-1)
    return g.causal(g.scores(g.queries(), key)), value


@case(1)
def separate_projections(g):
    latent, rope = g.rows()
    nope, value = g.heads(g.linear(latent, HEADS * NOPE, RANK), NOPE), g.heads(g.linear(latent, HEADS * VALUE, RANK), VALUE)
    return g.causal(g.scores(g.queries(), g.join_key(nope, rope))), value


@case(1)
def no_rope(g):
    latent, _ = g.rows()
    nope, value = g.expand(latent)
    return g.causal(g.scores(g.heads(g.linear("x", HEADS * NOPE), NOPE), nope)), value


@case(1)
def bias_that_depends_on_the_head(g):
    latent, rope, nope, value = parts(g)
    slopes = g.constant(np.linspace(0.1, 1, HEADS).reshape(HEADS, 1, 1))
    length = g.node("Squeeze", g.node("Shape", "x", start=1, end=2), g.ints(0))
    position = g.node("Cast", g.node("Range", g.constant(0, np.int64), length, g.constant(1, np.int64)), to=1)
    return g.causal(g.node("Add", g.scores(g.queries(), g.join_key(nope, rope)), g.node("Mul", slopes, position))), value


@case(1)
def scale_in_both_factors(g):
    latent, rope, nope, value = parts(g)
    key = g.node("Mul", g.join_key(nope, rope), g.constant(0.7))
    return g.causal(g.scores(g.node("Mul", g.queries(), g.constant(1.3)), key)), value


@case(0, "keys")
def norm_of_each_head_after_the_expansion(g):
    latent, rope, nope, value = parts(g)
    return g.causal(g.scores(g.queries(), g.join_key(g.rms_norm(nope, NOPE), rope))), value


@case(0, "keys")
def rotated_key_of_each_head(g):
    latent, _, nope, value = parts(g)
    rope = g.heads(g.linear("x", HEADS * ROPE), ROPE)
    return g.causal(g.scores(g.queries(), g.node("Concat", nope, rope, axis=-1))), value


@case(0, "keys")
def shared_key_scaled_by_the_head(g):
    latent, rope, nope, value = parts(g)
    factors = g.constant(np.linspace(0.5, 2, HEADS).reshape(1, HEADS, 1, 1))
    return g.causal(g.scores(g.queries(), g.node("Concat", nope, g.node("Mul", rope, factors), axis=-1))), value


@case(0, "keys")
def values_from_other_rows(g):
    latent, rope, nope, _ = parts(g)
    other = g.rms_norm(g.linear("x", RANK), RANK)
    return g.causal(g.scores(g.queries(), g.join_key(nope, rope))), g.heads(g.linear(other, HEADS * VALUE, RANK), VALUE)


@case(0, "keys")
def bias_after_the_expansion_of_keys(g):
    latent, rope, nope, value = parts(g)
    biased = g.node("Add", nope, g.constant(g.random.standard_normal((HEADS, 1, NOPE))))
    return g.causal(g.scores(g.queries(), g.join_key(biased, rope))), value


@case(0, "values")
def bias_after_the_expansion_of_values(g):
    latent, rope, nope, value = parts(g)
    return (g.causal(g.scores(g.queries(), g.join_key(nope, rope))),
            g.node("Add", value, g.constant(g.random.standard_normal((HEADS, 1, VALUE)))))


@case(0, "keys")
def activation_after_the_expansion_of_keys(g):
    latent, rope, nope, value = parts(g)
    return g.causal(g.scores(g.queries(), g.join_key(g.node("Tanh", nope), rope))), value


@case(0, "values")
def gate_of_each_head_on_values(g):
    latent, rope, nope, value = parts(g)
    gate = g.node("Sigmoid", g.heads(g.linear("x", HEADS * VALUE), VALUE))
    return g.causal(g.scores(g.queries(), g.join_key(nope, rope))), g.node("Mul", value, gate)


@case(0, "keys")
def keys_scaled_by_the_token(g):
    latent, rope, nope, value = parts(g)
    factor = g.node("Unsqueeze", g.node("Sigmoid", g.linear("x", 1)), g.ints(1))
    return g.causal(g.scores(g.queries(), g.join_key(g.node("Mul", nope, factor), rope))), value


def shifted(g, rows, axis):
    """The rows of the token before; the first one twice."""
    first = g.node("Slice", rows, g.ints(0), g.ints(1), g.ints(axis))
    return g.node("Concat", first, g.node("Slice", rows, g.ints(0), g.ints(-1), g.ints(axis)), axis=axis)


@case(0, "keys")
def values_of_the_token_before(g):
    latent, rope, nope, _ = parts(g)
    _, value = g.expand(shifted(g, latent, 1))
    return g.causal(g.scores(g.queries(), g.join_key(nope, rope))), value


@case(0, "keys")
def two_ranges_that_depend_on_the_head(g):
    latent, rope = g.rows()
    first, value = g.split(g.heads(g.linear(latent, HEADS * (4 + VALUE), RANK), 4 + VALUE), 4, VALUE)
    second = g.heads(g.linear(latent, HEADS * 4, RANK), 4)
    return g.causal(g.scores(g.queries(), g.node("Concat", first, g.node("Tile", rope, g.ints(1, HEADS, 1, 1)), second, axis=-1))), value


@case(0)
def rows_wider_than_what_heads_make_of_them(g):
    wide = HEADS * NOPE
    row = g.linear("x", wide)
    key, value = g.heads(g.linear(row, HEADS * NOPE, wide), NOPE), g.heads(g.linear(row, HEADS * VALUE, wide), VALUE)
    return g.causal(g.scores(g.heads(g.linear("x", HEADS * NOPE), NOPE), key)), value


@case(0)
def temperature_of_each_head(g):
    latent, rope, nope, value = parts(g)
    scores = g.scores(g.queries(), g.join_key(nope, rope))
    return g.causal(g.node("Mul", scores, g.constant(np.linspace(0.5, 2, HEADS).reshape(HEADS, 1, 1)))), value


@case(0)
def softmax_over_heads(g):
    latent, rope, nope, value = parts(g)
    return g.node("MatMul", g.node("Softmax", g.scores(g.queries(), g.join_key(nope, rope)), axis=1), value)


@case(0)
def probabilities_multiplied_after_the_softmax(g):
    latent, rope, nope, value = parts(g)
    weights = g.node("Softmax", g.causal(g.scores(g.queries(), g.join_key(nope, rope))), axis=-1)
    return g.node("MatMul", g.node("Mul", weights, g.node("Abs", weights)), value)


@case(0)
def sum_of_other_weights(g):
    latent, rope, nope, value = parts(g)
    scores = g.causal(g.scores(g.queries(), g.join_key(nope, rope)))
    weights = g.node("Exp", scores)
    total = g.node("ReduceSum", g.node("Mul", weights, weights), g.ints(-1), keepdims=1)
    return g.node("MatMul", g.node("Div", weights, total), value)


@case(0)
def linear_attention(g):
    latent, rope, nope, value = parts(g)
    return g.node("MatMul", g.scores(g.queries(), g.join_key(nope, rope)), value)


@pytest.mark.parametrize("name", CASES)
def test_near_miss(name, tmp_path):
    build, matched, stage = CASES[name]
    g = LatentGraph()
    built = build(g)
    attended = g.attend(*built) if isinstance(built, tuple) else built
    model, path = g.model(g.output(attended)), tmp_path / "model.onnx"
    onnx.checker.check_model(model)
    onnx.save(model, path)
    engine, report = tmp_path / "model.dsce", tmp_path / "report.json"
    compiled = dsc("compile", path, "-o", engine, f"--report=json:{report}", "--verify-recognition")
    assert compiled.ok, compiled.err
    found = json.loads(report.read_text())
    assert found["mla"]["matched"] == matched, found
    assert [miss["stage"] for miss in found["misses"] if miss["kind"] == "mla"] == ([stage] if stage else []), found["misses"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for shape in ((1, 1), (2, 7), (1, 33)):
        x = np.random.default_rng(1).standard_normal((*shape, HIDDEN)).astype(np.float32)
        want = session.run(None, {"x": x})[0]
        run = tmp_path / "run.npz"
        np.savez(run, **{"in.x": x, f"out.{session.get_outputs()[0].name}": want})
        outcome = dsc("run", engine, "--npz", run, "--atol", "1e-4", "--rtol", "1e-4")
        assert outcome.ok, outcome.out + outcome.err


def test_enough_cases():
    assert sum(1 for _, matched, _ in CASES.values() if matched == 0) >= 16
