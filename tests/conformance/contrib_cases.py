#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small single-operator models of the com.microsoft domain, with ONNX Runtime as the oracle.

    python -m pip install onnx==1.23.2 onnxruntime==1.32.0
    python contrib_cases.py OUT_DIR [--filter REGEX] [--check]

Each case becomes OUT_DIR/<case>/:

    model.onnx    one node; weights are initializers, activations and caches are graph inputs
    inputs.npz    one array per graph input, by name (stored, not deflated)
    outputs.npz   one array per graph output, by name, computed by ONNX Runtime on the CPU
    case.json     op, attributes, tolerance (rtol, atol), oracle, and the deviation of the NumPy
                  reference below from the oracle

A case is written only if two runs in separate sessions give identical bits, the outputs are finite
and not constant, and the NumPy reference of the operator agrees with the oracle.  The references
(functions named ref_*) are the readable statement of what each operator means.

For a few cases (marked oracle="reference") the expected values are the NumPy reference's: where the
CPU kernel lacks the form (FC3, concatenated SwiGLU), and for block-wise int8 QMoE, where it rounds
the activations to int8 at every accuracy_level and so is off by 1 to 2 % of the range.

PagedAttention, SparseAttentionIndexer, DynamicSparseAttention and the block-scaled float8/float4
products have no CPU kernel in ONNX Runtime 1.32, so they have no case here.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import sys
import zlib
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import onnx
from onnx import helper, numpy_helper

MS = "com.microsoft"
f32, f16, i32, i64, u8 = np.float32, np.float16, np.int32, np.int64, np.uint8


# --------------------------------------------------------------------------- cases

@dataclass
class Case:
    name: str
    op: str
    attrs: dict
    inputs: dict            # name -> array, None (omitted); order is the operator's
    outputs: list           # names; "" for an omitted one
    weights: tuple = ()     # the inputs that are initializers
    ref: Callable | None = None   # () -> list of arrays
    rtol: float = 1e-4
    atol: float = 1e-5
    domain: str = MS
    oracle: str = "onnxruntime"   # or "reference"
    slack: float = 0.0            # oracle="reference": how far ONNX Runtime may be off, absolute;
                                  # 0 = it cannot run the case
    note: str = ""


@dataclass
class Suite:
    cases: list = field(default_factory=list)

    def add(self, *args, **kwargs):
        case = Case(*args, **kwargs)
        assert case.name not in {c.name for c in self.cases}, case.name
        self.cases.append(case)


def rng_of(name):
    return np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)


def build(case, typed=None):
    ins = {k: v for k, v in case.inputs.items()}
    while ins and list(ins.values())[-1] is None:
        ins.popitem()
    node = helper.make_node(case.op, [k if v is not None else "" for k, v in ins.items()],
                            case.outputs, name=case.op, domain=case.domain, **case.attrs)
    dtype = helper.np_dtype_to_tensor_dtype

    def info(k, v):
        return helper.make_tensor_value_info(k, dtype(v.dtype), v.shape)

    outs = ([info(k, typed[k]) for k in case.outputs if k] if typed else
            [onnx.ValueInfoProto(name=k) for k in case.outputs if k])
    graph = helper.make_graph(
        [node], case.name,
        [info(k, v) for k, v in ins.items() if v is not None and k not in case.weights], outs,
        [numpy_helper.from_array(v, k) for k, v in ins.items() if v is not None and k in case.weights])
    return helper.make_model(graph, ir_version=10, producer_name="contrib-cases",
                             opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(MS, 1)])


def run(case, model):
    import onnxruntime as ort

    opt = ort.SessionOptions()
    opt.intra_op_num_threads = 1
    opt.log_severity_level = 4
    opt.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    sess = ort.InferenceSession(model.SerializeToString(), opt, providers=["CPUExecutionProvider"])
    names = [k for k in case.outputs if k]
    feed = {k: v for k, v in case.inputs.items() if v is not None and k not in case.weights}
    return dict(zip(names, sess.run(names, feed)))


def deviation(got, want):
    g, w = got.astype(np.float64), want.astype(np.float64)
    return float(np.max(np.abs(g - w) / (np.abs(w) + 1e-2), initial=0)) if g.shape == w.shape else float("inf")


