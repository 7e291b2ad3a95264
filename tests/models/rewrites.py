# SPDX-License-Identifier: Apache-2.0
"""Rewrites of ONNX graphs that do not change what they compute: how other exporters, or the next version of this one, would write them.

Each takes (model, random) and changes the model in place or returns another one.
"""
from __future__ import annotations

import itertools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter


def strip(model, random):
    """No value_info, no metadata, no node names, no documentation."""
    del model.graph.value_info[:], model.metadata_props[:]
    for node in model.graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]


def lie(model, random):
    """value_info with wrong sizes, ranks and element types."""
    for info in model.graph.value_info:
        tensor = info.type.tensor_type
        dims = [int(d) for d in random.integers(0, 99, int(random.integers(0, 5)))]
        info.CopyFrom(helper.make_tensor_value_info(info.name, tensor.elem_type or TensorProto.FLOAT, dims))


def outputs_unsaid(model, random):
    """Outputs without a shape."""
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")


def distinct_dims(model, random):
    """Every dimension of an input or output has a name of its own."""
    number = itertools.count()
    for value in [*model.graph.input, *model.graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and not dim.dim_param.isdigit():
                dim.dim_param = f"d{next(number)}"
    del model.graph.value_info[:]


def nameless_dims(model, random):
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and not dim.dim_param.isdigit():
                dim.ClearField("dim_param")


def constants(model, random):
    """Initializers become Constant nodes, those that are inputs excepted."""
    inputs = {value.name for value in model.graph.input}
    nodes = [helper.make_node("Constant", [], [i.name], value=i) for i in model.graph.initializer if i.name not in inputs]
    kept = [i for i in model.graph.initializer if i.name in inputs]
    nodes += list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)


def typed_data(model, random):
    """Initializers in the typed fields of TensorProto in place of raw_data."""
    fields = {TensorProto.FLOAT: "float_data", TensorProto.INT64: "int64_data", TensorProto.INT32: "int32_data",
              TensorProto.BOOL: "int32_data", TensorProto.DOUBLE: "double_data"}
    for tensor in model.graph.initializer:
        if tensor.data_type in fields:
            values = numpy_helper.to_array(tensor).ravel().tolist()
            values = [int(v) for v in values] if tensor.data_type == TensorProto.BOOL else values
            tensor.ClearField("raw_data")
            getattr(tensor, fields[tensor.data_type]).extend(values)


def initializer_inputs(model, random):
    """Initializers are also graph inputs, as before IR version 4."""
    model.graph.input.extend(helper.make_tensor_value_info(i.name, i.data_type, list(i.dims))
                             for i in model.graph.initializer)


def renamed(model, random):
    """Other names for every value but inputs and outputs."""
    keep = {"", *(v.name for v in [*model.graph.input, *model.graph.output])}
    names: dict[str, str] = {}

    def of(name):
        return name if name in keep else names.setdefault(name, f"{int(random.integers(10**6))}/{len(names)}:0")

    def walk(graph):
        for tensor in graph.initializer:
            tensor.name = of(tensor.name)
        for value in [*graph.value_info, *graph.input, *graph.output]:
            value.name = of(value.name)
        for node in graph.node:
            node.input[:], node.output[:] = map(of, node.input), map(of, node.output)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    walk(attribute.g)
    walk(model.graph)


def swapped(model, random):
    for node in model.graph.node:
        if node.op_type in ("Add", "Mul", "And", "Or") and random.random() < 0.5:
            node.input[:] = reversed(node.input)


def idle_nodes(model, random):
    """Chains of Identity before some inputs of nodes, and nodes whose results nobody reads."""
    nodes = []
    for n, node in enumerate(model.graph.node):
        for k, name in enumerate(node.input):
            if name and random.random() < 0.15:
                nodes.append(helper.make_node("Identity", [name], [f"idle{n}_{k}"]))
                nodes.append(helper.make_node("Identity", [f"idle{n}_{k}"], [f"idle{n}_{k}b"]))
                node.input[k] = f"idle{n}_{k}b"
        nodes.append(node)
        if node.output[0] and random.random() < 0.1:
            nodes.append(helper.make_node("Identity", [node.output[0]], [f"dead{n}"]))
    rewritten = list(map(copied, nodes))
    del model.graph.node[:]
    model.graph.node.extend(rewritten)


