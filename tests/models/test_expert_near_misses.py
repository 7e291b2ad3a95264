# SPDX-License-Identifier: Apache-2.0
"""Graphs that are almost a layer of experts, or are one in an unusual way: never taken for what they are not, always computed right.

Each case changes one step of the same small graph. ONNX Runtime is the oracle of its numbers; the report says what was recognised and, for
a near miss, at which step the proof ended.
"""
import json

import expert_graph
import numpy as np
import onnx
import onnxruntime
import pytest
from expert_graph import CHOSEN, EXPERTS, HIDDEN, WIDTH, ExpertGraph
from support.program import dsc

CASES = {}
MINUS_INFINITY = -np.inf


def case(*stages, **fields):
    """Registers a function graph -> y. `fields`: what the report says of the one layer; `stages` of the misses where none is a match."""

    def register(build):
        CASES[build.__name__] = (build, stages, fields)
        return build

    return register


# ---- encodings ---------------------------------------------------------------------------------------------------

@case(score="softmax", encoding="batched", renormalise=False, scale=1)
def gathered_weights(g):
    return g.batched(*g.greedy())


@case(score="softmax", encoding="batched")
def weights_on_the_right_and_apart(g):
    weights, ids = g.greedy()
    row = g.node("Unsqueeze", g.repeated(), g.ints(1))
    product = lambda x, weight: g.node("MatMul", x, g.gathered(weight, ids))  # noqa: E731
    gate, up = product(row, g.stacked(HIDDEN, WIDTH)), product(row, g.stacked(HIDDEN, WIDTH))
    each = product(g.node("Mul", up, g.silu(gate)), g.stacked(WIDTH, HIDDEN))
    return g.over_slots(g.node("Squeeze", each, g.ints(1)), weights)


@case(score="softmax", encoding="batched")
def sum_as_a_product_with_the_weights(g):
    weights, ids = g.greedy()
    both = g.times(g.gathered(g.stacked(2 * WIDTH, HIDDEN), ids), g.repeated())
    each = g.node("Reshape", g.times(g.gathered(g.stacked(HIDDEN, WIDTH), ids), g.gated(both)), g.ints(-1, CHOSEN, HIDDEN))
    return g.node("Squeeze", g.node("MatMul", g.node("Unsqueeze", weights, g.ints(1)), each), g.ints(1))


@case(score="softmax", encoding="batched")
def up_before_gate(g):
    return g.batched(*g.greedy(), hidden=lambda both: (lambda up, gate: g.node("Mul", up, g.silu(gate)))(*g.split(both, WIDTH, WIDTH)))


@case(encoding="batched", activation="gelu")
def gelu(g):
    return g.batched(*g.greedy(), hidden=lambda both: (lambda gate, up: g.node("Mul", g.node("Gelu", gate), up))(*g.split(both, WIDTH, WIDTH)))


@case(encoding="batched", activation="gelu_tanh")
def gelu_by_tanh(g):
    return g.batched(*g.greedy(), hidden=lambda both: (lambda gate, up: g.node("Mul", g.node("Gelu", gate, approximate="tanh"), up))(
        *g.split(both, WIDTH, WIDTH)))


@case(encoding="batched", activation="relu")
def relu_without_a_gate(g):
    weights, ids = g.greedy()
    hidden = g.node("Relu", g.times(g.gathered(g.stacked(WIDTH, HIDDEN), ids), g.repeated()))
    return g.over_slots(g.times(g.gathered(g.stacked(HIDDEN, WIDTH), ids), hidden), weights)


@case(encoding="batched", limit=1.5, alpha=1.7, up_offset=1)
def clamped_and_interleaved_with_biases(g):
    weights, ids = g.greedy()
    both = g.node("Add", g.times(g.gathered(g.stacked(2 * WIDTH, HIDDEN), ids), g.repeated()), g.gathered(g.stacked(2 * WIDTH), ids))
    part = lambda i: g.node("Slice", both, g.ints(i), g.ints(2 * WIDTH), g.ints(1), g.ints(2))  # noqa: E731
    gate = g.node("Min", part(0), g.constant(1.5))
    up = g.node("Clip", part(1), g.constant(-1.5), g.constant(1.5))
    gate = g.node("Mul", gate, g.node("Sigmoid", g.node("Mul", gate, g.constant(1.7))))
    hidden = g.node("Mul", g.node("Add", up, g.constant(1)), gate)
    each = g.node("Add", g.times(g.gathered(g.stacked(HIDDEN, WIDTH), ids), hidden), g.gathered(g.stacked(HIDDEN), ids))
    return g.over_slots(each, weights)


