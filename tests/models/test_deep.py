# SPDX-License-Identifier: Apache-2.0
"""A model of DeepSeek-V2-Lite's 27 layers is recognised layer by layer, in both encodings of its experts."""
from __future__ import annotations

import json
import sys

import onnx
import pytest
from support.program import FIXTURES, dsc

sys.path.insert(0, str((FIXTURES.parent)))
from deepen import deepen  # noqa: E402

LAYERS = 27


@pytest.mark.parametrize("encoding, name", [("batched", "v2lite_gen_bmm_op20"), ("grouped", "v2lite_gen_gmm_op20")])
def test_27_layers(encoding, name, tmp_path):
    model = deepen(onnx.load(FIXTURES / name / "decode.onnx"), LAYERS)
    assert sum(i.name.endswith(".keys") for i in model.graph.input) == LAYERS
    onnx.save(model, tmp_path / "deep.onnx")
    result = dsc("compile", tmp_path / "deep.onnx", "--emit=dsc", f"--report=json:{tmp_path / 'report.json'}", "--require=mla,moe")
    assert result.ok, result.err
    assert result.out.count("dsc.latent_attention ") == LAYERS
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["mla"]["candidates"] == report["mla"]["matched"] == LAYERS
    assert report["moe"]["candidates"] == report["moe"]["matched"] == LAYERS - 1
    assert {layer["encoding"] for layer in report["moe"]["layers"]} == {encoding}
