#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end: every exported model of fixtures/ against PyTorch's outputs, in four ways.

    eval     dsc eval MODEL --npz RUN, the reference interpreter, each stored run by itself
    io       dsc compile --kv=io, then dsc run, each stored run by itself
    state    dsc compile, then dsc run with the calls of a generation in order, in one session
    latent   the same with --kv=latent, for exports that cache the keys and values of every head

    python run_models.py [--mode MODE] [--only REGEX] [--models DIR] [--results DIR] [--jobs N] [--device cpu|ptxsim|cuda] [--sample]

With --device=ptxsim (the simulator of a GPU) or --device=cuda the models are compiled for CUDA and run there, in the modes that
compile. --sample takes few cases, which have all families of kernels between them: what CI runs on the simulator.

What must hold for a case follows from its entry in manifest.json (see `expectation`). Outputs are judged here, and dsc's
own verdict (exit code) must agree. What is known not to work is in expected_failures.txt, one "MODE/CASE  # why" a line;
a case of that list that passes is an error too: the list must be exact. Exit code 1 if any case is not as expected.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import re
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import compare, report  # noqa: E402
from support.program import BUILD, FIXTURES, dsc, require_program  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MODES = ("eval", "io", "state", "latent")
EXPANDED_FORMS = ("old",)
STATEFUL_FORMS = ("gen", "gen_multi", "static", "static_multi", *EXPANDED_FORMS)
CACHE_NAME = re.compile(r"\b(past_key_values|present)\.\d+\.(key|value)$")
TOLERANCES = {"float32": compare.EXACT_ENOUGH, "bfloat16": compare.BFLOAT16, "float16": compare.FLOAT16}
ANYTHING = compare.Tolerance(atol=float("inf"))
MISMATCH = 1  # dsc's exit code when outputs differ

# Cases whose stored outputs cannot be met, for a reason that the manifest explains: they must compile and run.
ONLY_RUN = ("v32_multi_bmm_op20", "old_v3_past_missing_experts_op18")
# Cases that must be refused, and what the message must hold.
REFUSED = {"v3_attn_op26": ("Attention", "opset 18", "node_scaled_dot_product_attention")}


# Cases that together have every kind of kernel, for --sample: by mode, the smaller of equals.
SAMPLE = {
    "io": ("v3_attn_cached_op20", "v2lite_prefill_bf16_op20", "v3_prefill_fp16_op20", "v3_prefill_bmm_op20",
           "v2lite_multi_cudafused_op20", "v32_multi_bmm_op20", "gpt_oss_prefill_bmm_op20"),
    "state": ("v3_gen_gmm_op20", "v3_static_multi_bmm_op20", "v2lite_gen_bmm_op20"),
    "latent": ("old_v3_past_op18",),
}


class Device:
    """Where models run, and how they are compiled for it."""

    def __init__(self, name: str):
        self.name = name
        # Line information: the simulator then names the line of the kernel's source.
        self.compile = () if name == "cpu" else ("--target", "cuda", "--line-info")
        self.run = ("--device", name, "--threads", 1)
        # On the simulator every tensor is an allocation of its own, where that is not what is tested: accesses beyond it show.
        self.separate = {"DSC_SEPARATE_BUFFERS": "1"} if name == "ptxsim" else {}
        self.label = "" if name == "cpu" else f"{name}:"


device = Device("cpu")


@dataclasses.dataclass(frozen=True)
class Expectation:
    kind: str  # "values", "run", "refused"
    tolerance: compare.Tolerance = ANYTHING
    words: tuple = ()  # of the refusal


def expectation(name: str, folder: pathlib.Path, case: dict) -> Expectation:
    if name in REFUSED:
        return Expectation("refused", words=REFUSED[name])
    if name in ONLY_RUN:
        return Expectation("run")
    return Expectation("values", TOLERANCES[case["dtype"]])


def sequences(runs: list[dict]) -> list[list[dict]]:
    """The generations of a case: runs of one prefix (io_b2s8_prefill, io_b2s8_step1, ...), in their order."""
    by_prefix: dict[str, list[dict]] = {}
    for run in runs:
        by_prefix.setdefault(re.sub(r"_(prefill|step\d+)\.npz$", "", run["file"]), []).append(run)
    return list(by_prefix.values())


