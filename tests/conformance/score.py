#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Score results against a generated suite.

    python score.py SUITE_DIR NAME=RESULTS.jsonl ... [--json peers.json] [--ops] [--gaps]

RESULTS.jsonl is what run_node_tests.py writes: one object per test with "name" and "status".  Tables go to standard output in Markdown.  A NAME that starts with
"contrib." holds results of the contrib cases; they get a row of their own.
"""
from __future__ import annotations

import argparse
import collections
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
STATES = ["pass", "fail", "unsupported", "error", "timeout", "crash", "harness", "missing"]


def llm_ops():
    """{operator: group}"""
    ops, group = {}, ""
    for line in open(os.path.join(HERE, "llm_ops.txt")):
        text = line.split("#")[0].strip()
        if text.startswith("["):
            group = text.strip("[]")
        elif text:
            ops[text] = group
    return ops


def manifest(suite):
    rows = {}
    with open(os.path.join(suite, "manifest.tsv")) as f:
        keys = f.readline().split()
        for line in f:
            r = dict(zip(keys, line.rstrip("\n").split("\t")))
            rows[r["name"]] = r
    return rows


def in_subset(row, ops):
    return (row["domain"] == "ai.onnx" and row["op"] in ops and row["io"] == "tensor"
            and not row["name"].startswith("test_training_"))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("suite")
    ap.add_argument("results", nargs="+", help="NAME=FILE")
    ap.add_argument("--json")
    ap.add_argument("--ops", action="store_true", help="table per operator of the subset")
    ap.add_argument("--gaps", action="store_true", help="only the operators where something fails")
    a = ap.parse_args()
    ops, rows = llm_ops(), manifest(a.suite)
    peers, contrib = {}, {}
    for item in a.results:
        name, path = item.split("=", 1)
        into = contrib if name.startswith("contrib.") else peers
        into[name.removeprefix("contrib.")] = {r["name"]: r for r in map(json.loads, open(path))}
    status = {n: {p: peers[p].get(n, {}).get("status", "missing") for p in peers} for n in rows}
    subset = {n for n, r in rows.items() if in_subset(r, ops)}

    def line(title, names, status=status, peers=peers):
        for p in peers:
            c = collections.Counter(status[n][p] for n in names)
            print(f"| {title} | {len(names)} | {p} | {c['pass']} | {100 * c['pass'] / max(1, len(names)):.1f} % | "
                  + " | ".join(str(c[s]) for s in STATES[1:]) + " |")

    print("| set | tests | peer | pass | % | " + " | ".join(STATES[1:]) + " |")
    print("|---|---|---|---|---|" + "---|" * len(STATES[1:]))
    line("all", list(rows))
    line("LLM ops", sorted(subset))
    line("LLM ops, not expanded", sorted(n for n in subset if rows[n]["expanded"] == "0"))
    line("LLM ops, expanded functions", sorted(n for n in subset if rows[n]["expanded"] == "1"))
    line("preview: FlexAttention", sorted(n for n in rows if rows[n]["op"] == "FlexAttention"))
    extra = sorted({n for p in contrib.values() for n in p})
    contrib_status = {n: {p: contrib[p].get(n, {}).get("status", "missing") for p in contrib} for n in extra}
    if extra:
        line("contrib cases", extra, contrib_status, contrib)
    if a.ops or a.gaps:
        for group in dict.fromkeys(ops.values()):
            line(f"group: {group}", sorted(n for n in subset if ops[rows[n]["op"]] == group))
        print("\n| op | tests | " + " | ".join(f"{p} pass" for p in peers) + " |")
        print("|---|---|" + "---|" * len(peers))
        for op in ops:
            names = [n for n in subset if rows[n]["op"] == op]
            got = {p: sum(status[n][p] == "pass" for n in names) for p in peers}
            if a.ops or any(v < len(names) for v in got.values()):
                print(f"| {op} | {len(names)} | " + " | ".join(str(got[p]) for p in peers) + " |")
    if a.json:
        out = {"suite": {"tests": len(rows), "llm_subset": len(subset), "contrib": len(extra)},
               "contrib": contrib_status,
               "tests": {n: {"op": rows[n]["op"], "llm": n in subset, **status[n]} for n in sorted(rows)}}
        with open(a.json, "w") as f:
            head = json.dumps(out["suite"])
            f.write('{"suite": ' + head + ',\n "tests": {\n')
            f.write(",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in out["tests"].items()))
            f.write("\n},\n \"contrib\": {\n")
            f.write(",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in out["contrib"].items()))
            f.write("\n}}\n")


if __name__ == "__main__":
    main()
