#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seconds per compiled file of the last build, from ninja's log: the figure that a precompiled header keeps low.

    python3 build_times.py [BUILD_DIR]

Seconds are wall time of one compiler among the others that ran beside it. Files that ccache answered count as they took.
"""
import pathlib
import sys


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
    times = {}
    for line in (build / ".ninja_log").read_text().splitlines()[1:]:
        start, end, _, output, _ = line.split("\t")
        if output.endswith(".o"):
            times[output] = (int(end) - int(start)) / 1000
    if not times:
        return
    slowest = sorted(times.items(), key=lambda item: -item[1])[:5]
    print(f"    {len(times)} files compiled, {sum(times.values()) / len(times):.1f} s each on average; slowest:")
    for output, seconds in slowest:
        name = output.replace("CMakeFiles/", "").split("/")
        print(f"      {seconds:5.1f} s  {'/'.join(part for part in name if not part.endswith('.dir')).removesuffix('.o')}")


if __name__ == "__main__":
    main()
