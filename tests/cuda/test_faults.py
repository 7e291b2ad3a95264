# SPDX-License-Identifier: Apache-2.0
"""An index out of range ends the run with the name of its node, whatever root the kernel has."""
import numpy as np
import onnx
import pytest
from conftest import DEVICE
from onnx import TensorProto, helper
from support.program import dsc

RUN_FAILED = 4
FLOATS, INDICES = TensorProto.FLOAT, TensorProto.INT64


def model(path, node, inputs, output):
    def value(name, kind, dims):
        return helper.make_tensor_value_info(name, kind, dims)
    graph = helper.make_graph([node], "g", [value(*i) for i in inputs], [value("y", FLOATS, output)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
    return path


CASES = {
    "gather": (helper.make_node("Gather", ["x", "i"], ["y"], name="pick_rows", axis=0), [3], [3, 16]),
    "gather_elements": (helper.make_node("GatherElements", ["x", "i"], ["y"], name="pick_elements", axis=0), [2, 16], [2, 16]),
    "scatter_nd": (helper.make_node("ScatterND", ["x", "i", "u"], ["y"], name="put_rows"), [3, 1], [5, 16]),
    "scatter_elements": (helper.make_node("ScatterElements", ["x", "i", "u"], ["y"], name="put_elements", axis=0), [2, 16], [5, 16]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("index,code", [(4, 0), (5, RUN_FAILED), (-6, RUN_FAILED), (2**40, RUN_FAILED)])
def test_index(compile_cuda, tmp_path, name, index, code):
    node, indices, output = CASES[name]
    updates = [3, 16] if name == "scatter_nd" else indices
    inputs = [("x", FLOATS, [5, 16]), ("i", INDICES, indices)] + ([("u", FLOATS, updates)] if "u" in node.input else [])
    engine = compile_cuda(f"faults-{name}", [model(tmp_path / f"{name}.onnx", node, inputs, output)])
    i = np.zeros(indices, np.int64)
    i.flat[-1] = index
    arrays = {"in.x": np.ones((5, 16), np.float32), "in.i": i}
    if "u" in node.input:
        arrays["in.u"] = np.ones(updates, np.float32)
    np.savez(tmp_path / "io.npz", **arrays)
    outcome = dsc("run", engine, "--device", DEVICE, "--npz", tmp_path / "io.npz")
    assert outcome.code == code, outcome.reason()
    assert code == 0 or node.name in outcome.err