@case(score="softmax", encoding="grouped")
def sorted_rows(g):
    return g.grouped(*g.greedy())


@case(score="softmax", encoding="grouped")
def sorted_rows_activated_by_part(g):
    return g.grouped(*g.greedy(), activate=lambda i, part: g.gated(part))


@case(score="softmax", encoding="grouped")
def sorted_rows_put_back_by_a_second_sort(g):
    return g.grouped(*g.greedy(), restore=lambda places: g.node("TopK", places, g.node("Shape", places), outputs=2, axis=0, largest=0)[1])


@case(score="softmax", encoding="loop")
def loop(g):
    return g.looped(*g.greedy())


@case(score="softmax", encoding="loop")
def loop_that_adds_in_place(g):
    return g.looped(*g.greedy(), accumulate="add")


@case(score="softmax", encoding="loop")
def loop_that_adds_slices_in_place(g):
    return g.looped(*g.greedy(), accumulate="nd")


@case(score="softmax", encoding="loop")
def loop_in_another_order(g):
    return g.looped(*g.greedy(), experts=[3, 0, 5, 1, 4, 2])


@case(score="softmax", encoding="dense")
def every_expert_for_every_token(g):
    return g.dense(*g.greedy())


@case(score="softmax", encoding="batched", top_k=1)
def one_expert_for_each_token(g):
    expert_graph.CHOSEN = 1
    try:
        return g.batched(*g.choose(g.node("Softmax", g.logits(), axis=-1), 1))
    finally:
        expert_graph.CHOSEN = CHOSEN


@case(score="softmax", encoding="batched", shared_width=WIDTH)
def shared_expert(g):
    return g.node("Add", g.batched(*g.greedy()), g.one_expert(g.rows))


# ---- routers -----------------------------------------------------------------------------------------------------

def biased(g, low=0.0):
    scores = g.node("Sigmoid", g.logits())
    return scores, g.node("Add", scores, g.bias(low))


@case(score="sigmoid", bias=True, weights="score", renormalise=True, scale=2.5, groups=3, groups_kept=2, group_score="top2_sum", fill="neg_inf")
def groups_by_their_two_best(g):
    scores, candidates = biased(g)
    ids = g.choose(g.keep_groups(candidates, g.group_values(candidates), MINUS_INFINITY))[1]
    return g.batched(g.node("Mul", g.renormalise(g.take(scores, ids)), g.constant(2.5)), ids)


@case(score="sigmoid", bias=True, groups=3, fill="zero")
def zero_fill_with_a_negative_bias(g):
    scores, candidates = biased(g, low=-2)
    ids = g.choose(g.keep_groups(candidates, g.group_values(candidates), 0.0))[1]
    return g.batched(g.take(scores, ids), ids)


@case(score="softmax", bias=False, weights="selection", groups=3, groups_kept=2, group_score="max", fill="zero")
def groups_by_their_best(g):
    scores = g.node("Softmax", g.logits(), axis=-1)
    return g.batched(*g.choose(g.keep_groups(scores, g.group_values(scores, "max"), 0.0)))


@case(score="sigmoid", bias=True, groups=1, groups_kept=1)
def all_groups_kept(g):
    scores, candidates = biased(g)
    ids = g.choose(g.keep_groups(candidates, g.group_values(candidates), MINUS_INFINITY, kept=3))[1]
    return g.batched(g.take(scores, ids), ids)


@case(score="sigmoid", bias=True, weights="selection")
def weights_with_the_bias(g):
    return g.batched(*g.choose(biased(g)[1]))


@case(score="softmax_of_chosen", renormalise=False)
def softmax_of_the_chosen(g):
    logits, ids = g.choose(g.logits())
    return g.batched(g.node("Softmax", logits, axis=-1), ids)


@case(score="none", scale=0.5)
def logits_as_weights(g):
    logits, ids = g.choose(g.logits())
    return g.batched(g.node("Mul", g.constant(0.5), logits), ids)


