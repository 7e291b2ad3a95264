// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/EvalModel.h"
#include "compiler/import/Import.h"
#include "compiler/reference/ElementTypes.h"
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/prim/Prim.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"
#include "tools/dsc/Convert.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dsc {

/// The type of a .npz's array for elements of an MLIR type.
static std::optional<NpyType> npyTypeOf(Type type) {
  if (auto real = dyn_cast<FloatType>(type)) {
    if (type.isF64())
      return NpyType::F64;
    if (type.isF16())
      return NpyType::F16;
    if (type.isBF16())
      return NpyType::BF16;
    if (isa<Float8E4M3FNType>(type))
      return NpyType::F8E4M3FN;
    if (isa<Float8E4M3FNUZType>(type))
      return NpyType::F8E4M3FNUZ;
    if (isa<Float8E5M2Type>(type))
      return NpyType::F8E5M2;
    if (isa<Float8E5M2FNUZType>(type))
      return NpyType::F8E5M2FNUZ;
    if (isa<Float8E8M0FNUType>(type))
      return NpyType::F8E8M0;
    if (isa<Float4E2M1FNType>(type))
      return NpyType::F4E2M1;
    return type.isF32() ? std::optional(NpyType::F32) : std::nullopt;
  }
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return NpyType::Bool;
  case 2:
    return isUnsigned ? NpyType::U2 : NpyType::I2;
  case 4:
    return isUnsigned ? NpyType::U4 : NpyType::I4;
  case 8:
    return isUnsigned ? NpyType::U8 : NpyType::I8;
  case 16:
    return isUnsigned ? NpyType::U16 : NpyType::I16;
  case 32:
    return isUnsigned ? NpyType::U32 : NpyType::I32;
  case 64:
    return isUnsigned ? NpyType::U64 : NpyType::I64;
  default:
    return std::nullopt;
  }
}

EvalModel::EvalModel() {
  context.loadDialect<onnx::OnnxDialect, prim::PrimDialect, model::DscDialect, func::FuncDialect>();
  context.disableMultithreading();
}

bool EvalModel::load(const std::string &path) {
  if (llvm::StringRef(path).ends_with(".mlir")) {
    module = parseSourceFile<ModuleOp>(path, &context);
  } else {
    ImportOptions options;
    options.digestWeights = false;
    module = importModel(path, options, context);
  }
  if (!module)
    return false;
  PassManager passes(&context);
  passes.addPass(createOnnxInlineFunctions());
  passes.addPass(createOnnxToPrim());
  if (failed(passes.run(*module)))
    return false;
  for (auto function : module->getOps<func::FuncOp>()) {
    if (function.isPrivate())
      continue;
    if (entry)
      return function.emitError("a second public function: which one is the entry?"), false;
    entry = function;
  }
  if (!entry)
    return module->emitError("no public function"), false;
  return true;
}

bool EvalModel::bind(const std::vector<NpyArray> &inputs, std::vector<NpyArray> &converted,
                     llvm::SmallVectorImpl<reference::Tensor> &arguments, std::string &error) {
  llvm::StringSet<> known;
  converted.reserve(entry.getNumArguments()); // tensors refer to its elements' bytes
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    auto name = entry.getArgAttrOfType<StringAttr>(i, onnx::kNameAttr);
    std::string text = name ? name.str() : std::to_string(i);
    known.insert(text);
    Type elementType = cast<RankedTensorType>(type).getElementType();
    auto npyType = npyTypeOf(elementType);
    const NpyArray *given = findArray(inputs, text);
    if (!given || !npyType) {
      error = given ? "the input '" + text + "' has an element type that arrays cannot hold"
                    : "the model needs the input '" + text + "'";
      return false;
    }
    NpyArray &array = converted.emplace_back(*given);
    if (!convertTo(*npyType, array, error))
      return false;
    arguments.push_back(reference::Tensor::view(array.dims, elementType, array.bytes));
  }
  for (const NpyArray &array : inputs)
    if (!known.contains(array.name)) {
      error = "the model has no input '" + array.name + "'";
      return false;
    }
  return true;
}

std::optional<std::vector<NpyArray>> EvalModel::run(const std::vector<NpyArray> &inputs,
                                                    const reference::Options &options,
                                                    std::string &error) {
  std::vector<NpyArray> converted, outputs;
  llvm::SmallVector<reference::Tensor> arguments;
  if (!bind(inputs, converted, arguments, error))
    return std::nullopt;
  auto results = reference::run(entry, arguments, options);
  if (failed(results))
    return std::nullopt;
  for (auto [i, result] : llvm::enumerate(*results)) {
    auto name = entry.getResultAttrOfType<StringAttr>(i, onnx::kNameAttr);
    std::string text = name ? name.str() : std::to_string(i);
    auto type = npyTypeOf(result.getElementType());
    if (!type) {
      error = "the output '" + text + "' has an element type that arrays cannot hold";
      return std::nullopt;
    }
    auto bytes = result.bytes();
    outputs.push_back({text,
                       *type,
                       {result.getDims().begin(), result.getDims().end()},
                       {bytes.begin(), bytes.end()}});
  }
  return outputs;
}

} // namespace dsc
