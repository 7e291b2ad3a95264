#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/benchmarks.md: dsc and ONNX Runtime in turn, in one run, on the same inputs.

    benchmarks.py --models DIR [--engines DIR] [--threads 2] [--rounds 8] [--output docs/benchmarks.md]

DIR holds a folder a model, with model.onnx and bench.json (inputs and their symbolic sizes). A round times one program for a fifth of a
second, then the other; the least time of all rounds counts, so that a moment in which something else runs costs a round and no result.
The machine is described by what was measured on it, before and after.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from engine import BUILD, ROOT, Subject, compiled, make_inputs

# (new tokens, past tokens); the batched form of experts copies weights in other programs, so it is not run on many tokens.
WORKLOADS = {"attn": [(1, 1024), (1, 4096), (128, 0)], "moe": [(1, 0), (16, 0), (128, 0)], "moe batched": [(1, 0), (16, 0)]}
BLOCK_SECONDS = 0.2


def workloads(name):
    kind = name.split(".")[0].split("-")[1]
    return WORKLOADS.get(f"{kind} batched" if "batched" in name else kind, [])


def machine(threads):
    """GFLOP/s of f32 multiply-adds and GB/s read from 56 MB and from 1 GB, as `dsc bench --roof` measures them."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    program, found = BUILD / "bin" / "dsc", {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for rows, depth, columns in ((1, 7168, 2048), (16, 2048, 1408), (512, 2048, 1408), (500, 2040, 1400)):
            weight = numpy_helper.from_array(np.random.default_rng(0).standard_normal((depth, columns), dtype=np.float32), "w")
            graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "gemm",
                                      [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["m", depth])],
                                      [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["m", columns])], [weight])
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), folder / "gemm.onnx")
            subprocess.run([program, "compile", folder / "gemm.onnx", "-o", folder / "gemm.dsce"], check=True, capture_output=True)
            np.savez(folder / "in.npz", **{"in.x": np.random.default_rng(1).standard_normal((rows, depth), dtype=np.float32)})
            used = threads if rows == 1 else 1
            done = subprocess.run([program, "bench", folder / "gemm.dsce", "--npz", folder / "in.npz", "--roof", "--json", "--threads",
                                   str(used), "--repeat", "60"], check=True, capture_output=True, text=True)
            report = json.loads(done.stdout)
            call = report["calls"][0]
            found[rows, depth, columns, used] = (call["min_seconds"], report["f32_flops"], call["read_bytes_per_second"])
    return found


def block(call):
    best, end = float("inf"), time.perf_counter() + BLOCK_SECONDS
    while best == float("inf") or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def compare(folder, args):
    """Rows (workload, dsc's seconds, ONNX Runtime's seconds, largest difference of an output by its largest value)."""
    import onnxruntime
    specification = json.loads((folder / "bench.json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = args.threads, 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    peer = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    subject, rows = Subject(compiled(folder / "model.onnx", args.engines), args.threads), []
    for tokens, past in workloads(folder.name):
        inputs = make_inputs(specification, tokens, past, 7)
        before = make_inputs(specification, past, 0, 8)
        if past:  # the peer's caches are those that the same tokens have left
            outputs = dict(zip([o.name for o in peer.get_outputs()], peer.run(None, before)))
            for name in inputs:
                if name.startswith("input."):
                    inputs[name] = outputs["output" + name[len("input"):]]
        want = dict(zip([o.name for o in peer.get_outputs()], peer.run(None, inputs)))
        subject.fill(before, past)
        got = subject.run(inputs)
        error = max(float(np.abs(got[n] - w).max() / np.abs(w).max()) for n, w in want.items() if n in got)
        best = [float("inf")] * 2
        for _ in range(args.rounds):
            for i, call in enumerate((lambda: subject.run(inputs), lambda: peer.run(None, inputs))):
                best[i] = min(best[i], block(call))
        rows.append(((tokens, past), *best, error))
        print(folder.name, *rows[-1], file=sys.stderr)
    return rows


def write(results, before, after, args):
    lines = ["# Benchmarks", "",
             "Made by `tools/bench/benchmarks.py` from one run, in which the programs took turns; the least times of all rounds. The ratio of a row is "
             "what to look at: times are those of the machine below on that day, with whatever else ran on it.", "",
             "    tools/bench/benchmarks.py --models DIR      # a folder a model: model.onnx, bench.json", "",
             "`tools/bench/adapter.py` runs one workload of an engine for a program that times several peers: its lines are `ms NUMBER`.", "",
             "## The machine, measured", ""]
    flops = max(v[1] for k, v in {**before, **after}.items() if k[3] == 1)
    lines += [f"- f32 multiply-adds on one core: {flops * 1e-9:.0f} GFLOP/s"]
    for megabytes in sorted({round(4e-6 * k[1] * k[2]) for k in before}):
        rates = [v[2] for k, v in {**before, **after}.items() if round(4e-6 * k[1] * k[2]) == megabytes]
        cores = max(k[3] for k in before if round(4e-6 * k[1] * k[2]) == megabytes)
        lines += [f"- reading {megabytes} MB over and over, {cores} core{'s' * (cores > 1)}: {max(rates) * 1e-9:.0f} GB/s"]
    lines += ["", "## Contractions", "", "| rows × depth × columns | cores | time | of the machine's |", "|---|---|---|---|"]
    for key in before:
        rows, depth, columns, used = key
        shares = []
        for seconds, peak, rate in (before[key], after[key]):
            work, roof = (4 * depth * columns, rate) if rows == 1 else (2 * rows * depth * columns, peak)
            shares.append((work / seconds / roof, seconds))
        share, seconds = max(shares)
        what = "reading" if rows == 1 else "multiply-adds"
        lines += [f"| {rows} × {depth} × {columns} | {used} | {seconds * 1e3:.3f} ms | {share:.0%} of {what} in the same run |"]
    lines += ["", "## Models", "", f"{args.threads} threads, f32. ONNX Runtime keeps the caches of the graph as it is written.", "",
              "| model | new tokens | past | dsc | ONNX Runtime | ratio | largest difference |", "|---|---|---|---|---|---|---|"]
    for name, rows in results.items():
        for (tokens, past), mine, theirs, error in rows:
            lines += [f"| {name} | {tokens} | {past} | {mine * 1e3:.2f} ms | {theirs * 1e3:.2f} ms | {theirs / mine:.1f} × | {error:.0e} |"]
    args.output.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--engines", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    args = parser.parse_args()
    before = machine(args.threads)
    folders = sorted(f for f in args.models.iterdir() if (f / "bench.json").exists() and f.name.endswith((".f32", ".batched", ".grouped")))
    results = {f.name: compare(f, args) for f in folders if not args.only or f.name in args.only}
    write(results, before, machine(args.threads), args)


if __name__ == "__main__":
    main()