def judge_saved(outcome, saved: pathlib.Path, run: dict, folder: pathlib.Path, expected: Expectation) -> str:
    """Why a call's outputs are wrong, or ''."""
    free_order = "selected experts" in run.get("ort_note", "")
    verdict_is_ours = expected.kind == "run" or free_order
    if not outcome.ok and not (outcome.code == MISMATCH and verdict_is_ours):
        return f"{run['file']}: {outcome.reason()}"
    if not saved.exists():
        return f"{run['file']}: --save wrote nothing"
    got, want = compare.outputs(np.load(saved)), compare.outputs(np.load(folder / run["file"]))
    why = compare.first_difference(got, want, expected.tolerance, free_order)
    if not why and expected.kind == "run":
        nan = [n for n, v in got.items() if v.dtype.kind == "f" and np.isnan(v).any()]
        why = f"NaN in {', '.join(nan)}" if nan else ""
    return f"{run['file']}: {why}" if why else ""


def limits(expected: Expectation) -> list[str]:
    """What dsc itself compares with: loose where only rows are judged or only running counts."""
    t = expected.tolerance
    return ["--atol", "1e30" if t.atol == float("inf") else str(t.atol), "--rtol", str(t.rtol)]


def refusal(outcome, expected: Expectation) -> str:
    if outcome.ok:
        return "was accepted"
    if outcome.code is None or outcome.crashed:
        return outcome.reason()
    missing = [w for w in expected.words if w not in outcome.err]
    return f"the message does not say: {', '.join(missing)}: {outcome.reason()}" if missing else ""


def run_eval(folder, case, expected, scratch) -> str:
    if expected.kind == "refused":
        return next((why for graph in case["graphs"] for run in case["runs"][:1]
                     if (why := refusal(dsc("eval", folder / graph, "--npz", folder / run["file"]), expected))), "")
    for run in case["runs"]:
        saved = scratch / "out.npz"
        saved.unlink(missing_ok=True)
        outcome = dsc("eval", folder / run["graph"], "--npz", folder / run["file"], "--save", saved, *limits(expected))
        if why := judge_saved(outcome, saved, run, folder, expected):
            return why
    return ""


def compile_case(folder, case, engine, *options):
    return dsc("compile", *(folder / graph for graph in case["graphs"]), "-o", engine, "--verify-recognition", *device.compile, *options)


def call(folder, run) -> str:
    return f"{pathlib.Path(run['graph']).stem}={folder / run['file']}"


def run_io(folder, case, expected, scratch) -> str:
    engine = scratch / "model.dsce"
    compiled = compile_case(folder, case, engine, "--kv=io")
    if expected.kind == "refused":
        return refusal(compiled, expected)
    if not compiled.ok:
        return f"compile: {compiled.reason()}"
    for run in case["runs"]:
        saved = scratch / "out.npz"
        saved.unlink(missing_ok=True)
        outcome = dsc("run", engine, *device.run, "--npz", call(folder, run), "--save", saved, *limits(expected),
                      environment=device.separate)
        if why := judge_saved(outcome, saved, run, folder, expected):
            return why
    return ""


def run_state(folder, case, expected, scratch, *options) -> str:
    engine = scratch / "model.dsce"
    compiled = compile_case(folder, case, engine, *options)
    if expected.kind == "refused":
        return refusal(compiled, expected)
    if not compiled.ok:
        return f"compile: {compiled.reason()}"
    for runs in sequences(case["runs"]):
        saved = scratch / "out.npz"
        saved.unlink(missing_ok=True)
        calls = [argument for run in runs for argument in ("--npz", call(folder, run))]
        outcome = dsc("run", engine, *device.run, *calls, "--save", saved, *limits(expected))
        # dsc compares every call; the last one is judged here as well, except what the state has replaced.
        if why := judge_saved(outcome, saved, runs[-1], folder, expected):
            return f"session {runs[0]['file']} ... {why}"
    return ""


