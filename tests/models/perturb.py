#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other exports of the stored models: graphs rewritten without changing what they compute, and other sizes of inputs.

    python perturb.py [--seed N] [--mode MODE] [--only REGEX] [--kinds A,B+C | --each] [--rounds N]
                      [--models DIR] [--keep DIR]

Each variant of a case is one or more rewrites of KINDS and a generation (or one call) of random batch and lengths. The
outputs of ONNX Runtime for the graph as stored are what dsc eval, dsc compile --kv=io and, for generations, a session
with state must give. The same seed gives the same variants. Exit code 1 if any differs.
"""
from __future__ import annotations

import argparse
import itertools
import json
import pathlib
import re
import sys
import tempfile
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.program import FIXTURES, dsc, require_program  # noqa: E402

MODES = ("eval", "io", "state")
STATIC_LENGTH = 24  # positions of the stored fixed-size caches


# ---- rewrites: each changes `model` in place or returns another one -----------------------------------------------

def strip(model, random):
    """No value_info, no metadata, no node names, no documentation."""
    del model.graph.value_info[:], model.metadata_props[:]
    for node in model.graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]


def lie(model, random):
    """value_info with wrong sizes, ranks and element types."""
    for info in model.graph.value_info:
        tensor = info.type.tensor_type
        dims = [int(d) for d in random.integers(0, 99, int(random.integers(0, 5)))]
        info.CopyFrom(helper.make_tensor_value_info(info.name, tensor.elem_type or TensorProto.FLOAT, dims))


def outputs_unsaid(model, random):
    """Outputs without a shape."""
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")


def distinct_dims(model, random):
    """Every dimension of an input or output has a name of its own."""
    number = itertools.count()
    for value in [*model.graph.input, *model.graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and not dim.dim_param.isdigit():
                dim.dim_param = f"d{next(number)}"
    del model.graph.value_info[:]


def nameless_dims(model, random):
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and not dim.dim_param.isdigit():
                dim.ClearField("dim_param")


def constants(model, random):
    """Initializers become Constant nodes."""
    nodes = [helper.make_node("Constant", [], [i.name], value=i) for i in model.graph.initializer]
    nodes += list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.node.extend(nodes)


def typed_data(model, random):
    """Initializers in the typed fields of TensorProto in place of raw_data."""
    fields = {TensorProto.FLOAT: "float_data", TensorProto.INT64: "int64_data", TensorProto.INT32: "int32_data",
              TensorProto.BOOL: "int32_data", TensorProto.DOUBLE: "double_data"}
    for tensor in model.graph.initializer:
        if tensor.data_type in fields:
            values = numpy_helper.to_array(tensor).ravel().tolist()
            values = [int(v) for v in values] if tensor.data_type == TensorProto.BOOL else values
            tensor.ClearField("raw_data")
            getattr(tensor, fields[tensor.data_type]).extend(values)


def initializer_inputs(model, random):
    """Initializers are also graph inputs, as before IR version 4."""
    model.graph.input.extend(helper.make_tensor_value_info(i.name, i.data_type, list(i.dims))
                             for i in model.graph.initializer)


def renamed(model, random):
    """Other names for every value but inputs and outputs."""
    keep = {"", *(v.name for v in [*model.graph.input, *model.graph.output])}
    names: dict[str, str] = {}

    def of(name):
        return name if name in keep else names.setdefault(name, f"{int(random.integers(10**6))}/{len(names)}:0")

    def walk(graph):
        for tensor in graph.initializer:
            tensor.name = of(tensor.name)
        for value in [*graph.value_info, *graph.input, *graph.output]:
            value.name = of(value.name)
        for node in graph.node:
            node.input[:], node.output[:] = map(of, node.input), map(of, node.output)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    walk(attribute.g)
    walk(model.graph)


def swapped(model, random):
    for node in model.graph.node:
        if node.op_type in ("Add", "Mul", "And", "Or") and random.random() < 0.5:
            node.input[:] = reversed(node.input)


def idle_nodes(model, random):
    """Chains of Identity before some inputs of nodes, and nodes whose results nobody reads."""
    nodes = []
    for n, node in enumerate(model.graph.node):
        for k, name in enumerate(node.input):
            if name and random.random() < 0.15:
                nodes.append(helper.make_node("Identity", [name], [f"idle{n}_{k}"]))
                nodes.append(helper.make_node("Identity", [f"idle{n}_{k}"], [f"idle{n}_{k}b"]))
                node.input[k] = f"idle{n}_{k}b"
        nodes.append(node)
        if node.output[0] and random.random() < 0.1:
            nodes.append(helper.make_node("Identity", [node.output[0]], [f"dead{n}"]))
    rewritten = list(map(copied, nodes))
    del model.graph.node[:]
    model.graph.node.extend(rewritten)


def copied(node):
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def transposed_weights(model, random):
    """Weights of MatMul stored transposed, behind a Transpose."""
    weights = {i.name: i for i in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is not None and len(weight.dims) == 2:
            name = f"{weight.name}/t{len(nodes)}"
            model.graph.initializer.append(
                numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(weight).T), name))
            nodes.append(helper.make_node("Transpose", [name], [name + "o"], perm=[1, 0]))
            node.input[1] = name + "o"
        nodes.append(copied(node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def function(model, random):
    """The whole graph in one model-local function, its weights passed as arguments."""
    graph = model.graph
    inputs = list(dict.fromkeys(v.name for v in [*graph.input, *graph.initializer]))
    outputs = [v.name for v in graph.output]
    body = helper.make_function("local", "Whole", inputs, outputs, list(graph.node), list(model.opset_import))
    del graph.node[:], graph.value_info[:]
    graph.node.append(helper.make_node("Whole", inputs, outputs, domain="local"))
    model.functions.append(body)
    model.opset_import.append(helper.make_opsetid("local", 1))
    model.ir_version = max(model.ir_version, 8)


def opset(model, random):
    """Another opset, by ONNX's own converter. What it cannot convert stays as it is."""
    if model.functions or any(o.domain for o in model.opset_import):
        return model
    try:
        return version_converter.convert_version(model, int(random.integers(18, 26)))
    except Exception:
        return model


