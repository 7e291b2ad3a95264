# SPDX-License-Identifier: Apache-2.0
"""Latent attention on a GPU takes the form that needs fewer multiplications, and gives the same on both sides of the switch."""
import numpy as np
import pytest
from conftest import DEVICE
from models.test_latent_forms import HEADS, LATENT, NOPE, ROPE, VALUE, attention, model

BLOCK = 32  # queries for which keys and values are made: f32


def absorbed(tokens: int, past: int) -> bool:
    making, saved = LATENT * (NOPE + VALUE), 2 * LATENT - NOPE - VALUE
    twice = 2 * past + tokens + 1
    return tokens <= 16 or twice * (making * -(-tokens // BLOCK) - saved * tokens) >= 2 * making * tokens


# Lengths of the calls of one session: both forms, each in its range.
CALLS = [40, 40, 40, 40, 1, 64, 33]
FORMS = [absorbed(n, sum(CALLS[:i])) for i, n in enumerate(CALLS)]


@pytest.mark.skipif(DEVICE != "ptxsim", reason="counts launches on the simulator")
def test_across_the_switch(tmp_path, compile_cuda):
    dsc = pytest.importorskip("dsc")
    from traffic import LIBRARY, Simulator

    assert FORMS == [False, False, False, True, True, False, True]
    random = np.random.default_rng(2)
    weight = random.standard_normal((LATENT, HEADS, NOPE + VALUE)).astype("f4") / 4
    (tmp_path / "model.mlir").write_text(model(weight))
    simulator = Simulator()
    latent, rope = np.zeros((1, 0, LATENT)), np.zeros((1, 0, ROPE))
    with dsc.Engine(compile_cuda("latent-forms", [tmp_path / "model.mlir"])) as engine, \
            dsc.Session(engine, device="ptxsim", driver=str(LIBRARY)) as session:
        for tokens, isAbsorbed in zip(CALLS, FORMS):
            shapes = {"q": (1, HEADS, tokens, NOPE), "qr": (1, HEADS, tokens, ROPE), "c": (1, tokens, LATENT), "r": (1, tokens, ROPE)}
            feeds = {name: random.standard_normal(shape).astype("f4") for name, shape in shapes.items()}
            latent, rope = np.concatenate([latent, feeds["c"]], 1), np.concatenate([rope, feeds["r"]], 1)
            got = {}
            counters = simulator.counters(lambda: got.update(session.run("main", feeds)))  # noqa: B023  called here
            assert ("latent_attention_0" in counters) != isAbsorbed, f"{tokens} tokens after {latent.shape[1] - tokens} take the other form"
            np.testing.assert_allclose(got["o"], attention(feeds, latent, rope, weight.astype("f8")), rtol=1e-4, atol=1e-4)
