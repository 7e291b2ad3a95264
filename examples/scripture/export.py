#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Export the trained "scripture" model to ONNX and write the reference data for tests.

    python export.py --work work --out .

One folder for float32 (opset 20: attention as MatMul and Softmax) and one for bfloat16
weights (opset 24: the Attention operator), with three graphs each:

    prefill.onnx   the prompt, no cache in; logits and latent cache out
    decode.onnx    one token and the cache in; logits and the longer cache out
    multi.onnx     any number of tokens and a cache (may be empty) in

Each is what transformers' OnnxExporter makes of DeepseekV3ForCausalLM with a DynamicCache
and the "batched_mm" experts. Two things are changed when saving: of the metadata of the
nodes only the module names stay, and every tensor of 256 bytes or more moves to the
folder's weights.data, where a tensor that several graphs use is stored once.

Then every float32 graph runs in ONNX Runtime: the greedy continuations must be the same
tokens as PyTorch's, and the loss over the validation slice the same number. ONNX Runtime
has no bfloat16 kernels for a CPU, so a copy of every bfloat16 graph with all its bfloat16
types made float32 runs instead, against PyTorch with the rounded weights in float32.
"""
import argparse
import collections
import copy
import hashlib
import json
import math
import os
import tempfile
import time

import numpy as np
import onnx
import onnx_ir
import onnxruntime
import torch
from tokenizers import Tokenizer
from transformers import DeepseekV3ForCausalLM, DynamicCache
from transformers.exporters import OnnxConfig, OnnxExporter

import train

PROMPTS = [
    "And God said, Let there be",
    "And the children of Israel did",
    "Blessed are they that",
    train.BOS + "Genesis 1\n",
]
NEW_TOKENS = 64
OPSETS = dict(f32=20, bf16=24)


# -------------------------------------------------------------------------- models


def load(work):
    """The trained model in float32, and in bfloat16 as `from_pretrained` loads it: the
    selection biases and the rotary frequencies stay in float32."""
    state = torch.load(os.path.join(work, "final.pt"), weights_only=True)
    f32 = train.to_transformers(state["model"])
    with tempfile.TemporaryDirectory() as d:
        f32.save_pretrained(d)
        bf16 = DeepseekV3ForCausalLM.from_pretrained(d, dtype=torch.bfloat16).eval()
    rounded = copy.deepcopy(bf16).float()         # the bfloat16 weights, to compute in float32
    for m in (f32, bf16, rounded):
        m.generation_config.pad_token_id = 0
        m.generation_config.eos_token_id = None
    return dict(f32=f32, bf16=bf16), rounded, state


# -------------------------------------------------------------------------- graphs


class Store:
    """One external data file; equal tensors are stored once, each at a multiple of 64."""

    def __init__(self, path):
        self.name, self.file, self.seen = os.path.basename(path), open(path, "wb"), {}

    def put(self, raw):
        key = hashlib.sha256(raw).digest()
        if key not in self.seen:
            self.file.write(b"\0" * (-self.file.tell() % 64))
            self.seen[key] = self.file.tell()
            self.file.write(raw)
        return self.seen[key]


def save(program, path, store):
    proto = onnx_ir.to_proto(program)
    assert not proto.functions
    for node in proto.graph.node:
        kept = [(p.key, p.value) for p in node.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        for key, value in kept:
            node.metadata_props.add(key=key, value=value)
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output]:
        del value.metadata_props[:]
    del proto.graph.metadata_props[:]
    for t in proto.graph.initializer:
        del t.metadata_props[:]
        raw = t.raw_data
        if len(raw) < 256:
            continue
        offset = store.put(raw)
        t.ClearField("raw_data")
        t.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", store.name), ("offset", offset), ("length", len(raw))):
            t.external_data.add(key=key, value=str(value))
    onnx.save(proto, path)
    onnx.checker.check_model(path)
    return proto


def upcast(path):
    """A saved graph with every bfloat16 type made float32, as bytes."""
    bf16, f32 = onnx.TensorProto.BFLOAT16, onnx.TensorProto.FLOAT
    proto = onnx.load(path)

    def tensor(t):
        if t.data_type == bf16:
            wide = np.frombuffer(t.raw_data, np.uint16).astype(np.uint32) << 16
            t.raw_data, t.data_type = wide.tobytes(), f32

    for t in proto.graph.initializer:
        tensor(t)
    for v in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output]:
        if v.type.tensor_type.elem_type == bf16:
            v.type.tensor_type.elem_type = f32
    for node in proto.graph.node:
        for a in node.attribute:
            if node.op_type == "Cast" and a.name == "to" and a.i == bf16:
                a.i = f32
            if a.type == onnx.AttributeProto.TENSOR:
                tensor(a.t)
    return proto.SerializeToString()


def export(model, opset, folder, store):
    """Three graphs; returns {form: (file, description)}."""
    model.set_experts_implementation("batched_mm")
    ids = torch.randint(2, model.config.vocab_size, (2, 7), generator=torch.Generator().manual_seed(1))
    sample = dict(input_ids=ids, attention_mask=torch.ones_like(ids))
    config = OnnxConfig(dynamic=True, opset_version=opset)
    made = {}
    for multi in (False, True):
        parts = OnnxExporter().export_for_generation(
            model, sample, config, multi_token_decode=multi).components
        for name, part in parts.items():
            form = "multi" if multi and name == "decode" else name
            if multi and name == "prefill":
                continue                          # the same graph as before
            file = f"{form}.onnx"
            proto = save(part.program, os.path.join(folder, file), store)
            made[form] = file
            ops = collections.Counter(n.op_type for n in proto.graph.node)
            print(f"{folder}/{file}: {os.path.getsize(os.path.join(folder, file))} bytes, "
                  f"{len(proto.graph.node)} nodes, {ops.most_common(8)}", flush=True)
    return made


# ---------------------------------------------------------------------------- runs


def greedy_torch(model, prompt):
    """Token ids, and for each step how far the best logit is above the second best."""
    model.set_experts_implementation("eager")
    cache, ids, out, margins = DynamicCache(config=model.config), torch.tensor([prompt]), [], []
    with torch.no_grad():
        for _ in range(NEW_TOKENS):
            logits = model(ids, past_key_values=cache, use_cache=True).logits[0, -1].float()
            best = logits.topk(2).values
            margins.append(float(best[0] - best[1]))
            out.append(int(logits.argmax()))
            ids = torch.tensor([[out[-1]]])
    return out, margins


def loss_torch(model, rows):
    """Mean loss per predicted token, and tokens per expert of each MoE layer."""
    model.set_experts_implementation("eager")
    load = []
    gates = [m for n, m in model.named_modules() if n.endswith("mlp.gate")]
    hooks = [g.register_forward_hook(lambda m, i, o: load.append(torch.bincount(o[2].flatten(), minlength=m.num_experts)))
             for g in gates]
    with torch.no_grad():
        logits = model(rows[:, :-1], use_cache=False).logits.double()
    for h in hooks:
        h.remove()
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    return float(loss), torch.stack(load).tolist()


class Graph:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = self.session.get_inputs()
        self.outputs = [o.name for o in self.session.get_outputs()]

    def __call__(self, ids, past=0, cache=None):
        batch, n = ids.shape
        feed = {"input_ids": ids, "position_ids": np.tile(np.arange(past, past + n), (batch, 1))}
        for v in self.inputs:
            if "past_key_values" in v.name:
                key = v.name.removeprefix("input.")
                feed[v.name] = cache[key] if cache else np.zeros((batch, 1, 0, int(v.shape[-1])), np.float32)
        got = dict(zip(self.outputs, self.session.run(self.outputs, feed)))
        return got["logits"], {k.removeprefix("output."): v for k, v in got.items() if k != "logits"}


def greedy_onnx(first, rest, prompt, pieces=None):
    """`first` takes the prompt (in `pieces` tokens at a time, if given), `rest` one token a time."""
    past, cache, out = 0, None, []
    at = 0
    while at < len(prompt):
        n = len(prompt) - at if pieces is None else min(pieces, len(prompt) - at)
        logits, cache = first(np.array([prompt[at:at + n]]), past, cache)
        at, past = at + n, past + n
    while True:
        out.append(int(logits[0, -1].argmax()))
        if len(out) == NEW_TOKENS:
            return out
        logits, cache = rest(np.array([[out[-1]]]), past, cache)
        past += 1


def loss_numpy(logits, targets):
    logits = logits.astype(np.float64)
    top = logits.max(-1, keepdims=True)
    norm = np.log(np.exp(logits - top).sum(-1)) + top[..., 0]
    return float((norm - np.take_along_axis(logits, targets[..., None], -1)[..., 0]).mean())


def check(folder, made, prompts, want, rows, nats, wide):
    """The graphs of one folder in ONNX Runtime."""
    graphs = {}
    for form, file in made.items():
        path = os.path.join(folder, file)
        graphs[form] = Graph(upcast(path) if wide else path)
    for ids, expected in zip(prompts, want):
        assert greedy_onnx(graphs["prefill"], graphs["decode"], ids) == expected
        assert greedy_onnx(graphs["multi"], graphs["multi"], ids) == expected
        assert greedy_onnx(graphs["multi"], graphs["multi"], ids, pieces=3) == expected
    for form in ("prefill", "multi"):
        got = float(np.mean([loss_numpy(graphs[form](r[None, :-1])[0], r[None, 1:]) for r in rows]))
        print(f"  {made[form]}: {got:.6f} nats per token, PyTorch {nats:.6f}", flush=True)
        # Below opset 23 the square root of the attention scale is a constant of the model's
        # type: in bfloat16 the scores of the exported graph are 0.5 % larger.
        assert abs(got - nats) < (1e-3 if wide else 1e-5)
        made["onnxruntime_nats_per_token"] = round(got, 6)


def sample_text(model, tok, prompt, seed, n=120, temperature=0.7):
    model.set_experts_implementation("eager")
    g = torch.Generator().manual_seed(seed)
    cache, ids, out = DynamicCache(config=model.config), torch.tensor([prompt]), list(prompt)
    with torch.no_grad():
        for _ in range(n):
            logits = model(ids, past_key_values=cache, use_cache=True).logits[0, -1]
            nxt = int(torch.multinomial((logits / temperature).softmax(-1), 1, generator=g))
            if nxt == 1:
                break
            out.append(nxt)
            ids = torch.tensor([[nxt]])
    return tok.decode(out)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--work", default="work")
    p.add_argument("--out", default=".")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--only", default="", help="for trying out: f32 or bf16")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    models, rounded, state = load(args.work)
    tok = Tokenizer.from_file(os.path.join(args.out, "tokenizer.json"))
    rows = np.load(os.path.join(args.out, "val_ids.npy"))
    prompts = [tok.encode(t).ids for t in PROMPTS]
    f32 = models["f32"]
    f32.config.save_pretrained(args.out)
    def cases(model):
        made = []
        for text, ids in zip(PROMPTS, prompts):
            out, margins = greedy_torch(model, ids)
            made.append(dict(prompt=text, prompt_ids=ids, continuation_ids=out,
                             continuation=tok.decode(out, skip_special_tokens=False), margin=round(min(margins), 4)))
        return made

    def loss(model):
        nats, load = loss_torch(model, torch.from_numpy(rows))
        return dict(nats_per_token=round(nats, 6), perplexity=round(math.exp(nats), 5), expert_tokens=load)

    stats = json.load(open(os.path.join(args.work, "data.json")))["val"]
    reference = dict(
        model="scripture",
        parameters=f32.num_parameters(),
        greedy=dict(
            note=f"{NEW_TOKENS} greedy tokens by PyTorch, token 0 = {train.BOS}, token 1 = {train.EOS}, which does not "
                 "end it. margin: the smallest distance of any step between the best and the second best logit. "
                 "f32: float32 weights. bf16_weights: the weights rounded to bfloat16, computed in float32. "
                 "bf16: weights and activations in bfloat16, for orientation only: the rounding of intermediate "
                 "results decides near ties.",
            f32=cases(f32), bf16_weights=cases(rounded), bf16=cases(models["bf16"])),
        perplexity=dict(
            file="val_ids.npy", shape=list(rows.shape), predicted_tokens=int(rows[:, 1:].size),
            note="each row is a context of its own: all tokens but the last go in, all but the first are predicted. "
                 "expert_tokens: per MoE layer, how many tokens chose each expert.",
            f32=loss(f32), bf16_weights=loss(rounded), bf16=loss(models["bf16"])),
        held_out=dict(context=state["context"], nats_per_token=round(state["val"], 4), bits_per_char=round(
            state["val"] / math.log(2) * stats["tokens"] / stats["chars"], 4), tokens=stats["tokens"],
            chars=stats["chars"]),
        graphs={},
    )
    for case in reference["greedy"]["f32"]:
        print(json.dumps(case["prompt"] + case["continuation"]), case["margin"])
    print({k: v["nats_per_token"] for k, v in reference["perplexity"].items() if isinstance(v, dict)},
          reference["held_out"], flush=True)

    for name, model in models.items():
        if args.only and args.only != name:
            continue
        t, folder = time.time(), os.path.join(args.out, name)
        os.makedirs(folder, exist_ok=True)
        store = Store(os.path.join(folder, "weights.data"))
        key = "f32" if name == "f32" else "bf16_weights"
        want = [c["continuation_ids"] for c in reference["greedy"][key]]
        made = export(model, OPSETS[name], folder, store)
        reference["graphs"][name] = dict(made, opset=OPSETS[name])
        store.file.close()
        check(folder, made, prompts, want, rows, reference["perplexity"][key]["nats_per_token"], name == "bf16")
        reference["graphs"][name]["onnxruntime_nats_per_token"] = made["onnxruntime_nats_per_token"]
        print(f"  token-exact in ONNX Runtime {onnxruntime.__version__}; {time.time() - t:.0f} s", flush=True)
    with open(os.path.join(args.out, "reference.json"), "w") as f:
        json.dump(reference, f, indent=1)
        f.write("\n")
    for seed, prompt in enumerate(prompts):
        print("---", json.dumps(sample_text(f32, tok, prompt, seed)))


if __name__ == "__main__":
    main()