def write(case, top, check=False):
    """Returns '' or the reason why the case was not written."""
    import onnxruntime

    names = [k for k in case.outputs if k]
    wanted = dict(zip(names, case.ref()))
    note = case.note
    if case.oracle == "reference":
        dtype = next(iter(case.inputs.values())).dtype
        first = {k: v.astype(dtype) for k, v in wanted.items()}
        model = build(case, first)
        try:
            off = max(float(np.abs(v.astype(np.float64) - wanted[k]).max()) for k, v in run(case, model).items())
            note = f"onnxruntime {onnxruntime.__version__} CPU is off by {off:.2g}"
        except Exception as e:  # noqa: BLE001
            off, note = None, f"onnxruntime {onnxruntime.__version__} CPU: " + " ".join(str(e).split()).split("Status Message: ")[-1].split("MoE<T>::")[-1][-120:]
        if (off is None) != (case.slack == 0) or (off or 0) > case.slack:
            return f"unexpected: {note}"
        worst = 0.0
    else:
        try:
            first = run(case, build(case))
            model = build(case, first)
            second = run(case, model)
        except Exception as e:  # noqa: BLE001
            return "oracle: " + " ".join(str(e).split())[:240]
        if any(first[k].tobytes() != second[k].tobytes() for k in first):
            return "differs from run to run"
        worst = max(deviation(first[k], wanted[k]) for k in wanted)
        half = any(v.dtype == f16 for v in first.values())
        if not worst < (3e-2 if half else max(5e-4, 10 * case.rtol)):
            return f"the NumPy reference deviates by {worst:.3g}"
    for k, v in first.items():
        if not np.isfinite(v).all():
            return f"output {k} is not finite"
        if v.size > 1 and np.ptp(v.astype(np.float64)) == 0:
            return f"output {k} is constant"
    if check:
        return ""
    d = os.path.join(top, case.name)
    os.makedirs(d, exist_ok=True)
    with open(os.path.join(d, "model.onnx"), "wb") as f:
        f.write(model.SerializeToString(deterministic=True))
    np.savez(os.path.join(d, "inputs.npz"),
             **{k: v for k, v in case.inputs.items() if v is not None and k not in case.weights})
    np.savez(os.path.join(d, "outputs.npz"), **first)
    with open(os.path.join(d, "case.json"), "w") as f:
        json.dump({"op": f"{case.domain or 'ai.onnx'}.{case.op}", "attributes": case.attrs,
                   "rtol": case.rtol, "atol": case.atol, "note": note,
                   "oracle": ("NumPy reference" if case.oracle == "reference" else
                              f"onnxruntime {onnxruntime.__version__} CPU"),
                   "reference_deviation": float(f"{worst:.2g}")}, f, indent=1)
        f.write("\n")
    return ""


# --------------------------------------------------------------------------- references

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    from math import erf as e

    return np.vectorize(e, otypes=[np.float64])(x) if x.size else x


def softmax(x, axis=-1):
    x = np.exp(x - x.max(axis=axis, keepdims=True))
    return x / x.sum(axis=axis, keepdims=True)


def ref_rotary(x, pos, cos, sin, interleaved=False):
    """x[B,S,H,D]; pos[B,S]; tables [max, R/2]; the first R of the D channels are rotated."""
    half = cos.shape[1]
    c, s = cos[pos][:, :, None, :].astype(np.float64), sin[pos][:, :, None, :].astype(np.float64)
    r, rest = x[..., :2 * half].astype(np.float64), x[..., 2 * half:]
    a, b = (r[..., 0::2], r[..., 1::2]) if interleaved else (r[..., :half], r[..., half:])
    ra, rb = a * c - b * s, b * c + a * s
    out = np.stack([ra, rb], -1).reshape(r.shape) if interleaved else np.concatenate([ra, rb], -1)
    return np.concatenate([out, rest], -1)


def ref_attention(q, k, v, scale=None, mask=None, softcap=0.0, sink=None):
    """q[B,H,S,D], k/v[B,G,T,D] with H a multiple of G; mask is added; sink[H] joins the
    denominator only."""
    q, k, v = (t.astype(np.float64) for t in (q, k, v))
    n = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, n, 1), np.repeat(v, n, 1)
    s = q @ k.swapaxes(-1, -2) * (scale or q.shape[-1] ** -0.5)
    if softcap:
        s = softcap * np.tanh(s / softcap)
    if mask is not None:
        s = s + mask
    if sink is not None:
        s = np.concatenate([s, np.broadcast_to(sink[None, :, None, None], (*s.shape[:3], 1))], -1)
    p = softmax(s)
    return (p[..., :-1] if sink is not None else p) @ v


def ref_gqa(q, k, v, past_k, past_v, seqlens_k, heads, groups, cos=None, sin=None, interleaved=False,
            softcap=0.0, window=-1, scale=None, bias=None, sink=None, positions=None):
    """seqlens_k[b] = tokens in the cache after this call, less one."""
    B, S = q.shape[:2]
    D = k.shape[-1] // groups
    q, k, v = q.reshape(B, S, heads, D), k.reshape(B, S, groups, D), v.reshape(B, S, groups, D)
    total = seqlens_k.astype(np.int64) + 1
    past = total - S
    T = max((past_k.shape[2] + S) if past_k is not None else S, int(total.max()))
    pos = past[:, None] + np.arange(S)[None] if positions is None else positions
    if cos is not None:
        q, k = ref_rotary(q, pos, cos, sin, interleaved), ref_rotary(k, pos, cos, sin, interleaved)
    out = np.zeros((B, S, heads * D))
    pk, pv = np.zeros((B, groups, T, D)), np.zeros((B, groups, T, D))
    for b in range(B):
        for cache, old, new in ((pk, past_k, k), (pv, past_v, v)):
            if past[b]:
                cache[b, :, :past[b]] = old[b, :, :past[b]]
            cache[b, :, past[b]:total[b]] = new[b].swapaxes(0, 1)
        i = past[b] + np.arange(S)[:, None]
        j = np.arange(total[b])[None]
        ok = (j <= i) & ((j > i - window) if window > 0 else True)
        m = np.where(ok, 0.0, -1e30)[None, None]
        if bias is not None:
            m = m + bias[b % bias.shape[0], :, :, :total[b]][None]
        o = ref_attention(q[b:b + 1].swapaxes(1, 2), pk[b:b + 1, :, :total[b]], pv[b:b + 1, :, :total[b]],
                          scale, m, softcap, sink)
        out[b] = o[0].swapaxes(0, 1).reshape(S, heads * D)
    return out, pk, pv


