// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/GraphImport.h"
#include "compiler/import/TensorImport.h"

using namespace mlir;
using namespace dsc;
using ::onnx::AttributeProto;

AttributeProto::AttributeType dsc::getKind(const AttributeProto &a) {
  if (a.type() != AttributeProto::UNDEFINED)
    return a.type();
  if (a.has_f())
    return AttributeProto::FLOAT;
  if (a.has_i())
    return AttributeProto::INT;
  if (a.has_s())
    return AttributeProto::STRING;
  if (a.has_t())
    return AttributeProto::TENSOR;
  if (a.has_g())
    return AttributeProto::GRAPH;
  if (a.floats_size())
    return AttributeProto::FLOATS;
  if (a.ints_size())
    return AttributeProto::INTS;
  if (a.strings_size())
    return AttributeProto::STRINGS;
  if (a.tensors_size())
    return AttributeProto::TENSORS;
  if (a.graphs_size())
    return AttributeProto::GRAPHS;
  return AttributeProto::UNDEFINED;
}

Attribute dsc::importPlainAttribute(ImportState &state, const AttributeProto &a, const ::onnx::NodeProto &node) {
  Builder &b = state.builder;
  auto tensorName = "attribute '" + a.name() + "'";
  Location location = state.at(getNodeName(node));
  AttributeProto::AttributeType kind = getKind(a);
  switch (kind) {
  case AttributeProto::FLOAT:
    return b.getF32FloatAttr(a.f());
  case AttributeProto::INT:
    return b.getI64IntegerAttr(a.i());
  case AttributeProto::STRING:
    return b.getStringAttr(a.s());
  case AttributeProto::FLOATS:
    return b.getDenseF32ArrayAttr(llvm::ArrayRef(a.floats().data(), a.floats().size()));
  case AttributeProto::INTS:
    return b.getDenseI64ArrayAttr(llvm::ArrayRef(a.ints().data(), a.ints().size()));
  case AttributeProto::STRINGS: {
    llvm::SmallVector<Attribute> strings;
    for (const std::string &s : a.strings())
      strings.push_back(b.getStringAttr(s));
    return b.getArrayAttr(strings);
  }
  case AttributeProto::TENSOR:
    if (!a.has_t())
      break;
    return importTensor(state, a.t(), location, tensorName);
  case AttributeProto::TENSORS: {
    llvm::SmallVector<Attribute> tensors;
    for (const ::onnx::TensorProto &tensor : a.tensors()) {
      tensors.push_back(importTensor(state, tensor, location, tensorName));
      if (!tensors.back())
        return {};
    }
    return b.getArrayAttr(tensors);
  }
  case AttributeProto::UNDEFINED:
    break;
  default:
    state.error(location) << "attribute '" << a.name() << "' of " << node.op_type() << " is a "
                          << ::onnx::AttributeProto_AttributeType_Name(kind) << ", which is not supported";
    return {};
  }
  state.error(location) << "attribute '" << a.name() << "' of " << node.op_type() << " has no value";
  return {};
}
