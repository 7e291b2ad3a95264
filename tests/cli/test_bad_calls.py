# SPDX-License-Identifier: Apache-2.0
"""Calls that do not fit the engine: wrong names, shapes, types; and commands that do not fit the program."""
import numpy as np
import pytest
from support.program import FIXTURES, dsc
from support.refusal import refused


@pytest.fixture(params=["run", "eval"])
def call(request, engine, tmp_path):
    """Runs changed arrays through the engine, and through the interpreter on the model it was made from."""
    def run(arrays):
        file = tmp_path / "call.npz"
        np.savez(file, **arrays)
        target = engine if request.param == "run" else FIXTURES / "v3_router_op20" / "model.onnx"
        return dsc(request.param, target, "--npz", file)
    return run


def test_the_stored_arrays_are_fine(call, arrays):
    outcome = call(arrays)
    assert outcome.code in (0, 1), outcome.reason()  # 1: the order of the selected experts is free


def test_missing_input(call, arrays):
    del arrays["in.hidden_states"]
    refused(call(arrays), "hidden_states")


def test_unknown_input(call, arrays):
    arrays["in.hidden_stakes"] = arrays.pop("in.hidden_states")
    refused(call(arrays), "hidden_sta")


def test_wrong_rank(call, arrays):
    arrays["in.hidden_states"] = arrays["in.hidden_states"][0]
    refused(call(arrays), "hidden_states")


def test_wrong_static_dimension(call, arrays):
    arrays["in.hidden_states"] = arrays["in.hidden_states"][..., :-1]
    refused(call(arrays), "hidden_states", "63", "64")


def test_wrong_type(call, arrays):
    arrays["in.hidden_states"] = arrays["in.hidden_states"].astype(np.int64)
    refused(call(arrays), "hidden_states")


def test_missing_output(call, arrays):
    """An expected array that the model does not give is a difference: exit code 1."""
    arrays["out.another"] = np.zeros(3, np.float32)
    outcome = call(arrays)
    assert outcome.code == 1 and "another" in outcome.out + outcome.err


def test_nan_where_none_is_expected(call, arrays):
    arrays["in.hidden_states"] = np.full_like(arrays["in.hidden_states"], np.nan)
    assert call(arrays).code == 1


def test_npz_that_is_none(engine, tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("not a zip archive")
    refused(dsc("run", engine, "--npz", text), "text.npz")


def test_unknown_entry(engine, run_npz):
    refused(dsc("run", engine, "--npz", f"nosuch={run_npz}"), "nosuch")


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("compile",), ("run", "--npz"), ("compile", "x.onnx")])
def test_usage(arguments):
    outcome = dsc(*arguments)
    assert not outcome.ok and not outcome.crashed
    assert outcome.out + outcome.err


def test_ids_out_of_range(tmp_path):
    """A token id beyond the vocabulary is an index out of range, not a crash."""
    engine = tmp_path / "model.dsce"
    case = FIXTURES / "v2lite_gen_bmm_op20"
    assert dsc("compile", case / "prefill.onnx", case / "decode.onnx", "-o", engine).ok
    refused(dsc("generate", engine, "--ids", "1,2,100000", "-n", "4"))
