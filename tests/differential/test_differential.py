# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import numpy as np
import onnx
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import differential  # noqa: E402
from generator import generate  # noqa: E402


@pytest.mark.parametrize("mode", differential.MODES)
@pytest.mark.parametrize("name", sorted(p.stem for p in (HERE / "regression").glob("*.onnx")))
def test_regression(name, mode):
    arrays = np.load(HERE / "regression" / f"{name}.npz")
    inputs = {n.removeprefix("in."): arrays[n] for n in arrays if n.startswith("in.")}
    wanted = {n.removeprefix("out."): arrays[n] for n in arrays if n.startswith("out.")}
    got, why = differential.run_dsc(mode, onnx.load(HERE / "regression" / f"{name}.onnx"), inputs)
    assert got is not None, why
    assert not differential.differs(got, wanted)


@pytest.mark.parametrize("first", [0, 20, 40])
def test_fixed_seeds(first):
    seeds = list(range(first, first + 20))
    findings = []
    counts = differential.compare_graphs([generate(s, f"g{s}_") for s in seeds], findings, seeds)
    assert not findings
    assert counts["equal"] >= 15
