#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other exports of the stored models: graphs rewritten without changing what they compute, and other sizes of inputs.

    python perturb.py [--seed N] [--mode MODE] [--only REGEX] [--kinds A,B+C | --each] [--rounds N]
                      [--models DIR] [--keep DIR]

Each variant of a case is one or more rewrites of KINDS and a generation (or one call) of random batch and lengths. The
outputs of ONNX Runtime for the graph as stored are what dsc eval, dsc compile --kv=io and, for generations, a session
with state must give. In the mode recognition nothing runs: at least five rewrites of each graph, and what is recognised must have the
parameters that it has in the graph as stored, and pass --verify-recognition. The same seed gives the same variants. Exit code 1 if any differs.
"""
from __future__ import annotations

import argparse
import json
import pathlib
import re
import sys
import tempfile
import zlib

import numpy as np
import onnx
import onnxruntime

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
from rewrites import KINDS, NAMED, SAFE, fixed_dims  # noqa: E402
from support.program import FIXTURES, dsc, require_program  # noqa: E402

MODES = ("eval", "io", "state", "recognition")
RUN_MODES = MODES[:3]
STATIC_LENGTH = 24  # positions of the stored fixed-size caches


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


# What a rewrite may change: places, and how a graph writes a mask or reads its cache. A rewrite that makes one product of two hides a
# projection of its own.
OPEN_FIELDS = {"entry", "node", "layer", "mask", "cache", "encoding", "kv_elements", "kv_share", "multi_head_elements"}


def recognised(graph, scratch, *options):
    """The parameters of all layers, by kind; or why it does not compile."""
    outcome = dsc("compile", graph, f"--report=json:{scratch / 'report.json'}", *options)
    if not outcome.ok:
        return outcome.reason()
    report = json.loads((scratch / "report.json").read_text())
    return {kind: [{k: round(v, 4) if isinstance(v, float) else v for k, v in layer.items() if k not in OPEN_FIELDS}
                   for layer in report[kind]["layers"]] for kind in ("mla", "moe", "dsa", "attention")}


def check_recognition(folder, case, kinds, seed, scratch):
    """The same for what is recognised in the rewritten graphs of a case."""
    random = np.random.default_rng(seed)
    said = []
    for graph in case["graphs"]:
        load(folder / graph, random, [k for k in kinds if k in SAFE or k == "external"], {}, scratch / graph)
        want, got = recognised(folder / graph, scratch), recognised(scratch / graph, scratch, "--verify-recognition")
        if want != got:
            said.append(f"{graph}: {got if isinstance(got, str) else differing(want, got)}")
    return "; ".join(said)


def differing(want, got):
    for kind in want:
        if want[kind] != got[kind]:
            pairs = [(w, g) for w, g in zip(want[kind], got[kind]) if w != g]
            detail = {k: (w[k], g.get(k)) for w, g in pairs[:1] for k in w if w[k] != g.get(k)}
            return f"{kind}: {len(got[kind])} of {len(want[kind])} layers, {detail}"
    return ""


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
    applied: dict[str, int] = {}
    recognition = arguments.mode == ["recognition"]
    for name, case in cases.items():
        if not re.search(arguments.only, name) or not eligible(case):
            continue
        for number in range(arguments.rounds):
            pick = np.random.default_rng([arguments.seed, number, zlib.crc32(name.encode())])
            mixture = [str(k) for k in pick.permutation([*NAMED, "external"] if recognition else KINDS)[:int(pick.integers(*((5, 9) if recognition else (2, 6))))]]
            for kinds in chosen or [mixture]:
                with tempfile.TemporaryDirectory(prefix="dsc-perturb-") as scratch:
                    seed = [arguments.seed, number, zlib.crc32(f"{name}/{kinds}".encode())]
                    if recognition:
                        why = check_recognition(arguments.models / name, case, kinds, seed, pathlib.Path(scratch))
                    else:
                        why = check(arguments.models / name, case, kinds, seed, pathlib.Path(scratch), arguments.mode or RUN_MODES)
                    tried += why is not None
                    for kind in kinds:
                        applied[kind] = applied.get(kind, 0) + 1
                    if why:
                        failed += 1
                        print(f"FAIL {name} {'+'.join(kinds)}: {why}", flush=True)
                        if arguments.keep:
                            kept = arguments.keep / f"{name}-{number}-{'+'.join(kinds)}"
                            kept.mkdir(parents=True, exist_ok=True)
                            for file in pathlib.Path(scratch).iterdir():
                                (kept / file.name).write_bytes(file.read_bytes())
    print("    " + ", ".join(f"{kind} {count}" for kind, count in sorted(applied.items())))
    print(f"    perturb {tried - failed} of {tried} variants agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
