# SPDX-License-Identifier: Apache-2.0
"""--kv=latent: exports that cache the keys and values of every head keep the latent rows that these are made from, where that is the same.

A generation in one session against ONNX Runtime, which is given the caches of the graph as it was written.
"""
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from latent_graph import HEADS, HIDDEN, KEY, RANK, ROPE, VALUE, LatentGraph
from onnx import TensorProto, helper
from support.program import dsc

CACHES = {"key": KEY, "value": VALUE}


def model(past: bool, change=lambda g, kind, rows: rows, seed=0):
    """An entry for many tokens without caches, or for one with them; `change` makes what is cached from what latent attention has."""
    g = LatentGraph(seed)
    latent, rope = g.rows()
    nope, value = g.expand(latent)
    fresh = {"key": change(g, "key", g.join_key(nope, rope)), "value": change(g, "value", value)}
    outputs = []
    for kind, rows in fresh.items():
        if past:
            name = f"past_key_values.0.{kind}"
            g.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", HEADS, "past", CACHES[kind]]))
            rows = g.node("Concat", name, rows, axis=2)
        present = f"present.0.{kind}"
        g.nodes.append(helper.make_node("Identity", [rows], [present]))
        outputs.append(helper.make_tensor_value_info(present, TensorProto.FLOAT, ["batch", HEADS, "total", CACHES[kind]]))
        fresh[kind] = rows
    scores = g.scores(g.queries(), fresh["key"])
    y = g.output(g.attend(scores if past else g.causal(scores), fresh["value"]))
    made = g.model(y)
    made.graph.output.extend(outputs)
    return made, y


def compile_engine(folder, prefill, decode, *options):
    for name, graph in {"prefill": prefill, "decode": decode}.items():
        onnx.save(graph, folder / f"{name}.onnx")
    outcome = dsc("compile", folder / "prefill.onnx", folder / "decode.onnx", "-o", folder / "model.dsce", "--verify-recognition",
                  f"--report=json:{folder / 'report.json'}", *options)
    assert outcome.ok, outcome.reason()
    return json.loads((folder / "report.json").read_text()), outcome.err


def calls(folder, prefill, decode, outputs, lengths, batch=2):
    """Files of the calls of a session and their outputs."""
    random = np.random.default_rng(3)
    sessions = [onnxruntime.InferenceSession(graph.SerializeToString()) for graph in (prefill, decode)]
    caches, arguments = {}, []
    for number, length in enumerate(lengths):
        session, entry, y = (sessions[0], "prefill", outputs[0]) if number == 0 else (sessions[1], "decode", outputs[1])
        x = random.standard_normal((batch, length, HIDDEN)).astype("f4")
        want = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"x": x, **caches}), strict=True))
        caches = {f"past_key_values.0.{kind}": want[f"present.0.{kind}"] for kind in CACHES}
        np.savez(folder / f"{number}.npz", **{"in.x": x, f"out.{y}": want[y]})
        arguments += ["--npz", f"{entry}={folder / f'{number}.npz'}"]
    return arguments


def check(folder, prefill, decode):
    arguments = calls(folder, prefill[0], decode[0], (prefill[1], decode[1]), [7, 1, 1, 1])
    outcome = dsc("run", folder / "model.dsce", *arguments, "--atol", "1e-4", "--rtol", "1e-4")
    assert outcome.ok, outcome.out[-2000:] + outcome.err[-500:]


def test_rows_become_the_state(tmp_path):
    prefill, decode = model(past=False), model(past=True)
    report, _ = compile_engine(tmp_path, prefill[0], decode[0], "--kv=latent", "--require=mla")
    assert report["cache"]["elements_per_token"] == RANK + ROPE
    assert sorted(report["cache"]["states"]) == ["past_key_values.0.key.latent", "past_key_values.0.key.shared"]
    assert {layer["cache"] for layer in report["mla"]["layers"]} == {"latent"}
    check(tmp_path, prefill, decode)


def test_only_when_asked_for(tmp_path):
    prefill, decode = model(past=False), model(past=True)
    report, _ = compile_engine(tmp_path, prefill[0], decode[0])
    assert report["cache"]["elements_per_token"] == HEADS * (KEY + VALUE)
    check(tmp_path, prefill, decode)


def norm_of_keys(g, kind, rows):
    """A norm of each head's key is no linear image of a row."""
    return g.rms_norm(rows, KEY) if kind == "key" else rows


def scale_of_heads(g, kind, rows):
    """Weights of the head, but on the rotated part as well, which heads no longer share."""
    return g.node("Mul", rows, g.constant(np.linspace(1, 2, HEADS).reshape(HEADS, 1, 1))) if kind == "key" else rows


@pytest.mark.parametrize("change", [norm_of_keys, scale_of_heads])
def test_near_miss(tmp_path, change):
    prefill, decode = model(past=False, change=change), model(past=True, change=change)
    report, messages = compile_engine(tmp_path, prefill[0], decode[0], "--kv=latent")
    assert "state 'past_key_values.0.key' keeps its form" in messages
    # Values are an image all the same, and their rows are narrower.
    assert sorted(report["cache"]["states"]) == ["past_key_values.0.key", "past_key_values.0.value.latent"]
    check(tmp_path, prefill, decode)


def test_entries_with_different_weights(tmp_path):
    prefill, decode = model(past=False, seed=0), model(past=True, seed=1)
    _, messages = compile_engine(tmp_path, prefill[0], decode[0], "--kv=latent")
    assert "another entry makes it from other rows, or with other weights" in messages
    check(tmp_path, prefill, decode)
