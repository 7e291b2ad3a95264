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


@pytest.mark.skipif(DEVICE != "ptxsim", reason="options of the simulator")
@pytest.mark.parametrize("options", [{"PTXSIM_STREAMS": "late"}, {"PTXSIM_SEED": "1"}, {"PTXSIM_SEED": "77"},
                                     {"DSC_SEPARATE_BUFFERS": "1"}],
                         ids=lambda o: "-".join(*o.items()))
def test_any_order_gives_the_same(scripture, options, monkeypatch):
    """Blocks, warps and copies in other orders; `late`: a host that does not wait sees old data."""
    for name, value in options.items():
        monkeypatch.setenv(name, value)
    want = REFERENCE["greedy"]["f32"][0]
    ids = ",".join(map(str, want["prompt_ids"]))
    outcome = dsc("generate", scripture("f32"), "--device", DEVICE, "--ids", ids, "-n", 3, "--json", timeout=300)
    assert outcome.ok, outcome.reason()
    assert json.loads(outcome.out)["ids"] == want["continuation_ids"][:3]
