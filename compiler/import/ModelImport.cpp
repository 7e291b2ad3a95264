// SPDX-License-Identifier: Apache-2.0
// The model around the graphs: versions, functions, the entry.
#include "compiler/import/GraphImport.h"
#include "compiler/import/ModelFile.h"
#include "compiler/import/NodeCheck.h"
#include "compiler/import/TensorImport.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/onnx/Schema.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dsc;
using ::onnx::ModelProto;

static constexpr int64_t kOldestIr = 3, kNewestIr = 14;

namespace {

using Opsets = llvm::StringMap<int64_t>;
using OpsetImports = google::protobuf::RepeatedPtrField<::onnx::OperatorSetIdProto>;
using Metadata = google::protobuf::RepeatedPtrField<::onnx::StringStringEntryProto>;

class ModelImport {
public:
  ModelImport(ImportState &state, const ModelProto &model)
      : state(state), model(model), module(ModuleOp::create(state.fileLocation)) {}

  OwningOpRef<ModuleOp> run();

private:
  void checkVersions();
  Opsets importOpsets(const OpsetImports &imports, llvm::StringRef whose);
  void collectFunctions();
  void importFunction(const ::onnx::FunctionProto &proto);
  void importEntry();
  /// Type and attributes of an argument; the type of what is no tensor is null, after an error.
  RankedTensorType getRankedType(const ::onnx::TypeProto::Tensor &tensor, Type element);
  Type importType(const ::onnx::ValueInfoProto &info, llvm::StringRef what);
  DictionaryAttr getBoundaryAttributes(const ::onnx::ValueInfoProto &info, Type type, bool isResult);

  DictionaryAttr getOpsetsAttr(const Opsets &opsets);
  DictionaryAttr getMetadata(const Metadata &entries);

  ImportState &state;
  const ModelProto &model;
  OwningOpRef<ModuleOp> module;
  FunctionTable functions;
};

} // namespace

// ---- Versions and metadata -------------------------------------------------------------------------

void ModelImport::checkVersions() {
  int64_t version = model.ir_version();
  if (!model.has_ir_version())
    state.error() << "the model has no IR version; this is no ONNX model";
  else if (version < kOldestIr)
    state.error() << "the model has IR version " << version << "; versions from " << kOldestIr << " on are supported";
  else if (version > kNewestIr)
    state.warning() << "the model has IR version " << version << "; versions up to " << kNewestIr
                    << " are known, it is read as such";
}

Opsets ModelImport::importOpsets(const OpsetImports &imports, llvm::StringRef whose) {
  Opsets opsets;
  for (const ::onnx::OperatorSetIdProto &import : imports) {
    llvm::StringRef domain = getDomain(import.domain());
    auto [known, isNew] = opsets.try_emplace(domain, import.version());
    if (!isNew && known->second != import.version())
      state.error() << whose << " declares two opset versions, " << known->second << " and " << import.version()
                    << ", for the domain '" << domain << "'";
    if (isNew && domain.empty() && (import.version() < 1 || import.version() > dsc::onnx::kNewestOpset))
      state.error() << whose << " declares opset " << import.version() << "; opsets " << dsc::onnx::kOldestOpset << " to "
                    << dsc::onnx::kNewestOpset << " are supported";
  }
  return opsets;
}

DictionaryAttr ModelImport::getOpsetsAttr(const Opsets &opsets) {
  NamedAttrList list;
  for (const auto &entry : opsets)
    list.set(entry.getKey().empty() ? llvm::StringRef(dsc::onnx::kDefaultDomain) : entry.getKey(),
             state.builder.getI64IntegerAttr(entry.getValue()));
  return list.getDictionary(state.context);
}

DictionaryAttr ModelImport::getMetadata(const Metadata &entries) {
  NamedAttrList list;
  for (const ::onnx::StringStringEntryProto &entry : entries)
    if (!entry.key().empty())
      list.set(entry.key(), state.builder.getStringAttr(entry.value()));
  return list.getDictionary(state.context);
}

// ---- Functions -------------------------------------------------------------------------------------

void ModelImport::collectFunctions() {
  for (const ::onnx::FunctionProto &proto : model.functions()) {
    if (proto.name().empty()) {
      state.error() << "a function has no name";
      continue;
    }
    FunctionKey key{getDomain(proto.domain()).str(), proto.name(), proto.overload()};
    if (!functions.emplace(key, &proto).second)
      state.error(state.at(proto.name())) << "the function '" << proto.name() << "' is there twice";
  }
}

