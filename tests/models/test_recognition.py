# SPDX-License-Identifier: Apache-2.0
"""Every latent attention of every stored export is recognised, with the parameters of the model's configuration."""
from __future__ import annotations

import json
import math

import pytest
from support.program import FIXTURES, dsc

MANIFEST = json.loads((FIXTURES / "manifest.json").read_text())["cases"]
MODULES = {"attn", "attn_causal", "attn_cached"}
NO_ATTENTION = {"moe", "router"}
# No latent attention; v4 has a form of its own.
OTHER_ATTENTION = {"mixtral", "qwen3_moe", "gpt_oss", "v4"}

# The root of the scale is a constant of the model's type, and is squared.
SCALE_TOLERANCE = {"float32": 1e-6, "float16": 2e-3, "bfloat16": 8e-3}


def graphs():
    """(case, graph) of every export that is a model of latent attention and can be read."""
    for name, case in sorted((folder, entry) for folder, entry in cases()):
        if case["form"] in NO_ATTENTION or case["arch"] in OTHER_ATTENTION:
            continue
        for graph in case.get("graphs", {}):
            path = FIXTURES / name / graph
            if path.exists() and case.get("opset") != 26:
                yield pytest.param(name, graph, case, id=f"{name}/{graph}")


def cases():
    return MANIFEST.items() if isinstance(MANIFEST, dict) else ((entry["name"], entry) for entry in MANIFEST)


def report(path, tmp_path, *arguments):
    out = tmp_path / "report.json"
    result = dsc("compile", path, f"--report=json:{out}", "--verify-recognition", *arguments)
    assert result.ok, result.err
    return json.loads(out.read_text())


def expected_scale(config):
    """Query heads are scaled by the root of their width; YaRN scales both factors of the product (transformers, DeepseekV3Attention)."""
    scale = (config["qk_nope_head_dim"] + config["qk_rope_head_dim"]) ** -0.5
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", "default") != "default" and rope.get("mscale_all_dim"):
        scale *= (0.1 * rope["mscale_all_dim"] * math.log(rope["factor"]) + 1.0) ** 2
    return scale


def latent_layers(case):
    config = case["config"]
    if case["form"] in MODULES:
        return 1
    types = config.get("layer_types") or []
    return config["num_hidden_layers"] - types.count("linear_attention")


def check_norms(found, case):
    """Two norms of the hidden width a layer and one at the end, with the configured epsilon; those of the compressed query, of the latent row
    and of the sparse index's keys have the modelling code's own."""
    config, wanted = case["config"], {}

    def expect(kind, width, epsilon, count):
        if count:
            wanted[kind, width, epsilon] = wanted.get((kind, width, epsilon), 0) + count

    latent, layers = latent_layers(case), config["num_hidden_layers"]
    if case["form"] not in MODULES:
        extra = expert_layers(case) if case["arch"] == "axk1" else 0  # of the experts' sum
        expect("rms", config["hidden_size"], config["rms_norm_eps"], 2 * layers + 1 + extra)
        expect("rms", config.get("v_head_dim"), config["rms_norm_eps"], layers - latent)  # of the heads of linear attention
    expect("rms", config["q_lora_rank"], 1e-6, latent if config["q_lora_rank"] else 0)
    expect("rms", config["kv_lora_rank"], 1e-6, latent)
    if config.get("index_topk"):
        shared = (config.get("indexer_types") or []).count("shared")
        expect("layer", config["index_head_dim"], 1e-6, latent - shared)
    counts = {}
    for norm in found["layers"]:
        assert norm["weight"] and norm.get("bias", True)
        key = norm["kind"], norm["width"], float(f"{norm['epsilon']:.6g}")
        counts[key] = counts.get(key, 0) + 1
    assert counts == wanted
    assert found["candidates"] == found["matched"] == sum(wanted.values())


def expected_pairing(case):
    """V2 rotates complex numbers in place; V3 puts pairs of neighbours into halves unless its configuration says that they are halves already."""
    if case["arch"] in ("v2", "v2lite"):
        return "interleaved"
    return "interleaved to half" if case["config"].get("rope_interleave", True) else "half"


@pytest.mark.parametrize("name, graph, case", graphs())
def test_latent_attention(name, graph, case, tmp_path):
    config = case["config"]
    found = report(FIXTURES / name / graph, tmp_path, "--require=mla")
    assert found["mla"]["candidates"] == found["mla"]["matched"] == len(found["mla"]["layers"]) == latent_layers(case), found
    for layer in found["mla"]["layers"]:
        assert layer["heads"] == config["num_attention_heads"]
        assert layer["nope"] == config["qk_nope_head_dim"]
        assert layer["rope"] == config["qk_rope_head_dim"]
        assert layer.get("rope_pairing") == (None if case["arch"] == "kimi_linear" else expected_pairing(case))
        assert layer["v"] == config["v_head_dim"]
        assert layer["kv_lora"] == config["kv_lora_rank"]
        assert layer["q_lora"] == (config["q_lora_rank"] or 0)
        assert layer["scale"] == pytest.approx(expected_scale(config), rel=SCALE_TOLERANCE[case["dtype"]])
    check_norms(found["norm"], case)
    if config.get("index_topk") and case["arch"] in ("v32", "glm_dsa"):
        assert found["dsa"]["matched"] == found["dsa"]["candidates"] == len(found["mla"]["layers"])
        for layer in found["dsa"]["layers"]:
            assert (layer["index_heads"], layer["index_dim"]) == (config["index_n_heads"], config["index_head_dim"])
            assert layer["top_k"] == config["index_topk"]


