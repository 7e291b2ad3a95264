#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train "scripture", a tiny language model with the DeepSeek-V3 architecture.

Multi-head latent attention (MLA) with a latent KV cache, DeepSeekMoE with group-limited
sigmoid routing, a shared expert and auxiliary-loss-free load balancing, trained from
scratch on the King James Bible (public domain). The model is small enough to be trained
on one CPU core in about an hour.

    python train.py prepare            # text -> tokenizer.json, val_ids.npy, token ids
    python train.py train              # 4000 steps of 8 x 256 tokens -> work/best.pt
    python train.py extend             # 800 more of 4 x 512 tokens   -> work/final.pt
    python train.py check              # trained weights vs. transformers' DeepseekV3ForCausalLM

The text comes from the Debian packages bible-kjv and bible-kjv-text (the program `bible`
must be on PATH), or from --text FILE with one verse per line in the same form
("Ge1:1 In the beginning ...").

The modules below carry the same parameter names as transformers' DeepseekV3ForCausalLM,
so a checkpoint loads into it directly (see `to_transformers`). What differs is speed only:
the experts run over rows sorted by expert, and attention calls the fused kernel.

With one thread, the same versions of torch and tokenizers and the same kind of CPU, two
runs give the same weights: every random number comes from a seeded generator, and the
schedule counts steps, not seconds.
"""
import argparse
import ctypes
import json
import math
import os
import re
import subprocess
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

BOS, EOS = "<|begin|>", "<|end|>"      # ids 0 and 1: around every chapter
SEED = 1611

# `train` learns the language on short pieces of text, `extend` gets the model used to
# positions up to 511, which it has never seen before.
STAGES = dict(
    train=dict(steps=4000, rows=8, context=256, lr=3e-3, warmup=100, seed=SEED, start=None, result="best"),
    extend=dict(steps=800, rows=4, context=512, lr=6e-4, warmup=50, seed=SEED + 1, start="best", result="final"),
)

# The arguments of transformers' DeepseekV3Config.
CONFIG = dict(
    vocab_size=2048,
    hidden_size=192,
    intermediate_size=512,
    moe_intermediate_size=96,
    num_hidden_layers=4,
    first_k_dense_replace=1,
    num_attention_heads=6,
    num_key_value_heads=6,
    q_lora_rank=96,
    kv_lora_rank=64,
    qk_nope_head_dim=32,
    qk_rope_head_dim=16,
    v_head_dim=32,
    n_routed_experts=16,
    n_shared_experts=1,
    num_experts_per_tok=4,
    n_group=4,
    topk_group=2,
    norm_topk_prob=True,
    routed_scaling_factor=2.5,
    hidden_act="silu",
    rms_norm_eps=1e-6,
    max_position_embeddings=512,
    rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    rope_interleave=True,
    attention_bias=False,
    attention_dropout=0.0,
    tie_word_embeddings=True,
    num_nextn_predict_layers=0,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=None,
    initializer_range=0.02,
)

# ---------------------------------------------------------------------------- text

BOOKS = {
    "Ge": "Genesis", "Exo": "Exodus", "Lev": "Leviticus", "Num": "Numbers",
    "Deu": "Deuteronomy", "Josh": "Joshua", "Jdgs": "Judges", "Ruth": "Ruth",
    "1Sm": "1 Samuel", "2Sm": "2 Samuel", "1Ki": "1 Kings", "2Ki": "2 Kings",
    "1Chr": "1 Chronicles", "2Chr": "2 Chronicles", "Ezra": "Ezra", "Neh": "Nehemiah",
    "Est": "Esther", "Job": "Job", "Psa": "Psalm", "Prv": "Proverbs",
    "Eccl": "Ecclesiastes", "SSol": "Song of Solomon", "Isa": "Isaiah",
    "Jer": "Jeremiah", "Lam": "Lamentations", "Eze": "Ezekiel", "Dan": "Daniel",
    "Hos": "Hosea", "Joel": "Joel", "Amos": "Amos", "Obad": "Obadiah", "Jonah": "Jonah",
    "Mic": "Micah", "Nahum": "Nahum", "Hab": "Habakkuk", "Zep": "Zephaniah",
    "Hag": "Haggai", "Zec": "Zechariah", "Mal": "Malachi", "Mat": "Matthew",
    "Mark": "Mark", "Luke": "Luke", "John": "John", "Acts": "Acts", "Rom": "Romans",
    "1Cor": "1 Corinthians", "2Cor": "2 Corinthians", "Gal": "Galatians",
    "Eph": "Ephesians", "Phi": "Philippians", "Col": "Colossians",
    "1Th": "1 Thessalonians", "2Th": "2 Thessalonians", "1Tim": "1 Timothy",
    "2Tim": "2 Timothy", "Titus": "Titus", "Phmn": "Philemon", "Heb": "Hebrews",
    "Jas": "James", "1Pet": "1 Peter", "2Pet": "2 Peter", "1Jn": "1 John",
    "2Jn": "2 John", "3Jn": "3 John", "Jude": "Jude", "Rev": "Revelation",
}


def read_chapters(path=None):
    """The text as one string per chapter: a heading line, then one verse per line."""
    if path:
        with open(path, encoding="ascii") as f:
            raw = f.read()
    else:
        raw = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], check=True,
                             capture_output=True).stdout.decode("ascii")
    chapters, last = [], None
    for line in raw.splitlines():
        m = re.match(r"(\d?[A-Za-z]+)(\d+):(\d+) (.*\S)\s*$", line)
        if not m:
            raise ValueError(f"not a verse: {line!r}")
        book, chapter, _, verse = m.groups()
        if (book, chapter) != last:
            chapters.append([f"{BOOKS[book]} {chapter}"])
            last = (book, chapter)
        chapters[-1].append(verse)
    return ["\n".join(c) + "\n" for c in chapters]


def split(chapters):
    """Every twentieth chapter is held out for validation (5 %)."""
    train = [c for i, c in enumerate(chapters) if i % 20 != 10]
    val = [c for i, c in enumerate(chapters) if i % 20 == 10]
    return train, val


def prepare(args):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    train, val = split(read_chapters(args.text))
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(train, trainers.BpeTrainer(
        vocab_size=CONFIG["vocab_size"], special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    os.makedirs(args.out, exist_ok=True)
    os.makedirs(args.work, exist_ok=True)
    tok.save(os.path.join(args.out, "tokenizer.json"))

    def encode(docs):
        ids = []
        for d in docs:
            e = tok.encode(d).ids
            assert tok.decode(e) == d
            ids += [0] + e + [1]
        return np.array(ids, dtype=np.int64)

    stats = {}
    for name, docs in (("train", train), ("val", val)):
        ids = encode(docs)
        np.save(os.path.join(args.work, f"{name}.npy"), ids.astype(np.uint16))
        stats[name] = dict(chapters=len(docs), chars=sum(map(len, docs)), tokens=len(ids))
        if name == "val":
            # The fixed slice for other implementations: 8 rows of 512 tokens, each row a
            # context of its own; the perplexity is over the 8 x 511 predicted tokens.
            # Rows are spread evenly over the held-out text.
            step = (len(ids) - 512) // 7
            rows = np.stack([ids[i * step:i * step + 512] for i in range(8)])
            np.save(os.path.join(args.out, "val_ids.npy"), rows)
    with open(os.path.join(args.work, "data.json"), "w") as f:
        json.dump(stats, f, indent=1)
    print(json.dumps(stats, indent=1))


# --------------------------------------------------------------------------- model


class RMSNorm(nn.Module):
    def __init__(self, n, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.eps)


def linear(n_in, n_out):
    return nn.Linear(n_in, n_out, bias=False)


def rope(x, cos, sin):
    """Interleaved pairs (x0, x1), (x2, x3), ...; the result is laid out as [evens | odds]."""
    e, o = x[..., 0::2], x[..., 1::2]
    return torch.cat((e * cos - o * sin, o * cos + e * sin), dim=-1)


class Dropout(nn.Module):
    """Dropout with random bytes: an eighth of the random numbers, and p in steps of 1/256."""

    def __init__(self, p):
        super().__init__()
        self.drop = round(256 * p)

    def forward(self, x):
        if not self.training or self.drop == 0:
            return x
        n = x.numel()
        words = torch.empty((n + 7) // 8, dtype=torch.int64).random_(-2 ** 63, None)
        keep = (words.view(torch.uint8)[:n] >= self.drop).view(x.shape)
        return x * keep.to(x.dtype).mul_(256 / (256 - self.drop))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.nope, self.rope = c["num_attention_heads"], c["qk_nope_head_dim"], c["qk_rope_head_dim"]
        self.v, self.rank = c["v_head_dim"], c["kv_lora_rank"]
        h = c["hidden_size"]
        self.q_a_proj = linear(h, c["q_lora_rank"])
        self.q_a_layernorm = RMSNorm(c["q_lora_rank"])
        self.q_b_proj = linear(c["q_lora_rank"], self.heads * (self.nope + self.rope))
        self.kv_a_proj_with_mqa = linear(h, self.rank + self.rope)
        self.kv_a_layernorm = RMSNorm(self.rank)
        self.kv_b_proj = linear(self.rank, self.heads * (self.nope + self.v))
        self.o_proj = linear(self.heads * self.v, h)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x)))
        q = q.view(b, t, self.heads, -1).transpose(1, 2)
        q_nope, q_rot = q.split([self.nope, self.rope], dim=-1)
        latent, k_rot = self.kv_a_proj_with_mqa(x).split([self.rank, self.rope], dim=-1)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent)).view(b, t, self.heads, -1).transpose(1, 2)
        k_nope, v = kv.split([self.nope, self.v], dim=-1)
        q = torch.cat((q_nope, rope(q_rot, cos, sin)), dim=-1)
        k_rot = rope(k_rot.unsqueeze(1), cos, sin).expand(-1, self.heads, -1, -1)
        k = torch.cat((k_nope, k_rot), dim=-1)
        # The fused CPU kernel wants equal head sizes: v is padded with zeros.
        v = F.pad(v, (0, self.nope + self.rope - self.v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)[..., :self.v]
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class MLP(nn.Module):
    def __init__(self, h, i):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = linear(h, i), linear(h, i), linear(i, h)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Router(nn.Module):
    """Sigmoid scores; the correction bias and the groups decide who is chosen, the
    unbiased scores decide the weights."""

    def __init__(self, c):
        super().__init__()
        self.k, self.n = c["num_experts_per_tok"], c["n_routed_experts"]
        self.groups, self.keep = c["n_group"], c["topk_group"]
        self.scale = c["routed_scaling_factor"]
        self.weight = nn.Parameter(torch.empty(self.n, c["hidden_size"]))
        self.register_buffer("e_score_correction_bias", torch.zeros(self.n))

    def forward(self, x):
        scores = F.linear(x.float(), self.weight).sigmoid()
        with torch.no_grad():
            choice = (scores + self.e_score_correction_bias).view(-1, self.groups, self.n // self.groups)
            best = choice.topk(2, dim=-1)[0].sum(-1).topk(self.keep, dim=-1, sorted=False)[1]
            kept = torch.zeros(choice.shape[:2], dtype=torch.bool).scatter_(1, best, True)
            choice = choice.masked_fill(~kept.unsqueeze(-1), float("-inf")).flatten(1)
            index = choice.topk(self.k, dim=-1, sorted=False)[1]
        weights = scores.gather(1, index)
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20) * self.scale
        return index, weights


class Experts(nn.Module):
    def __init__(self, c):
        super().__init__()
        n, h, i = c["n_routed_experts"], c["hidden_size"], c["moe_intermediate_size"]
        self.gate_up_proj = nn.Parameter(torch.empty(n, 2 * i, h))
        self.down_proj = nn.Parameter(torch.empty(n, h, i))

    def forward(self, x, index, weights, counts):
        k = index.shape[1]
        order = index.flatten().argsort(stable=True)          # rows grouped by expert
        rows = x.index_select(0, order // k)
        parts = []
        for r, gate_up, down in zip(rows.split(counts), self.gate_up_proj.unbind(), self.down_proj.unbind()):
            gate, up = F.linear(r, gate_up).chunk(2, dim=-1)
            parts.append(F.linear(F.silu(gate) * up, down))
        y = torch.cat(parts) * weights.flatten().index_select(0, order).unsqueeze(-1)
        # Back to the tokens' order, then the sum over each token's k experts.
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(len(order))
        return y.index_select(0, inverse).view(-1, k, x.shape[-1]).sum(1)


class MoE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate = Router(c)
        self.experts = Experts(c)
        self.shared_experts = MLP(c["hidden_size"], c["moe_intermediate_size"] * c["n_shared_experts"])
        self.load = None                                       # tokens per expert, last call

    def forward(self, x):
        flat = x.view(-1, x.shape[-1])
        index, weights = self.gate(flat)
        self.load = torch.bincount(index.flatten(), minlength=self.gate.n)
        y = self.experts(flat, index, weights, self.load.tolist())
        return y.view_as(x) + self.shared_experts(x)


class Layer(nn.Module):
    def __init__(self, c, i, dropout):
        super().__init__()
        self.input_layernorm = RMSNorm(c["hidden_size"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c["hidden_size"])
        dense = i < c["first_k_dense_replace"]
        self.mlp = MLP(c["hidden_size"], c["intermediate_size"]) if dense else MoE(c)
        self.dropout = Dropout(dropout)

    def forward(self, x, cos, sin):
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))


class Model(nn.Module):
    def __init__(self, c, dropout):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c, i, dropout) for i in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"])


class Scripture(nn.Module):
    def __init__(self, c, dropout=0.0):
        super().__init__()
        self.model = Model(c, dropout)
        self.dropout = Dropout(dropout)
        d = c["qk_rope_head_dim"]
        inv = 1.0 / c["rope_parameters"]["rope_theta"] ** (torch.arange(0, d, 2).float() / d)
        freqs = torch.outer(torch.arange(c["max_position_embeddings"]).float(), inv)
        self.register_buffer("cos", freqs.cos(), persistent=False)
        self.register_buffer("sin", freqs.sin(), persistent=False)
        self.init(c["num_hidden_layers"])

    @torch.no_grad()
    def init(self, layers):
        for name, p in self.named_parameters():
            if p.dim() < 2:
                continue
            std = 0.02 if "embed" in name else 0.8 * p.shape[-1] ** -0.5
            if "o_proj" in name or "down_proj" in name:
                std /= math.sqrt(2 * layers)                    # residual branches
            if "mlp.gate.weight" in name:
                std = 0.02
            p.normal_(0.0, std)

    def forward(self, ids):
        t = ids.shape[1]
        x = self.dropout(self.model.embed_tokens(ids))
        cos, sin = self.cos[:t], self.sin[:t]
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)   # tied

    def routers(self):
        return [l.mlp for l in self.model.layers if isinstance(l.mlp, MoE)]


# ------------------------------------------------------------------------ training


def keep_memory():
    """Tell glibc's malloc to keep freed memory. Otherwise every large temporary tensor is
    mapped and cleared anew by the kernel, a tenth of the time of a step."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 1 << 30)         # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)   # M_TRIM_THRESHOLD
        libc.mallopt(-2, 1 << 28)         # M_TOP_PAD


