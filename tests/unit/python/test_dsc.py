# SPDX-License-Identifier: Apache-2.0
"""The Python package on the toy language model (tests/unit/runtime/ToyLanguageModel.h)."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

import dsc
from dsc import dtypes
from dsc.__main__ import main
from dsc.generate import Generator, Sampler, generate

VOCABULARY = 32
CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
TOY_ENGINE = os.environ.get("DSC_TOY_ENGINE", CHECKOUT / "build" / "bin" / "dsc_toy_engine")


def continuation(text, count):
    text, result = list(text), []
    for _ in range(count):
        token = (7 * sum((i + 1) * t for i, t in enumerate(text)) + len(text) - 1) % VOCABULARY
        text.append(token)
        result.append(token)
    return result


def arrays(ids, past=0):
    n = len(ids)
    return {"input_ids": np.array([ids]), "position_ids": np.arange(past, past + n)[None],
            "attention_mask": np.ones((1, past + n), bool)}


class DscTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([TOY_ENGINE, cls.folder.name], check=True)
        cls.stages = os.path.join(cls.folder.name, "stages.dsce")
        cls.multi = os.path.join(cls.folder.name, "multi.dsce")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_describes_entries(self):
        with dsc.Engine(self.stages) as engine:
            self.assertEqual(list(engine.entries), ["prefill", "decode"])
            decode = engine.entries["decode"]
            self.assertEqual([str(v) for v in decode.inputs],
                             ["input_ids: i64[1, 1]", "position_ids: i64[1, 1]", "attention_mask: bool[1, ?]"])
            self.assertEqual((decode.states[0].input_name, decode.states[0].axis, decode.states[0].starts),
                             ("past_text", 1, False))

    def test_runs_and_keeps_state(self):
        with dsc.Engine(self.multi) as engine, dsc.Session(engine, threads=2, capacity=2) as session:
            logits = session.run("multi", arrays([3, 1]))["logits"]
            self.assertEqual(logits.shape, (1, 2, VOCABULARY))
            self.assertEqual(logits.dtype, np.float32)
            session.run("multi", arrays([4], 2))
            self.assertEqual((session.length, session.capacity), (3, 4))
            np.testing.assert_array_equal(session.read_state("text"), [[3, 1, 4]])
            session.truncate(1)
            self.assertEqual(session.length, 1)
            session.reset()
            self.assertEqual(session.length, 0)

    def test_outputs_outlive_the_next_run_unless_views_are_asked_for(self):
        with dsc.Engine(self.multi) as engine, dsc.Session(engine) as session:
            first = session.run("multi", arrays([3]))["logits"]
            kept = first.copy()
            view = session.run("multi", arrays([4], 1), copy=False)["logits"]
            np.testing.assert_array_equal(first, kept)
            before = view.copy()
            session.run("multi", arrays([9], 2))
            self.assertFalse(np.array_equal(view, before))

    def test_errors_name_what_is_wrong(self):
        with dsc.Engine(self.multi) as engine, dsc.Session(engine) as session:
            with self.assertRaisesRegex(dsc.InvalidArgumentError, "missing inputs position_ids"):
                session.run("multi", {k: v for k, v in arrays([3]).items() if k != "position_ids"})
            with self.assertRaisesRegex(dsc.InvalidArgumentError, "no inputs extra"):
                session.run("multi", dict(arrays([3]), extra=1))
            with self.assertRaisesRegex(dsc.InvalidArgumentError, "no entry 'decode'; there are multi"):
                session.run("decode", {})
            with self.assertRaisesRegex(TypeError, "input 'input_ids' is float64, expected i64"):
                session.run("multi", dict(arrays([3]), input_ids=np.array([[3.0]])))
            with self.assertRaises(dsc.Error) as caught:
                session.run("multi", dict(arrays([3]), position_ids=np.zeros((1, 2), int)))
            self.assertEqual(caught.exception.status, dsc.Status.INVALID_ARGUMENT)
            self.assertEqual(str(caught.exception), "input 'position_ids': dimension 1 is 2, expected 1")
        with self.assertRaises(dsc.Error) as caught:
            dsc.Engine(os.path.join(self.folder.name, "nothing"))
        self.assertEqual(caught.exception.status, dsc.Status.IO)

    def test_integers_are_converted_when_they_fit(self):
        with dsc.Engine(self.multi) as engine, dsc.Session(engine) as session:
            wanted = session.run("multi", arrays([3]))["logits"]
            session.reset()
            given = {k: v.astype(np.int32) for k, v in arrays([3]).items()}
            np.testing.assert_array_equal(session.run("multi", given)["logits"], wanted)
            with self.assertRaisesRegex(ValueError, "do not fit bool"):
                session.run("multi", dict(given, attention_mask=np.array([[2]])))

    def test_bfloat16(self):
        values = np.array([1.0, 1.00390625, 1.01171875, -2.5, np.inf, 0.0], np.float32)
        bits = dtypes.bf16_from_f32(values)
        np.testing.assert_array_equal(dtypes.f32_from_bf16(bits), [1.0, 1.0, 1.015625, -2.5, np.inf, 0.0])
        self.assertTrue(np.isnan(dtypes.f32_from_bf16(dtypes.bf16_from_f32(np.float32([np.nan]))))[0])
        self.assertIs(dtypes.to_storage(bits, dtypes.BF16, "x"), bits)
        strided = np.arange(12, dtype=np.float32).reshape(3, 4).T
        np.testing.assert_array_equal(dtypes.to_storage(strided, 0, "x"), strided)
        self.assertEqual(dtypes.to_storage(np.float32(3), 0, "x").shape, ())

    def test_generates(self):
        prompt = [3, 1, 4, 1, 5]
        for path in (self.stages, self.multi):
            with dsc.Engine(path) as engine, dsc.Session(engine) as session:
                tokens = list(generate(Generator(engine, session), prompt, 12, Sampler()))
                self.assertEqual(tokens, continuation(prompt, 12))

    def test_devices(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([TOY_ENGINE, folder], check=True, env={**os.environ, "DSC_TEST_DEVICE": "ptxsim"})
            path = os.path.join(folder, "stages.dsce")
            with dsc.Engine(path) as engine:
                with dsc.Session(engine, device="ptxsim") as session:
                    self.assertEqual(list(generate(Generator(engine, session), [3, 1, 4], 5, Sampler())),
                                     continuation([3, 1, 4], 5))
                    self.assertEqual(session.read_state("text").tolist(), [[3, 1, 4] + continuation([3, 1, 4], 4)])
                with self.assertRaisesRegex(dsc.UnsupportedError, "device 'cuda' or 'ptxsim'"):
                    dsc.Session(engine)
                with self.assertRaisesRegex(dsc.UnsupportedError, "cannot open the CUDA driver: /nowhere.so"):
                    dsc.Session(engine, device="cuda", driver="/nowhere.so")
                with self.assertRaisesRegex(dsc.InvalidArgumentError, "device 'gpu' is none of"):
                    dsc.Session(engine, device="gpu")

    def test_stops_at_eos(self):
        wanted = continuation([3], 8)
        with dsc.Engine(self.multi) as engine, dsc.Session(engine) as session:
            eos = wanted[4]
            tokens = list(generate(Generator(engine, session), [3], 8, Sampler(), {eos}))
            self.assertEqual(tokens, wanted[:wanted.index(eos)])

    def test_sampler(self):
        logits = np.array([0.0, 3.0, 2.0, -1.0], np.float32)
        self.assertEqual(Sampler()(logits), 1)
        draws = lambda **options: [s(logits) for s in [Sampler(temperature=2.0, **options)] for _ in range(200)]
        self.assertEqual(draws(seed=5), draws(seed=5))
        self.assertEqual(set(draws(seed=5)), {0, 1, 2, 3})
        self.assertEqual(set(draws(seed=5, top_k=2)), {1, 2})
        self.assertEqual(set(draws(seed=5, top_p=0.1)), {1})

    def test_command_line(self):
        try:
            import tokenizers  # noqa: F401
        except ImportError:
            self.skipTest("the package 'tokenizers' is not installed; the command needs it")
        vocabulary = {chr(ord("A") + i): i for i in range(VOCABULARY)}
        tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                     "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated",
                                       "invert": False},
                     "post_processor": None, "decoder": {"type": "Fuse"},
                     "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "A"}}
        path = os.path.join(self.folder.name, "tokenizer.json")
        with open(path, "w") as file:
            json.dump(tokenizer, file)
        wanted = continuation([3, 1, 4], 5)
        for extra, text in (([], "DBE" + "".join(chr(ord("A") + t) for t in wanted)),
                            (["--ids"], ",".join(map(str, wanted)))):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["generate", self.multi, "--tokenizer", path, "--prompt", "DBE", "-n", "5"] + extra)
            self.assertEqual((code, out.getvalue()), (0, text + "\n"), err.getvalue())
            self.assertIn("tokens/s", err.getvalue())
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            self.assertEqual(main(["generate", "nothing", "--tokenizer", path, "--prompt", "A"]), 1)
        self.assertIn("cannot open 'nothing'", err.getvalue())


if __name__ == "__main__":
    unittest.main()
