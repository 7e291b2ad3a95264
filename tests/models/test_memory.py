# SPDX-License-Identifier: Apache-2.0
"""What a run of recognised latent attention takes beside the state does not grow with heads x past x width."""
import json
import re

import pytest
from support.program import FIXTURES, SCRIPTURE, dsc

GRAPHS = {
    "scripture-decode": (SCRIPTURE / "f32" / "decode.onnx", 6),
    "scripture-multi": (SCRIPTURE / "f32" / "multi.onnx", 6),
    "v2lite-decode": (FIXTURES / "v2lite_gen_gmm_op20" / "decode.onnx", 4),
    "v3-decode": (FIXTURES / "v3_gen_bmm_op20" / "decode.onnx", 4),
    "v3-half-multi": (FIXTURES / "v3_half_multi_bmm_op20" / "decode.onnx", 4),
}
FUNCTIONS = {"max": max, "min": min, "nonnegative": lambda x: int(x >= 0), "iszero": lambda x: int(x == 0),
             "floordiv": lambda a, b: a // b, "mod": lambda a, b: a % b, "select": lambda c, a, b: a if c else b}


def arena(entry, past):
    """Bytes of all slots for one sequence, one new token and `past` rows in the state."""
    given = " ".join(value["type"] for value in entry["inputs"])
    sizes = {}
    for text in [*entry["slots"], *(state["type"] for state in entry["states"])]:
        for name in re.findall(r"\b[a-z]\w*\b", text):
            if name not in FUNCTIONS:
                sizes[name] = 1 if re.search(rf"\b{name}\b", given) else past
    return sum(eval(slot, {"__builtins__": {}}, {**FUNCTIONS, **sizes}) for slot in entry["slots"])


@pytest.mark.parametrize("name", GRAPHS)
def test_arena_does_not_grow_with_the_past(name, tmp_path):
    model, heads = GRAPHS[name]
    engine = tmp_path / "model.dsce"
    assert dsc("compile", model, "-o", engine).ok
    shown = dsc("inspect", "--json", engine)
    assert shown.ok, shown.err
    entry = json.loads(shown.out)["entries"][0]
    assert any("grows" in state["use"] for state in entry["states"])
    growth = (arena(entry, 8192) - arena(entry, 4096)) / 4096
    # A mask's byte or two a row is fine; one number a row and head is the beginning of what must not be.
    assert growth < 4 * heads, f"{growth} bytes a row of the past"


def test_the_check_would_notice():
    entry = {"inputs": [{"type": "i64 [s44, 1]"}], "states": [{"type": "f32 [s44, 1, s16 + 1, 64]"}], "slots": ["s44*6*(s16 + 1)*48*4"]}
    assert (arena(entry, 8192) - arena(entry, 4096)) / 4096 == 6 * 48 * 4