def batches(ids, rows, seed, context):
    """Endless batches. Every epoch cuts the text at a new random offset into pieces of
    `context` + 1 tokens and goes through them in a new random order."""
    g = np.random.default_rng(seed)
    while True:
        start = int(g.integers(context))
        n = (len(ids) - start - 1) // context
        order = g.permutation(n)
        for i in range(0, n - rows + 1, rows):
            at = start + order[i:i + rows] * context
            yield torch.from_numpy(np.stack([ids[a:a + context + 1] for a in at]).astype(np.int64))


@torch.no_grad()
def evaluate(model, ids, context, rows=8):
    """Mean loss per token over the held-out text, and tokens per expert of each MoE layer."""
    model.eval()
    n = (len(ids) - 1) // context
    total, count, load = 0.0, 0, [0] * len(model.routers())
    for i in range(0, n, rows):
        at = range(i * context, min(n, i + rows) * context, context)
        b = torch.from_numpy(np.stack([ids[a:a + context + 1] for a in at]).astype(np.int64))
        logits = model(b[:, :-1])
        total += F.cross_entropy(logits.flatten(0, 1), b[:, 1:].flatten(), reduction="sum").item()
        count += b[:, 1:].numel()
        load = [l + r.load for l, r in zip(load, model.routers())]
    model.train()
    return total / count, torch.stack(load).numpy()


