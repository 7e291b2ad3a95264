#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes SchemaTable.inc from the onnx Python package (onnx==1.23.2): one line for each definition of each ai.onnx operator.

    python generate_schema.py > SchemaTable.inc
"""
import onnx
from onnx import defs

VARIADIC = 2**31 - 1


def bound(n):
    return "kVariadic" if n >= VARIADIC else str(n)


def required(schema):
    """Bit i: input i must be a value (each of a variadic input must, too)."""
    return sum(1 << i for i, formal in enumerate(schema.inputs) if formal.option != defs.OpSchema.FormalParameterOption.Optional)


rows = sorted(
    (s.name, s.since_version, s)
    for s in defs.get_all_schemas_with_history()
    if s.domain == ""
)
print("// SPDX-License-Identifier: Apache-2.0")
print(f"// Written by generate_schema.py from onnx {onnx.__version__}; opsets up to {defs.onnx_opset_version()}.")
print("// name, since, inputs (min, max, required), outputs (min, max), deprecated")
for name, since, s in rows:
    deprecated = "true" if s.deprecated else "false"
    print(
        f'{{"{name}", {since}, {bound(s.min_input)}, {bound(s.max_input)}, '
        f"{required(s):#x}, "
        f"{bound(s.min_output)}, {bound(s.max_output)}, {deprecated}}},"
    )
