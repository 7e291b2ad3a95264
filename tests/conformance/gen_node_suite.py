#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the ONNX backend node tests to disk, from the pip package `onnx` alone.

    python -m pip install onnx==1.23.2
    python gen_node_suite.py OUT_DIR [--filter REGEX] [--list]

Each test becomes

    OUT_DIR/<name>/model.onnx
    OUT_DIR/<name>/test_data_set_0/{input,output}_<i>.pb

which is the layout that the onnx wheels up to 1.22 shipped ready-made.  The test names, the
models and the expected values are those of `onnx.backend.test`.
A manifest (OUT_DIR/manifest.tsv) lists: name, op under test, domain, opset, expanded (0/1: the test
holds the function body of the operator) and io ("tensor", or the first of "string", "sequence",
"optional" that a graph input or output is).

`onnx.backend.test.cmd_tools generate-data` of 1.23 writes only the *model* cases (kinds
"simple" and "real"), so the node cases are taken from the loader.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import warnings

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper


def to_bytes(value, type_proto, name: str) -> bytes:
    if type_proto.HasField("sequence_type"):
        return numpy_helper.from_list(value, name).SerializeToString()
    if type_proto.HasField("optional_type"):
        return numpy_helper.from_optional(value, name).SerializeToString()
    if type_proto.HasField("map_type"):
        return numpy_helper.from_dict(value, name).SerializeToString()
    if isinstance(value, TensorProto):
        return value.SerializeToString()
    return numpy_helper.from_array(np.asarray(value), name).SerializeToString()


def load_cases():
    random.seed(0)
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_node_model_tests

        return load_node_model_tests()


def opset_of(model) -> int:
    """The version of the domain under test: the newest one that the model imports from
    ai.onnx, or of the only domain that it imports."""
    by = {o.domain: o.version for o in model.opset_import}
    return by.get("", by.get("ai.onnx", max(by.values())))


def io_of(model) -> str:
    kinds = set()
    for vi in [*model.graph.input, *model.graph.output]:
        t = vi.type
        if t.HasField("tensor_type"):
            kinds.add("string" if t.tensor_type.elem_type == TensorProto.STRING else "tensor")
        else:
            kinds.add(t.WhichOneof("value").removesuffix("_type"))
    return next((k for k in ("optional", "sequence", "map", "string") if k in kinds), "tensor")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("out")
    ap.add_argument("--filter", default="", help="regular expression on the test name")
    ap.add_argument("--list", action="store_true", help="only write the manifest")
    args = ap.parse_args()
    cases = load_cases()
    names = {c.name: c for c in cases}
    os.makedirs(args.out, exist_ok=True)
    rows, digest, written = [], hashlib.sha256(), 0
    for c in sorted(cases, key=lambda c: c.name):
        base = re.sub(r"_expanded(_ver\d+)?$", "", c.name)
        expanded = int(base != c.name and base in names)
        node = names[base if expanded else c.name].model.graph.node[0]
        rows.append((c.name, node.op_type, node.domain or "ai.onnx", opset_of(c.model), expanded, io_of(c.model)))
        if args.list or not re.search(args.filter, c.name):
            continue
        top = os.path.join(args.out, c.name)
        blobs = {"model.onnx": c.model.SerializeToString(deterministic=True)}
        assert len(c.data_sets) == 1
        for k, (ins, outs) in enumerate(c.data_sets):
            for what, values, infos in (("input", ins, c.model.graph.input),
                                        ("output", outs, c.model.graph.output)):
                for j, v in enumerate(values):
                    blobs[f"test_data_set_{k}/{what}_{j}.pb"] = to_bytes(v, infos[j].type, infos[j].name)
        for rel, blob in blobs.items():
            path = os.path.join(top, rel)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(blob)
            digest.update(f"{c.name}/{rel}:{len(blob)}\n".encode() + blob)
        written += 1
    with open(os.path.join(args.out, "manifest.tsv"), "w") as f:
        f.write("name\top\tdomain\topset\texpanded\tio\n")
        f.writelines("\t".join(map(str, r)) + "\n" for r in rows)
    print(f"onnx {onnx.__version__} opset {onnx.defs.onnx_opset_version()}: {len(rows)} tests, "
          f"{written} written, sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    main()
