# SPDX-License-Identifier: Apache-2.0
"""A few rewritten graphs: each rewrite once in the reference interpreter, one mixture through the whole compiler, and 230
mixtures of five rewrites or more in which the same layers must be recognised."""
import pathlib
import subprocess
import sys

import pytest

PERTURB = pathlib.Path(__file__).resolve().parent / "perturb.py"


@pytest.mark.parametrize("arguments", [
    ["--mode", "eval", "--only", "^v3_attn_cached_op20$", "--each"],
    ["--mode", "eval", "--only", "^v2lite_multi_bmm_op23$", "--kinds", "function,nameless_dims,opset"],
    ["--mode", "io", "--only", "^v3_attn_cached_op20$", "--kinds", "fixed_dims+function+idle_nodes"],
    ["--mode", "recognition", "--rounds", "5"],
], ids=["each-rewrite", "generation", "compiled", "recognised"])
def test_rewritten_graphs_agree(arguments):
    done = subprocess.run([sys.executable, PERTURB, *arguments], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