# ---- near misses of routers: the experts are still found, for any weights and ids ---------------------------------

@case("router", encoding="batched", score=None)
def weights_of_another_tensor(g):
    ids = g.choose(biased(g)[1])[1]
    return g.batched(g.take(g.node("Sigmoid", g.logits()), ids), ids)


@case("router", encoding="batched", score=None)
def groups_by_other_scores(g):
    scores, candidates = biased(g)
    ids = g.choose(g.keep_groups(candidates, g.group_values(scores), MINUS_INFINITY))[1]
    return g.batched(g.take(scores, ids), ids)


@case("router", encoding="batched", score=None)
def groups_filled_with_a_large_number(g):
    scores, candidates = biased(g)
    ids = g.choose(g.keep_groups(candidates, g.group_values(candidates), -1e9))[1]
    return g.batched(g.take(scores, ids), ids)


@case("router", encoding="batched", score=None)
def worst_groups_kept(g):
    scores, candidates = biased(g)
    values = g.node("Neg", g.group_values(candidates))
    ids = g.choose(g.keep_groups(candidates, values, MINUS_INFINITY))[1]
    return g.batched(g.take(scores, ids), ids)


@case(encoding="batched", score="sigmoid", renormalise=False, weights="other")
def renormalised_by_all_experts(g):
    scores, candidates = biased(g)
    ids = g.choose(candidates)[1]
    return g.batched(g.node("Div", g.take(scores, ids), g.node("ReduceSum", scores, g.ints(-1), keepdims=1)), ids)


@case(encoding="batched", score="softmax", weights="other")
def weights_of_the_slot_before(g):
    weights, ids = g.greedy()
    first, second = g.split(weights, 1, 1)
    return g.batched(g.node("Concat", second, first, axis=-1), ids)


# ---- near misses of experts -------------------------------------------------------------------------------------

@case("experts")
def experts_of_the_slot_before(g):
    weights, ids = g.greedy()
    first, second = g.split(ids, 1, 1)
    other = g.node("Concat", second, first, axis=-1)
    both = g.times(g.gathered(g.stacked(2 * WIDTH, HIDDEN), ids), g.repeated())
    return g.over_slots(g.times(g.gathered(g.stacked(HIDDEN, WIDTH), other), g.gated(both)), weights)


@case("experts")
def activation_that_depends_on_the_expert(g):
    weights, ids = g.greedy()
    slope = g.gathered(g.constant(g.random.uniform(0.5, 2, (EXPERTS, 1))), ids)

    def hidden(both):
        gate, up = g.split(both, WIDTH, WIDTH)
        return g.node("Mul", g.node("Mul", gate, g.node("Sigmoid", g.node("Mul", gate, slope))), up)

    return g.batched(weights, ids, hidden=hidden)


@case("experts")
def up_projects_something_else(g):
    weights, ids = g.greedy()
    gate = g.times(g.gathered(g.stacked(WIDTH, HIDDEN), ids), g.repeated())
    up = g.times(g.gathered(g.stacked(WIDTH, HIDDEN), ids), g.node("Tanh", g.repeated()))
    return g.over_slots(g.times(g.gathered(g.stacked(HIDDEN, WIDTH), ids), g.node("Mul", g.silu(gate), up)), weights)


@case("experts")
def an_activation_of_both_projections(g):
    return g.batched(*g.greedy(), hidden=lambda both: (lambda gate, up: g.node("Mul", gate, g.node("Sigmoid", up)))(*g.split(both, WIDTH, WIDTH)))


@case("experts")
def bins_one_too_high(g):
    return g.grouped(*g.greedy(), bins=lambda number: g.node("Add", number, g.constant(1)))


@case("experts")
def bins_that_round_down(g):
    return g.grouped(*g.greedy(), bins=lambda number: g.node("Mul", number, g.constant(0.99)))


@case("experts")
def rows_put_back_by_the_sort_itself(g):
    return g.grouped(*g.greedy(), restore=lambda places: places)


@case("experts")
def parts_with_each_others_weights(g):
    return g.grouped(*g.greedy(), order=[1, 0, 2, 3, 4, 5])