void ModelImport::importFunction(const ::onnx::FunctionProto &proto) {
  Location location = NameLoc::get(state.builder.getStringAttr(proto.name()));
  Type any = dsc::onnx::AnyType::get(state.context);
  std::string symbol = (getDomain(proto.domain()) + "::" + proto.name()).str();
  if (!proto.overload().empty())
    symbol += "::" + proto.overload();
  auto type = FunctionType::get(state.context, llvm::SmallVector<Type>(proto.input_size(), any),
                                llvm::SmallVector<Type>(proto.output_size(), any));
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(builder, location, symbol, type);
  function.setPrivate();
  // A function that declares nothing uses the versions of the model.
  Opsets opsets = importOpsets(proto.opset_import_size() ? proto.opset_import() : model.opset_import(),
                               "the function '" + proto.name() + "'");
  function->setAttr(dsc::onnx::kOpsetsAttr, getOpsetsAttr(opsets));

  llvm::SmallVector<llvm::StringRef> parameters(proto.attribute().begin(), proto.attribute().end());
  NamedAttrList defaults;
  ::onnx::NodeProto holder; // names the function in messages about its attributes
  holder.set_name(proto.name());
  holder.set_op_type(proto.name());
  for (const ::onnx::AttributeProto &attribute : proto.attribute_proto()) {
    if (attribute.name().empty()) {
      state.error(state.at(proto.name())) << "an attribute of the function has no name";
      continue;
    }
    if (Attribute value = importPlainAttribute(state, attribute, holder))
      defaults.set(attribute.name(), value);
  }
  function->setAttr(dsc::onnx::kParametersAttr, state.builder.getStrArrayAttr(parameters));
  function->setAttr(dsc::onnx::kDefaultsAttr, defaults.getDictionary(state.context));

  Block *block = function.addEntryBlock();
  Scope scope;
  BodyContext body{opsets, functions, /*inFunction=*/true};
  GraphImport importer(state, body, OpBuilder::atBlockEnd(block), scope);
  for (auto [name, argument] : llvm::zip_equal(proto.input(), block->getArguments()))
    importer.define(name, argument, state.at(proto.name()));
  importer.importNodes(proto.node());
  llvm::SmallVector<Value> results;
  for (const std::string &output : proto.output())
    if (Value value = importer.getOutput(output))
      results.push_back(value);
  builder.setInsertionPointToEnd(block);
  func::ReturnOp::create(builder, location, results);
}

// ---- The entry -------------------------------------------------------------------------------------

Type ModelImport::importType(const ::onnx::ValueInfoProto &info, llvm::StringRef what) {
  auto error = [&]() -> InFlightDiagnostic {
    return state.error(state.at(info.name())) << what << " '" << info.name() << "' ";
  };
  if (!info.type().has_tensor_type()) {
    error() << (info.type().value_case() == ::onnx::TypeProto::VALUE_NOT_SET ? "has no type"
                                                                             : "is no tensor, which is not supported");
    return {};
  }
  const ::onnx::TypeProto::Tensor &tensor = info.type().tensor_type();
  Type element = getElementType(state.context, tensor.elem_type());
  if (!element) {
    error() << "has the element type " << getElementTypeName(tensor.elem_type()) << ", which is not supported";
    return {};
  }
  if (!tensor.has_shape())
    return UnrankedTensorType::get(element);
  llvm::SmallVector<int64_t> shape;
  uint64_t elements = 1;
  for (const ::onnx::TensorShapeProto::Dimension &dim : tensor.shape().dim()) {
    bool isConstant = dim.has_dim_value() && dim.dim_value() >= 0;
    shape.push_back(isConstant ? dim.dim_value() : ShapedType::kDynamic);
    elements = llvm::SaturatingMultiply<uint64_t>(elements, isConstant ? std::max<int64_t>(dim.dim_value(), 1) : 1);
  }
  if (elements > (uint64_t(1) << 56)) {
    error() << "has too many elements";
    return {};
  }
  return RankedTensorType::get(shape, element);
}

DictionaryAttr ModelImport::getBoundaryAttributes(const ::onnx::ValueInfoProto &info, Type type, bool isResult) {
  NamedAttrList list;
  list.set(dsc::onnx::kNameAttr, state.builder.getStringAttr(info.name()));
  if (isResult)
    list.set(dsc::onnx::kTypeAttr, TypeAttr::get(cast<ShapedType>(type).getElementType()));
  if (!isa<RankedTensorType>(type))
    return list.getDictionary(state.context);
  llvm::SmallVector<Attribute> dims;
  for (const ::onnx::TensorShapeProto::Dimension &dim : info.type().tensor_type().shape().dim()) {
    bool isConstant = dim.has_dim_value() && dim.dim_value() >= 0;
    dims.push_back(state.builder.getStringAttr(isConstant ? std::to_string(dim.dim_value()) : dim.dim_param()));
  }
  list.set(dsc::onnx::kDimsAttr, state.builder.getArrayAttr(dims));
  return list.getDictionary(state.context);
}

