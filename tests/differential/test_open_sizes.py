# SPDX-License-Identifier: Apache-2.0
"""What only the run knows, against ONNX Runtime: sizes of 1 that are stretched, and numbers of iterations."""
from __future__ import annotations

import pathlib
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from differential import differs, oracle, run_dsc  # noqa: E402

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model(nodes, inputs, outputs):
    graph = helper.make_graph(nodes, "open", [helper.make_tensor_value_info(*i) for i in inputs],
                              [helper.make_tensor_value_info(*o) for o in outputs])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def check(graph, inputs, mode):
    got, why = run_dsc(mode, graph, inputs)
    assert got is not None, why
    assert not differs(got, oracle(graph, inputs))


def broadcast_model():
    return model([helper.make_node("Sub", ["x", "y"], ["d"]), helper.make_node("MatMul", ["d", "z"], ["r"])],
                 [("x", FLOAT, ["a", "b", "k"]), ("y", FLOAT, ["c", "k2"]), ("z", FLOAT, ["e", "k3", "f"])],
                 [("r", FLOAT, ["g", "h", "f"])])


@pytest.mark.parametrize("mode", ("eval", "run"))
@pytest.mark.parametrize("x, y, z", [((2, 3, 4), (3, 4), (2, 4, 5)), ((1, 3, 4), (1, 4), (2, 4, 1)), ((2, 1, 1), (3, 4), (1, 4, 5)),
                                     ((1, 1, 1), (1, 1), (1, 1, 1)), ((0, 1, 4), (3, 1), (1, 4, 2))])
def test_sizes_of_1_are_stretched(mode, x, y, z):
    rng = np.random.default_rng(1)
    check(broadcast_model(), {n: rng.standard_normal(s, dtype=np.float32) for n, s in (("x", x), ("y", y), ("z", z))}, mode)


@pytest.mark.parametrize("mode", ("eval", "run"))
def test_other_sizes_are_refused(mode):
    inputs = {n: np.zeros(s, np.float32) for n, s in (("x", (2, 3, 4)), ("y", (2, 4)), ("z", (2, 4, 5)))}
    got, why = run_dsc(mode, broadcast_model(), inputs)
    assert got is None and "b and c differ, and neither is 1" in why


def scan_model(reverse):
    body = helper.make_graph([helper.make_node("Add", ["s", "v"], ["t"]), helper.make_node("Mul", ["t", "v"], ["o"])], "body",
                             [helper.make_tensor_value_info(n, FLOAT, ["n"]) for n in ("s", "v")],
                             [helper.make_tensor_value_info(n, FLOAT, ["n"]) for n in ("t", "o")])
    scan = helper.make_node("Scan", ["s0", "x"], ["s1", "y"], body=body, num_scan_inputs=1, scan_input_directions=[reverse],
                            scan_output_directions=[1 - reverse])
    return model([scan], [("s0", FLOAT, ["n"]), ("x", FLOAT, ["t", "n"])], [("s1", FLOAT, ["n"]), ("y", FLOAT, ["t", "n"])])


def scan_inputs(steps):
    rng = np.random.default_rng(steps)
    return {"s0": rng.standard_normal(3, dtype=np.float32), "x": rng.standard_normal((steps, 3), dtype=np.float32)}


@pytest.mark.parametrize("mode", ("eval", "run"))
@pytest.mark.parametrize("reverse", (0, 1))
def test_scans_of_open_length(mode, reverse):
    for steps in (1, 5, 32):
        check(scan_model(reverse), scan_inputs(steps), mode)


@pytest.mark.parametrize("mode", ("eval", "run"))
def test_scans_of_nothing_and_of_too_much(mode):
    got, why = run_dsc(mode, scan_model(0), scan_inputs(0))
    assert got is not None, why
    assert got["y"].shape == (0, 3) and (got["s1"] == scan_inputs(0)["s0"]).all()
    got, why = run_dsc(mode, scan_model(0), scan_inputs(33))
    assert got is None and "more than 32 iterations" in why


@pytest.mark.parametrize("mode", ("eval", "run"))
def test_loops_of_open_length(mode):
    body = helper.make_graph([helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Gather", ["x", "i"], ["v"]),
                              helper.make_node("Add", ["s", "v"], ["t"])], "body",
                             [helper.make_tensor_value_info("i", INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []),
                              helper.make_tensor_value_info("s", FLOAT, [2])],
                             [helper.make_tensor_value_info("d", TensorProto.BOOL, []), helper.make_tensor_value_info("t", FLOAT, [2]),
                              helper.make_tensor_value_info("v", FLOAT, [2])])
    graph = model([helper.make_node("Loop", ["m", "c0", "s0"], ["s1", "vs"], body=body)],
                  [("m", INT64, []), ("c0", TensorProto.BOOL, []), ("s0", FLOAT, [2]), ("x", FLOAT, ["r", 2])],
                  [("s1", FLOAT, [2]), ("vs", FLOAT, ["m", 2])])
    rng = np.random.default_rng(3)
    for trips, condition in ((4, True), (1, True), (4, False), (0, True)):
        check(graph, {"m": np.array(trips), "c0": np.array(condition), "s0": rng.standard_normal(2, dtype=np.float32),
                      "x": rng.standard_normal((4, 2), dtype=np.float32)}, mode)
