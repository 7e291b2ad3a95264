# SPDX-License-Identifier: Apache-2.0
"""The trained example: the text, the perplexity and the plan that PyTorch's reference and the design ask for."""
import json
import math
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
from support.program import SCRIPTURE, dsc

REFERENCE = json.loads((SCRIPTURE / "reference.json").read_text())
FORMS = {"pair": ("prefill.onnx", "decode.onnx"), "multi": ("multi.onnx",)}


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """engine(dtype, form): the path of the compiled example; each is compiled once."""
    made = {}

    def make(dtype: str, form: str):
        if (dtype, form) not in made:
            path = tmp_path_factory.mktemp("scripture") / f"{dtype}-{form}.dsce"
            outcome = dsc("compile", *(SCRIPTURE / dtype / graph for graph in FORMS[form]), "-o", path, timeout=600)
            assert outcome.ok, outcome.reason()
            made[dtype, form] = path
        return made[dtype, form]

    return make


def prompts(dtype="f32"):
    return [pytest.param(p, id=p["prompt"].split("\n")[0].replace(" ", "-")) for p in REFERENCE["greedy"][dtype]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("want", prompts())
def test_greedy_through_the_command_line(engine, form, want):
    ids = ",".join(map(str, want["prompt_ids"]))
    outcome = dsc("generate", engine("f32", form), "--ids", ids, "-n", len(want["continuation_ids"]), "--json")
    assert outcome.ok, outcome.reason()
    assert json.loads(outcome.out)["ids"] == want["continuation_ids"]


@pytest.mark.parametrize("form", FORMS)
def test_greedy_through_python(engine, form):
    import dsc as package
    from dsc.generate import Generator, Sampler, generate

    with package.Engine(engine("f32", form)) as opened:
        for want in REFERENCE["greedy"]["f32"]:
            with package.Session(opened) as session:
                generator, count = Generator(opened, session), len(want["continuation_ids"])
                assert list(generate(generator, want["prompt_ids"], count, Sampler())) == want["continuation_ids"]


def test_python_command_writes_text(engine):
    """`python -m dsc generate` prints the prompt and its continuation as text."""
    want = REFERENCE["greedy"]["f32"][0]
    done = subprocess.run([sys.executable, "-m", "dsc", "generate", engine("f32", "pair"), "--tokenizer",
                           SCRIPTURE / "tokenizer.json", "--prompt", want["prompt"], "-n", "64"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip("\n") == want["prompt"] + want["continuation"]


def perplexity(engine_path, entry):
    """exp of the mean negative log likelihood of tokens 1..511, each row of the slice a context of its own."""
    import dsc as package

    rows = np.load(SCRIPTURE / "val_ids.npy")
    total = count = 0
    with package.Engine(engine_path) as opened:
        for row in rows:
            ids = row[None, :-1]
            with package.Session(opened) as session:
                positions = np.arange(ids.shape[1], dtype=np.int64)[None]
                logits = session.run(entry, {"input_ids": ids, "position_ids": positions})["logits"]
            logits = np.asarray(logits, np.float64)[0]
            peak = logits.max(-1)
            normaliser = peak + np.log(np.exp(logits - peak[:, None]).sum(-1))
            total += float((normaliser - logits[np.arange(len(logits)), row[1:]]).sum())
            count += len(logits)
    return math.exp(total / count)


@pytest.mark.parametrize("form,entry", [("pair", "prefill"), ("multi", "multi")])
def test_perplexity_f32(engine, form, entry):
    assert perplexity(engine("f32", form), entry) == pytest.approx(REFERENCE["perplexity"]["f32"]["perplexity"], rel=1e-4)


@pytest.mark.parametrize("form,entry", [("pair", "prefill"), ("multi", "multi")])
def test_perplexity_bf16(engine, form, entry):
    assert perplexity(engine("bf16", form), entry) == pytest.approx(REFERENCE["perplexity"]["bf16"]["perplexity"], rel=5e-3)


def test_both_forms_of_latent_attention_agree(engine, tmp_path):
    """200 new tokens on a past of 100, then single steps, against the interpreter on the whole sequence: the engine changes from one form
    of latent attention to the other in between."""
    shown = dsc("compile", SCRIPTURE / "f32" / "multi.onnx", "--emit=opt")
    limits = {int(n) for n in re.findall(r'dsc\.choose "nonneg\(-\w+ \+ (\d+)\)"', shown.out)}
    assert limits and all(1 <= limit < 100 for limit in limits), "the example does not change its form between 1 and 100 new tokens"
    session_inputs = onnx.load(SCRIPTURE / "f32" / "multi.onnx", load_external_data=False).graph.input
    empty = {f"in.{i.name}": np.zeros([1, 1, 0, int(i.type.tensor_type.shape.dim[3].dim_param or i.type.tensor_type.shape.dim[3].dim_value)],
                                      np.float32) for i in session_inputs if "past" in i.name}
    lengths = [100, 200, 1, 1, 1]
    ids = np.random.default_rng(5).integers(0, 2048, (1, sum(lengths)))
    whole, saved = tmp_path / "whole.npz", tmp_path / "saved.npz"
    np.savez(whole, **{"in.input_ids": ids, "in.position_ids": np.arange(sum(lengths))[None], **empty})
    outcome = dsc("eval", SCRIPTURE / "f32" / "multi.onnx", "--npz", whole, "--save", saved, timeout=600)
    assert outcome.ok, outcome.reason()
    want = np.load(saved)["out.logits"]
    calls, past = [], 0
    for length in lengths:
        call = tmp_path / f"call{len(calls)}.npz"
        span = slice(past, past + length)
        np.savez(call, **{"in.input_ids": ids[:, span], "in.position_ids": np.arange(past, past + length)[None], "out.logits": want[:, span]})
        calls += ["--npz", call]
        past += length
    outcome = dsc("run", engine("f32", "multi"), *calls, "--atol", "1e-4", "--rtol", "1e-4", timeout=300)
    assert outcome.ok, outcome.out + outcome.err
