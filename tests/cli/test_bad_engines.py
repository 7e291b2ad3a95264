# SPDX-License-Identifier: Apache-2.0
"""Damaged engine files are refused, by run, inspect and verify alike, with a message that names the file."""
import random

import pytest
from support.program import dsc
from support.refusal import refused


def refused_everywhere(path, run_npz):
    refused(dsc("verify", path), path.name)
    refused(dsc("inspect", path, "--json"), path.name)
    refused(dsc("run", path, "--npz", run_npz), path.name)


@pytest.mark.parametrize("kept", [0, 1, 63, 200, 0.5, 0.999])
def test_truncated(engine, run_npz, tmp_path, kept):
    data = engine.read_bytes()
    cut = tmp_path / "cut.dsce"
    cut.write_bytes(data[:kept if isinstance(kept, int) else int(len(data) * kept)])
    refused_everywhere(cut, run_npz)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes(run_npz, tmp_path, seed):
    noise = tmp_path / "noise.dsce"
    noise.write_bytes(random.Random(seed).randbytes(8192))
    refused_everywhere(noise, run_npz)


def test_random_bytes_behind_a_good_header(engine, run_npz, tmp_path):
    noise = tmp_path / "noise.dsce"
    noise.write_bytes(engine.read_bytes()[:64] + random.Random(7).randbytes(8192))
    refused_everywhere(noise, run_npz)


@pytest.mark.parametrize("seed", range(30))
def test_one_changed_bit(engine, tmp_path, seed):
    """A digest covers every section; a bit of the padding between sections may change unseen."""
    chance = random.Random(seed)
    data = bytearray(engine.read_bytes())
    while True:
        at = chance.randrange(len(data))
        if data[at]:  # not padding
            break
    data[at] ^= 1 << chance.randrange(8)
    changed = tmp_path / "changed.dsce"
    changed.write_bytes(data)
    refused(dsc("verify", changed), "changed.dsce")


def test_missing(run_npz, tmp_path):
    refused_everywhere(tmp_path / "nowhere.dsce", run_npz)


def test_an_onnx_file_is_no_engine(run_npz):
    from support.program import FIXTURES
    refused(dsc("verify", FIXTURES / "v3_router_op20" / "model.onnx"), "model.onnx")