def train(args):
    """One stage: `train` from random weights, `extend` from the best of `train`."""
    keep_memory()
    torch.set_num_threads(args.threads)
    stage = dict(STAGES[args.command])
    for key in ("steps", "rows", "context", "lr", "warmup"):
        if getattr(args, key) is not None:
            stage[key] = getattr(args, key)
    work, result, total = args.work, stage["result"], stage["steps"]
    torch.manual_seed(stage["seed"])
    stats = json.load(open(os.path.join(work, "data.json")))
    ids = np.load(os.path.join(work, "train.npy"))
    val = np.load(os.path.join(work, "val.npy"))
    chars_per_token = stats["val"]["chars"] / stats["val"]["tokens"]
    model = Scripture(CONFIG, args.dropout)
    if stage["start"]:
        s = torch.load(os.path.join(work, stage["start"] + ".pt"), weights_only=True)
        model.load_state_dict(s["model"])
    decay = [p for n, p in model.named_parameters() if p.dim() >= 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if p.dim() < 2 or "embed" in n]
    opt = torch.optim.AdamW([dict(params=decay, weight_decay=args.weight_decay),
                             dict(params=rest, weight_decay=0.0)],
                            lr=stage["lr"], betas=(0.9, 0.95), fused=True)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    step, best, seconds = 0, float("inf"), 0.0
    source = batches(ids, stage["rows"], stage["seed"], stage["context"])
    log_path = os.path.join(work, f"{result}.jsonl")
    last_path = os.path.join(work, f"{result}-last.pt")
    if args.resume:
        s = torch.load(last_path, weights_only=True)
        model.load_state_dict(s["model"])
        opt.load_state_dict(s["opt"])
        torch.set_rng_state(s["rng"])
        step, best, seconds = s["step"], s["best"], s["seconds"]
        for _ in range(step):
            next(source)
    else:
        open(log_path, "w").close()

    def save(path, **extra):
        torch.save(dict(model=model.state_dict(), step=step, best=best, seconds=seconds, **extra), path + ".tmp")
        os.replace(path + ".tmp", path)

    t0, saved, running, seen = time.perf_counter() - seconds, time.perf_counter(), 0.0, 0
    while step < total:
        warm = min(1.0, (step + 1) / stage["warmup"])
        lr = stage["lr"] * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))
        for g in opt.param_groups:
            g["lr"] = lr
        b = next(source)
        logits = model(b[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), b[:, 1:].flatten())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        # Auxiliary-loss-free balancing: experts above the mean load get a lower bias,
        # those below a higher one. Frozen for the last 5 % of the stage.
        if step < 0.95 * total:
            for moe in model.routers():
                load = moe.load.float()
                moe.gate.e_score_correction_bias += args.bias_speed * torch.sign(load.mean() - load)
        step += 1
        running, seen = running + loss.item(), seen + 1
        now = time.perf_counter()
        seconds = now - t0
        if step % args.every == 0 or step == total:
            v, load = evaluate(model, val, stage["context"])
            if v < best:
                best = v
                save(os.path.join(work, f"{result}.pt"), val=v, context=stage["context"])
            rel = load / load.mean(1, keepdims=True)
            entry = dict(step=step, seconds=round(seconds), lr=round(lr, 6), train=round(running / seen, 4),
                         val=round(v, 4), bits_per_char=round(v / math.log(2) / chars_per_token, 4),
                         load_max=[round(float(x), 2) for x in rel.max(1)],
                         load_min=[round(float(x), 2) for x in rel.min(1)])
            running, seen = 0.0, 0
            with open(log_path, "a") as f:
                f.write(json.dumps(entry) + "\n")
            print(json.dumps(entry), flush=True)
        if now - saved > args.save_seconds or step == total:
            save(last_path, opt=opt.state_dict(), rng=torch.get_rng_state())
            saved = now