def test_other_attention_is_not_latent(tmp_path):
    for name, case in cases():
        if case["arch"] in OTHER_ATTENTION and case["status"] == "exported":
            for graph in case["graphs"]:
                found = report(FIXTURES / name / graph, tmp_path)
                assert found["mla"]["matched"] == 0, name
                pairings = [layer["pairing"] for layer in found["rope"]["layers"]]
                assert pairings == ["half"] * (0 if case["arch"] == "v4" else 2 * case["config"]["num_hidden_layers"]), name


def test_require_names_what_is_missing(tmp_path):
    name = next(name for name, case in cases() if case["arch"] == "mixtral")
    model = next((FIXTURES / name).glob("*.onnx"))
    result = dsc("compile", model, "--require=mla", "-o", tmp_path / "m.dsce")
    assert result.code == 1
    assert "--require=mla: nothing of this kind is in the model" in result.err
    assert not (tmp_path / "m.dsce").exists()


# ---- experts -----------------------------------------------------------------------------------------------------

NO_EXPERTS = {"attn", "attn_causal", "attn_cached"}


def expert_graphs():
    for name, case in sorted((folder, entry) for folder, entry in cases()):
        if case["form"] in NO_EXPERTS or case.get("opset") == 26:
            continue
        for graph in case.get("graphs", {}):
            if (FIXTURES / name / graph).exists():
                yield pytest.param(name, graph, case, id=f"{name}/{graph}")


def setting(config, *names, default=None):
    return next((config[name] for name in names if config.get(name) is not None), default)


def expert_layers(case):
    config = case["config"]
    if case["form"] in ("moe", "router"):
        return 1
    if types := config.get("mlp_layer_types"):
        return len(types) - types.count("dense")
    dense = len(config.get("mlp_only_layers") or [])
    return config["num_hidden_layers"] - setting(config, "first_k_dense_replace", default=dense)


def expected_router(case):
    """The router as the model's code builds it, from its configuration."""
    config, arch = case["config"], case["arch"]
    groups, kept = setting(config, "n_group", default=1), setting(config, "topk_group", default=1)
    router = {"groups": 1, "groups_kept": 1, "group_score": "none", "fill": "none", "weights": "score", "bias": False}
    softmax = arch in ("mixtral", "qwen3_moe", "v2", "v2lite", "mistral4") or config.get("scoring_func") == "softmax"
    router["score"] = "softmax_of_chosen" if arch == "gpt_oss" else "sqrt_softplus" if arch == "v4" else "softmax" if softmax else "sigmoid"
    router["bias"] = not softmax and arch != "gpt_oss"
    greedy = config.get("topk_method") == "greedy"
    if groups > 1 and not greedy:
        router |= {"groups": groups, "groups_kept": kept, "group_score": "max" if softmax else "top2_sum"}
        old = case["form"] == "old" or arch == "axk2"
        router["fill"] = "zero" if softmax or old else "neg_inf"
        router["weights"] = "selection" if softmax else "score"
    norm = arch in ("mixtral",) or (setting(config, "norm_topk_prob", "moe_renormalize", default=False) and arch not in ("v2", "v2lite", "gpt_oss")) or arch == "v4"
    router["renormalise"] = norm
    router["scale"] = setting(config, "routed_scaling_factor", default=1.0)
    return router


@pytest.mark.parametrize("name, graph, case", expert_graphs())
def test_experts(name, graph, case, tmp_path):
    config = case["config"]
    missing = "missing_experts" in name
    everything = report(FIXTURES / name / graph, tmp_path, *([] if missing else ["--require=moe"]))
    found = everything["moe"]
    if missing:
        assert (found["candidates"], found["matched"]) == (1, 0)
        return
    assert found["candidates"] == found["matched"] == len(found["layers"]) == expert_layers(case), found
    if case["form"] != "router" and case["arch"] != "v4":
        shared = setting(config, "n_shared_experts", "num_shared_experts", default=0) * setting(config, "moe_intermediate_size", default=0)
        dense = 0 if case["form"] == "moe" else config["num_hidden_layers"] - expert_layers(case)
        wanted = [config["intermediate_size"]] * dense + [shared] * (expert_layers(case) if shared else 0)
        assert sorted(network["width"] for network in everything["ffn"]["layers"]) == sorted(wanted)
    by_table = (config.get("mlp_layer_types") or []).count("hash_moe")
    assert sum(layer.get("routing") == "table" for layer in found["layers"]) == by_table
    for layer in found["layers"]:
        assert layer["experts"] == setting(config, "n_routed_experts", "num_local_experts", "num_experts")
        assert layer["top_k"] == setting(config, "num_experts_per_tok", "num_experts_per_token")
        for field, value in ({} if layer.get("routing") == "table" else expected_router(case)).items():
            assert layer[field] == pytest.approx(value, rel=1e-6) if field == "scale" else layer[field] == value, (field, layer)
        if case["form"] == "router":
            continue
        assert layer["shared"] == setting(config, "n_shared_experts", "num_shared_experts", default=0)
        assert layer["width"] == setting(config, "moe_intermediate_size", "intermediate_size")
        assert layer["activation"] == "silu"
        if case["arch"] == "gpt_oss":
            assert (layer["alpha"], layer["limit"], layer["up_offset"]) == (pytest.approx(1.702), 7, 1)
        grouped = case.get("experts") == "grouped_mm"
        assert layer["encoding"] == ("loop" if case["form"] == "old" else "grouped" if grouped else "batched")
