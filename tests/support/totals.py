#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Add up the JUnit files of all runners.

    python totals.py RESULTS_DIR [FAILED_STEP...]

Prints one line a runner, and last, alone on its line, "N passed, N failed". A step that failed without a failing
test in its file (it did not build, or died before it wrote anything) counts as one failure. Exit code 1 if any failed.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def count(file):
    """(passed, failed, skipped) of one JUnit file."""
    cases = list(xml.parse(file).getroot().iter("testcase"))
    failed = sum(1 for c in cases if c.find("failure") is not None or c.find("error") is not None)
    skipped = sum(1 for c in cases if c.find("skipped") is not None)
    return len(cases) - failed - skipped, failed, skipped


def main():
    results, failed_steps = pathlib.Path(sys.argv[1]), sys.argv[2:]
    passed = failed = 0
    explained = set()
    for file in sorted(results.glob("*.xml")):
        p, f, s = count(file)
        print(f"    {file.stem:<12} {p} passed, {f} failed" + (f", {s} known failures or skipped" if s else ""))
        passed, failed = passed + p, failed + f
        if f:
            explained.add(file.stem)
    for step in failed_steps:
        if step not in explained:
            print(f"    {step:<12} step failed")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