@case("experts")
def one_part_with_another_activation(g):
    def activate(i, part):
        gate, up = g.split(part, WIDTH, WIDTH)
        return g.node("Mul", g.node("Gelu", gate) if i == 3 else g.silu(gate), up)

    return g.grouped(*g.greedy(), activate=activate)


@case("missing experts")
def a_missing_expert(g):
    return g.looped(*g.greedy(), experts=[0, 1, 2, 4, 5])


@case("experts")
def an_expert_twice(g):
    return g.looped(*g.greedy(), experts=[0, 1, 2, 3, 4, 5, 3])


@case("experts")
def a_loop_that_overwrites(g):
    return g.looped(*g.greedy(), accumulate="set")


@case("experts")
def one_round_with_another_activation(g):
    return g.looped(*g.greedy(), network=lambda e, rows: g.one_expert(rows, lambda x: g.node("Gelu", x)) if e == 2 else g.one_expert(rows))


@case("missing experts")
def a_missing_expert_of_a_dense_loop(g):
    return g.dense(*g.greedy(), columns=range(1, EXPERTS))


@case()
def the_smallest_are_chosen(g):
    weights, ids = g.choose(g.node("Softmax", g.logits(), axis=-1), largest=0)
    return g.batched(weights, ids)


def by_table(g, table):
    """Experts by a table of what stands for the token's id."""
    column = g.node("Slice", g.rows, g.ints(0), g.ints(1), g.ints(1))
    token = g.node("Cast", g.node("Clip", g.node("Mul", column, g.constant(4)), g.constant(0), g.constant(len(table) - 1)), to=7)
    ids = g.node("GatherND", g.constant(table, np.int64), token)
    wrapped = g.node("Where", g.node("Less", ids, g.constant(0, np.int64)), g.node("Add", ids, g.constant(EXPERTS, np.int64)), ids)
    return g.batched(g.renormalise(g.take(g.node("Sigmoid", g.logits()), wrapped)), ids)


@case(encoding="batched", routing="table", experts=EXPERTS, top_k=CHOSEN)
def experts_by_a_table(g):
    return by_table(g, [[0, 1], [2, 5], [4, 3], [1, 1]])


@case()
def a_table_that_counts_from_the_end(g):
    return by_table(g, [[0, 1], [2, -1], [4, 3], [1, 1]])


# ------------------------------------------------------------------------------------------------------------------

def inputs():
    random = np.random.default_rng(1)
    for shape in ((1, 1), (2, 7), (1, 33)):
        x = random.standard_normal((*shape, HIDDEN)).astype(np.float32)
        if shape[1] > 1:
            x[0, 1] = 0  # equal scores: the lowest experts are chosen
            x[0, 2:5] = x[0, 5]  # experts without tokens
        yield x


@pytest.mark.parametrize("name", CASES)
def test_experts(name, tmp_path):
    build, stages, fields = CASES[name]
    g = ExpertGraph()
    model, path = g.model(g.output(build(g))), tmp_path / "model.onnx"
    onnx.checker.check_model(model)
    onnx.save(model, path)
    engine, report = tmp_path / "model.dsce", tmp_path / "report.json"
    compiled = dsc("compile", path, "-o", engine, f"--report=json:{report}", "--verify-recognition")
    assert compiled.ok, compiled.err
    found = json.loads(report.read_text())
    assert found["moe"]["matched"] == (1 if fields else 0), found
    assert [miss["stage"] for miss in found["misses"] if miss["kind"] == "moe"] == list(stages), found["misses"]
    for field, value in fields.items():
        assert found["moe"]["layers"][0].get(field) == (pytest.approx(value) if isinstance(value, float) else value), (field, found["moe"])
    assert ("missing experts" in compiled.err) == (name in ("a_missing_expert", "a_missing_expert_of_a_dense_loop"))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for x in inputs():
        run = tmp_path / "run.npz"
        np.savez(run, **{"in.x": x, f"out.{session.get_outputs()[0].name}": session.run(None, {"x": x})[0]})
        outcome = dsc("run", engine, "--npz", run, "--atol", "1e-4", "--rtol", "1e-4")
        assert outcome.ok, outcome.out + outcome.err


def test_enough_cases():
    assert sum(1 for _, stages, _ in CASES.values() if stages) >= 16
