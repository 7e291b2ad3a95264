// SPDX-License-Identifier: Apache-2.0
// The layout of constant tensors in files: little-endian, row-major, a bool one byte each, elements below a byte packed
// from the low bits up (ONNX's raw_data). MLIR's dense attributes differ in bools and in elements below a byte.
#ifndef DSC_DIALECTS_ONNX_TENSORBYTES_H
#define DSC_DIALECTS_ONNX_TENSORBYTES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace dsc::onnx {

/// Bits of one element in this layout (bool: 8), or 0 if the type has none.
unsigned getStorageBits(mlir::Type elementType);

/// Bytes of a statically shaped tensor; nullopt for an element type without a layout and for more than 2^58 elements.
std::optional<int64_t> getByteSize(mlir::ShapedType type);

/// A dense attribute of these bytes, as many as getByteSize says. Equal elements make a splat.
mlir::DenseElementsAttr getDense(mlir::RankedTensorType type, llvm::ArrayRef<char> bytes);

/// Elements below a byte, one in the low bits of each byte of the result.
std::vector<char> unpackElements(llvm::ArrayRef<char> bytes, unsigned bits, int64_t count);

/// Constants above this many bytes are references, never dense attributes: those are uniqued and never freed.
inline constexpr int64_t kInlineBytes = 1024;

/// The value of a constant of these bytes: dense up to kInlineBytes, else a reference to a copy that the context keeps.
mlir::TypedAttr getConstant(mlir::RankedTensorType type, llvm::ArrayRef<char> bytes);

/// The value of an ai.onnx Constant node with the attribute `name`: value, value_int, value_ints, value_float or value_floats.
/// Null if the attribute is another one or not of the kind that its name asks for.
mlir::TypedAttr getConstantNodeValue(llvm::StringRef name, mlir::Attribute attribute);

/// The bytes of a constant's value, be it dense or #onnx.external. `storage` holds them where the attribute keeps them
/// differently; otherwise they are not copied. Fails if an external file does.
llvm::Expected<llvm::ArrayRef<char>> getBytes(mlir::TypedAttr value, std::vector<char> &storage);

} // namespace dsc::onnx

#endif
