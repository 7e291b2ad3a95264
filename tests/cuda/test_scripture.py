# SPDX-License-Identifier: Apache-2.0
"""The trained example writes what PyTorch's reference writes.

On the simulator the first tokens; all of them on a GPU, or with DSC_LONG_TESTS=1.
"""
import json
import os
import subprocess
import sys

import pytest
from conftest import DEVICE
from support.program import SCRIPTURE, dsc

REFERENCE = json.loads((SCRIPTURE / "reference.json").read_text())
LONG = DEVICE != "ptxsim" or os.environ.get("DSC_LONG_TESTS") == "1"


def prompts(dtype):
    return [pytest.param(dtype, p, id=f"{dtype}-" + p["prompt"].split("\n")[0].replace(" ", "-"))
            for p in REFERENCE["greedy"][dtype]]


@pytest.mark.parametrize("dtype,want", prompts("f32"))
def test_greedy(scripture, dtype, want):
    count = len(want["continuation_ids"]) if LONG else 8
    ids = ",".join(map(str, want["prompt_ids"]))
    outcome = dsc("generate", scripture(dtype), "--device", DEVICE, "--ids", ids, "-n", count, "--json", timeout=600)
    assert outcome.ok, outcome.reason()
    assert json.loads(outcome.out)["ids"] == want["continuation_ids"][:count]


def test_python_writes_text(scripture):
    want = REFERENCE["greedy"]["f32"][0]
    done = subprocess.run([sys.executable, "-m", "dsc", "generate", scripture("f32"), "--tokenizer",
                           SCRIPTURE / "tokenizer.json", "--prompt", want["prompt"], "-n", "3", "--device", DEVICE],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (want["prompt"] + want["continuation"]).startswith(done.stdout.rstrip("\n"))
