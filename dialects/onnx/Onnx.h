// SPDX-License-Identifier: Apache-2.0
// The onnx dialect: registered operations, types, attributes, and how nodes are named.
#ifndef DSC_DIALECTS_ONNX_ONNX_H
#define DSC_DIALECTS_ONNX_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace dsc::onnx {
class ExternalData;
}

#include "dialects/onnx/OnnxDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/onnx/OnnxAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.h.inc"

namespace dsc::onnx {

/// Names of discardable attributes; the dialect's description says where each stands.
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";
inline constexpr llvm::StringLiteral kTypeAttr = "onnx.type";
inline constexpr llvm::StringLiteral kOpsetsAttr = "onnx.opsets";
inline constexpr llvm::StringLiteral kOpsetAttr = "onnx.opset";
inline constexpr llvm::StringLiteral kRegionsAttr = "onnx.regions";
inline constexpr llvm::StringLiteral kOverloadAttr = "onnx.overload";
inline constexpr llvm::StringLiteral kMetadataAttr = "onnx.metadata";
inline constexpr llvm::StringLiteral kIrVersionAttr = "onnx.ir_version";
inline constexpr llvm::StringLiteral kProducerAttr = "onnx.producer";
/// Of a model-local function: the attributes that a call gives (names), and values of those it may leave out.
inline constexpr llvm::StringLiteral kParametersAttr = "onnx.parameters";
inline constexpr llvm::StringLiteral kDefaultsAttr = "onnx.defaults";
/// The name under which `onnx.opsets` lists the default domain, whatever spelling the file uses.
inline constexpr llvm::StringLiteral kDefaultDomain = "ai.onnx";

/// A node's operator. `domain` is "" for ai.onnx.
struct OpName {
  llvm::StringRef domain;
  llvm::StringRef name;
};
/// The operator behind an operation like "onnx.Gemm" or "onnx.com.microsoft.MoE".
OpName getOpName(mlir::Operation *op);
/// The opset version of the node's domain: its own `onnx.opset`, or what the function around it declares; 0 if neither.
int64_t getOpset(mlir::Operation *op);
/// The version of `domain` ("" for ai.onnx) that a function declares, or 0.
int64_t getDeclaredOpset(mlir::Operation *function, llvm::StringRef domain);

} // namespace dsc::onnx

#endif
