# SPDX-License-Identifier: Apache-2.0
"""Latent attention over a session's state, across the switch of its forms: absorbed for few new tokens, in splits once the past is
long, expanded for many."""
import numpy as np
import pytest
from support.program import dsc

HEADS, NOPE, ROPE, VALUE, LATENT = 4, 16, 8, 12, 32
MOST_ABSORBED = LATENT * (NOPE + VALUE) // (2 * LATENT - NOPE - VALUE)
SCALE = 0.25


def constant(array):
    shape = "x".join(map(str, array.shape))
    return f'prim.constant dense<"0x{array.astype("<f4").tobytes().hex().upper()}"> : tensor<{shape}xf32>'


def model(weight):
    """weight [R, h, n + v]: the entry appends latent rows and rotated keys to their caches and attends to all of them."""
    n, r, v, width, h = NOPE, ROPE, VALUE, LATENT, HEADS

    def tensor(*dims):
        shape = "x".join("?" if isinstance(d, str) else str(d) for d in dims)
        shapes = ", ".join(f'"{d}"' if isinstance(d, str) else str(d) for d in dims)
        return f"tensor<{shape}xf32, #prim.shape<{shapes}>>" if "?" in shape else f"tensor<{shape}xf32>"

    query, rope, out = (tensor("b", h, "s", width) for width in (n, r, v))
    new, new_rope = tensor("b", "s", width), tensor("b", "s", r)
    past, past_rope = tensor("b", "p", width), tensor("b", "p", r)
    rows, rope_rows = tensor("b", "p + s", width), tensor("b", "p + s", r)
    return f"""
func.func @main(%q: {query} {{onnx.name = "q"}}, %qr: {rope} {{onnx.name = "qr"}}, %c: {new} {{onnx.name = "c"}}, %r: {new_rope} {{onnx.name = "r"}},
                %pc: {past} {{onnx.name = "past_latent"}}, %pr: {past_rope} {{onnx.name = "past_rope"}})
    -> ({out} {{onnx.name = "o"}}, {rows} {{onnx.name = "present_latent"}}, {rope_rows} {{onnx.name = "present_rope"}}) {{
  %w = {constant(weight)}
  %k = prim.slice %w starts [0, 0, 0] steps [1, 1, 1] : {tensor(width, h, n + v)} -> {tensor(width, h, n)}
  %wk = prim.transpose %k perm [1, 2, 0] : {tensor(width, h, n)} -> {tensor(h, n, width)}
  %v = prim.slice %w starts [0, 0, {n}] steps [1, 1, 1] : {tensor(width, h, n + v)} -> {tensor(width, h, v)}
  %wv = prim.transpose %v perm [1, 2, 0] : {tensor(width, h, v)} -> {tensor(h, v, width)}
  %cs = prim.concat %pc, %c axis 1 : ({past}, {new}) -> {rows}
  %rs = prim.concat %pr, %r axis 1 : ({past_rope}, {new_rope}) -> {rope_rows}
  %o = dsc.latent_attention query(%q) rope(%qr, %rs) latent(%cs) weights(%wk, %wv) {{causal = #prim.expr<"p">, scale = {SCALE} : f64}}
      : ({query}, {rope}, {rope_rows}, {rows}, {tensor(h, n, width)}, {tensor(h, v, width)}) -> {out}
  return %o, %cs, %rs : {out}, {rows}, {rope_rows}
}}
"""


def attention(feeds, latent, rope, weight):
    """In f64, of the tokens of `feeds`, which are the last of `latent` [b, t, R] and `rope` [b, t, r]."""
    keys = np.einsum("btR,Rhn->bhtn", latent, weight[:, :, :NOPE])
    values = np.einsum("btR,Rhv->bhtv", latent, weight[:, :, NOPE:])
    scores = np.einsum("bhsn,bhtn->bhst", feeds["q"], keys) + np.einsum("bhsr,btr->bhst", feeds["qr"], rope)
    s, t = scores.shape[2:]
    scores = np.where(np.arange(t) <= np.arange(s)[:, None] + t - s, scores * SCALE, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return np.einsum("bhst,bhtv->bhsv", scores / scores.sum(-1, keepdims=True), values)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("latent")
    weight = np.random.default_rng(1).standard_normal((LATENT, HEADS, NOPE + VALUE)).astype("f4") / 4
    (folder / "model.mlir").write_text(model(weight))
    plan = dsc("compile", folder / "model.mlir", "--emit=plan")
    assert plan.ok, plan.reason()
    for kernel in ("attention_0", "attention_parts_0", "attention_combine_0", "latent_attention_0"):
        assert f"plan.launch @{kernel} " in plan.out, f"no form needs {kernel}"
    outcome = dsc("compile", folder / "model.mlir", "-o", folder / "model.dsce")
    assert outcome.ok, outcome.reason()
    return folder / "model.dsce", weight


def generation(folder, weight, lengths, batch):
    """The calls of one session, with the outputs that NumPy gives."""
    random = np.random.default_rng(2)
    latent, rope, files = np.zeros((batch, 0, LATENT)), np.zeros((batch, 0, ROPE)), []
    for length in lengths:
        shapes = {"q": (batch, HEADS, length, NOPE), "qr": (batch, HEADS, length, ROPE), "c": (batch, length, LATENT), "r": (batch, length, ROPE)}
        feeds = {name: random.standard_normal(shape).astype("f4") for name, shape in shapes.items()}
        latent, rope = np.concatenate([latent, feeds["c"]], 1), np.concatenate([rope, feeds["r"]], 1)
        want = attention(feeds, latent, rope, weight.astype("f8")).astype("f4")
        files.append(folder / f"call{len(files)}.npz")
        np.savez(files[-1], **{f"in.{k}": v for k, v in feeds.items()}, **{"out.o": want})
    return files


def run(engine, files, *options):
    calls = [argument for file in files for argument in ("--npz", file)]
    outcome = dsc("run", engine, *calls, "--atol", "1e-4", "--rtol", "1e-4", *options, timeout=300)
    assert outcome.ok, outcome.out[-2000:] + outcome.err[-500:]


def test_across_the_switch(tmp_path, compiled):
    engine, weight = compiled
    lengths = [1, 99, 200, 1, 1, MOST_ABSORBED, MOST_ABSORBED + 1, 700, 1, 1]
    run(engine, generation(tmp_path, weight, lengths, batch=2))


@pytest.mark.parametrize("last", [1, MOST_ABSORBED, 100])
def test_same_bits(tmp_path, compiled, last):
    """Of a step in each form: by one thread or two, a sequence alone or among four."""
    engine, weight = compiled
    files = generation(tmp_path, weight, [300, last], batch=4)

    def result(files, threads):
        run(engine, files, "--threads", threads, "--save", tmp_path / "saved.npz")
        return np.load(tmp_path / "saved.npz")["out.o"]

    together = result(files, "2")
    assert result(files, "1").tobytes() == together.tobytes()
    alone = []
    for file in files:
        alone.append(file.with_name("alone_" + file.name))
        np.savez(alone[-1], **{name: array[2:3] for name, array in np.load(file).items()})
    assert result(alone, "2").tobytes() == together[2:3].tobytes()