def without_caches(path: pathlib.Path, scratch: pathlib.Path) -> None:
    """A copy of a stored run without the caches, which the session keeps in another form."""
    with np.load(path) as run:
        np.savez(scratch / path.name, **{name: run[name] for name in run.files if not CACHE_NAME.search(name)})


def run_latent(folder, case, expected, scratch) -> str:
    for run in case["runs"]:
        without_caches(folder / run["file"], scratch)
    case = {**case, "graphs": [folder / graph for graph in case["graphs"]]}
    found = scratch / "report.json"
    why = run_state(scratch, case, expected, scratch, "--kv=latent", "--require=mla", f"--report=json:{found}")
    caches = {layer["cache"] for layer in json.loads(found.read_text())["mla"]["layers"]} if not why else {"latent"}
    return why or ("" if caches == {"latent"} else f"caches are {caches}")


FORMS = {"state": STATEFUL_FORMS, "latent": EXPANDED_FORMS}  # other modes: all
RUNNERS = {"eval": run_eval, "io": run_io, "state": run_state, "latent": run_latent}


def run_task(mode: str, name: str, folder: pathlib.Path, case: dict) -> dict:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dsc-models-") as scratch:
        why = RUNNERS[mode](folder, case, expectation(name, folder, case), pathlib.Path(scratch))
    return {"name": f"{device.label}{mode}/{name}", "status": "fail" if why else "pass", "detail": why,
            "seconds": round(time.monotonic() - start, 2)}


def tasks(models: pathlib.Path, modes, only: str):
    cases = json.loads((models / "manifest.json").read_text())["cases"]
    for name, case in cases.items():
        if case["status"] != "exported" or not re.search(only, name):
            continue
        for mode in modes:
            if case["form"] in FORMS.get(mode, (case["form"],)):
                yield mode, name, models / name, case


def settle(results: list[dict], known: dict[str, str]) -> int:
    """Weighs results against the list of known failures; prints what is not as expected and returns how many."""
    surprises = 0
    for r in results:
        if r["name"] in known:
            surprise = r["status"] == "pass"
            r["status"], r["detail"] = (("fail", "passes now: remove it from expected_failures.txt") if surprise
                                        else ("skip", f"known: {known[r['name']]}"))
        else:
            surprise = r["status"] != "pass"
        if surprise:
            surprises += 1
            print(f"FAIL {r['name']}: {r['detail']}")
    return surprises


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--only", default="", help="regular expression on the case's name")
    parser.add_argument("--models", type=pathlib.Path, default=FIXTURES, help="folder with a manifest.json")
    parser.add_argument("--results", type=pathlib.Path, default=BUILD / "results")
    parser.add_argument("--expected-failures", type=pathlib.Path, default=HERE / "expected_failures.txt")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu, ptxsim, cuda or cuda:NUMBER")
    parser.add_argument("--sample", action="store_true", help="few cases that have all kinds of kernels")
    arguments = parser.parse_args()

    require_program()
    global device
    device = Device(arguments.device)
    modes = arguments.mode or [mode for mode in MODES if device.name == "cpu" or mode != "eval"]
    todo = [task for task in tasks(arguments.models, modes, arguments.only)
            if not arguments.sample or task[1] in SAMPLE.get(task[0], ())]
    if arguments.sample and not arguments.only and not arguments.mode:
        assert len(todo) == sum(map(len, SAMPLE.values())), "a case of SAMPLE is no fixture"
    stem = "models" if device.name == "cpu" else f"models-{device.name.replace(':', '')}"
    results = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done, result in enumerate(pool.map(lambda t: run_task(*t), todo), 1):
            results.append(result)
            if done % 20 == 0:
                print(f"    {done} of {len(todo)}", flush=True)
    report.write_jsonl(arguments.results / f"{stem}.jsonl", results)
    surprises = settle(results, report.read_list(arguments.expected_failures))
    report.write_junit(arguments.results / f"{stem}.xml", stem, results)
    for mode in MODES:
        of_mode = [r for r in results if r["name"].startswith(f"{device.label}{mode}/")]
        if of_mode:
            print(f"    {device.label}{mode:<6} {sum(r['status'] == 'pass' for r in of_mode)} of {len(of_mode)} cases pass")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
