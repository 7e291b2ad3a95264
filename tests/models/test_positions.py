# SPDX-License-Identifier: Apache-2.0
"""Far positions: a generation carried past 4,000 tokens, and sine and cosine at the positions of long contexts."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.program import FIXTURES, dsc

CASE = FIXTURES / "v3_half_multi_bmm_op20"
VOCABULARY = 96
CHUNK, CHUNKS, STEPS = 450, 9, 3


def oracle_session():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(CASE / "decode.onnx", options, providers=["CPUExecutionProvider"])


def generation(folder):
    """The calls of one long generation as .npz files: chunks of a prompt, then single tokens, outputs by ONNX Runtime."""
    session, random = oracle_session(), np.random.default_rng(4000)
    outputs = [o.name for o in session.get_outputs()]
    state = {i.name: np.zeros([1, 1, 0, int(i.shape[-1])], np.float32)
             for i in session.get_inputs() if i.name.startswith("input.past")}
    files, past = [], 0
    for length in [CHUNK] * CHUNKS + [1] * STEPS:
        feeds = {"input_ids": random.integers(0, VOCABULARY, (1, length)), "position_ids": np.arange(past, past + length)[None]}
        got = dict(zip(outputs, session.run(None, {**feeds, **state})))
        state = {name: got[name.replace("input.", "output.", 1)] for name in state}
        past += length
        files.append(folder / f"call{len(files)}.npz")
        # The last calls hold the whole state as well; before that the logits show that it is right.
        kept = got if length == 1 else {"logits": got["logits"]}
        np.savez(files[-1], **{f"in.{k}": v for k, v in feeds.items()}, **{f"out.{k}": v for k, v in kept.items()})
    assert past >= 4000
    return files


@pytest.mark.slow
def test_a_past_of_4000(tmp_path):
    engine = tmp_path / "model.dsce"
    compiled = dsc("compile", CASE / "decode.onnx", "-o", engine)
    assert compiled.ok, compiled.reason()
    calls = [argument for file in generation(tmp_path) for argument in ("--npz", file)]
    outcome = dsc("run", engine, *calls, "--atol", "1e-4", "--rtol", "1e-4", timeout=900)
    assert outcome.ok, outcome.out[-2000:] + outcome.err[-500:]


def rotary_model(path, frequencies):
    """positions -> cos, sin of position * frequency, and exp of what exporters put through it: as an exporter writes it."""
    position = helper.make_tensor_value_info("positions", TensorProto.INT64, ["n", 1])
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", len(frequencies)])
               for n in ("cos", "sin", "decay")]
    nodes = [helper.make_node("Cast", ["positions"], ["p"], to=TensorProto.FLOAT),
             helper.make_node("Mul", ["p", "frequencies"], ["angle"]),
             helper.make_node("Cos", ["angle"], ["cos"]),
             helper.make_node("Sin", ["angle"], ["sin"]),
             helper.make_node("Mul", ["angle", "scale"], ["exponent"]),
             helper.make_node("Exp", ["exponent"], ["decay"])]
    constants = [numpy_helper.from_array(frequencies, "frequencies"),
                 numpy_helper.from_array(np.float32(-1e-3), "scale")]
    graph = helper.make_graph(nodes, "rotary", [position], outputs, constants)
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)


@pytest.mark.parametrize("how", ["eval", "run"])
def test_sine_and_cosine_up_to_163840(tmp_path, how):
    frequencies = (10000.0 ** -(np.arange(16) / 16)).astype(np.float32)
    model, engine, npz = tmp_path / "rotary.onnx", tmp_path / "rotary.dsce", tmp_path / "io.npz"
    rotary_model(model, frequencies)
    positions = np.unique(np.concatenate([np.arange(64), np.geomspace(64, 163840, 4000).astype(np.int64),
                                          np.arange(163840 - 64, 163841)]))[:, None]
    angle = positions.astype(np.float32) * frequencies  # rounded once, as in the graph; from here on exact
    exact = angle.astype(np.float64)
    decay = np.exp((angle * np.float32(-1e-3)).astype(np.float64))
    np.savez(npz, **{"in.positions": positions, "out.cos": np.cos(exact).astype(np.float32),
                     "out.sin": np.sin(exact).astype(np.float32), "out.decay": decay.astype(np.float32)})
    target = model
    if how == "run":
        compiled = dsc("compile", model, "-o", engine)
        assert compiled.ok, compiled.reason()
        target = engine
    # Two units in the last place of values below 1; the expected values are themselves rounded.
    outcome = dsc(how, target, "--npz", npz, "--atol", "1.5e-7", "--rtol", "0")
    assert outcome.ok, outcome.out[-1500:] + outcome.err[-500:]