def copied(node):
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def transposed_weights(model, random):
    """Weights of MatMul stored transposed, behind a Transpose."""
    weights = {i.name: i for i in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is not None and len(weight.dims) == 2:
            name = f"{weight.name}/t{len(nodes)}"
            model.graph.initializer.append(
                numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(weight).T), name))
            nodes.append(helper.make_node("Transpose", [name], [name + "o"], perm=[1, 0]))
            node.input[1] = name + "o"
        nodes.append(copied(node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def function(model, random):
    """The whole graph in one model-local function, its weights passed as arguments."""
    graph = model.graph
    inputs = list(dict.fromkeys(v.name for v in [*graph.input, *graph.initializer]))
    outputs = [v.name for v in graph.output]
    body = helper.make_function("local", "Whole", inputs, outputs, list(graph.node), list(model.opset_import))
    del graph.node[:], graph.value_info[:]
    graph.node.append(helper.make_node("Whole", inputs, outputs, domain="local"))
    model.functions.append(body)
    model.opset_import.append(helper.make_opsetid("local", 1))
    model.ir_version = max(model.ir_version, 8)


def opset(model, random):
    """Another opset, by ONNX's own converter. What it cannot convert stays as it is."""
    if model.functions or any(o.domain for o in model.opset_import):
        return model
    try:
        return version_converter.convert_version(model, int(random.integers(18, 26)))
    except Exception:
        return model


def fixed_dims(model, random, feeds):
    """Every size is a number: the one that the call has."""
    for value in model.graph.input:
        if value.name in feeds:
            for dim, size in zip(value.type.tensor_type.shape.dim, feeds[value.name].shape):
                dim.dim_value = size
    outputs_unsaid(model, random)
    del model.graph.value_info[:]


def replaced(model, rewrite):
    """Every node by the list of nodes that `rewrite` makes of it; None leaves it."""
    nodes = [copied(n) for node in model.graph.node for n in (rewrite(node) or [node])]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


counter = itertools.count()


def integers(model, *values):
    name = f"integers{next(counter)}"
    model.graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name


def constant_of(model, name):
    return next((numpy_helper.to_array(i) for i in model.graph.initializer if i.name == name), None)


def einsum_for_matmul(model, random):
    """Products with a matrix as Einsum."""
    ranks = {i.name: len(i.dims) for i in model.graph.initializer}

    def rewrite(node):
        if node.op_type == "MatMul" and ranks.get(node.input[1]) == 2 and random.random() < 0.5:
            return [helper.make_node("Einsum", list(node.input), list(node.output), equation="...k,kn->...n", name=node.name)]
    replaced(model, rewrite)


def gemm_for_matmul(model, random):
    """Products with a matrix as Gemm over rows, with the weight stored transposed or not."""
    weights = {i.name: i for i in model.graph.initializer}

    def rewrite(node):
        weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None or len(weight.dims) != 2 or random.random() < 0.4:
            return None
        depth, width = weight.dims
        out, flip = node.output[0], bool(random.random() < 0.5)
        name = weight.name
        if flip:
            name = f"{out}/weight"
            model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(weight).T), name))
        return [helper.make_node("Reshape", [node.input[0], integers(model, -1, depth)], [f"{out}/rows"]),
                helper.make_node("Gemm", [f"{out}/rows", name], [f"{out}/product"], transB=int(flip)),
                helper.make_node("Shape", [node.input[0]], [f"{out}/shape"]),
                helper.make_node("Slice", [f"{out}/shape", integers(model, 0), integers(model, -1)], [f"{out}/leading"]),
                helper.make_node("Concat", [f"{out}/leading", integers(model, width)], [f"{out}/dims"], axis=0),
                helper.make_node("Reshape", [f"{out}/product", f"{out}/dims"], [out], name=node.name)]
    replaced(model, rewrite)


def slices_for_split(model, random):
    """Split as one Slice per part."""

    def rewrite(node):
        sizes = constant_of(model, node.input[1]) if node.op_type == "Split" and len(node.input) > 1 else None
        if sizes is None or random.random() < 0.3:
            return None
        axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
        ends = np.cumsum(sizes)
        return [helper.make_node("Slice", [node.input[0], integers(model, int(end - size)), integers(model, int(end)), integers(model, axis)],
                                 [out], name=f"{node.name}/{i}")
                for i, (out, size, end) in enumerate(zip(node.output, sizes, ends))]
    replaced(model, rewrite)


