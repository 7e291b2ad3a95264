# SPDX-License-Identifier: Apache-2.0
"""How many instructions a decode step of the trained example takes, counted by valgrind's callgrind: no clock is read.

The budget is the contractions' own multiply-adds (4.4 million parameters, 8 lanes) and as much again for all else, less what a
careless change would add: an unpacked weight, a lost vector loop or a copied cache each cost more.
"""
import re
import shutil
import subprocess

import pytest
from support.program import DSC, SCRIPTURE, dsc

STEPS = (4, 12)
BUDGET = 950_000  # 788,000 when this was written


def count(program, engine, steps, folder):
    """Instructions of a whole run of `steps` new tokens on one thread."""
    done = subprocess.run([shutil.which("valgrind"), "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind.out'}", program, "generate",
                           engine, "--ids", "1,2,3,4", "-n", str(steps), "--threads", "1"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed: instructions are not counted")
def test_decode_step_of_the_example(tmp_path):
    engine = tmp_path / "scripture.dsce"
    # valgrind knows no AVX-512.
    outcome = dsc("compile", *(SCRIPTURE / "f32" / graph for graph in ("prefill.onnx", "decode.onnx")), "-o", engine, "--isa", "x86-64-v3",
                  timeout=600)
    assert outcome.ok, outcome.reason()
    few, many = (count(DSC, engine, steps, tmp_path) for steps in STEPS)
    step = (many - few) / (STEPS[1] - STEPS[0])
    assert 500_000 < step < BUDGET, f"{step:,.0f} instructions a decode step"