# -------------------------------------------------------------------------- result


def to_transformers(state, dtype=torch.float32):
    """A DeepseekV3ForCausalLM with the trained weights."""
    from transformers import DeepseekV3Config, DeepseekV3ForCausalLM

    model = DeepseekV3ForCausalLM(DeepseekV3Config(**CONFIG))
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert missing == ["lm_head.weight"] and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model.to(dtype).eval()


def check(args):
    torch.set_num_threads(args.threads)
    s = torch.load(os.path.join(args.work, "final.pt"), weights_only=True)
    ours = Scripture(CONFIG)
    ours.load_state_dict(s["model"])
    ours.eval()
    theirs = to_transformers(s["model"])
    rows = torch.from_numpy(np.load(os.path.join(args.out, "val_ids.npy")))
    with torch.no_grad():
        a, b = ours(rows), theirs(rows).logits
    print(f"step {s['step']}: largest difference of logits {float((a - b).abs().max()):.2e}")
    val = np.load(os.path.join(args.work, "val.npy"))
    stats = json.load(open(os.path.join(args.work, "data.json")))["val"]
    for context in (256, 512):
        v, load = evaluate(ours, val, context)
        rel = load / load.mean(1, keepdims=True)
        print(f"held-out text in pieces of {context}: {v:.4f} nats per token, "
              f"{v / math.log(2) * stats['tokens'] / stats['chars']:.4f} bits per character; tokens per expert "
              f"over the mean: {rel.min(1).round(3).tolist()} to {rel.max(1).round(3).tolist()}")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("command", choices=["prepare", "train", "extend", "check"])
    p.add_argument("--text", help="verses, one per line (default: ask the program `bible`)")
    p.add_argument("--out", default=".", help="where tokenizer.json and val_ids.npy go")
    p.add_argument("--work", default="work", help="token ids, checkpoints, log")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--steps", type=int)
    p.add_argument("--rows", type=int, help="sequences per step")
    p.add_argument("--context", type=int, help="tokens per sequence")
    p.add_argument("--lr", type=float)
    p.add_argument("--warmup", type=int, help="steps")
    p.add_argument("--dropout", type=float, default=0.05)
    p.add_argument("--weight-decay", type=float, default=0.1)
    p.add_argument("--bias-speed", type=float, default=1e-3)
    p.add_argument("--every", type=int, default=250, help="steps between evaluations")
    p.add_argument("--save-seconds", type=float, default=300)
    p.add_argument("--resume", action="store_true", help="go on where the stage was cut")
    args = p.parse_args()
    {"prepare": prepare, "train": train, "extend": train, "check": check}[args.command](args)


if __name__ == "__main__":
    main()
