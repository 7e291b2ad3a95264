#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/operators.md: every operator that dsc compiles, its opsets, the element types and the tests that prove it.

    python operator_table.py [--write]

The operators and opsets come from `dsc ops`, the tests from the node suite (those of expected_run.txt) and contrib/, element types
from the models of these tests, limits from docs/operator_limits.txt. Without --write the page is compared.
"""
from __future__ import annotations

import argparse
import collections
import json
import pathlib
import sys

import onnx
from onnx import TensorProto

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import score  # noqa: E402
from gate import CONTRIB, SUITE, generate  # noqa: E402
from support import report  # noqa: E402
from support.program import ROOT, dsc  # noqa: E402

PAGE, LIMITS = ROOT / "docs" / "operators.md", ROOT / "docs" / "operator_limits.txt"
HEAD = """# Operators

Written by `tests/conformance/operator_table.py --write`; a test holds it true. *Opsets* are those of ai.onnx whose definition is
compiled (later ones up to {newest} unless given). *Types* are the element types of the inputs and outputs of the tests that pass as native code.
*Tests* counts them: passing of all in the node suite's tensor tests, or the contrib cases; an operator without tests of
its own occurs in bodies of functions, in models or in random graphs (`tests/differential`).

| operator | opsets | types | tests | limits |
|---|---|---|---|---|
"""


def key(domain: str, op: str) -> str:
    return op if domain in ("", "ai.onnx") else f"{domain}.{op}"


def types_of(path: pathlib.Path) -> set:
    graph = onnx.load(path / "model.onnx").graph
    numbers = {i.type.tensor_type.elem_type for i in [*graph.input, *graph.output]} | {t.data_type for t in graph.initializer}
    return {TensorProto.DataType.Name(n) for n in numbers if n}


def limits() -> dict:
    lines = [line for line in LIMITS.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def page() -> str:
    generate()
    passing = report.read_list(HERE / "expected_run.txt")
    types, good, every = collections.defaultdict(set), collections.Counter(), collections.Counter()
    for name, row in score.manifest(SUITE).items():
        if row["io"] != "tensor" or name.startswith("test_training_"):
            continue
        op = key(row["domain"], row["op"])
        every[op] += name in passing or score.in_subset(row, score.llm_ops())
        if name in passing:
            good[op] += 1
            types[op] |= types_of(SUITE / name)
    for path in CONTRIB.iterdir():
        op = key(*json.loads((path / "case.json").read_text())["op"].rsplit(".", 1))
        every[op] += 1
        good[op] += 1
        types[op] |= types_of(path)
    rows = json.loads(dsc("ops", "--json").out)
    newest, notes = max(r["last_opset"] for r in rows), limits()
    text = HEAD.format(newest=newest)
    order = {n: i for i, n in enumerate(TensorProto.DataType.keys())}
    for r in rows:
        op = key(r["domain"], r["op"])
        opsets = f"{r['first_opset']}–" if r["last_opset"] == newest else f"{r['first_opset']}–{r['last_opset']}"
        names = ", ".join(t.lower() for t in sorted(types[op], key=order.get))
        text += f"| {op} | {opsets} | {names} | {f'{good[op]}/{every[op]}' if every[op] else ''} | {notes.pop(op, '')} |\n"
    assert not notes, f"limits of operators that there are not: {notes}"
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(page())
        return 0
    return 0 if PAGE.exists() and PAGE.read_text() == page() else 1


if __name__ == "__main__":
    sys.exit(main())
