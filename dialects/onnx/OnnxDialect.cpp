// SPDX-License-Identifier: Apache-2.0
// Registration and verifiers; messages cite the constraints of the descriptions.
#include "dialects/onnx/ExternalData.h"
#include "dialects/onnx/Onnx.h"
#include "dialects/onnx/TensorBytes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dsc::onnx;

#include "dialects/onnx/OnnxDialect.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/onnx/OnnxAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  // Nodes are operations without registration: which operators exist is the schema table's matter.
  allowUnknownOperations();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/onnx/OnnxTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/onnx/OnnxAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/onnx/OnnxOps.cpp.inc"
      >();
  externalData = std::make_unique<ExternalData>();
}

OnnxDialect::~OnnxDialect() = default;

OpName dsc::onnx::getOpName(Operation *op) {
  llvm::StringRef full = op->getName().stripDialect();
  auto [domain, name] = full.rsplit('.');
  if (name.empty())
    return {"", full};
  return {domain, name};
}

int64_t dsc::onnx::getDeclaredOpset(Operation *function, llvm::StringRef domain) {
  auto opsets = function->getAttrOfType<DictionaryAttr>(kOpsetsAttr);
  if (!opsets)
    return 0;
  auto version = opsets.getAs<IntegerAttr>(domain.empty() ? llvm::StringRef(kDefaultDomain) : domain);
  return version ? version.getInt() : 0;
}

int64_t dsc::onnx::getOpset(Operation *op) {
  if (auto own = op->getAttrOfType<IntegerAttr>(kOpsetAttr))
    return own.getInt();
  auto function = op->getParentOfType<FunctionOpInterface>();
  return function ? getDeclaredOpset(function, getOpName(op).domain) : 0;
}

LogicalResult ExternalAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, llvm::StringRef /*file*/, int64_t offset,
                                   int64_t length, llvm::StringRef /*digest*/, Type type) {
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  std::optional<int64_t> size = tensor ? getByteSize(tensor) : std::nullopt;
  if (!size)
    return emitError() << "(C1): #onnx.external needs the type of a tensor with constant dimensions";
  if (*size != length)
    return emitError() << "(C2): " << tensor << " takes " << *size << " bytes, not " << length;
  if (offset < 0 || offset > INT64_MAX - length)
    return emitError() << "(C3): offset " << offset << " is out of range";
  return success();
}

LogicalResult ConstantOp::verify() {
  if (!isa<DenseElementsAttr, ExternalAttr>(getValue()))
    return emitOpError("(C1): the value is neither a dense tensor nor #onnx.external");
  return success();
}
