#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How compile time grows with the number of nodes.

    python scaling.py [--nodes 1000 10000 100000] [--open]

A chain of products, softmaxes, reshapes and elementwise nodes with side branches is compiled; --open leaves its rows open.
Prints processor seconds, peak memory and the seconds of each phase.
"""
from __future__ import annotations

import argparse
import pathlib
import re
import resource
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.program import dsc, require_program  # noqa: E402


def chain(count: int, is_open: bool) -> onnx.ModelProto:
    nodes, last = [], "x"
    for i in range(count):
        branch = f"v{i - 5}" if i > 8 else "x"
        op, inputs, attributes = (("Add", [last, "x"], {}), ("Relu", [last], {}), ("Mul", [last, "c"], {}),
                                  ("Transpose", [last], {"perm": [0, 1] if is_open else [1, 0]}), ("MatMul", [last, "w"], {}),
                                  ("Sub", [last, branch], {}), ("Softmax", [last], {"axis": -1}),
                                  ("Reshape", [last, "s"], {}))[i % 8]
        last = f"v{i}"
        nodes.append(helper.make_node(op, inputs, [last], **attributes))
    constants = {"c": np.full((1, 8), 0.5, np.float32), "w": np.eye(8, dtype=np.float32), "s": np.array([-1, 8], np.int64)}
    graph = helper.make_graph(nodes, "chain", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n" if is_open else 8, 8])],
                              [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(a, n) for n, a in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 10000, 100000])
    parser.add_argument("--open", action="store_true")
    arguments = parser.parse_args()
    require_program()
    for count in arguments.nodes:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            onnx.save(chain(count, arguments.open), path / "model.onnx")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            outcome = dsc("compile", path / "model.onnx", "-o", path / "model.dsce", "--timing", timeout=3600)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if not outcome.ok:
            sys.exit(f"{count} nodes: {outcome.reason()}")
        phases = re.findall(r"^\s+([\d.]+)\s+[\d.]+%\s+(\S+)", outcome.err + outcome.out, re.M)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{count} nodes: {seconds:.1f} s of processor time, {after.ru_maxrss // 1024} MB; "
              + ", ".join(f"{name} {s}" for s, name in phases), flush=True)


if __name__ == "__main__":
    main()