def ref_activation(h, act, alpha=1.0, beta=0.0, limit=None, fusion=0):
    if act == "swiglu":
        g, l = (h[..., 0::2], h[..., 1::2]) if fusion == 1 else np.split(h, 2, -1)
        if limit is not None:
            g, l = np.minimum(g, limit), np.clip(l, -limit, limit)
        return g * sigmoid(alpha * g) * (l + beta)
    return {"relu": lambda: np.maximum(h, 0), "silu": lambda: h * sigmoid(h), "identity": lambda: h,
            "gelu": lambda: 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))}[act]()


def ref_moe(x, logits, w1, b1, w2, b2, k, weights_of, act="relu", w3=None, b3=None, **kw):
    """w1[E,F,H], w2[E,H,I], w3[E,I,H]; weights_of(logits row, chosen) -> mixing weights.
    Ties of the selection go to the lower index."""
    shape = x.shape
    x = x.reshape(-1, shape[-1]).astype(np.float64)
    y = np.zeros_like(x)
    for t in range(len(x)):
        chosen = np.argsort(-logits[t].astype(np.float64), kind="stable")[:k]
        for e, w in zip(chosen, weights_of(t, chosen)):
            h = w1[e].astype(np.float64) @ x[t] + (0 if b1 is None else b1[e])
            a = ref_activation(h, act, **kw)
            if w3 is not None:
                a = a * (w3[e].astype(np.float64) @ x[t] + (0 if b3 is None else b3[e]))
            y[t] += w * (w2[e].astype(np.float64) @ a + (0 if b2 is None else b2[e]))
    return y.reshape(shape)


def mixing_of_moe(logits, normalize):
    """MoE: `router_probs` are logits.  normalize=0: softmax over all experts, then pick."""
    p = softmax(logits.astype(np.float64))
    return lambda t, c: (softmax(logits[t, c].astype(np.float64)) if normalize else p[t, c])


def mixing_of_qmoe(logits, normalize, router_weights):
    """QMoE without router_weights: softmax over the chosen, whatever `normalize` says.
    With them: select by router_probs, mix with router_weights, as they are or renormalised."""
    if router_weights is None:
        return lambda t, c: softmax(logits[t, c].astype(np.float64))
    r = router_weights.astype(np.float64)
    return lambda t, c: r[t, c] / (r[t, c].sum() if normalize else 1)


# --------------------------------------------------------------------------- quantisation

def pack(q, bits):
    """uint8 codes, packed along the last axis, low bits first; a ragged end is padded with 0."""
    n = 8 // bits
    if n == 1:
        return q.astype(u8)
    q = np.concatenate([q, np.zeros((*q.shape[:-1], -q.shape[-1] % n), u8)], -1).astype(u8)
    q = q.reshape(*q.shape[:-1], -1, n)
    return np.bitwise_or.reduce(q << (np.arange(n, dtype=u8) * bits), -1).astype(u8)


