# SPDX-License-Identifier: Apache-2.0
"""Output that cannot be written: the message names the file, and nothing half-written stays."""
import os
import resource
import signal

from support.program import FIXTURES, dsc
from support.refusal import refused

ROUTER = FIXTURES / "v3_router_op20" / "model.onnx"


def small_files():
    """Files of at most 8 KiB: what a full disk looks like to the program (write fails with EFBIG)."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def test_missing_folder(tmp_path):
    out = tmp_path / "nowhere" / "model.dsce"
    refused(dsc("compile", ROUTER, "-o", out), out)


def test_output_is_a_folder(tmp_path):
    out = tmp_path / "folder.dsce"
    out.mkdir()
    refused(dsc("compile", ROUTER, "-o", out), out)
    assert os.listdir(tmp_path) == ["folder.dsce"]


def test_no_space(tmp_path):
    out = tmp_path / "model.dsce"
    refused(dsc("compile", ROUTER, "-o", out, preexec=small_files), out)
    assert os.listdir(tmp_path) == []


def test_no_space_keeps_the_old_engine(tmp_path):
    out = tmp_path / "model.dsce"
    out.write_bytes(b"old")
    refused(dsc("compile", ROUTER, "-o", out, preexec=small_files), out)
    assert os.listdir(tmp_path) == ["model.dsce"] and out.read_bytes() == b"old"


def test_no_space_for_saved_outputs(engine, run_npz, tmp_path):
    saved = tmp_path / "missing" / "out.npz"
    refused(dsc("run", engine, "--npz", run_npz, "--save", saved), saved)