def fixed_dims(model, random, feeds):
    """Every size is a number: the one that the call has."""
    for value in model.graph.input:
        if value.name in feeds:
            for dim, size in zip(value.type.tensor_type.shape.dim, feeds[value.name].shape):
                dim.dim_value = size
    outputs_unsaid(model, random)
    del model.graph.value_info[:]


SAFE = {f.__name__: f for f in (strip, lie, outputs_unsaid, distinct_dims, nameless_dims, constants, typed_data,
                                initializer_inputs, renamed, swapped, idle_nodes, transposed_weights, function, opset)}
KINDS = ("sizes", "external", "fixed_dims", *SAFE)


def load(path, random, kinds, feeds, target):
    """The rewritten graph, saved under `target`."""
    model = onnx.load(path)
    for kind in kinds:
        if kind in SAFE:
            model = SAFE[kind](model, random) or model
        elif kind == "fixed_dims":
            fixed_dims(model, random, feeds)
    outside = {"save_as_external_data": True, "location": f"{target.name}.bin", "size_threshold": 0}
    onnx.save(model, target, **(outside if "external" in kinds else {}))


# ---- inputs ------------------------------------------------------------------------------------------------------

def feeds_of(session, random, batch, past, length, static, vocabulary, pads):
    """Random arrays for one call; a cache is empty or random, the caller replaces it with what the last call gave."""
    total = static or past + length
    feeds = {}
    for value in session.get_inputs():
        name, shape = value.name, value.shape
        if name == "input_ids":
            feeds[name] = random.integers(2, vocabulary, (batch, length))
        elif name == "position_ids":
            feeds[name] = np.maximum(np.arange(past, past + length)[None] - pads[:, None], 0)
        elif name == "attention_mask" and len(shape) == 2:
            feeds[name] = (np.arange(total)[None] >= pads[:, None]).astype(np.int64)
        elif name == "attention_mask":
            row, column = np.arange(past, past + length)[:, None], np.arange(total)[None]
            feeds[name] = np.broadcast_to(column <= row, (batch, 1, length, total)).copy()
        elif "cumulative_length" in name:
            feeds[name] = np.array(past, np.int64)
        elif name == "hidden_states":
            feeds[name] = random.standard_normal((batch, length, shape[2])).astype(np.float32)
        else:  # a cache: its last size is a number, maybe written as text, and the one before grows
            dims = [batch, *(int(d) for d in shape[1:-2]), static or past, int(shape[-1])]
            scale = 0.0 if static else 1.0
            feeds[name] = (scale * random.standard_normal(dims)).astype(np.float32)
    return feeds