def casts_to_the_same_type(model, random):
    """Casts of floats that change nothing."""
    floats = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16}
    weights = {i.name: i.data_type for i in model.graph.initializer if i.data_type in floats}

    def rewrite(node):
        if node.op_type not in ("MatMul", "Gemm") or random.random() < 0.3:
            return None
        kind = weights.get(node.input[1])
        if kind is None:
            return None
        cast = helper.make_node("Cast", [node.input[0]], [f"{node.output[0]}/cast"], to=kind)
        other = copied(node)
        other.input[0] = f"{node.output[0]}/cast"
        return [cast, other]
    replaced(model, rewrite)


def fused_projections(model, random):
    """Products of one tensor with two matrices as one product with both side by side."""
    weights = {i.name: i for i in model.graph.initializer if len(i.dims) == 2}
    first = {}
    pairs = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            other = first.pop(node.input[0], None)
            if other is None:
                first[node.input[0]] = node
            elif random.random() < 0.8:
                pairs[other.output[0]] = (other, node)
    seconds = {b.output[0] for _, b in pairs.values()}

    def rewrite(node):
        if node.output[0] in seconds:
            return [helper.make_node("Identity", [f"{node.output[0]}/part"], [node.output[0]])]
        if node.output[0] not in pairs:
            return None
        a, b = pairs[node.output[0]]
        left, right = (numpy_helper.to_array(weights[n.input[1]]) for n in (a, b))
        name = f"{a.output[0]}/both"
        model.graph.initializer.append(numpy_helper.from_array(np.concatenate([left, right], 1), name))
        return [helper.make_node("MatMul", [a.input[0], name], [name + "/product"], name=a.name),
                helper.make_node("Split", [name + "/product", integers(model, left.shape[1], right.shape[1])],
                                 [a.output[0], f"{b.output[0]}/part"], axis=-1)]
    replaced(model, rewrite)


def separate_projections(model, random):
    """A product that is split at once, as one product per part."""
    weights = {i.name: i for i in model.graph.initializer if len(i.dims) == 2}
    users = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    outputs = {v.name for v in model.graph.output}
    splits = {}
    for node in model.graph.node:
        only = users.get(node.output[0], [])
        if node.op_type != "MatMul" or node.input[1] not in weights or len(only) != 1 or node.output[0] in outputs:
            continue
        split = only[0]
        sizes = constant_of(model, split.input[1]) if split.op_type == "Split" and len(split.input) > 1 else None
        axis = next((a.i for a in split.attribute if a.name == "axis"), 0)
        if sizes is not None and axis in (-1, 2) and int(sum(sizes)) == weights[node.input[1]].dims[1] and random.random() < 0.8:
            splits[split.output[0]] = (node, split, sizes)
    gone = {node.output[0] for node, _, _ in splits.values()}

    def rewrite(node):
        if node.output and node.output[0] in gone:
            return [helper.make_node("Identity", [node.input[0]], [f"{node.output[0]}/unused"])]
        if not node.output or node.output[0] not in splits:
            return None
        product, split, sizes = splits[node.output[0]]
        weight = numpy_helper.to_array(weights[product.input[1]])
        parts = []
        for out, size, end in zip(split.output, sizes, np.cumsum(sizes)):
            model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weight[:, end - size:end]), f"{out}/columns"))
            parts.append(helper.make_node("MatMul", [product.input[0], f"{out}/columns"], [out], name=f"{product.name}/{out}"))
        return parts
    replaced(model, rewrite)


SAFE = {f.__name__: f for f in (strip, lie, outputs_unsaid, distinct_dims, nameless_dims, constants, typed_data,
                                initializer_inputs, renamed, swapped, idle_nodes, fused_projections, separate_projections,
                                slices_for_split, casts_to_the_same_type, transposed_weights, gemm_for_matmul, einsum_for_matmul,
                                function, opset)}
# Sizes of which nothing says that they are equal hide which dimension is which.
NAMED = tuple(name for name in SAFE if name not in ("distinct_dims", "nameless_dims"))
KINDS = ("sizes", "external", "fixed_dims", *SAFE)
