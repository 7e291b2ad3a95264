#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random graphs through dsc and ONNX Runtime.

    python differential.py --seeds 0:10000 [--batch 25] [--jobs 1] [--keep DIR] [--log FILE]

Graphs are compared in batches, one model each: ONNX Runtime (unoptimised), dsc eval and native code. A batch that fails
as a whole is taken apart. What differs is shrunk to the first operator whose result differs, fed with ONNX Runtime's values
where that still shows it, and kept in DIR as a model with inputs and outputs, in the form of regression/.
"""
from __future__ import annotations

import argparse
import collections
import concurrent.futures
import json
import multiprocessing
import pathlib
import re
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]
from generator import generate, model_of  # noqa: E402
from support import compare  # noqa: E402
from support.program import dsc, require_program  # noqa: E402

TOLERANCE = compare.Tolerance(atol=2e-4, rtol=2e-3)
MODES = ("eval", "run")


class OracleRefused(Exception):
    """ONNX Runtime does not run the model."""


def infer(serialized: bytes, inputs: dict, results) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(serialized, options, providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        results.send(dict(zip(names, session.run(names, inputs))))
    except Exception as why:  # noqa: BLE001  the runtime has exceptions of its own
        results.send(" ".join(str(why).split())[:200])


def oracle(model, inputs: dict) -> dict:
    """ONNX Runtime's outputs, from a process of its own: a few graphs end it with a signal."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=infer, args=(model.SerializeToString(), inputs, sender))
    process.start()
    sender.close()
    try:
        outputs = receiver.recv()
    except EOFError:
        process.join()
        outputs = f"crashed with signal {-process.exitcode}"
    process.join()
    if isinstance(outputs, str):
        raise OracleRefused(outputs)
    return outputs


def run_dsc(mode: str, model, inputs: dict) -> tuple[dict | None, str]:
    """Outputs, or None and why there are none."""
    with tempfile.TemporaryDirectory(prefix="dsc-random-") as folder:
        path = pathlib.Path(folder)
        onnx.save(model, path / "model.onnx")
        np.savez(path / "io.npz", **{f"in.{n}": a for n, a in inputs.items()})
        program = path / "model.onnx"
        if mode == "run":
            compiled = dsc("compile", program, "-o", path / "model.dsce", "--kv=io", timeout=300)
            if not compiled.ok:
                return None, compiled.reason()
            program = path / "model.dsce"
        outcome = dsc(mode, program, "--npz", path / "io.npz", "--save", path / "saved.npz", timeout=300)
        if not outcome.ok:
            return None, outcome.reason()
        return compare.outputs(np.load(path / "saved.npz")), ""


def differs(got: dict, want: dict) -> str:
    return compare.first_difference(got, {n: np.asarray(a) for n, a in want.items()}, TOLERANCE)


def inputs_of(graphs) -> dict:
    return {n: a for g in graphs for n, a in g.inputs.items()}


def shrink(graph, mode: str):
    """(model, inputs, outputs) of the first node that differs, on its own where that shows it."""
    names = [n for node in graph.nodes for n in node.output]
    model = model_of([graph], names)
    wanted = oracle(model, graph.inputs)
    got, _ = run_dsc(mode, model, graph.inputs)
    known = {**graph.inputs, **wanted}
    for node in graph.nodes:
        bad = [n for n in node.output if got is None or differs({n: got[n]}, {n: wanted[n]})]
        if not bad:
            continue
        single = generate(0)
        single.nodes, single.outputs, single.values = [node], list(node.output), graph.values
        single.initializers = {n: a for n, a in graph.initializers.items() if n in node.input}
        single.inputs = {n: known[n] for n in node.input if n in known}
        single.dims = {n: list(a.shape) for n, a in single.inputs.items()}
        small = model_of([single])
        again, _ = run_dsc(mode, small, single.inputs)
        want = {n: wanted[n] for n in node.output}
        if again is None or differs(again, want):
            return small, single.inputs, want
        if got is not None:
            break
    return model_of([graph]), graph.inputs, {n: wanted[n] for n in graph.outputs}


def keep(folder: pathlib.Path, name: str, case) -> None:
    model, inputs, outputs = case
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / f"{name}.onnx")
    np.savez(folder / f"{name}.npz", **{f"in.{n}": a for n, a in inputs.items()}, **{f"out.{n}": a for n, a in outputs.items()})


def compare_graphs(graphs: list, findings: list, seeds: list) -> collections.Counter:
    """Counts by outcome; findings get (seed, mode, kind, why)."""
    model, inputs = model_of(graphs), inputs_of(graphs)
    alone = len(graphs) == 1
    apart = lambda: sum((compare_graphs([g], findings, [s]) for g, s in zip(graphs, seeds)), collections.Counter())  # noqa: E731
    try:
        wanted = oracle(model, inputs)
    except OracleRefused as why:
        if not alone:
            return apart()
        findings.append((seeds[0], "oracle", "refused", str(why)))
        return collections.Counter(oracle_refused=1)
    for mode in MODES:
        got, why = run_dsc(mode, model, inputs)
        if got is None:
            if not alone:
                return apart()
            # An open dimension that meets another size takes that size: it is not stretched when it turns out to be 1.
            opens = any(isinstance(d, str) for g in graphs for dims in g.dims.values() for d in dims)
            if opens and re.search(r"is \d+, expected|can never be equal|number of elements differs|= 1\b", why):
                return collections.Counter(open_dimension=1)
            findings.append((seeds[0], mode, "refused", why))
            return collections.Counter(refused=1)
        if difference := differs(got, wanted):
            if not alone:
                return apart()
            findings.append((seeds[0], mode, "differs", difference))
            return collections.Counter(differs=1)
    return collections.Counter(equal=len(graphs))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default="0:200", help="FROM:TO")
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--log", type=pathlib.Path)
    arguments = parser.parse_args()
    require_program()
    first, last = map(int, arguments.seeds.split(":"))
    started, total, operators, findings = time.monotonic(), collections.Counter(), collections.Counter(), []

    def one(start: int):
        seeds = list(range(start, min(start + arguments.batch, last)))
        graphs = [generate(s, f"g{s}_") for s in seeds]
        found = []
        counts = compare_graphs(graphs, found, seeds)
        return counts, found, collections.Counter(node.op_type for g in graphs for node in g.nodes)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for n, (counts, found, used) in enumerate(pool.map(one, range(first, last, arguments.batch))):
            total += counts
            operators += used
            findings += found
            for seed, mode, kind, why in found:
                print(f"seed {seed} {mode} {kind}: {why}", flush=True)
                if arguments.keep and kind != "refused":
                    keep(arguments.keep, f"seed{seed}_{mode}", shrink(generate(seed, f"g{seed}_"), mode))
            if n % 10 == 9:
                print(f"    {sum(total.values())} graphs: {dict(total)}", flush=True)
    summary = {"seeds": arguments.seeds, "graphs": sum(total.values()), "outcomes": dict(total), "nodes": sum(operators.values()),
               "operators": dict(operators.most_common()), "seconds": round(time.monotonic() - started)}
    print(json.dumps(summary))
    if arguments.log:
        arguments.log.write_text(json.dumps({**summary, "findings": findings}, indent=1) + "\n")
    return 1 if total["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())