def calls_of(folder, case, random, scratch):
    """Calls of one generation (or one call): (graph, file) with ONNX Runtime's outputs, and the feeds of the last."""
    stateful = case["form"] in ("gen", "gen_multi", "static", "static_multi", "old")
    static = STATIC_LENGTH if case["form"].startswith("static") else 0
    batch = int(random.choice([1, 1, 2, 3, 4]))
    first = int(random.choice([1, 2, 3, 7, int(random.integers(4, 20 if static else 41))]))
    steps = [1, 1] if case["form"] in ("gen", "static") else [1, int(random.integers(2, 5)) if not static else 2, 1]
    lengths = [first, *(steps if stateful else [])]
    past = int(random.integers(0, 50)) if case["form"] == "attn_cached" else 0
    pads = random.integers(0, max(first // 2, 1), batch)
    sessions, calls, cache, feeds = {}, [], {}, {}
    for length in lengths:
        graph = "prefill.onnx" if not calls and "prefill.onnx" in case["graphs"] else list(case["graphs"])[-1]
        if graph not in sessions:
            sessions[graph] = onnxruntime.InferenceSession(folder / graph, providers=["CPUExecutionProvider"])
        session = sessions[graph]
        masked = any(v.name == "attention_mask" and len(v.shape) == 2 for v in session.get_inputs())
        vocabulary = case.get("config", {}).get("vocab_size", 64) if isinstance(case.get("config"), dict) else 64
        feeds = feeds_of(session, random, batch, past, length, static, min(vocabulary, 64),
                         pads if masked else np.zeros(batch, np.int64))
        feeds.update({name: array for name, array in cache.items() if name in feeds})
        names = [o.name for o in session.get_outputs()]
        got = dict(zip(names, session.run(None, feeds)))
        # A prefill graph calls its caches past_key_values..., without "output." before it.
        cache = {re.sub(r"^(output\.)?past_", "input.past_", re.sub(r"^output\.", "input.", n)): v for n, v in got.items()}
        cache |= {re.sub(r"^present", "past_key_values", n): v for n, v in got.items()}
        file = scratch / f"call{len(calls)}.npz"
        np.savez(file, **{f"in.{n}": v for n, v in feeds.items()}, **{f"out.{n}": v for n, v in got.items()})
        calls.append((graph, file, feeds))
        past += length
    return calls, stateful, f"batch {batch}, lengths {lengths}, past {past - sum(lengths)}, pads {pads.tolist()}"


# ---- one variant ---------------------------------------------------------------------------------------------------

def check(folder, case, kinds, seed, scratch, modes):
    """What is wrong with one variant, '', or None where ONNX Runtime cannot run the stored graph itself."""
    random = np.random.default_rng(seed)
    try:
        calls, stateful, sizes = calls_of(folder, case, random, scratch)
    except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
        return None  # these sizes are beyond what the exporter generalised to
    if "fixed_dims" in kinds:  # numbers hold for one call only
        calls, stateful = calls[-1:], False
    graphs = {}
    for graph, _, feeds in calls:
        if graph not in graphs:
            graphs[graph] = scratch / graph
            load(folder / graph, random, kinds, feeds, graphs[graph])
    loose = ["--atol", "5e-2", "--rtol", "1e-2"] if case["dtype"] != "float32" else []
    said = []
    for graph, file, _ in calls if "eval" in modes else ():
        outcome = dsc("eval", graphs[graph], "--npz", file, *loose)
        if not outcome.ok:
            said.append(f"eval {file.name}: {outcome.reason()}")
    for mode, options in (("io", ["--kv=io"]), ("state", [])):
        if mode not in modes or (mode == "state" and not stateful):
            continue
        engine = scratch / f"{mode}.dsce"
        outcome = dsc("compile", *graphs.values(), "-o", engine, *options)
        if not outcome.ok:
            said.append(f"compile {mode}: {outcome.reason()}")
            continue
        arguments = [["--npz", f"{pathlib.Path(graph).stem}={file}"] for graph, file, _ in calls]
        for call in ([sum(arguments, [])] if mode == "state" else arguments):
            outcome = dsc("run", engine, "--threads", 1, *call)
            if not outcome.ok and not loose:
                said.append(f"run {mode} {call[-1].rsplit('/', 1)[-1]}: {outcome.reason()}")
    return "; ".join(said) + f" [{sizes}]" if said else ""


def eligible(case):
    """Cases that ONNX Runtime runs as PyTorch does, and that dsc accepts."""
    if case["status"] != "exported" or case["ort_max_error"] is None or case["ort_max_error"] > 1e-4:
        return False
    if any("topk_indices" == o["name"] for g in case["graphs"].values() for o in g["outputs"]):
        return False  # the order of the selected experts is free
    return not any(":" in op and not op.startswith("ai.onnx") for g in case["graphs"].values() for op in g["ops"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--only", default="", help="regular expression on the case's name")
    parser.add_argument("--kinds", default="", help="rewrites to try, as A,B+C (C after B); default: random mixtures")
    parser.add_argument("--each", action="store_true", help="every rewrite by itself")
    parser.add_argument("--rounds", type=int, default=1, help="variants of each case and kind")
    parser.add_argument("--models", type=pathlib.Path, default=FIXTURES, help="folder with a manifest.json")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the files of failing variants here")
    arguments = parser.parse_args()
    require_program()
    cases = json.loads((arguments.models / "manifest.json").read_text())["cases"]
    chosen = [[k] for k in KINDS] if arguments.each else [k.split("+") for k in arguments.kinds.split(",") if k]
    if unknown := {k for kinds in chosen for k in kinds} - {*KINDS}:
        parser.error(f"unknown kinds: {', '.join(sorted(unknown))}")
    tried = failed = 0
    for name, case in cases.items():
        if not re.search(arguments.only, name) or not eligible(case):
            continue
        for number in range(arguments.rounds):
            pick = np.random.default_rng([arguments.seed, number, zlib.crc32(name.encode())])
            mixture = [str(k) for k in pick.permutation(KINDS)[:int(pick.integers(2, 6))]]
            for kinds in chosen or [mixture]:
                with tempfile.TemporaryDirectory(prefix="dsc-perturb-") as scratch:
                    seed = [arguments.seed, number, zlib.crc32(f"{name}/{kinds}".encode())]
                    why = check(arguments.models / name, case, kinds, seed, pathlib.Path(scratch),
                                arguments.mode or MODES)
                    tried += why is not None
                    if why:
                        failed += 1
                        print(f"FAIL {name} {'+'.join(kinds)}: {why}", flush=True)
                        if arguments.keep:
                            kept = arguments.keep / f"{name}-{number}-{'+'.join(kinds)}"
                            kept.mkdir(parents=True, exist_ok=True)
                            for file in pathlib.Path(scratch).iterdir():
                                (kept / file.name).write_bytes(file.read_bytes())
    print(f"    perturb {tried - failed} of {tried} variants agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
