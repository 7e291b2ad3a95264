# SPDX-License-Identifier: Apache-2.0
"""Same input, same bits: a result depends neither on the number of threads nor on what is computed beside it.

The models below hold every family of kernels: contractions against packed weights and between activations, attention, routers,
experts (batched and grouped), norms, rotary tables, gathers, scatters, sorts and caches.
"""
import numpy as np
import pytest
from support.program import FIXTURES, dsc

# A folder, its run with several rows, and whether those rows are independent of one another: sequences of a batch, tokens of a layer.
MODELS = {
    "v2lite_moe_bmm_op18": "io_b2s16.npz",
    "v3_moe_bmm_op20": "io_b2s16.npz",
    "v2_router_op20": "io_b2s16.npz",
    "v2lite_prefill_bmm_op20": "io_b2s9.npz",
    "v2lite_prefill_gmm_op20": "io_b2s9.npz",
    "v3_prefill_bmm_op20": "io_b2s9.npz",
    "v3_prefill_fp16_op20": "io_b2s9.npz",
    "v2lite_prefill_bf16_op20": "io_b2s9.npz",
    "v3_attn_op20": "io_b2s9.npz",
    "old_v3_past_op18": "io_b2s8_step1.npz",
    "gpt_oss_prefill_bmm_op20": "io_b2s12.npz",
}


@pytest.fixture(scope="module", params=MODELS)
def case(request, tmp_path_factory):
    """(engine, inputs of the run): compiled with caches as inputs and outputs, so that each run stands for itself."""
    folder = FIXTURES / request.param
    engine = tmp_path_factory.mktemp("bits") / "model.dsce"
    outcome = dsc("compile", folder / "model.onnx", "-o", engine, "--kv=io")
    assert outcome.ok, outcome.reason()
    with np.load(folder / MODELS[request.param]) as arrays:
        return engine, {name: arrays[name] for name in arrays.files if name.startswith("in.")}


def run(engine, inputs, folder, threads):
    np.savez(folder / "in.npz", **inputs)
    outcome = dsc("run", engine, "--npz", folder / "in.npz", "--save", folder / "out.npz", "--threads", threads)
    assert outcome.ok, outcome.reason()
    with np.load(folder / "out.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_threads(case, tmp_path):
    engine, inputs = case
    one = run(engine, inputs, tmp_path, 1)
    for threads in (2, 3):
        other = run(engine, inputs, tmp_path, threads)
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert value.tobytes() == other[name].tobytes(), f"{name} differs with {threads} threads"


def test_rows_alone(case, tmp_path):
    """Each sequence of the batch by itself gives the bytes that it has beside the other."""
    engine, inputs = case
    batch = {name: x for name, x in inputs.items() if x.ndim > 0 and x.shape[0] == 2}
    if not batch:
        pytest.skip("the run has no batch")
    both = run(engine, inputs, tmp_path, 2)
    for row in range(2):
        alone = run(engine, {name: x[row:row + 1] if name in batch else x for name, x in inputs.items()}, tmp_path, 1)
        for name, value in alone.items():
            want = both[name]
            if want.shape[0] != 2:  # tokens of both sequences in one dimension
                half = want.shape[0] // 2
                want = want[row * half:(row + 1) * half]
            else:
                want = want[row:row + 1]
            assert want.shape == value.shape
            assert value.tobytes() == want.tobytes(), f"{name}: sequence {row} differs when it is alone"
