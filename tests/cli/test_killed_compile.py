# SPDX-License-Identifier: Apache-2.0
"""A compile that is killed leaves the old engine or the new one, and nothing that is half of either."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import pytest
from support.program import DSC, FIXTURES, dsc

POINTS = int(os.environ.get("DSC_KILL_POINTS", "10"))
MODELS = [FIXTURES / name / "model.onnx" for name in ("v3_router_op20", "v2_router_op20")]


def engine_of(model, path) -> tuple[bytes, float]:
    start = time.monotonic()
    outcome = dsc("compile", model, "-o", path)
    assert outcome.ok, outcome.reason()
    return path.read_bytes(), time.monotonic() - start


@pytest.mark.parametrize("old", [True, False], ids=["over an engine", "at a new place"])
def test_killed_compile(tmp_path, old):
    (before, _), (after, seconds) = (engine_of(m, tmp_path / f"{i}.dsce") for i, m in enumerate(MODELS))
    assert before != after
    folder = tmp_path / "out"
    target = folder / "model.dsce"
    seen, chance = set(), random.Random(0)
    for point in range(POINTS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if old:
            target.write_bytes(before)
        child = subprocess.Popen([str(DSC), "compile", str(MODELS[1]), "-o", str(target)], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        # Half of the points lie at the end, where files are written.
        time.sleep(seconds * (chance.uniform(0.7, 1.1) if point % 2 else chance.random()))
        child.send_signal(signal.SIGKILL)
        child.wait()
        found = target.read_bytes() if target.exists() else None
        assert found in ((before if old else None), after), f"kill point {point}: neither the old engine nor the new one"
        seen.add(found == after)
    assert False in seen, "no compile was killed before its end"
