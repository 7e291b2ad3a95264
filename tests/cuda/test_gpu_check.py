# SPDX-License-Identifier: Apache-2.0
"""tools/gpu-check: what it packs runs elsewhere, on the simulator, and notices a wrong answer."""
import subprocess
import sys

import pytest
from support.program import ROOT


def test_the_package_checks_itself():
    done = subprocess.run([sys.executable, ROOT / "tools" / "gpu-check", "--self-test", "--only", "attn_cached",
                           "--architectures", "sm_90a"], capture_output=True, text=True, timeout=300)
    if "run-time compiler" in done.stderr:
        pytest.skip("NVRTC is not installed")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 cases give what is expected." in done.stdout


def test_it_says_what_it_lacks():
    done = subprocess.run([sys.executable, ROOT / "tools" / "gpu-check", "--self-test", "--only", "no such case"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "no case matches 'no such case'" in done.stderr
