# SPDX-License-Identifier: Apache-2.0
"""An engine under measurement: compiled when needed, its caches filled before the clock starts."""
import os
import pathlib
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DSC_BUILD", ROOT / "build"))
sys.path.insert(0, str(ROOT / "runtime" / "python"))
import dsc  # noqa: E402


def compiled(model, folder):
    """The engine of the ONNX file `model` in `folder`, made if need be; compiled again when the file or the compiler is newer."""
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    program, engine = BUILD / "bin" / "dsc", pathlib.Path(folder) / (pathlib.Path(model).parent.name + ".dsce")
    newest = max(os.path.getmtime(model), os.path.getmtime(program))
    if not engine.exists() or engine.stat().st_mtime < newest:
        subprocess.run([program, "compile", model, "-o", engine], check=True, stdout=sys.stderr)
    return engine


class Subject:
    """One session. Inputs that the engine keeps as states are filled by running as many tokens first."""

    def __init__(self, engine, threads):
        self.engine = dsc.Engine(engine)
        self.entry = next(iter(self.engine.entries.values()))
        self.session = dsc.Session(self.engine, threads=threads)

    def fill(self, inputs, past):
        """Brings the states to `past` tokens. `inputs` are those of a run without a past, of that many tokens."""
        self.past = past
        if self.entry.states and past:
            self.session.reset()
            self.session.run(self.entry.name, self.own(inputs), copy=False)

    def own(self, inputs):
        return {v.name: inputs[v.name] for v in self.entry.inputs}

    def run(self, inputs):
        """One timed call: the state is where `fill` left it before and after."""
        if self.entry.states:
            self.session.truncate(self.past) if self.past else self.session.reset()
        return self.session.run(self.entry.name, self.own(inputs), copy=False)


def make_inputs(specification, tokens, past, seed):
    """Arrays for a model's bench.json: name -> array; bfloat16 as bits in uint16."""
    random, sizes = np.random.default_rng(seed), {"S": tokens, "P": past, "S+P": tokens + past}
    arrays = {}
    for value in specification["inputs"]:
        shape = [sizes.get(dim, dim) for dim in value["shape"]]
        if value["kind"] == "ids":
            array = random.integers(0, specification["dims"]["vocab_size"], shape)
        elif value["kind"] == "ones":
            array = np.ones(shape, np.int64)
        elif value["kind"] == "positions":
            array = np.arange(past, past + tokens, dtype=np.int64).reshape(shape)
        else:
            array = random.standard_normal(shape, dtype=np.float32)
            if value["elem_type"] == 16:  # bfloat16
                array = dsc.dtypes.bf16_from_f32(array)
        arrays[value["name"]] = array
    return arrays
