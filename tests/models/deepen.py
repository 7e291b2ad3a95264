#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An export with more layers: the last decoder layer again and again, with its caches and its weights.

    python deepen.py model.onnx LAYERS out.onnx      (in the folder of the model's external data)

Copies share the bytes of their weights, so that a deep model costs no more disk than a flat one.
"""
from __future__ import annotations

import re
import sys

import onnx


def layers_of(nodes) -> list:
    """Of each node the layer that it belongs to, or None. Some carry no scope: they go on with what a layer has begun."""
    layers = []
    for node in nodes:
        scopes = next((p.value for p in node.metadata_props if p.key == "pkg.torch.onnx.name_scopes"), "")
        found = re.search(r"layers\.(\d+)", scopes)
        layers.append(int(found.group(1)) if found else None)
    ends = {layer: i for i, layer in enumerate(layers) if layer is not None}
    made = {}
    for i, node in enumerate(nodes):
        if layers[i] is None:
            inside = [made[v] for v in node.input if v in made]
            if inside and i < ends[max(inside)]:
                layers[i] = max(inside)
        if layers[i] is not None:
            made.update((o, layers[i]) for o in node.output)
    return layers


def deepen(model, layers: int):
    graph = model.graph
    layer = layers_of(graph.node)
    last = max(n for n in layer if n is not None)
    members = [n for n, of in zip(graph.node, layer) if of == last]
    before = [n for n, of in zip(graph.node, layer) if of == last - 1]
    others = [n for n, of in zip(graph.node, layer) if of != last]
    read_inside = {i for n in members for i in n.input}
    read_outside = {i for n in others for i in n.input}
    made = {o for n in members for o in n.output}
    results = {o.name for o in graph.output}
    entry = [o for n in before for o in n.output if o in read_inside and o not in results][-1]
    leaving = [o for n in members for o in n.output if o in read_outside]
    assert len(leaving) == 1, leaving
    own = {t.name for t in graph.initializer} & read_inside - read_outside
    cached = {i.name for i in graph.input} & read_inside - read_outside
    at = max(i for i, of in enumerate(layer) if of == last) + 1
    head, tail = list(graph.node[:at]), list(graph.node[at:])
    hidden = leaving[0]
    for number in range(last + 1, layers):
        def name(old):
            if old == entry:
                return hidden  # noqa: B023  called before hidden changes
            if old not in made | own | cached:
                return old
            new = old.replace(f"layers.{last}.", f"layers.{number}.")
            return new if new != old else f"{old}.{number}"
        for tensor in [t for t in graph.initializer if t.name in own]:
            copy = graph.initializer.add()
            copy.CopyFrom(tensor)
            copy.name = name(tensor.name)
        for values in (graph.input, graph.output):
            for info in [v for v in values if v.name in cached | made]:
                copy = values.add()
                copy.CopyFrom(info)
                copy.name = name(info.name)
        for node in members:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = f"{node.name}.{number}"
            copy.input[:] = [name(i) if i else i for i in node.input]
            copy.output[:] = [name(o) if o else o for o in node.output]
            for prop in copy.metadata_props:
                prop.value = prop.value.replace(f"layers.{last}", f"layers.{number}")
            head.append(copy)
        hidden = name(leaving[0])
    for node in tail:
        node.input[:] = [hidden if i == leaving[0] else i for i in node.input]
    del graph.node[:]
    graph.node.extend(head + tail)
    del graph.value_info[:]
    return model


if __name__ == "__main__":
    source, count, target = sys.argv[1:]
    onnx.save(deepen(onnx.load(source, load_external_data=False), int(count)), target)
