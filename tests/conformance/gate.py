#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The node suite as a gate: what passed once must pass.

    python gate.py [--results DIR] [--fast] [--update]

Generates the suite into build/conformance when it is not there, runs the LLM-operator subset (1240 tests) through the
interpreter (eval) and as native code (run; left out by --fast), and compares with expected_eval.txt and
expected_run.txt: a name of these lists that does not pass is a failure. New passes are reported; --update writes both
lists anew from this run. Then the cases of contrib/, all of which must pass. Results lie in DIR as node_MODE.jsonl and
contrib_MODE.jsonl, for score.py.
"""
from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import score  # noqa: E402
from run_node_tests import run_suite  # noqa: E402
from support import report  # noqa: E402
from support.program import BUILD, require_program  # noqa: E402

SUITE = BUILD / "conformance" / "onnx-node"
CONTRIB = HERE / "contrib"


def generate() -> None:
    if not (SUITE / "manifest.tsv").exists():
        subprocess.run([sys.executable, HERE / "gen_node_suite.py", SUITE], check=True)


def subset() -> list[str]:
    operators, rows = score.llm_ops(), score.manifest(SUITE)
    return sorted(n for n, row in rows.items() if score.in_subset(row, operators))


def write_expected(path: pathlib.Path, passes: list[str]) -> None:
    path.write_text(f"# SPDX-License-Identifier: Apache-2.0\n# Node tests that pass; written by gate.py --update.\n"
                    + "".join(f"{n}\n" for n in passes))


def run_on_device(arguments) -> int:
    """One test of each operator, of those that pass as native code, through the CUDA target."""
    rows, first = score.manifest(SUITE), {}
    for name in sorted(report.read_list(HERE / "expected_run.txt")):
        first.setdefault(rows[name]["op"], name)
    results = run_suite(SUITE, sorted(first.values()), "run", arguments.jobs, device=arguments.device)
    if all("run-time compiler" in r["detail"] for r in results):
        print(f"    skipped: {results[0]['detail']}")
        return 0
    for r in results:
        if r["status"] != "pass":
            print(f"FAIL {r['name']}: {r['status']}: {r['detail']}")
    report.write_jsonl(arguments.results / f"node_{arguments.device}.jsonl", results)
    report.write_junit(arguments.results / f"node_{arguments.device}.xml", f"node_{arguments.device}", results)
    return 1 if any(r["status"] != "pass" for r in results) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--results", type=pathlib.Path, default=BUILD / "results")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--mode", choices=("eval", "run"), action="append")
    parser.add_argument("--device", choices=("ptxsim", "cuda"), help="instead of all this: one test of each operator as kernels for a GPU")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    require_program()
    generate()
    if arguments.device:
        return run_on_device(arguments)
    names, gated, scores = subset(), [], []
    contrib = sorted(p.name for p in CONTRIB.iterdir())
    modes = arguments.mode or (("eval",) if arguments.fast else ("eval", "run"))
    for mode in modes:
        results = run_suite(SUITE, names, mode, arguments.jobs)
        report.write_jsonl(arguments.results / f"node_{mode}.jsonl", results)
        scores.append(f"{mode}={arguments.results / f'node_{mode}.jsonl'}")
        expected_file = HERE / f"expected_{mode}.txt"
        passes = [r["name"] for r in results if r["status"] == "pass"]
        if arguments.update:
            write_expected(expected_file, passes)
        expected = report.read_list(expected_file)
        for r in results:
            if r["name"] in expected:
                gated.append({**r, "name": f"{mode}/{r['name']}"})
                if r["status"] != "pass":
                    print(f"FAIL {mode}/{r['name']}: {r['status']}: {r['detail']}")
        if new := [n for n in passes if n not in expected]:
            print(f"    {mode}: {len(new)} pass that are not in {expected_file.name} (gate.py --update adds them): "
                  + " ".join(new[:10]) + (" ..." if len(new) > 10 else ""))
    for mode in modes:
        results = run_suite(CONTRIB, contrib, mode, arguments.jobs)
        report.write_jsonl(arguments.results / f"contrib_{mode}.jsonl", results)
        scores.append(f"contrib.{mode}={arguments.results / f'contrib_{mode}.jsonl'}")
        for r in results:
            gated.append({**r, "name": f"contrib/{mode}/{r['name']}"})
            if r["status"] != "pass":
                print(f"FAIL contrib/{mode}/{r['name']}: {r['status']}: {r['detail']}")
    report.write_junit(arguments.results / "node.xml", "node", gated)
    subprocess.run([sys.executable, HERE / "score.py", SUITE, *scores], check=True)
    return 1 if any(r["status"] != "pass" for r in gated) else 0


if __name__ == "__main__":
    sys.exit(main())
