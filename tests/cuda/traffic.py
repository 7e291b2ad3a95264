#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each kernel of a run moves, counted by the simulator, beside the least that its launches in the plan must.

The least of a launch: every element of its inputs and outputs once, as the plan describes them (of a state the rows that are alive), or what the
kernel touches at all, where that is less (of gathered weights the chosen rows, of a slice its part, of a buffer changed in place the new rows).
"""
from __future__ import annotations

import ctypes
import json
import math
import re
from dataclasses import dataclass, field

from support.program import BUILD

LIBRARY = BUILD / "lib" / "libptxsim.so"
SECTOR = 32
FUNCTIONS = {"max": max, "min": min, "nonneg": lambda x: int(x >= 0), "iszero": lambda x: int(x == 0), "floordiv": lambda a, b: a // b,
             "mod": lambda a, b: a % b, "select": lambda c, a, b: a if c else b}


class Simulator:
    """The simulator in this process: the library that sessions on "ptxsim" open as well."""

    def __init__(self):
        self.library = ctypes.CDLL(str(LIBRARY))
        self.library.ptxsim_counters.restype = ctypes.c_char_p
        # Races are other tests' business.
        self.library.ptxsim_set_option(b"races", b"0")

    def counters(self, run) -> dict[str, dict]:
        """By kernel, of what `run()` launches."""
        self.library.ptxsim_reset_counters()
        run()
        return json.loads(self.library.ptxsim_counters(None))


@dataclass
class Tensor:
    bits: int
    dims: list[str]

    def bytes(self, sizes: dict[str, int]) -> int:
        return math.prod(evaluate(dim, sizes) for dim in self.dims) * max(8, self.bits) // 8


@dataclass
class Launch:
    """A step of the plan: `inputs` and `outputs` by their names in the text, each once."""

    kernel: str
    condition: str
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


def evaluate(text: str, sizes: dict[str, int]) -> int:
    return eval(text, {"__builtins__": {}}, {**FUNCTIONS, **sizes})


def separate(text: str, at: str = ",") -> list[str]:
    """Pieces between the separators that stand in no brackets and no quotes."""
    pieces, depth, quoted = [""], 0, False
    for c in text:
        quoted ^= c == '"'
        depth += 0 if quoted else (c in "(<[{") - (c in ")>]}")
        if c == at and depth == 0 and not quoted:
            pieces.append("")
        else:
            pieces[-1] += c
    return [piece.strip() for piece in pieces if piece.strip()]


def tensor(text: str) -> Tensor:
    shape, _, encoding = re.match(r"tensor<([^,>]*)(, #prim\.shape<(.*)>)?>$", text).groups()
    *dims, element = shape.split("x")
    if encoding is not None:
        dims = [dim.strip('"') for dim in separate(encoding)]
    return Tensor(64 if element == "index" else int(re.search(r"\d+", element).group()), dims)


def launches(plan: str, entry: str) -> list[Launch]:
    """The steps of an entry in the text of `--emit=plan`."""
    body = re.search(rf"^  func\.func @{entry}\(.*?^  }}", plan, re.M | re.S).group()
    found = []
    for line in body.splitlines():
        if "plan.launch" not in line:
            continue
        head, kernel, condition, names, slots, types = re.match(
            r'\s*(%[\w:]+) = plan\.launch @(\w+) sizes \[.*?\](?: if "([^"]*)")?\(([^)]*)\) (slots .*?) : (.*)$', line).groups()
        given, _, taken = types.partition(") -> ")
        name, _, count = head.partition(":")
        results = [f"{name}#{i}" for i in range(int(count))] if count else [name]
        taken = separate(taken[1:-1] if taken.startswith("(") else taken)
        found.append(Launch(kernel, condition or "1", dict(zip(separate(names), map(tensor, separate(given[1:])), strict=True)),
                            dict(zip(results, map(tensor, taken), strict=True))))
    assert found, f"no launches in entry {entry}"
    return found


@dataclass
class Traffic:
    """Of all launches of a kernel in one run."""

    kernel: str
    launches: int = 0
    loads: int = 0  # bytes of the plan's inputs, each launch
    stores: int = 0
    counted: dict = field(default_factory=dict)

    @property
    def least(self) -> int:
        return min(self.loads, SECTOR * self.counted["global_load_unique_sectors"]) + \
            min(self.stores, SECTOR * self.counted["global_store_unique_sectors"])

    @property
    def moved(self) -> int:
        """Bytes that threads ask for."""
        return self.counted["global_load_bytes"] + self.counted["global_store_bytes"]

    @property
    def sectors(self) -> int:
        return self.counted["global_load_sectors"]

    @property
    def full(self) -> int:
        """Of the sectors of loads those of which a request uses every byte."""
        return self.counted["global_load_full_sectors"]


def traffic(plan: str, entry: str, sizes: dict[str, int], counters: dict[str, dict]) -> list[Traffic]:
    """By kernel, those that move most first. Every launch of the plan must have been counted, and no other."""
    kernels: dict[str, Traffic] = {}
    for step in launches(plan, entry):
        if not evaluate(step.condition, sizes):
            continue
        kernel = kernels.setdefault(step.kernel, Traffic(step.kernel))
        kernel.launches += 1
        kernel.loads += sum(t.bytes(sizes) for t in step.inputs.values())
        kernel.stores += sum(t.bytes(sizes) for t in step.outputs.values())
    for name, counted in counters.items():
        assert name in kernels and counted["launches"] == kernels[name].launches, f"{name}: the plan has other launches"
        kernels[name].counted = counted
    assert all(k.counted for k in kernels.values()), "launches of the plan that did not run"
    return sorted(kernels.values(), key=lambda k: -k.moved)


def table(rows: list[Traffic]) -> str:
    lines = [f"{'kernel':<26}{'launches':>9}{'least':>12}{'moved':>12}{'ratio':>7}{'full sectors':>14}"]
    for row in rows:
        lines.append(f"{row.kernel:<26}{row.launches:>9}{row.least:>12}{row.moved:>12}{row.moved / max(1, row.least):>7.2f}"
                     f"{row.full / max(1, row.sectors):>13.0%} ")
    return "\n".join(lines)
