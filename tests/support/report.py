# SPDX-License-Identifier: Apache-2.0
"""Results of a runner: JSON lines for people and scripts, JUnit for the totals of tools/test."""
from __future__ import annotations

import json
import pathlib
import xml.etree.ElementTree as xml


def write_jsonl(path: pathlib.Path, results: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in results))


def write_junit(path: pathlib.Path, suite: str, results: list[dict]) -> None:
    """Each result has "name", "status" (pass, skip, or anything else for a failure), "detail" and "seconds"."""
    root = xml.Element("testsuite", name=suite, tests=str(len(results)))
    for r in results:
        case = xml.SubElement(root, "testcase", classname=suite, name=r["name"], time=str(r.get("seconds", 0)))
        if r["status"] == "skip":
            xml.SubElement(case, "skipped", message=r.get("detail", ""))
        elif r["status"] != "pass":
            text = "".join(c for c in r.get("detail", "") if c.isprintable())
            xml.SubElement(case, "failure", message=f"{r['status']}: {text}")
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def read_list(path: pathlib.Path) -> dict[str, str]:
    """Names of a list file, with what is said about each: `name  # why`. Empty when there is no such file."""
    entries: dict[str, str] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            name, _, why = line.partition("#")
            if name.strip():
                entries[name.strip()] = why.strip()
    return entries