def quantize(w, bits, block, asymmetric):
    """Along the last axis, in blocks.  Returns codes (uint8, unpacked), scales, zero points
    (uint8, or None for the symmetric default 2**(bits-1)), and the values they stand for."""
    K = w.shape[-1]
    nb = -(-K // block)
    p = np.concatenate([w, np.zeros((*w.shape[:-1], nb * block - K), f32)], -1)
    p = p.reshape(*w.shape[:-1], nb, block)
    top, mid = 2**bits - 1, 2 ** (bits - 1)
    if asymmetric:
        lo, hi = np.minimum(p.min(-1), 0), np.maximum(p.max(-1), 0)
        s = np.maximum((hi - lo) / top, 1e-6).astype(f32)
        z = np.clip(np.round(-lo / s), 0, top).astype(u8)
    else:
        s = np.maximum(np.abs(p).max(-1) / (mid - 1), 1e-6).astype(f32)
        z = np.full(s.shape, mid, u8)
    q = np.clip(np.round(p / s[..., None]) + z[..., None], 0, top).astype(u8)
    value = (q.astype(f32) - z[..., None]) * s[..., None]
    value = value.reshape(*w.shape[:-1], nb * block)[..., :K]
    return q, s, (z if asymmetric else None), value


# --------------------------------------------------------------------------- builders

def moe(suite, name, T=6, H=16, I=24, E=4, k=2, act="relu", norm=0, bias=False, batch=0, fc3=False,
        fusion=0, alpha=None, beta=None, limit=None, oracle="onnxruntime", **more):
    r = rng_of(name)
    F = 2 * I if act == "swiglu" and fusion else I
    x = r.randn(*((batch, T) if batch else (T,)), H).astype(f32)
    n = T * (batch or 1)
    logits = (2 * r.randn(n, E)).astype(f32)
    g = lambda *s: (r.randn(*s) / np.sqrt(s[-1])).astype(f32)
    w1, w2 = g(E, F, H), g(E, H, I)
    w3 = g(E, I, H) if fc3 else None
    b1, b2, b3 = (g(E, F), g(E, H), g(E, I) if fc3 else None) if bias else (None,) * 3
    attrs = dict(k=k, activation_type=act, normalize_routing_weights=norm)
    if act == "swiglu":
        attrs["swiglu_fusion"] = fusion
    kw = {}
    for key, value in (("activation_alpha", alpha), ("activation_beta", beta), ("swiglu_limit", limit)):
        if value is not None:
            attrs[key] = value
            kw[key.split("_")[1]] = value
    if act == "swiglu":
        kw["fusion"] = fusion
    attrs.update(more)
    suite.add(name, "MoE", attrs,
              dict(input=x, router_probs=logits, fc1_experts_weights=w1, fc1_experts_bias=b1,
                   fc2_experts_weights=w2, fc2_experts_bias=b2, fc3_experts_weights=w3, fc3_experts_bias=b3),
              ["output"], ("fc1_experts_weights", "fc1_experts_bias", "fc2_experts_weights",
                           "fc2_experts_bias", "fc3_experts_weights", "fc3_experts_bias"),
              ref=lambda: [ref_moe(x, logits, w1, b1, w2, b2, k, mixing_of_moe(logits, norm), act,
                                   w3=w3, b3=b3, **kw)], oracle=oracle)


def qmoe(suite, name, bits=4, T=6, H=32, I=32, E=4, k=2, act="silu", norm=1, bias=False, batch=0,
         block=0, zero_points=False, router_weights=False, dtype=f32, fusion=0, alpha=None, beta=None,
         limit=None, rtol=1e-3, **more):
    lossy = bits == 8 and block and dtype == f32
    r = rng_of(name)
    F = 2 * I if act == "swiglu" else I
    x = r.randn(*((batch, T) if batch else (T,)), H).astype(dtype)
    n = T * (batch or 1)
    logits = (2 * r.randn(n, E)).astype(dtype)
    mix = sigmoid(r.randn(n, E)).astype(dtype) if router_weights else None
    pairs = []
    for rows, cols in ((F, H), (H, I)):
        w = (r.randn(E, rows, cols) / np.sqrt(cols)).astype(f32)
        q, s, z, _ = quantize(w, bits, block or cols, zero_points)
        s = s.astype(dtype)
        mid = 2 ** (bits - 1)
        zz = z if z is not None else np.full(s.shape, mid, u8)
        val = ((q.astype(f32) - zz[..., None]) * s[..., None].astype(f32)).reshape(E, rows, cols)
        packed = pack(q.reshape(E, rows, cols), bits)
        if not block:
            s, z = s[..., 0], (None if z is None else pack(z[..., 0], bits))
        elif z is not None:
            z = pack(z, bits)
        pairs.append((packed, s, z, val))
    (q1, s1, z1, v1), (q2, s2, z2, v2) = pairs
    b1 = (0.3 * r.randn(E, F)).astype(dtype) if bias else None
    b2 = (0.3 * r.randn(E, H)).astype(dtype) if bias else None
    attrs = dict(k=k, activation_type=act, normalize_routing_weights=norm, expert_weight_bits=bits)
    kw = {}
    if block:
        attrs["block_size"] = block
    if act == "swiglu":
        attrs["swiglu_fusion"] = kw["fusion"] = fusion
    for key, value in (("activation_alpha", alpha), ("activation_beta", beta), ("swiglu_limit", limit)):
        if value is not None:
            attrs[key] = value
            kw[key.split("_")[1]] = value
    attrs.update(more)
    suite.add(name, "QMoE", attrs,
              dict(input=x, router_probs=logits, fc1_experts_weights=q1, fc1_scales=s1, fc1_experts_bias=b1,
                   fc2_experts_weights=q2, fc2_scales=s2, fc2_experts_bias=b2, fc3_experts_weights=None,
                   fc3_scales=None, fc3_experts_bias=None, fc1_zero_points=z1, fc2_zero_points=z2,
                   fc3_zero_points=None, router_weights=mix),
              ["output"], ("fc1_experts_weights", "fc1_scales", "fc1_experts_bias", "fc2_experts_weights",
                           "fc2_scales", "fc2_experts_bias", "fc1_zero_points", "fc2_zero_points"),
              ref=lambda: [ref_moe(x, logits, v1, b1, v2, b2, k, mixing_of_qmoe(logits, norm, mix), act, **kw)],
              rtol=rtol if dtype == f32 else 1e-2, atol=1e-4 if dtype == f32 else 1e-2,
              oracle="reference" if lossy else "onnxruntime", slack=0.1 if lossy else 0.0)


def gqa(suite, name, B=1, S=5, past=0, heads=4, groups=2, D=8, packed=False, rotary=False,
        interleaved=False, softcap=0.0, window=-1, scale=None, bias=False, sink=False, smooth=False,
        positions=False, lengths=None, dtype=f32, rotary_dim=None, empty_past=False, **more):
    """lengths: tokens per batch entry after the call (default past + S)."""
    r = rng_of(name)
    q = r.randn(B, S, heads * D).astype(dtype)
    k, v = (r.randn(B, S, groups * D).astype(dtype) for _ in "kv")
    pk = pv = None
    if past or empty_past:
        pk, pv = (r.randn(B, groups, past, D).astype(dtype) for _ in "kv")
    total = past + S
    lens = np.array([(lengths[b] if lengths else total) - 1 for b in range(B)], i32)
    if lengths and pk is not None:
        for b in range(B):  # what lies beyond a row's own past must not matter
            pk[b, :, lens[b] + 1 - S:] = 0
            pv[b, :, lens[b] + 1 - S:] = 0
    attrs = dict(num_heads=heads, kv_num_heads=groups)
    cos = sin = pos = None
    if rotary:
        half = (rotary_dim or D) // 2
        angle = np.arange(total + 3)[:, None] / 100.0 ** (np.arange(half) / half)[None]
        cos, sin = np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)
        attrs["do_rotary"] = 1
        if interleaved:
            attrs["rotary_interleaved"] = 1
        if positions:
            pos = (np.arange(S)[None] + past + np.arange(B)[:, None] + 1).astype(i64)
    for key, value, default in (("softcap", softcap, 0.0), ("local_window_size", window, -1)):
        if value != default:
            attrs[key] = value
    if scale is not None:
        attrs["scale"] = scale
    if smooth:
        attrs["smooth_softmax"] = 1
    mask = r.randn(B, heads, S, total).astype(dtype) if bias else None
    snk = r.randn(heads).astype(dtype) if sink else None
    attrs.update(more)
    zero = np.zeros(heads) if smooth else None
    qq = np.concatenate([q, k, v], -1) if packed else q

    def ref():
        o, ck, cv = ref_gqa(q, k, v, pk, pv, lens, heads, groups, cos, sin, interleaved, softcap, window,
                            scale, mask, snk.astype(np.float64) if sink else zero, pos)
        return [o, ck, cv]

    suite.add(name, "GroupQueryAttention", attrs,
              dict(query=qq, key=None if packed else k, value=None if packed else v, past_key=pk,
                   past_value=pv, seqlens_k=lens, total_sequence_length=np.array(int(lens.max()) + 1, i32),
                   cos_cache=cos, sin_cache=sin, position_ids=pos, attention_bias=mask, head_sink=snk),
              ["output", "present_key", "present_value"], ("cos_cache", "sin_cache", "head_sink"), ref=ref,
              rtol=1e-4 if dtype == f32 else 1e-2, atol=1e-5 if dtype == f32 else 4e-3)


