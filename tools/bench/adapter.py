#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one workload of a benchmark that times several programs side by side, and prints a line `ms NUMBER` for each run.

    adapter.py MODEL.onnx INPUTS --engines DIR [--outputs DIR] [--threads N] [--runs N] [--warmup N]
               [--mode once|generate] [--prompt TOKENS] [--new STEPS]

INPUTS holds inputs.json, {"sets": [[{"name", "shape", "elem_type", "file"}, ...], ...], "outputs": [names]}, and raw little-endian
tensors. Runs go through the sets in turn. Caches among the inputs become states: a set whose caches have P rows is run after P tokens.
In mode `generate`, a prompt and then steps of one token: lines `prefill_ms` and `step_ms`.
"""
import argparse
import json
import pathlib
import time

import numpy as np
from engine import Subject, compiled

TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64, 16: np.uint16}


def read(folder, rows):
    return {r["name"]: np.fromfile(folder / r["file"], TYPES[r["elem_type"]]).reshape(r["shape"]) for r in rows}


def milliseconds(call):
    start = time.perf_counter()
    result = call()
    return 1e3 * (time.perf_counter() - start), result


def past_of(subject, arrays):
    """Rows of the caches that are states of the engine."""
    names = {v.name for v in subject.entry.inputs}
    return max((a.shape[-2] for n, a in arrays.items() if n not in names), default=0)


def tokens(arrays, count, first):
    """The same kinds of inputs for `count` tokens from position `first` on, with random contents where there are any."""
    random, result = np.random.default_rng(first), {}
    for name, a in arrays.items():
        if "mask" in name:
            result[name] = np.ones((*a.shape[:-1], first + count), a.dtype)
        elif "position" in name:
            result[name] = np.broadcast_to(np.arange(first, first + count, dtype=a.dtype), (*a.shape[:-1], count)).copy()
        elif a.dtype.kind == "i":
            result[name] = random.integers(0, max(2, int(a.max()) + 1), (*a.shape[:-1], count))
        else:
            result[name] = random.standard_normal((*a.shape[:-2], count, a.shape[-1]), dtype=np.float32)
    return result


def once(subject, sets, args):
    pasts = [past_of(subject, s) for s in sets]
    own = [{v.name: s[v.name] for v in subject.entry.inputs} for s in sets]
    subject.fill(tokens(own[0], pasts[0], 0) if pasts[0] else {}, pasts[0])
    for i in range(args.warmup + args.runs):
        spent, result = milliseconds(lambda: subject.run(own[i % len(own)]))
        if i >= args.warmup:
            print(f"ms {spent:.6f}")
    return result


def generate(subject, arrays, args):
    own = {v.name: arrays[v.name] for v in subject.entry.inputs}
    for _ in range(2):  # the first round allocates
        subject.session.reset()
        spent, _ = milliseconds(lambda: subject.session.run(subject.entry.name, tokens(own, args.prompt, 0), copy=False))
        print(f"prefill_ms {spent:.6f}")
        for step in range(args.new):
            inputs = tokens(own, 1, args.prompt + step)
            spent, result = milliseconds(lambda: subject.session.run(subject.entry.name, inputs, copy=False))
            print(f"step_ms {spent:.6f}")
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("inputs", type=pathlib.Path)
    parser.add_argument("--engines", type=pathlib.Path, required=True)
    parser.add_argument("--outputs", type=pathlib.Path)
    for name, default in (("threads", 2), ("runs", 10), ("warmup", 3), ("prompt", 128), ("new", 32)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--mode", choices=("once", "generate"), default="once")
    args = parser.parse_args()
    described = json.loads((args.inputs / "inputs.json").read_text())
    sets = [read(args.inputs, rows) for rows in described["sets"]]
    engine = compiled(args.model, args.engines)
    spent, subject = milliseconds(lambda: Subject(engine, args.threads))
    print(f"load_ms {spent:.3f}")
    result = generate(subject, sets[0], args) if args.mode == "generate" else once(subject, sets, args)
    if args.outputs:
        for number, name in enumerate(described["outputs"]):
            if name in result:
                result[name].tofile(args.outputs / f"{number}.bin")


if __name__ == "__main__":
    main()
