// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/GraphImport.h"
#include "compiler/import/NodeCheck.h"
#include "compiler/import/TensorImport.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/onnx/TensorBytes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dsc;
using ::onnx::AttributeProto;
using ::onnx::NodeProto;

Value Scope::find(llvm::StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (auto found = scope->values.find(name); found != scope->values.end())
      return found->second;
  return {};
}

void GraphImport::define(llvm::StringRef name, Value value, Location location) {
  if (!scope.values.try_emplace(name, value).second)
    state.error(location) << "the value '" << name << "' is defined twice";
}

// ---- Initializers ----------------------------------------------------------------------------------

void GraphImport::importInitializers(const ::onnx::GraphProto &graph) {
  for (const ::onnx::TensorProto &tensor : graph.initializer()) {
    Location location = state.at(tensor.name());
    if (tensor.name().empty()) {
      state.error() << "an initializer has no name";
      continue;
    }
    TypedAttr value = importTensor(state, tensor, location, "initializer '" + tensor.name() + "'");
    if (!value)
      continue;
    Location inIr = NameLoc::get(builder.getStringAttr(tensor.name()));
    define(tensor.name(), dsc::onnx::ConstantOp::create(builder, inIr, dsc::onnx::AnyType::get(state.context), value), location);
  }
  for (const ::onnx::SparseTensorProto &tensor : graph.sparse_initializer())
    state.error(state.at(tensor.values().name()))
        << "initializer '" << tensor.values().name() << "' is sparse, which is not supported";
}

// ---- Nodes -----------------------------------------------------------------------------------------

void GraphImport::importNodes(const google::protobuf::RepeatedPtrField<NodeProto> &nodes) {
  for (const NodeProto &node : nodes)
    for (const std::string &output : node.output())
      producers.try_emplace(output, &node);
  for (const NodeProto &node : nodes)
    importNode(node);
}

Value GraphImport::getInput(llvm::StringRef name, const NodeProto &node) {
  if (Value value = scope.find(name))
    return value;
  InFlightDiagnostic error = state.error(state.at(getNodeName(node)));
  error << node.op_type() << " uses the value '" << name << "', ";
  auto producer = producers.find(name);
  if (producer == producers.end())
    error << "which nothing defines";
  else if (producer->second == &node)
    error << "which it defines itself";
  else
    error << "which the node '" << getNodeName(*producer->second) << "' defines only later (the nodes must be sorted)";
  // One mistake, one message: later users find the name.
  Value stand = dsc::onnx::NoneOp::create(builder, builder.getUnknownLoc(), builder.getNoneType());
  scope.values[name] = stand;
  return stand;
}

Value GraphImport::getOutput(llvm::StringRef name) {
  if (Value value = scope.find(name))
    return value;
  state.error(state.at(name)) << "nothing defines the graph output '" << name << "'";
  return {};
}

bool GraphImport::check(const NodeProto &node, Location location) {
  llvm::StringRef op = node.op_type(), domain = getDomain(node.domain());
  if (op.empty()) {
    state.error(location) << "the node has no operator";
    return false;
  }
  if (op.contains('.') || op.contains('\0') || domain.contains('\0')) {
    state.error(location) << "'" << op << "' is no name of an operator";
    return false;
  }
  auto function = body.functions.find({domain.str(), op.str(), node.overload()});
  if (function != body.functions.end()) {
    if (node.input_size() > function->second->input_size() || node.output_size() > function->second->output_size()) {
      state.error(location) << "the function " << op << " has " << function->second->input_size() << " inputs and "
                            << function->second->output_size() << " outputs, the node " << node.input_size() << " and "
                            << node.output_size();
      return false;
    }
    return true;
  }
  auto opset = body.opsets.find(domain);
  if (opset == body.opsets.end()) {
    state.error(location) << "the operator " << op << " is of the domain '" << domain
                          << "', for which the model declares no opset version";
    return false;
  }
  checkNode(state, node, opset->second, location);
  return true;
}

void GraphImport::importConstant(const NodeProto &node, Location location) {
  Location error = state.at(getNodeName(node));
  if (node.attribute_size() != 1 || node.output_size() != 1) {
    state.error(error) << "a Constant has one attribute and one output";
    return;
  }
  Attribute attribute = importPlainAttribute(state, node.attribute(0), node);
  if (!attribute)
    return;
  TypedAttr value = dsc::onnx::getConstantNodeValue(node.attribute(0).name(), attribute);
  if (!value) {
    state.error(error) << "a Constant with '" << node.attribute(0).name() << "' is not supported";
    return;
  }
  define(node.output(0), dsc::onnx::ConstantOp::create(builder, location, dsc::onnx::AnyType::get(state.context), value), error);
}