void ModelImport::importEntry() {
  const ::onnx::GraphProto &graph = model.graph();
  llvm::StringSet<> initializers;
  for (const ::onnx::TensorProto &tensor : graph.initializer())
    initializers.insert(tensor.name());

  Type any = dsc::onnx::AnyType::get(state.context);
  llvm::SmallVector<Type> argumentTypes;
  llvm::SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
  llvm::SmallVector<const ::onnx::ValueInfoProto *> arguments;
  for (const ::onnx::ValueInfoProto &input : graph.input()) {
    // Until IR 3 every initializer had to be listed among the inputs. Since then it means a default value.
    if (initializers.contains(input.name())) {
      if (model.ir_version() > 3)
        state.warning() << "the input '" << input.name() << "' has a default value, which is compiled in as a constant";
      continue;
    }
    if (input.name().empty()) {
      state.error() << "a graph input has no name";
      continue;
    }
    Type type = importType(input, "the graph input");
    if (isa_and_nonnull<UnrankedTensorType>(type)) {
      state.error(state.at(input.name())) << "the graph input '" << input.name() << "' has no shape, not even a rank";
      type = {};
    }
    if (!type)
      type = RankedTensorType::get({}, state.builder.getF32Type()); // the import has failed; go on to find more
    argumentTypes.push_back(type);
    argumentAttributes.push_back(getBoundaryAttributes(input, type, /*isResult=*/false));
    arguments.push_back(&input);
  }
  if (graph.output().empty())
    state.error() << "the graph has no outputs";
  llvm::StringSet<> outputNames;
  for (const ::onnx::ValueInfoProto &output : graph.output()) {
    if (!outputNames.insert(output.name()).second)
      state.error(state.at(output.name())) << "the graph output '" << output.name() << "' is there twice";
    Type type = importType(output, "the graph output");
    resultAttributes.push_back(type ? getBoundaryAttributes(output, type, /*isResult=*/true)
                                    : DictionaryAttr::get(state.context));
  }

  std::string name = state.options.entry;
  if (name.empty())
    name = llvm::sys::path::stem(state.path).str();
  if (name.empty())
    name = "main";
  auto type = FunctionType::get(state.context, argumentTypes, llvm::SmallVector<Type>(graph.output_size(), any));
  OpBuilder builder = OpBuilder::atBlockBegin(module->getBody());
  auto function = func::FuncOp::create(builder, NameLoc::get(builder.getStringAttr(name)), name, type);
  function.setAllArgAttrs(argumentAttributes);
  function.setAllResultAttrs(resultAttributes);
  Opsets opsets = importOpsets(model.opset_import(), "the model");
  if (opsets.empty())
    state.error() << "the model declares no opset version";
  function->setAttr(dsc::onnx::kOpsetsAttr, getOpsetsAttr(opsets));
  if (graph.metadata_props_size())
    function->setAttr(dsc::onnx::kMetadataAttr, getMetadata(graph.metadata_props()));

  Block *block = function.addEntryBlock();
  Scope scope;
  BodyContext body{opsets, functions};
  GraphImport importer(state, body, OpBuilder::atBlockEnd(block), scope);
  for (auto [input, argument] : llvm::zip_equal(arguments, block->getArguments())) {
    argument.setLoc(NameLoc::get(builder.getStringAttr(input->name())));
    importer.define(input->name(), argument, state.at(input->name()));
  }
  importer.importInitializers(graph);
  importer.importNodes(graph.node());
  builder.setInsertionPointToEnd(block);
  llvm::SmallVector<Value> results;
  for (const ::onnx::ValueInfoProto &output : graph.output()) {
    Value value = importer.getOutput(output.name());
    if (!value)
      continue;
    // An input that is an output as well gets the type that all results have.
    if (value.getType() != any) {
      OperationState identity(NameLoc::get(builder.getStringAttr(output.name())), "onnx.Identity", value, any);
      value = builder.create(identity)->getResult(0);
    }
    results.push_back(value);
  }
  func::ReturnOp::create(builder, function.getLoc(), results);
}

OwningOpRef<ModuleOp> ModelImport::run() {
  checkVersions();
  if (!model.has_graph()) {
    state.error() << "the model has no graph";
    return {};
  }
  if (model.training_info_size())
    state.warning() << "training information is left out";
  Builder &b = state.builder;
  (*module)->setAttr(dsc::onnx::kIrVersionAttr, b.getI64IntegerAttr(model.ir_version()));
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += " " + model.producer_version();
  (*module)->setAttr(dsc::onnx::kProducerAttr, b.getStringAttr(producer));
  (*module)->setAttr(dsc::onnx::kMetadataAttr, getMetadata(model.metadata_props()));
  state.producer = producer;

  collectFunctions();
  importEntry();
  for (const ::onnx::FunctionProto &function : model.functions())
    importFunction(function);
  if (state.failed() || failed(verify(*module)))
    return {};
  return std::move(module);
}

OwningOpRef<ModuleOp> dsc::importModel(llvm::StringRef path, const ImportOptions &options, MLIRContext &context) {
  context.loadDialect<dsc::onnx::OnnxDialect, func::FuncDialect>();
  ImportState state(path, options, context);
  llvm::Expected<std::unique_ptr<dsc::onnx::MappedFile>> file = dsc::onnx::MappedFile::open(path);
  if (!file) {
    state.error() << llvm::toString(file.takeError());
    return {};
  }
  state.file = state.data.adopt(path, std::move(*file));
  if (state.file.empty()) {
    state.error() << "the file is empty";
    return {};
  }
  llvm::Expected<std::unique_ptr<ModelProto>> model = parseModel(state.file);
  if (!model) {
    state.error() << "not a valid ONNX model: " << llvm::toString(model.takeError());
    return {};
  }
  OwningOpRef<ModuleOp> module = ModelImport(state, **model).run();
  state.finish();
  return module;
}
