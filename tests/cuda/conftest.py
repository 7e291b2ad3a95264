# SPDX-License-Identifier: Apache-2.0
"""Tests of CUDA engines: on the simulator, or with DSC_TEST_DEVICE=cuda on a GPU."""
import os

import pytest
from support.program import BUILD, SCRIPTURE, dsc

DEVICE = os.environ.get("DSC_TEST_DEVICE", "ptxsim")


@pytest.fixture(scope="session", autouse=True)
def kernel_cache():
    """One cache for the tests of a build folder, and none of the user's."""
    os.environ.setdefault("DSC_CACHE_DIR", str(BUILD / "kernel-cache"))


@pytest.fixture(scope="session")
def compile_cuda(tmp_path_factory, kernel_cache):
    """compile_cuda(name, graphs, *options): the path of the engine; skips where NVRTC is missing."""
    made = {}

    def make(name, graphs, *options):
        if name not in made:
            path = tmp_path_factory.mktemp("engines") / f"{name}.dsce"
            outcome = dsc("compile", *graphs, "-o", path, "--target", "cuda", "--line-info", *options, timeout=600)
            if not outcome.ok and "run-time compiler" in outcome.err:
                pytest.skip("NVRTC is not installed")
            assert outcome.ok, outcome.reason()
            made[name] = path
        return made[name]

    return make


@pytest.fixture(scope="session")
def scripture(compile_cuda):
    """scripture(dtype): the trained example as prefill and decode."""
    return lambda dtype: compile_cuda(f"scripture-{dtype}",
                                      [SCRIPTURE / dtype / graph for graph in ("prefill.onnx", "decode.onnx")])
