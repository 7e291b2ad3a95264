# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile ONNX files: a clear message, a non-zero exit, nothing written."""
import os
import random

import onnx
import pytest
from onnx import TensorProto, helper
from support.program import FIXTURES, dsc
from support.refusal import refused

ROUTER = FIXTURES / "v3_router_op20" / "model.onnx"


def refuse_to_compile(model, tmp_path, *words):
    out = tmp_path / "out" / "model.dsce"
    out.parent.mkdir(exist_ok=True)
    refused(dsc("compile", model, "-o", out), *words)
    assert os.listdir(out.parent) == [], "something was left behind"


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_truncated(tmp_path, kept):
    data = ROUTER.read_bytes()
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(data[:kept if isinstance(kept, int) else int(len(data) * kept)])
    refuse_to_compile(cut, tmp_path, "cut.onnx")


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(tmp_path, seed):
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(random.Random(seed).randbytes(4096))
    refuse_to_compile(noise, tmp_path, "noise.onnx")


@pytest.mark.parametrize("seed", range(20))
def test_changed_bytes_never_crash(tmp_path, seed):
    """A changed byte may still give a valid model; what must not happen is a crash, a hang or half a file."""
    chance = random.Random(seed)
    data = bytearray(ROUTER.read_bytes())
    for _ in range(8):
        data[chance.randrange(len(data))] = chance.randrange(256)
    changed, out = tmp_path / "changed.onnx", tmp_path / "out" / "model.dsce"
    changed.write_bytes(data)
    out.parent.mkdir()
    outcome = dsc("compile", changed, "-o", out, timeout=120)
    assert outcome.code is not None and not outcome.crashed, outcome.err[-500:]
    assert os.listdir(out.parent) == (["model.dsce"] if outcome.ok else [])


def test_missing_file(tmp_path):
    refuse_to_compile(tmp_path / "nowhere.onnx", tmp_path, "nowhere.onnx")


def test_missing_external_data(external_model, tmp_path):
    (external_model.parent / "model.onnx.data").unlink()
    refuse_to_compile(external_model, tmp_path, "model.onnx.data")


def test_truncated_external_data(external_model, tmp_path):
    data = external_model.parent / "model.onnx.data"
    data.write_bytes(data.read_bytes()[:-5000])
    refuse_to_compile(external_model, tmp_path, "model.onnx.data")


def relocate(model, location):
    """Lets every external weight of the model lie at `location`."""
    proto = onnx.load(model, load_external_data=False)
    for tensor in proto.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = str(location)
    onnx.save(proto, model)


def test_external_data_above_the_folder(external_model, tmp_path):
    (external_model.parent / "model.onnx.data").rename(external_model.parent.parent / "model.onnx.data")
    relocate(external_model, "../model.onnx.data")
    refuse_to_compile(external_model, tmp_path, "../model.onnx.data")


def test_external_data_at_an_absolute_path(external_model, tmp_path):
    target = external_model.parent / "model.onnx.data"
    relocate(external_model, target)
    refuse_to_compile(external_model, tmp_path, target)


def test_external_data_through_a_symlink(external_model, tmp_path):
    data = external_model.parent / "model.onnx.data"
    moved = tmp_path / "elsewhere.data"
    data.rename(moved)
    data.symlink_to(moved)
    refuse_to_compile(external_model, tmp_path, "model.onnx.data")


def test_all_unsupported_nodes_are_listed(tmp_path):
    """Name, operator and opset of each, in one go."""
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, 3]) for n in "xy")
    nodes = [helper.make_node("Bogus", ["x"], ["a"], name="first_bogus"),
             helper.make_node("Det", ["a"], ["b"], name="second_det"),
             helper.make_node("Strange", ["b"], ["y"], name="third_strange", domain="some.domain")]
    model = tmp_path / "unsupported.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [x], [y]), ir_version=10, opset_imports=[
        helper.make_opsetid("", 20), helper.make_opsetid("some.domain", 1)]), model)
    refuse_to_compile(model, tmp_path, "first_bogus", "Bogus", "second_det", "Det", "third_strange", "some.domain", "20")


def test_cyclic_graph(tmp_path):
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xy")
    nodes = [helper.make_node("Add", ["x", "b"], ["a"], name="one"), helper.make_node("Neg", ["a"], ["b"], name="two"),
             helper.make_node("Neg", ["b"], ["y"], name="three")]
    model = tmp_path / "cyclic.onnx"
    model.write_bytes(helper.make_model(helper.make_graph(nodes, "g", [x], [y]), ir_version=10,
                                        opset_imports=[helper.make_opsetid("", 20)]).SerializeToString())
    refuse_to_compile(model, tmp_path, "one")


def test_graphs_of_different_element_types(tmp_path):
    """A folder with a float32 and a bfloat16 graph is no model."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name, case in (("a", "v2lite_prefill_bmm_op20"), ("b", "v2lite_prefill_bf16_op20")):
        (folder / f"{name}.onnx").write_bytes((FIXTURES / case / "model.onnx").read_bytes())
    refuse_to_compile(folder, tmp_path, "bf16", "f32")


def test_opset_18_with_an_attention_node(tmp_path):
    refuse_to_compile(FIXTURES / "v3_attn_op26" / "model.onnx", tmp_path,
                      "node_scaled_dot_product_attention", "Attention", "18")
