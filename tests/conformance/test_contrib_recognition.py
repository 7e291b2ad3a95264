# SPDX-License-Identifier: Apache-2.0
"""Operators of com.microsoft arrive as the dsc op that exported graphs are recognised as."""
from __future__ import annotations

import pathlib

import pytest
from support.program import dsc

CONTRIB = pathlib.Path(__file__).resolve().parent / "contrib"

# dsc.attention has no softcap and no sink; dsc.experts has no codes for weights (QMoE), and wants an activation and the number of
# tokens open or above 1.
WITHOUT = {"gqa_decode_softcap_window", "gqa_prefill_head_sink", "gqa_prefill_smooth_softmax", "gqa_prefill_softcap",
           "moe_identity_top3", "moe_silu_one_token_top4_of_16"}


def names(*kinds):
    return sorted(p.name for p in CONTRIB.iterdir() if p.name.split("_")[0] in kinds and p.name not in WITHOUT)


def emit(name):
    result = dsc("compile", CONTRIB / name / "model.onnx", "--emit=dsc", "--verify-recognition")
    assert result.ok, result.err
    return result.out


@pytest.mark.parametrize("name", names("gqa", "mha"))
def test_attention(name):
    assert emit(name).count("dsc.attention") == 1


@pytest.mark.parametrize("name", names("moe"))
def test_experts(name):
    text = emit(name)
    assert text.count("dsc.experts") == text.count("dsc.route") == 1
    assert " softmax_of_chosen " in text or " softmax " in text


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_others_run_as_prim(name):
    text = emit(name)
    assert "dsc.attention" not in text and "dsc.experts" not in text