def mha(suite, name, B=2, S=4, T=None, past=0, heads=2, D=8, Dv=None, bias=False, padding=None,
        attention_bias=None, causal=False, scale=None, kv4d=False, outputs=1):
    r = rng_of(name)
    T, Dv = T or S, Dv or D
    g = lambda *s: r.randn(*s).astype(f32)
    q, k, v = g(B, S, heads * D), g(B, T, heads * D), g(B, T, heads * Dv)
    b = (0.3 * g(heads * (2 * D + Dv))) if bias else None
    pk, pv = (g(B, heads, past, D), g(B, heads, past, Dv)) if past else (None, None)
    total = past + T
    mask = None
    if padding:
        mask = np.ones((B, total), i32)
        for i, n in enumerate(padding):
            mask[i, total - n:] = 0
    ab = g(*attention_bias, S, total) if attention_bias else None
    k4, v4 = (a.reshape(B, T, heads, -1).swapaxes(1, 2).copy() for a in (k, v))
    attrs = dict(num_heads=heads)
    if causal:
        attrs["unidirectional"] = 1
    if scale is not None:
        attrs["scale"] = scale

    def ref():
        add = np.zeros(heads * (2 * D + Dv)) if b is None else b.astype(np.float64)
        hd = heads * D
        split = lambda a: a.reshape(B, -1, heads, a.shape[-1] // heads).swapaxes(1, 2)
        Q, K, V = split(q + add[:hd]), split(k + add[hd:2 * hd]), split(v + add[2 * hd:])
        if past:
            K, V = np.concatenate([pk, K], 2), np.concatenate([pv, V], 2)
        m = np.zeros((B, 1, S, total))
        if causal:
            m = m + np.where(np.arange(total)[None] <= np.arange(S)[:, None] + total - S, 0, -1e30)
        if mask is not None:
            m = m + np.where(mask, 0, -1e30)[:, None, None]
        if ab is not None:
            m = m + ab
        o = ref_attention(Q, K, V, scale, m).swapaxes(1, 2).reshape(B, S, heads * Dv)
        return [o, K, V][:outputs]

    suite.add(name, "MultiHeadAttention", attrs,
              dict(query=q, key=k4 if kv4d else k, value=v4 if kv4d else v, bias=b, key_padding_mask=mask,
                   attention_bias=ab, past_key=pk, past_value=pv),
              ["output", "present_key", "present_value"][:outputs], ("bias",), ref=ref)


def rotary(suite, name, B=2, S=3, heads=2, D=8, rot=None, interleaved=False, rank4=False, offset=None,
           dtype=f32, maximum=16):
    r = rng_of(name)
    rot = rot or D
    x4 = r.randn(B, S, heads, D).astype(dtype)
    x = x4.swapaxes(1, 2).copy() if rank4 else x4.reshape(B, S, heads * D)
    pos = np.array([offset], i64) if offset is not None else r.randint(0, maximum, (B, S)).astype(i64)
    angle = np.arange(maximum)[:, None] / 50.0 ** (np.arange(rot // 2) / (rot // 2))[None]
    cos, sin = np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)
    attrs = {"interleaved": 1} if interleaved else {}
    if rot != D:
        attrs.update(rotary_embedding_dim=rot, num_heads=heads)
    elif not rank4 and D != rot:
        attrs.update(num_heads=heads)

    def ref():
        p = pos if offset is None else np.broadcast_to(np.arange(S) + offset, (B, S))
        y = ref_rotary(x4, p, cos, sin, interleaved)
        return [y.swapaxes(1, 2) if rank4 else y.reshape(x.shape)]

    suite.add(name, "RotaryEmbedding", attrs, dict(input=x, position_ids=pos, cos_cache=cos, sin_cache=sin),
              ["output"], ("cos_cache", "sin_cache"), ref=ref,
              rtol=1e-4 if dtype == f32 else 5e-3, atol=1e-5 if dtype == f32 else 2e-3)


def norm(suite, name, kind, shape=(2, 3, 16), bias=False, beta=True, total=False, eps=None, dtype=f32,
         skip_shape=None, axis=None, statistics=False):
    """kind: SimplifiedLayerNormalization, SkipSimplifiedLayerNormalization, SkipLayerNormalization"""
    r = rng_of(name)
    H = shape[-1]
    x, gamma = r.randn(*shape).astype(dtype), (1 + 0.3 * r.randn(H)).astype(dtype)
    skip = r.randn(*(skip_shape or shape)).astype(dtype)
    bt = (0.3 * r.randn(H)).astype(dtype)
    bs = (0.3 * r.randn(H)).astype(dtype) if bias else None
    e = 1e-5 if kind == "SimplifiedLayerNormalization" else 1e-12
    attrs = {}
    if eps is not None:
        attrs["epsilon"] = e = eps
    if axis is not None:
        attrs["axis"] = axis

    def ref():
        s = x.astype(np.float64)
        if "Skip" in kind:
            s = s + skip.astype(np.float64) + (0 if bs is None else bs.astype(np.float64))
        c = s if "Simplified" in kind else s - s.mean(-1, keepdims=True)
        inv = 1 / np.sqrt((c * c).mean(-1, keepdims=True) + e)
        y = c * inv * gamma + (bt if kind == "SkipLayerNormalization" and beta else 0)
        return [y, inv] if statistics else [y, s] if total else [y]

    if kind == "SimplifiedLayerNormalization":
        ins, weights, domain = dict(X=x, scale=gamma), ("scale",), ""
        outs = ["Y", "inv_std_var"] if statistics else ["Y"]
    else:
        ins = dict(input=x, skip=skip, gamma=gamma)
        if kind == "SkipLayerNormalization":
            ins["beta"] = bt if beta else None
        ins["bias"] = bs
        weights, domain = ("gamma", "beta", "bias"), MS
        outs = ["output", "", "", "input_skip_bias_sum"] if total else ["output"]
    suite.add(name, kind, attrs, ins, outs, weights, ref=ref, domain=domain,
              rtol=1e-4 if dtype == f32 else 5e-3, atol=1e-5 if dtype == f32 else 2e-3)


def matmul_nbits(suite, name, bits=4, shape=(3,), K=64, N=24, block=32, zero_points=None, bias=False,
                 dtype=f32, g_idx=False, **more):
    """zero_points: None, "packed" or "float"."""
    r = rng_of(name)
    a = r.randn(*shape, K).astype(dtype)
    w = (r.randn(N, K) / np.sqrt(K)).astype(f32)
    q, s, z, _ = quantize(w, bits, block, zero_points == "packed")
    s = s.astype(dtype)
    zf = z.astype(f32) if z is not None else np.full(s.shape, 2.0 ** (bits - 1), f32)
    zp = None
    if zero_points == "packed":
        zp = pack(z, bits)
    elif zero_points == "float":
        zf = (zf + r.rand(*s.shape) - 0.5).astype(dtype).astype(f32)
        zp = zf.astype(dtype)
    idx = r.permutation(np.arange(K) // block).astype(i32) if g_idx else None
    b = r.randn(N).astype(dtype) if bias else None

    def ref():
        codes = q.reshape(N, -1)[:, :K].astype(np.float64)
        of = idx if idx is not None else np.arange(K) // block
        value = (codes - zf[:, of]) * s.astype(np.float64)[:, of]
        return [a.astype(np.float64) @ value.T + (0 if b is None else b)]

    suite.add(name, "MatMulNBits", dict(K=K, N=N, bits=bits, block_size=block, **more),
              dict(A=a, B=pack(q, bits), scales=s, zero_points=zp, g_idx=idx, bias=b), ["Y"],
              ("B", "scales", "zero_points", "g_idx", "bias"), ref=ref,
              rtol=1e-3 if dtype == f32 else 1e-2, atol=1e-4 if dtype == f32 else 1e-2)


def fused_matmul(suite, name, a, b, **attrs):
    r = rng_of(name)
    A, B = r.randn(*a).astype(f32), r.randn(*b).astype(f32)

    def ref():
        x, y = A.astype(np.float64), B.astype(np.float64)
        if attrs.get("transBatchA"):
            x = np.moveaxis(x, 0, -2)
        if attrs.get("transBatchB"):
            y = np.moveaxis(y, 0, -2)
        x = x.swapaxes(-1, -2) if attrs.get("transA") else x
        y = y.swapaxes(-1, -2) if attrs.get("transB") else y
        return [attrs.get("alpha", 1.0) * (x @ y)]

    suite.add(name, "FusedMatMul", attrs, dict(A=A, B=B), ["Y"], ref=ref)


def unary(suite, name, op, shape, ref, bias=False, **attrs):
    r = rng_of(name)
    x = (3 * r.randn(*shape)).astype(f32)
    b = r.randn(shape[-1]).astype(f32)
    ins = dict(A=x, B=b) if bias else dict(X=x)
    suite.add(name, op, attrs, ins, ["C" if bias else "Y"], ("B",),
              ref=lambda: [ref((x + b if bias else x).astype(np.float64))])


def gather_quantized(suite, name, rows=10, K=64, bits=4, block=32, zero_points=False, shape=(2, 3),
                     index=i64, dtype=f32):
    r = rng_of(name)
    w = r.randn(rows, K).astype(f32)
    q, s, z, _ = quantize(w, bits, block, zero_points)
    s = s.astype(dtype)
    ids = r.randint(0, rows, shape).astype(index)
    zz = z if z is not None else np.full(s.shape, 2 ** (bits - 1), u8)

    def ref():
        value = (q.astype(np.float64) - zz[..., None]) * s.astype(np.float64)[..., None]
        return [value.reshape(rows, -1)[:, :K][ids]]

    suite.add(name, "GatherBlockQuantized", dict(bits=bits, block_size=block, gather_axis=0, quantize_axis=1),
              dict(data=pack(q.reshape(rows, -1)[:, :K], bits), indices=ids, scales=s,
                   zero_points=None if z is None else pack(z, bits)),
              ["output"], ("data", "scales", "zero_points"), ref=ref,
              rtol=1e-4 if dtype == f32 else 5e-3, atol=1e-5 if dtype == f32 else 1e-3)


def group_router(suite, name, T=5, E=16, groups=4, kept=2, k=4, group_topk=2, sentinel=-1e4):
    """DeepSeek-V3 routing: sigmoid, bias for the selection only, the best `kept` groups by the sum of
    their `group_topk` best, the best k experts of those.  Writes the logarithm of the unbiased score."""
    r = rng_of(name)
    x, bias = (2 * r.randn(T, E)).astype(f32), (0.5 * r.randn(E)).astype(f32)

    def ref():
        p = sigmoid(x.astype(np.float64))
        y = np.full((T, E), sentinel)
        for t in range(T):
            c = (p[t] + bias).reshape(groups, -1)
            best = np.argsort(-np.sort(c, 1)[:, -group_topk:].sum(1), kind="stable")[:kept]
            open_ = np.isin(np.arange(E) // (E // groups), best)
            chosen = np.argsort(np.where(open_, -(p[t] + bias), np.inf), kind="stable")[:k]
            y[t, chosen] = np.log(np.maximum(p[t, chosen], 1e-20))
        return [y]

    suite.add(name, "MoEGroupRouter", dict(top_k=k, n_group=groups, topk_group=kept, group_topk=group_topk,
                                           router_sentinel=sentinel),
              dict(logits=x, expert_bias=bias), ["router_probs"], ("expert_bias",), ref=ref)


# --------------------------------------------------------------------------- the list

def cases():
    s = Suite()
    # Mixture of experts
    moe(s, "moe_relu_top1", k=1)
    moe(s, "moe_relu_top2_all_softmax")
    moe(s, "moe_relu_top2_normalized", norm=1)
    moe(s, "moe_gelu_top2_bias", act="gelu", norm=1, bias=True)
    moe(s, "moe_silu_top2", act="silu", norm=1)
    moe(s, "moe_silu_fc3_top2", act="silu", norm=1, fc3=True, oracle="reference")
    moe(s, "moe_identity_top3", act="identity", k=3, E=6)
    moe(s, "moe_swiglu_interleaved", act="swiglu", fusion=1, norm=1, alpha=1.0, beta=0.0)
    moe(s, "moe_swiglu_gptoss", act="swiglu", fusion=1, norm=1, alpha=1.702, beta=1.0, limit=1.5, bias=True)
    moe(s, "moe_swiglu_concatenated", act="swiglu", fusion=2, norm=1, alpha=1.0, beta=0.0,
        oracle="reference")
    moe(s, "moe_silu_one_token_top4_of_16", T=1, E=16, k=4, act="silu", norm=0)
    moe(s, "moe_silu_batched_rank3", batch=2, T=3, act="silu", norm=1)
    # Quantised mixture of experts
    for bits in (4, 8):
        qmoe(s, f"qmoe_int{bits}_silu", bits)
        qmoe(s, f"qmoe_int{bits}_router_weights_raw", bits, router_weights=True, norm=0)
        qmoe(s, f"qmoe_int{bits}_router_weights_normalized", bits, router_weights=True, norm=1)
        qmoe(s, f"qmoe_int{bits}_swiglu_block16", bits, act="swiglu", fusion=1, block=16, alpha=1.702,
             beta=1.0, limit=2.0, bias=True)
        qmoe(s, f"qmoe_int{bits}_swiglu_block32_zero_points", bits, act="swiglu", fusion=1, block=32,
             zero_points=True, alpha=1.0, beta=0.0, H=64, I=64)
    qmoe(s, "qmoe_int4_zero_points_row", 4, zero_points=True)
    qmoe(s, "qmoe_int4_norm0_is_still_top_k_softmax", 4, norm=0)
    qmoe(s, "qmoe_int4_f16_rank3", 4, dtype=f16, batch=2, T=3)
    group_router(s, "group_router_deepseek_v3")
    group_router(s, "group_router_one_group", groups=1, kept=1, group_topk=1, k=3)
    # Grouped-query attention
    gqa(s, "gqa_prefill")
    gqa(s, "gqa_prefill_packed_qkv", packed=True)
    gqa(s, "gqa_prefill_rotary", rotary=True, D=16)
    gqa(s, "gqa_prefill_rotary_interleaved", rotary=True, interleaved=True, D=16)
    gqa(s, "gqa_prefill_rotary_partial", rotary=True, D=32, rotary_dim=16)
    gqa(s, "gqa_prefill_softcap", softcap=2.0)
    gqa(s, "gqa_prefill_window3", S=8, window=3)
    gqa(s, "gqa_prefill_attention_bias", bias=True)
    gqa(s, "gqa_prefill_head_sink", sink=True)
    gqa(s, "gqa_prefill_smooth_softmax", smooth=True)
    gqa(s, "gqa_prefill_batch2_scale", B=2, scale=0.5)
    gqa(s, "gqa_decode", S=1, past=6)
    gqa(s, "gqa_decode_rotary_packed", S=1, past=6, rotary=True, packed=True, D=16)
    gqa(s, "gqa_decode_softcap_window", S=1, past=9, softcap=1.5, window=4)
    gqa(s, "gqa_decode_mqa", S=1, past=4, heads=4, groups=1)
    gqa(s, "gqa_decode_ragged_batch", B=2, S=1, past=6, lengths=[7, 4])
    gqa(s, "gqa_append3_rotary", S=3, past=5, rotary=True, D=16)
    gqa(s, "gqa_f16_prefill", dtype=f16)
    # Multi-head attention
    mha(s, "mha_plain")
    mha(s, "mha_bias_scale", bias=True, scale=0.25)
    mha(s, "mha_causal", causal=True)
    mha(s, "mha_key_padding", padding=[0, 2])
    mha(s, "mha_attention_bias_broadcast", attention_bias=(1, 2))
    mha(s, "mha_cross_kv4d", S=3, T=6, kv4d=True)
    mha(s, "mha_value_width", S=3, T=6, Dv=4)
    mha(s, "mha_past_present", S=1, past=5, outputs=3)
    # Rotary embedding
    rotary(s, "rotary_half")
    rotary(s, "rotary_interleaved", interleaved=True)
    rotary(s, "rotary_partial", D=16, rot=8)
    rotary(s, "rotary_rank4", rank4=True)
    rotary(s, "rotary_scalar_offset", offset=4)
    # Norms
    norm(s, "simplified_layer_norm", "SimplifiedLayerNormalization", eps=1e-6)
    norm(s, "simplified_layer_norm_f16", "SimplifiedLayerNormalization", dtype=f16, eps=1e-5, axis=-1)
    norm(s, "skip_simplified_layer_norm", "SkipSimplifiedLayerNormalization", eps=1e-6)
    norm(s, "skip_simplified_layer_norm_sum_bias", "SkipSimplifiedLayerNormalization", total=True, bias=True, eps=1e-5)
    norm(s, "skip_layer_norm", "SkipLayerNormalization", eps=1e-5)
    norm(s, "skip_layer_norm_sum_bias", "SkipLayerNormalization", total=True, bias=True, eps=1e-5)
    norm(s, "skip_layer_norm_broadcast_no_beta", "SkipLayerNormalization", beta=False, skip_shape=(1, 3, 16), eps=1e-5)
    # Weight-only quantisation
    for bits in (4, 8):
        matmul_nbits(s, f"matmul_{bits}bit_block32", bits)
        matmul_nbits(s, f"matmul_{bits}bit_block128_zero_points", bits, K=256, N=16, block=128, zero_points="packed")
    matmul_nbits(s, "matmul_4bit_block32_odd_blocks_zero_points", 4, K=96, N=8, zero_points="packed", shape=(2, 3))
    matmul_nbits(s, "matmul_4bit_block32_bias", 4, bias=True, shape=(1,))
    matmul_nbits(s, "matmul_4bit_block32_f16", 4, dtype=f16)
    matmul_nbits(s, "matmul_4bit_ragged_k", 4, K=80, block=32)
    gather_quantized(s, "gather_4bit_block32")
    gather_quantized(s, "gather_4bit_block32_zero_points", zero_points=True)
    gather_quantized(s, "gather_8bit_block16_i32", bits=8, block=16, index=i32, shape=(4,))
    # Fused products and activations
    fused_matmul(s, "fused_matmul_trans_b_alpha", (2, 3, 8), (2, 5, 8), transB=1, alpha=0.125)
    fused_matmul(s, "fused_matmul_trans_a", (8, 3), (8, 5), transA=1)
    fused_matmul(s, "fused_matmul_trans_batch_a", (3, 2, 8), (2, 8, 5), transBatchA=1)
    unary(s, "quick_gelu", "QuickGelu", (2, 17), lambda x: x * sigmoid(1.702 * x))
    unary(s, "quick_gelu_alpha1_is_silu", "QuickGelu", (3, 8), lambda x: x * sigmoid(x), alpha=1.0)
    unary(s, "bias_gelu", "BiasGelu", (2, 3, 8), lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))), bias=True)
    return s.cases


def main(make=cases):
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("out")
    ap.add_argument("--filter", default="", help="regular expression on the case name")
    ap.add_argument("--check", action="store_true", help="write nothing")
    a = ap.parse_args()
    bad = 0
    todo = [c for c in make() if re.search(a.filter, c.name)]
    for c in todo:
        why = write(c, a.out, a.check)
        bad += bool(why)
        if why:
            print(f"{c.name}: {why}")
    print(f"{len(todo) - bad} of {len(todo)} cases")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
