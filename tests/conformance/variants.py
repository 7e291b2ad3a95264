#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Node tests in other clothes: what passes plain should pass so, too.

    python variants.py [--kind KIND ...] [--every N] [--mode run|eval] [--out FILE]

    dynamic    dimensions of inputs are open, as in exports: not those of size 1, which may be there to be stretched, and not the
               lengths of vectors of integers (axes, shapes, pads) and of index tuples, which are ranks of other tensors
    all_open   every dimension of every input is open, those included; outputs keep their ranks
    constants  inputs other than the first (the only one, if there is but one) are initializers
    function   the graph is the body of a model-local function
    twice      two copies of the graph, the second behind the first: it reads the inputs through a test of the first's outputs

The tests are those of expected_run.txt, or every N-th of them. The last lines say how many pass.
"""
from __future__ import annotations

import argparse
import collections
import concurrent.futures
import pathlib
import shutil
import sys
import tempfile

import onnx
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from gate import SUITE, generate  # noqa: E402
from run_node_tests import run_one  # noqa: E402
from support import report  # noqa: E402
from support.program import require_program  # noqa: E402

KINDS = ("dynamic", "all_open", "constants", "function", "twice")
GATED = KINDS


class Unfit(Exception):
    """The variant says nothing new of this test, or cannot be written."""


def open_dimensions(model, which) -> None:
    count = 0
    for info in model.graph.input:
        tensor = info.type.tensor_type
        for i, dim in enumerate(tensor.shape.dim):
            if which(tensor, i, dim):
                dim.Clear()
                dim.dim_param = f"{info.name}_{i}"
                count += 1
    if not count:
        raise Unfit
    # Outputs keep their ranks, as files have them, but no size.
    for info in model.graph.output:
        for i, dim in enumerate(info.type.tensor_type.shape.dim):
            dim.Clear()
            dim.dim_param = f"{info.name}_{i}"


def dynamic(model, inputs, outputs):
    def which(tensor, i, dim):
        integers = tensor.elem_type in (TensorProto.INT64, TensorProto.INT32)
        tuples = any(n.op_type in ("GatherND", "ScatterND") for n in model.graph.node) and i == len(tensor.shape.dim) - 1
        return dim.dim_value != 1 and not (integers and (len(tensor.shape.dim) == 1 or tuples))
    open_dimensions(model, which)
    return inputs, outputs


def all_open(model, inputs, outputs):
    open_dimensions(model, lambda tensor, i, dim: True)
    return inputs, outputs


def constants(model, inputs, outputs):
    first = 1 if len(inputs) > 1 else 0
    if not inputs:
        raise Unfit
    for info, tensor in zip(list(model.graph.input)[first:], inputs[first:]):
        model.graph.input.remove(info)
        tensor.name = info.name
        model.graph.initializer.append(tensor)
    return inputs[:first], outputs


def function(model, inputs, outputs):
    graph = model.graph
    if graph.initializer:
        raise Unfit
    body = helper.make_function("local", "Body", [i.name for i in graph.input], [o.name for o in graph.output], graph.node,
                                model.opset_import)
    call = helper.make_node("Body", [i.name for i in graph.input], [o.name for o in graph.output], domain="local")
    del graph.node[:]
    graph.node.append(call)
    model.functions.append(body)
    model.opset_import.append(helper.make_opsetid("local", 1))
    model.ir_version = max(model.ir_version, 8)
    return inputs, outputs


def renamed(graph, suffix, keep):
    """Nodes of the graph with other names for all that it computes."""
    def name(n):
        return n + suffix if n and n not in keep else n
    nodes = []
    for node in graph.node:
        if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
            raise Unfit  # names of the outside inside
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = [name(n) for n in node.input]
        copy.output[:] = [name(n) for n in node.output]
        nodes.append(copy)
    return nodes


def twice(model, inputs, outputs):
    graph = model.graph
    if not graph.input or not graph.output:
        raise Unfit
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if opset < 13:
        raise Unfit
    second = renamed(graph, "_again", {t.name for t in graph.initializer})
    # The number of elements of the first copy's output, less itself: nothing, but only once it is known.
    link = [helper.make_node("Size", [graph.output[0].name], ["link_size"]),
            helper.make_node("Sub", ["link_size", "link_size"], ["link_zero"])]
    for info in graph.input:
        kind = info.type.tensor_type.elem_type
        again = info.name + "_again"
        if kind in (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.DOUBLE):
            link += [helper.make_node("Cast", ["link_zero"], [again + "_zero"], to=kind),
                     helper.make_node("Add", [info.name, again + "_zero"], [again])]
        else:
            link.append(helper.make_node("Identity", [info.name], [again]))
    graph.node.extend(link + second)
    names = {o.name for o in graph.input}
    for info in list(graph.output):
        if info.name in names:
            raise Unfit
        copy = graph.output.add()
        copy.CopyFrom(info)
        copy.name = info.name + "_again"
    return inputs, outputs + outputs


def read(folder: pathlib.Path, kind: str, infos):
    tensors = []
    for k in range(len(infos)):
        file = folder / "test_data_set_0" / f"{kind}_{k}.pb"
        if not file.exists():
            raise Unfit
        tensors.append(TensorProto.FromString(file.read_bytes()))
    return tensors


def write_variant(kind: str, source: pathlib.Path, target: pathlib.Path) -> None:
    model = onnx.load(source / "model.onnx")
    inputs, outputs = globals()[kind](model, read(source, "input", model.graph.input), read(source, "output", model.graph.output))
    data = target / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model, target / "model.onnx")
    for what, tensors in (("input", inputs), ("output", outputs)):
        for k, tensor in enumerate(tensors):
            (data / f"{what}_{k}.pb").write_bytes(tensor.SerializeToString())


def run_variants(kinds, names, mode, jobs) -> list[dict]:
    results = []
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="dsc-variants-"))

    def one(task):
        kind, name = task
        folder = scratch / kind / name
        try:
            write_variant(kind, SUITE / name, folder)
        except Unfit:
            return None
        result = {**run_one(folder, mode, "cpu", 120), "name": f"{kind}/{name}"}
        shutil.rmtree(folder)
        return result
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = [r for r in pool.map(one, [(k, n) for k in kinds for n in names]) if r]
    shutil.rmtree(scratch)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--mode", choices=("eval", "run"), default="run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    require_program()
    generate()
    names = sorted(report.read_list(HERE / "expected_run.txt"))[::arguments.every]
    results = run_variants(arguments.kind or GATED, names, arguments.mode, arguments.jobs)
    if arguments.out:
        report.write_jsonl(arguments.out, results)
    for r in results:
        if r["status"] != "pass":
            print(f"{r['status']} {r['name']}: {r['detail'][:160]}")
    worst = 1.0
    for kind in arguments.kind or GATED:
        own = collections.Counter(r["status"] for r in results if r["name"].startswith(kind))
        share = own["pass"] / max(1, sum(own.values()))
        worst = min(worst, share) if kind in GATED else worst
        print(f"{kind}: {own['pass']} of {sum(own.values())} ({100 * share:.1f} %)")
    return 0 if worst >= 0.97 else 1


if __name__ == "__main__":
    sys.exit(main())
