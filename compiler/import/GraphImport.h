// SPDX-License-Identifier: Apache-2.0
// Nodes of graphs and of functions.
#ifndef DSC_COMPILER_IMPORT_GRAPHIMPORT_H
#define DSC_COMPILER_IMPORT_GRAPHIMPORT_H

#include "compiler/import/ImportState.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <map>

namespace dsc {

/// Names of model-local functions, by operator: domain "" for ai.onnx.
struct FunctionKey {
  std::string domain, name, overload;
  auto operator<=>(const FunctionKey &) const = default;
};
using FunctionTable = std::map<FunctionKey, const ::onnx::FunctionProto *>;

/// The names that a graph defines, and the graph around it.
struct Scope {
  const Scope *parent = nullptr;
  llvm::StringMap<mlir::Value> values;

  mlir::Value find(llvm::StringRef name) const;
};

/// What is true for all nodes of an entry or a function.
struct BodyContext {
  const llvm::StringMap<int64_t> &opsets; ///< by domain; "" for ai.onnx
  const FunctionTable &functions;
  bool inFunction = false; ///< attributes may refer to attributes of the call
};

/// Imports nodes into a block, in the order of the file, which must be an order of definition before use.
class GraphImport {
public:
  GraphImport(ImportState &state, const BodyContext &body, mlir::OpBuilder builder, Scope &scope)
      : state(state), body(body), builder(builder), scope(scope) {}

  void importInitializers(const ::onnx::GraphProto &graph);
  void importNodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes);
  /// The value of a graph's output; null after an error.
  mlir::Value getOutput(llvm::StringRef name);
  /// Gives a value a name; an error if the graph has defined it already.
  void define(llvm::StringRef name, mlir::Value value, mlir::Location location);

private:
  void importNode(const ::onnx::NodeProto &node);
  /// Whether the node is one that can be imported; errors otherwise.
  bool check(const ::onnx::NodeProto &node, mlir::Location location);
  void importConstant(const ::onnx::NodeProto &node, mlir::Location location);
  /// Appends one attribute, and regions for graphs, to the operation. False after an error.
  bool importAttribute(const ::onnx::AttributeProto &attribute, const ::onnx::NodeProto &node, mlir::OperationState &op,
                       llvm::SmallVectorImpl<mlir::Attribute> &regionNames);
  bool importRegion(const ::onnx::GraphProto &graph, mlir::OperationState &op, mlir::Location location);
  mlir::Value getInput(llvm::StringRef name, const ::onnx::NodeProto &node);

  ImportState &state;
  const BodyContext &body;
  mlir::OpBuilder builder;
  Scope &scope;
  /// Which node of the list defines a name, to tell a wrong order from a missing value.
  llvm::StringMap<const ::onnx::NodeProto *> producers;
};

/// The attribute's kind; inferred from the field that is set where an old file leaves it out.
::onnx::AttributeProto::AttributeType getKind(const ::onnx::AttributeProto &attribute);

/// An attribute that is no graph; null after an error that names `node`.
mlir::Attribute importPlainAttribute(ImportState &state, const ::onnx::AttributeProto &attribute,
                                     const ::onnx::NodeProto &node);

} // namespace dsc

#endif
