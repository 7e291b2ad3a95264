#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run dsc over a directory made by gen_node_suite.py or contrib_cases.py.

    python run_node_tests.py SUITE_DIR --mode eval|run --out results.jsonl [--device D] [--names FILE] [--jobs N]

    eval   dsc eval: the reference interpreter
    run    dsc compile --kv=io and dsc run: native code; with --device ptxsim or cuda, kernels for a GPU

One JSON line per test: {"name", "status", "stage", "detail", "seconds"}, as README.md says. A test's tensors are put into
an .npz in the form that dsc reads (16-bit floats as float32). dsc compares, and its outputs are compared here once more.
"""
from __future__ import annotations

import argparse
import collections
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import time

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import compare, report  # noqa: E402
from support.program import dsc, require_program  # noqa: E402

RTOL, ATOL, BF16_RTOL = 1e-3, 1e-7, 2.0**-6
MISMATCH, RUN_FAILED = 1, 4  # exit codes of dsc eval and dsc run
NPZ_TYPES = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.BOOL,
             TensorProto.INT8, TensorProto.INT16, TensorProto.INT32, TensorProto.INT64,
             TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32, TensorProto.UINT64}
# One byte an element, in dsc and in NumPy (ml_dtypes) alike; an .npz holds them as raw bytes.
NARROW = {getattr(TensorProto, n): getattr(ml_dtypes, t) for n, t in {
    "FLOAT8E4M3FN": "float8_e4m3fn", "FLOAT8E4M3FNUZ": "float8_e4m3fnuz", "FLOAT8E5M2": "float8_e5m2",
    "FLOAT8E5M2FNUZ": "float8_e5m2fnuz", "FLOAT8E8M0": "float8_e8m0fnu", "FLOAT4E2M1": "float4_e2m1fn",
    "INT4": "int4", "UINT4": "uint4", "INT2": "int2", "UINT2": "uint2"}.items()}


class NotATensor(Exception):
    """The test feeds or expects what an .npz for dsc cannot hold."""


def stored(info, value) -> np.ndarray:
    if info.type.HasField("tensor_type") and info.type.tensor_type.elem_type in NARROW:
        return np.asarray(value).astype(NARROW[info.type.tensor_type.elem_type])
    if not info.type.HasField("tensor_type") or info.type.tensor_type.elem_type not in NPZ_TYPES:
        raise NotATensor(f"{info.name}: not a tensor of a type that dsc takes")
    sixteen_bits = info.type.tensor_type.elem_type in (TensorProto.FLOAT16, TensorProto.BFLOAT16)
    return np.asarray(value).astype(np.float32) if sixteen_bits else np.asarray(value)


def load_values(path: pathlib.Path, kind: str, infos) -> dict:
    contrib = path / f"{kind}s.npz"
    if contrib.exists():
        arrays = np.load(contrib)
        return {i.name: stored(i, arrays[i.name]) for i in infos}
    values = {}
    for k, info in enumerate(infos):
        file = path / "test_data_set_0" / f"{kind}_{k}.pb"
        if file.exists():
            if not info.type.HasField("tensor_type"):
                raise NotATensor(f"{info.name}: a {info.type.WhichOneof('value')}")
            values[info.name] = stored(info, numpy_helper.to_array(TensorProto.FromString(file.read_bytes())))
    return values


def numbers(arrays: dict, infos) -> dict:
    """Arrays of narrow types as the numbers that they mean."""
    kinds = {i.name: NARROW.get(i.type.tensor_type.elem_type) for i in infos}
    return {n: a.view(kinds[n]).astype(np.float32) if kinds.get(n) and a.dtype.itemsize == 1 else a
            for n, a in arrays.items()}


def tolerance(path: pathlib.Path, model) -> compare.Tolerance:
    if (path / "case.json").exists():
        case = json.loads((path / "case.json").read_text())
        return compare.Tolerance(case["atol"], case["rtol"])
    narrow = any(o.type.tensor_type.elem_type == TensorProto.BFLOAT16 for o in model.graph.output)
    return compare.Tolerance(ATOL, BF16_RTOL if narrow else RTOL)


def refused(outcome, stage):
    """(status, stage, detail) of a command that gave no outputs: refused by the compiler, or failed while it ran."""
    status = ("timeout" if outcome.code is None else "crash" if outcome.crashed else
              "error" if stage == "run" or outcome.code == RUN_FAILED else "unsupported")
    return status, stage, outcome.reason()


def run_test(path: pathlib.Path, mode: str, device: str, scratch: pathlib.Path, limit: float):
    model = onnx.load(path / "model.onnx")
    try:
        inputs = load_values(path, "input", model.graph.input)
        wanted = load_values(path, "output", model.graph.output)
    except NotATensor as why:
        return "unsupported", "test", str(why)
    io, saved, engine = scratch / "io.npz", scratch / "saved.npz", scratch / "model.dsce"
    saved.unlink(missing_ok=True)
    np.savez(io, **{f"in.{k}": v for k, v in inputs.items()}, **{f"out.{k}": v for k, v in wanted.items()})
    t = tolerance(path, model)
    judge = ["--npz", io, "--save", saved, "--atol", t.atol, "--rtol", t.rtol]
    if mode == "eval":
        outcome = dsc("eval", path / "model.onnx", *judge, timeout=limit)
    else:
        target = ["--target", "cpu"] if device == "cpu" else ["--target", "cuda", "--line-info"]
        compiled = dsc("compile", path / "model.onnx", "-o", engine, "--kv=io", *target, timeout=limit)
        if not compiled.ok:
            return refused(compiled, "compile")
        outcome = dsc("run", engine, "--device", device, "--threads", 1, *judge, timeout=limit)
    if outcome.code not in (0, MISMATCH) or not saved.exists():
        return refused(outcome, mode)
    wanted_numbers = numbers(wanted, model.graph.output)
    why = compare.first_difference(numbers(compare.outputs(np.load(saved)), model.graph.output), wanted_numbers, t)
    exact = not any(i.type.tensor_type.elem_type in NARROW for i in model.graph.output)
    if not why and exact and outcome.code == MISMATCH:
        why = f"dsc says: {outcome.reason()}"
    return ("fail", mode, why) if why else ("pass", mode, "")


def run_one(path: pathlib.Path, mode: str, device: str, limit: float) -> dict:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dsc-node-") as scratch:
        try:
            status, stage, detail = run_test(path, mode, device, pathlib.Path(scratch), limit)
        except Exception as problem:  # noqa: BLE001  one bad test must not end the run
            status, stage, detail = "error", "test", f"{type(problem).__name__}: {problem}"
    return {"name": path.name, "status": status, "stage": stage, "detail": " ".join(detail.split())[:300],
            "seconds": round(time.monotonic() - start, 3)}


def run_suite(suite: pathlib.Path, names: list[str], mode: str, jobs: int = 2, limit: float = 60, device: str = "cpu") -> list[dict]:
    """Runs the named tests; progress goes to standard output."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(lambda n: run_one(suite / n, mode, device, limit), names):
            results.append(result)
            if len(results) % 200 == 0:
                print(f"    {mode}: {len(results)} of {len(names)}", flush=True)
    tally = collections.Counter(r["status"] for r in results)
    print(f"    {mode}: " + ", ".join(f"{n} {status}" for status, n in tally.most_common()), flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--mode", choices=("eval", "run"), required=True)
    parser.add_argument("--device", choices=("cpu", "ptxsim", "cuda"), default="cpu")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--names", type=pathlib.Path, help="a file with test names, one a line")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60)
    arguments = parser.parse_args()
    require_program()
    names = (list(report.read_list(arguments.names)) if arguments.names else
             sorted(p.parent.name for p in arguments.suite.glob("*/model.onnx")))
    results = run_suite(arguments.suite, names, arguments.mode, arguments.jobs, arguments.timeout, arguments.device)
    report.write_jsonl(arguments.out, results)


if __name__ == "__main__":
    main()
