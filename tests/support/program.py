# SPDX-License-Identifier: Apache-2.0
"""Runs the dsc program of the build folder."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DSC_BUILD", ROOT / "build"))
DSC = BUILD / "bin" / "dsc"
FIXTURES = ROOT / "tests" / "models" / "fixtures"
SCRIPTURE = ROOT / "examples" / "scripture"


@dataclass
class Outcome:
    """How one command ended. `code` is negative for a signal, and None when it ran out of time."""

    code: int | None
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def crashed(self) -> bool:
        return self.code is not None and (self.code < 0 or self.code in (134, 139))

    def reason(self, limit: int = 300) -> str:
        """Why it failed, on one line: the first error that it printed."""
        if self.code is None:
            return "timeout"
        lines = [line for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        first = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
        return f"exit code {self.code}: {' '.join(first.split())[:limit]}"


def require_program() -> None:
    """Ends the runner with a clear message when dsc has not been built."""
    if not DSC.exists():
        sys.exit(f"{DSC} is missing: build first (cmake --build --preset default)")


def dsc(*arguments, timeout: float = 300, preexec=None, environment=None) -> Outcome:
    """`dsc ARGUMENTS...` with no standard input; `environment`: variables beside those of this process."""
    try:
        done = subprocess.run([str(DSC), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, errors="replace", preexec_fn=preexec,
                              env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired:
        return Outcome(None, "", "")
    return Outcome(done.returncode, done.stdout, done.stderr)
