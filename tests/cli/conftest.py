# SPDX-License-Identifier: Apache-2.0
"""Small models and engines that the tests of the command line break."""
import pathlib
import shutil

import numpy as np
import pytest
from support.program import FIXTURES, dsc

ROUTER = FIXTURES / "v3_router_op20"
EXTERNAL = FIXTURES / "v2lite_prefill_external_op20"


@pytest.fixture(scope="session")
def engine(tmp_path_factory) -> pathlib.Path:
    """An engine of the smallest fixture (one router)."""
    path = tmp_path_factory.mktemp("engine") / "router.dsce"
    outcome = dsc("compile", ROUTER / "model.onnx", "-o", path)
    assert outcome.ok, outcome.reason()
    return path


@pytest.fixture
def run_npz() -> pathlib.Path:
    """A stored run of that engine."""
    return ROUTER / "io_b1s7.npz"


@pytest.fixture
def arrays(run_npz) -> dict:
    """The arrays of that run, to be changed and stored anew."""
    return dict(np.load(run_npz))


@pytest.fixture
def external_model(tmp_path) -> pathlib.Path:
    """A copy of a model whose weights lie in a file beside it."""
    folder = tmp_path / "model"
    shutil.copytree(EXTERNAL, folder)
    return folder / "model.onnx"