void GraphImport::importNode(const NodeProto &node) {
  Location location = getNodeLocation(state, node), errorLocation = state.at(getNodeName(node));
  auto isReference = [](const AttributeProto &a) { return !a.ref_attr_name().empty(); };
  bool isKnown = check(node, errorLocation);
  llvm::StringRef domain = getDomain(node.domain());
  if (isKnown && domain.empty() && node.op_type() == "Constant" && llvm::none_of(node.attribute(), isReference)) {
    importConstant(node, location);
    return;
  }

  std::string name = ("onnx." + domain + (domain.empty() ? "" : ".") + node.op_type()).str();
  // The few registered operations of the dialect are ours, not operators of a file.
  if (isKnown && RegisteredOperationName::lookup(name, state.context)) {
    state.error(errorLocation) << "there is no operator '" << node.op_type() << "'";
    isKnown = false;
  }
  Type any = dsc::onnx::AnyType::get(state.context);
  OperationState op(location, isKnown ? name : "onnx.Invalid");
  int inputs = node.input_size();
  while (inputs && node.input(inputs - 1).empty())
    --inputs;
  for (int i = 0; i < inputs; ++i)
    op.operands.push_back(node.input(i).empty()
                              ? Value(dsc::onnx::NoneOp::create(builder, location, builder.getNoneType()))
                              : getInput(node.input(i), node));
  op.addTypes(llvm::SmallVector<Type>(node.output_size(), any));
  llvm::SmallVector<Attribute> regionNames;
  for (const AttributeProto &attribute : node.attribute())
    importAttribute(attribute, node, op, regionNames);
  if (!regionNames.empty())
    op.addAttribute(dsc::onnx::kRegionsAttr, builder.getArrayAttr(regionNames));
  if (!node.overload().empty())
    op.addAttribute(dsc::onnx::kOverloadAttr, builder.getStringAttr(node.overload()));
  Operation *created = builder.create(op);
  for (auto [output, result] : llvm::zip_equal(node.output(), created->getResults()))
    if (!output.empty())
      define(output, result, errorLocation);
}

// ---- Attributes and graphs in them -----------------------------------------------------------------

bool GraphImport::importAttribute(const AttributeProto &a, const NodeProto &node, OperationState &op,
                                  llvm::SmallVectorImpl<Attribute> &regionNames) {
  Location location = state.at(getNodeName(node));
  auto fail = [&](const llvm::Twine &message) {
    state.error(location) << message.str();
    return false;
  };
  if (a.name().empty() || llvm::StringRef(a.name()).contains('.'))
    return fail("'" + a.name() + "' is no name of an attribute");
  if (op.attributes.get(a.name()) || llvm::is_contained(regionNames, builder.getStringAttr(a.name())))
    return fail("the attribute '" + a.name() + "' is there twice");
  if (!a.ref_attr_name().empty()) {
    if (!body.inFunction)
      return fail("the attribute '" + a.name() + "' refers to an attribute of a function, but this is no function");
    op.addAttribute(a.name(), dsc::onnx::AttributeRefAttr::get(state.context, a.ref_attr_name()));
    return true;
  }
  switch (getKind(a)) {
  case AttributeProto::GRAPH:
    if (!a.has_g())
      return fail("attribute '" + a.name() + "' of " + node.op_type() + " has no value");
    regionNames.push_back(builder.getStringAttr(a.name()));
    return importRegion(a.g(), op, location);
  case AttributeProto::GRAPHS:
    for (const ::onnx::GraphProto &graph : a.graphs()) {
      regionNames.push_back(builder.getStringAttr(a.name()));
      if (!importRegion(graph, op, location))
        return false;
    }
    return true;
  default:
    if (Attribute value = importPlainAttribute(state, a, node)) {
      op.addAttribute(a.name(), value);
      return true;
    }
    return false;
  }
}

bool GraphImport::importRegion(const ::onnx::GraphProto &graph, OperationState &op, Location location) {
  Region *region = op.addRegion();
  Block &block = region->emplaceBlock();
  Scope inner;
  inner.parent = &scope;
  // The region has no operation yet from which a builder could get the context.
  OpBuilder inBlock(state.context);
  inBlock.setInsertionPointToEnd(&block);
  GraphImport importer(state, body, inBlock, inner);
  for (const ::onnx::ValueInfoProto &input : graph.input()) {
    Location inIr = input.name().empty() ? op.location : Location(NameLoc::get(builder.getStringAttr(input.name())));
    importer.define(input.name(), block.addArgument(dsc::onnx::AnyType::get(state.context), inIr), location);
  }
  importer.importInitializers(graph);
  importer.importNodes(graph.node());
  llvm::SmallVector<Value> outputs;
  for (const ::onnx::ValueInfoProto &output : graph.output())
    if (Value value = importer.getOutput(output.name()))
      outputs.push_back(value);
  dsc::onnx::YieldOp::create(importer.builder, op.location, outputs);
  return true;
}
